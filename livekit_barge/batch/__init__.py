"""Many recordings: found, scored by several processes, kept as folders, summed up."""
