"""LiveKit Agents: the session with its instruments, its presets, and what it stamps."""
