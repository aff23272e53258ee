"""From a running LiveKit session to its Call folder and turn log."""
