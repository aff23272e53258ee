"""Work on several processes: a pool, a Dask cluster, progress, quiet logs."""
