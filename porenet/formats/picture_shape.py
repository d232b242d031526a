"""Note about an array that looks like a colour picture (Y, X, C), which is read as a volume C voxels wide."""

from __future__ import annotations

import logging

from porenet.formats.interface import StoredArray
from porenet.interface.array_values import is_picture

log = logging.getLogger("porenet.formats")

GREY = "Of a picture in colour save one value per pixel, (Y, X). "


def note_picture(stored: StoredArray) -> None:
    """Log a warning where an array of the shape of a colour picture is read as a volume.

    A file that states the edge of a voxel along x means a volume.

    Args:
        stored: the array.
    """
    if is_picture(stored.shape, stored.dtype) and stored.voxel_um[-1] is None:
        log.warning(
            "%s is read as a volume %d voxels wide; it looks like a colour picture (Y, X, %d), of which one value per "
            "pixel would be a section (Y, X)",
            "x".join(map(str, stored.shape)),
            stored.shape[-1],
            stored.shape[-1],
        )


def picture_advice(stored: StoredArray) -> str:
    """What to do where the values or axes of such an array are not those of a volume; empty for any other array."""
    return GREY if is_picture(stored.shape, stored.dtype) else ""
