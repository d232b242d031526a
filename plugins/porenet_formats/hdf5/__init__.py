"""HDF5 and DREAM.3D."""
