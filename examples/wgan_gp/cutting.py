"""From volumes to cubes: coarsened, parted into training and held-out, cut."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet import formats
from porenet.errors import InputError
from porenet.interface import AXES

from .data_tables import VolumeData
from .settings import Settings


def cut(data: VolumeData, settings: Settings) -> tuple[Any, ...]:
    """Training and held-out cubes, their origins, how many of each are disjoint, and a name.

    Raises:
        InputError: a volume cannot be read, does not match ``[grid]``, or is too small.
    """
    paths = [one for path in data.path for one in formats.find(path).volumes]
    if not paths:
        raise InputError("no volume is there", where=", ".join(data.path), fix="Set data.path to files or folders.")
    apart = data.split == "volumes"
    reserved = max(1, round(data.held_out * len(paths)))
    if apart and len(paths) < 2:
        raise InputError(
            "split = 'volumes' needs two volumes or more, and there is one",
            where=str(paths[0]),
            fix="Set data.split to an axis.",
        )
    cubes: tuple[list[Any], list[Any]] = ([], [])
    origins: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
    disjoint = [0, 0]
    for number, path in enumerate(paths):
        labels = _read(path, data, settings)
        if apart:
            boxes = {int(number >= len(paths) - reserved): (slice(None),) * 3}
        else:
            boxes = dict(enumerate(_split(labels.shape, data, path)))
        for which, box in boxes.items():
            part, first = labels[box], [one.start or 0 for one in box]
            # Held-out cubes never overlap: they are counted, not trained on.
            for corner in _corners(part.shape, data.size, data.size if which else data.stride or data.size):
                cubes[which].append(part[tuple(slice(at, at + data.size) for at in corner)])
                place = [(at + start) * data.coarsen for at, start in zip(corner, first, strict=True)]
                origins[which].append({"source": path.name, "corner": place})
            disjoint[which] += int(np.prod([length // data.size for length in part.shape]))
    for which, word in enumerate(("training", "held-out")):
        if not cubes[which]:
            raise InputError(f"no {word} cube of {data.size}^3 can be cut", where=str(paths[0]), fix="Lower data.size.")
    name = paths[0].name if len(paths) == 1 else f"{paths[0].name} and {len(paths) - 1} more volumes"
    name += f", coarsened {data.coarsen}x" if data.coarsen > 1 else ""
    return np.stack(cubes[0]), np.stack(cubes[1]), origins, tuple(disjoint), name


def coarsened(labels: NDArray[np.uint8], factor: int, phases: int) -> NDArray[np.uint8]:
    """Blocks of factor^3 voxels become one by majority, ties to the lower label; what is left over is cut off."""
    if factor == 1:
        return labels
    z, y, x = (length // factor for length in labels.shape)
    blocks = labels[: z * factor, : y * factor, : x * factor].reshape(z, factor, y, factor, x, factor)
    best, most = np.zeros((z, y, x), np.uint8), np.zeros((z, y, x), np.int16)
    for label in range(phases):
        count = (blocks == label).sum(axis=(1, 3, 5), dtype=np.int16)  # at most 16^3
        better = count > most
        best[better], most[better] = label, count[better]
    return best


def _read(path: Path, data: VolumeData, settings: Settings) -> NDArray[np.uint8]:
    grid = settings.run.grid
    if any(grid.periodic):
        raise InputError("cubes cut from a volume do not wrap", where="grid.periodic", fix="Leave it out.")
    volume = formats.read(
        path,
        phases=dict(settings.run.values) or None,
        voxel_um=[edge / data.coarsen for edge in grid.voxel_um],
        dataset=data.dataset,
        shape=tuple(data.shape) if data.shape else None,
        dtype=data.dtype,
        offset=data.offset,
    )
    if volume.grid.phases != grid.phases:
        raise InputError(
            f"its phases are {', '.join(volume.grid.phases)}, and [grid] names {', '.join(grid.phases)}",
            where=str(path),
            fix="Name them alike and in that order, or give [grid.values].",
        )
    labels = coarsened(volume.labels, data.coarsen, len(grid.phases))
    if min(labels.shape) < data.size:
        shape = " x ".join(map(str, labels.shape))
        raise InputError(
            f"{shape} voxels (z, y, x){' after coarsening' if data.coarsen > 1 else ''}, too small for cubes of "
            f"{data.size}^3",
            where=str(path),
            fix="Lower data.size, or data.coarsen.",
        )
    return labels


def _split(shape: tuple[int, ...], data: VolumeData, path: Path) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """The training part of a volume, and the held-out one behind the guard."""
    axis = AXES.index(data.split)
    length = shape[axis]
    reserved = max(data.size, round(data.held_out * length))
    until = length - reserved - data.guard
    if until < data.size:
        raise InputError(
            f"{length} voxels along {data.split} do not hold two cubes of {data.size} and a guard of {data.guard}",
            where=str(path),
            fix="Lower data.size or data.guard, or set data.split to 'volumes' if there are several.",
        )
    whole = [slice(None)] * 3
    training, held_out = whole.copy(), whole.copy()
    training[axis], held_out[axis] = slice(0, until), slice(length - reserved, length)
    return tuple(training), tuple(held_out)


def _corners(shape: tuple[int, ...], size: int, stride: int) -> Iterator[tuple[int, ...]]:
    counts = [(length - size) // stride + 1 for length in shape]
    for steps in np.ndindex(*counts):
        yield tuple(step * stride for step in steps)
