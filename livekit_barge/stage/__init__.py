"""The headless stage: scripted calls to a real AgentSession, as fast as the CPU allows."""
