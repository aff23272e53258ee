"""Other systems' recordings, read as calls: who is on which channel, and what cannot be scored."""
