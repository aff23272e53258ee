"""One talker heard on the other's channel: the echo path, what it leaves, and what it hides."""
