"""Scripted calls into real rooms, measured where the caller hears them.

A call joins a LiveKit room as a participant, speaks its script into it and records what it sent and
what it heard. It asks nothing of the agent, so it measures agents of any framework.
"""
