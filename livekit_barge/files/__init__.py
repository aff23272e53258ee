"""The user's files: read whole, checked, and refused with the place of the mistake."""
