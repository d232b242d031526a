"""From one micrograph to volumes: slice critics, and named losses on the slices of the generated volume."""
