"""Pixels of PNG, BMP and TIFF images: their values and palettes."""
