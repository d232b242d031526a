"""Raw voxels."""
