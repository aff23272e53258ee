"""Interruption or backchannel? The detector, the service that LiveKit's adaptive mode asks,
and what learns from one's own calls.

LiveKit's adaptive mode sends the caller's audio of an overlap to a service and obeys its verdict.
The service's address is a setting, so the unmodified ``AgentSession`` can ask ours.
"""
