"""Folders of slices."""
