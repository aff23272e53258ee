"""Record a running session into its Call folder and turn log, for any framework."""
