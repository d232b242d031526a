"""Note about a volume whose size is unusual, as where a voxel edge was written in nm instead of um."""

from __future__ import annotations

import functools
import logging

from porenet.interface import AXES

log = logging.getLogger("porenet.formats")

SMALLEST_UM, LARGEST_UM = 0.01, 1000.0
"""Box edges beyond these are noted: 10 nm, and 1 mm, ten times the largest volumes of this field."""


def note_unusual_size(shape: tuple[int, ...], voxel_um: tuple[float, ...]) -> None:
    """Log a warning where the box is longer than 1 mm or shorter than 10 nm; the same one only once.

    Args:
        shape: (Z, Y, X), of a section (Y, X), voxels.
        voxel_um: voxel edges in the same order, um.
    """
    for axis, count, edge_um in zip(AXES[-len(shape) :], shape, voxel_um, strict=True):
        if not SMALLEST_UM <= count * edge_um <= LARGEST_UM:
            _log_once(
                f"the box is {count * edge_um:g} um long along {axis} ({count} voxels of {edge_um:g} um): "
                "is the unit of the voxel edges right?"
            )
            return


@functools.cache
def _log_once(text: str) -> None:
    log.warning("%s", text)
