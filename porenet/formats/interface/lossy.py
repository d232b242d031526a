"""JPEG, which is never read."""

from __future__ import annotations

JPEG_SUFFIXES = (".jpeg", ".jpg", ".jfif")
LOSSY = (
    "JPEG is lossy and changes labels, most of all at the boundaries of phases. Save the original as PNG or TIFF; if "
    "only JPEG is left, segment it again."
)
"""What to do about JPEG."""
