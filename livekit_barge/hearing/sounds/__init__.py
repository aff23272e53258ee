"""What is on a channel and is no speech, by name and place: never scored, listed as warnings."""
