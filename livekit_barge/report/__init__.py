"""Renderers: each takes what was measured, and returns what a person reads."""
