"""The interactive page of runs and volumes: `porenet page`. Importing this imports nothing."""
