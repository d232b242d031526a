"""zarr and OME-Zarr."""
