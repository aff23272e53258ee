"""From a call's audio and events to its turns, clocks and outcomes. Pure; loads no livekit."""
