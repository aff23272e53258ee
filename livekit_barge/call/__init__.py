"""The Call folder: the one artefact between recording, measuring and reporting."""
