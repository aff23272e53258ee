"""Scripts: the language, and one scripted call played from it."""
