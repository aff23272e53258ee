"""The search for better settings: one knob at a time, all of them, and live calls again."""
