"""NPY and NPZ."""
