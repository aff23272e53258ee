"""Live calls again, under other settings: what would have happened until the first difference."""
