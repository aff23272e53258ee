"""Suites: many calls from few patterns, played, judged by their labels and kept."""
