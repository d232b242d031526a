"""How a volume is read within some memory: whole, or in how thick slabs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError, PorenetError, Wording, counted
from porenet.measurement.free_memory import free_bytes

if TYPE_CHECKING:
    from porenet.formats import LabelSlabs
    from porenet.slabs import Need

BASE_BYTES = 350_000_000
"""Of Python with the compiled loops."""
WHOLE_BYTES = 6
"""Bytes per voxel of a volume that is measured in memory, by the metrics that can also be measured by slabs: labels and
the values they come from, runs, marks."""
MOST_BYTES = 45
"""Bytes per voxel of the other metrics, at most: conductivities 44, necks and sizes 34, tortuosity up to 28. Only `s2`
in all directions takes more, up to 111."""
RUN_BYTES = 10
"""Bytes per run of equal labels along x: its component, and the table of components of white noise."""
TRAIL_BYTES = 10
"""Bytes that two readings keep per component of a layer by itself, for each slab: white noise of three equal phases has
0.37 of them per voxel of the layer, and 2.9 bytes of codes are kept, with a fourth of it more in the second reading."""
STATES = 4
"""States that are in memory at a time while two are joined."""
USUAL_LAYERS = 64
"""Thicker slabs gain nothing: they leave the cache."""


@dataclass(frozen=True, slots=True)
class SlabPlan:
    """How a volume is read.

    Attributes:
        thickness: layers that are read at a time.
        count: number of slabs.
        rows: rows of all layers that are read at a time in a second reading.
    """

    thickness: int
    count: int
    rows: int = 1

    def __str__(self) -> str:
        return f"read in {counted(self.count, 'slab')} of {counted(self.thickness, 'layer')}"


def whole_budget(memory: int | None) -> int | None:
    """What metrics that need the whole volume may take: what is stated, else all that is free.

    Args:
        memory: bytes that the process may take; None: nothing is stated.

    Returns:
        Bytes; None where the system does not say.
    """
    if memory is not None:
        return memory
    free = free_bytes()
    return None if free is None else BASE_BYTES + free


def usual_budget() -> int | None:
    """What the process has taken, and half of the memory that is free, in bytes; None where the system does not say."""
    free = free_bytes()
    return None if free is None else BASE_BYTES + free // 2


def share_of(memory: int | None, sharers: int) -> int | None:
    """What one of several threads of a process may take; Python itself counts once.

    Args:
        memory: bytes that the process may take; None for no limit.
        sharers: number of threads.
    """
    if memory is None or memory <= BASE_BYTES:
        return memory
    return BASE_BYTES + (memory - BASE_BYTES) // sharers


def fits(shape: tuple[int, ...], memory: int | None, voxel_bytes: int | None = None) -> bool:
    """Whether a volume is measured in memory.

    Args:
        shape: (Z, Y, X) or (Y, X), voxels.
        memory: bytes that the process may take; None for no limit.
        voxel_bytes: bytes per voxel that are needed; None: `WHOLE_BYTES`.
    """
    needed = WHOLE_BYTES if voxel_bytes is None else voxel_bytes
    return memory is None or math.prod(shape) * needed + BASE_BYTES <= memory


def is_read_whole(path: Path, options: Mapping[str, Any], memory: int | None, voxel_bytes: int | None = None) -> bool:
    """Whether a volume is read whole: if it `fits`, and has no more voxels than are ever read whole.

    So is a section, which has no layers, and one whose header cannot be read, for the message of that.
    """
    from porenet import formats

    try:
        shape = formats.shape_of(path, **options)
        small = math.prod(shape) <= formats.MAX_VOXELS and fits(shape, memory, voxel_bytes)
        return len(shape) == 2 or small
    except PorenetError:
        return True


def slab_plan(layers: LabelSlabs, need: Need, memory: int | None, sharers: int = 1) -> SlabPlan:
    """Thickness of the slabs.

    Args:
        layers: the volume, of which one layer is read, for the number of its runs.
        need: what the metrics need.
        memory: bytes that the process may take; None for no limit.
        sharers: number of volumes that the process measures at a time.

    Raises:
        InputError: not even slabs of one layer, or of one layer of chunks, fit.
    """
    depth, height, _ = layers.shape
    chunk = min(layers.chunk_depth, depth)
    bytes_of = _bytes_by_thickness(layers, need)
    most = min(max(USUAL_LAYERS, chunk), depth)
    thickest = range(most // chunk * chunk, 0, -chunk)
    allowed = math.inf if memory is None else (memory - BASE_BYTES) / sharers
    thickness = next((layer for layer in thickest if bytes_of(layer) <= allowed), 0)
    if not thickness:
        least = math.ceil((BASE_BYTES + sharers * min(map(bytes_of, thickest))) / 1e6) * 1_000_000
        what = f"{chunk} layers that are decoded together" if chunk > 1 else "slabs of two layers"
        raise InputError(
            f"{size_text(memory or 0)} are too little for {what} of {height} x {layers.shape[2]} voxels",
            where=str(layers.path),
            fix=Wording(f"Allow {size_text(least)}: memory={least}.", f"Allow --memory {least // 1_000_000}MB."),
        )
    has_rows = layers.slabs.read_y is not None or need.rows  # else from a scratch file
    rows = max(1, min(thickness * height // depth, height)) if has_rows else 0  # of as many voxels
    return SlabPlan(thickness, -(-depth // thickness), rows)


def _bytes_by_thickness(layers: LabelSlabs, need: Need) -> Callable[[int], float]:
    """What measuring takes beside Python itself, by the number of layers of a slab."""
    from porenet.flood_fill import components  # loads numba, which a volume in memory may not need

    depth, height, width = layers.shape
    first = layers.read(0, 1)
    runs = 1.5 * max(_runs_per_voxel(first[0]), 0.1) * max(need.ways, 1)
    reading = height * width * (2.2 + layers.value_bytes)
    per_layer = reading + height * width * (len(need.reached) + need.voxel_bytes + runs * RUN_BYTES)
    states = height * width * STATES * (2 + need.column_bytes + 8 * runs)
    ways_again = len(need.reached | {supplied.wraps for supplied in need.supplies})
    trail = TRAIL_BYTES * ways_again * len(components(first)) if ways_again else 0

    def bytes_of(thickness: int) -> float:
        stored = states + trail * -(-depth // thickness)
        return stored + max((thickness + 1) * per_layer, need.part_bytes + thickness * reading if need.parts else 0)

    return bytes_of


def peak_bytes() -> int:
    """The most memory that this process took so far; 0 where the system does not say."""
    try:
        import resource
    except ImportError:
        return 0
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def peak_text() -> str:
    """The same in words, to follow others; empty where the system does not say."""
    peak = peak_bytes()
    return f", {size_text(peak)}" if peak else ""


def size_text(size: float) -> str:
    """Bytes in words: ``3.1 GB``."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if size >= 0.9995 * factor:  # 999.6 MB would be 1e+03 MB
            return f"{size / factor:.3g} {unit}"
    return f"{size:.0f} bytes"


def _runs_per_voxel(layer: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> float:
    return (len(layer) + int(np.count_nonzero(layer[:, 1:] != layer[:, :-1]))) / layer.size
