"""The interactive page of runs and volumes: `porenet page`. Importing this package imports nothing else."""
