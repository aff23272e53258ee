"""Sounds that are not speech, by name and place: never scored, listed as warnings."""
