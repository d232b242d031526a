"""A volume for a command: in memory where it fits, else open to be read layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from porenet.config import GridFile
from porenet.interface import Volume
from porenet.measurement.slab_plan import MOST_BYTES, is_read_whole, usual_budget, whole_budget

if TYPE_CHECKING:
    from porenet.formats import LabelSlabs


def opened_volume(
    source: Path,
    grid: GridFile,
    options: Mapping[str, Any],
    memory: int | None,
    *,
    again: bool = False,
    whole: bool = False,
) -> Volume | LabelSlabs:
    """Read one volume, or open it where it is larger than memory.

    Args:
        source: a file, or a folder that holds one volume.
        grid: phases, their file values, voxel edges (um), boundaries.
        options: further keywords of `porenet.formats.read`.
        memory: bytes that the process may take; None: half of what is free.
        again: whether a file in which z runs fastest may be read once per slab.
        whole: whether metrics that need the whole volume are to be measured of it, which must fit too.

    Raises:
        InputError: the volume cannot be read, or contradicts the grid.
    """
    from porenet import formats

    budget = usual_budget() if memory is None else memory
    fits = is_read_whole(source, options, budget)
    if fits and not (whole and not is_read_whole(source, options, whole_budget(memory), MOST_BYTES)):
        return formats.read(source, **grid.reading, **options)
    return formats.open_slabs(source, **grid.reading, **options, again=again)
