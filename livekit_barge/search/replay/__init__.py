"""Replays live calls under other settings, up to the first decision that differs."""
