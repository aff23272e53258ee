"""The virtual clock, and everything that makes a scripted call repeat byte for byte."""
