"""VTK image data."""
