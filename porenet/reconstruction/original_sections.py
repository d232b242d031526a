"""The originals of a reconstruction from sections, and which of their layers are the sections."""

from __future__ import annotations

import dataclasses
import itertools
import math
import operator
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from porenet.errors import InputError, argument
from porenet.interface import AXES, Volume, section

Plane = tuple[str, int | None]
"""Normal of sections, and the number of one layer; None for all layers of the volume."""


class OriginalSection(NamedTuple):
    """One section of an original.

    Attributes:
        original: number of the volume.
        normal: axis that it lies across.
        layer: its number there.
        labels: ``(A, B)`` uint8.
    """

    original: int
    normal: str
    layer: int
    labels: NDArray[np.uint8]


def sections_of(volumes: Sequence[Volume], planes: str | Sequence[Plane]) -> list[OriginalSection]:
    """The sections of all originals.

    Args:
        volumes: of one grid.
        planes: of each of them, see `SectionReconstructor`.

    Raises:
        InputError: as for `sections_in`.
    """
    return [
        OriginalSection(number, normal, layer, section(volume, normal, layer).labels[0])
        for number, volume in enumerate(volumes)
        for normal, layer in sections_in(volume, planes)
    ]


def least_distance(sections: Sequence[OriginalSection]) -> int | None:
    """Smallest distance of two layers across one axis of one original, voxels; None where there are no two."""
    places = sorted((each.original, each.normal, each.layer) for each in sections)
    apart = [after[2] - before[2] for before, after in itertools.pairwise(places) if before[:2] == after[:2]]
    return min(apart, default=None)


def originals_alike(volume: Volume | Sequence[Volume]) -> list[Volume]:
    """Volumes that hold sections, of one grid, with open sides.

    A section is one of a single layer: the result has the layers that it lacks, with the edge of its pixels.

    Raises:
        InputError: none, something else, or other phases or voxel edges.
    """
    volumes = [volume] if isinstance(volume, Volume) else volume
    if not isinstance(volumes, list | tuple) or not volumes:
        raise InputError(f"a porenet.Volume was expected, not {type(volumes).__name__}", where="reconstruct")
    layers = list[Volume]()
    for number, each in enumerate(volumes):
        if not isinstance(each, Volume):
            raise InputError(f"a porenet.Volume was expected, not {type(each).__name__}", where="reconstruct")
        grid = dataclasses.replace(each.grid, dims=3, periodic=(False,) * 3)
        first = layers[0].grid if layers else grid
        if grid.phases != first.phases or not all(map(math.isclose, grid.voxel_um, first.voxel_um)):
            raise InputError(
                f"{', '.join(grid.phases)} at {grid.voxel_um} um, and the first has {', '.join(first.phases)} at "
                f"{first.voxel_um} um",
                where=f"section {number}",
                fix="Read all with the same phases, and resample them to the same pixels.",
            )
        layers.append(Volume(each.labels, first))
    return layers


def sections_in(volume: Volume, planes: str | Sequence[Plane]) -> list[tuple[str, int]]:
    """Normal and layer of each section.

    Args:
        volume: the volume.
        planes: see `SectionReconstructor`.

    Raises:
        InputError: none, one twice, no such axis or layer, or sections that are lines.
    """
    where, chosen = argument("from_plane"), list[tuple[str, int]]()
    for normal, layer in _pairs(planes):
        if normal not in AXES:
            raise InputError(f"'z', 'y' or 'x' was expected, not {normal!r}", where=where)
        count = volume.labels.shape[AXES.index(normal)]
        if layer is not None and not 0 <= layer < count:
            raise InputError(f"the original has layers 0 to {count - 1} across {normal}, not {layer}", where=where)
        if any(size < 2 for axis, size in zip(AXES, volume.labels.shape, strict=True) if axis != normal):
            raise InputError(
                f"sections across {normal} are lines: the original is one voxel thick",
                where=where,
                fix="Take a section of two voxels or more along both sides, or the other axis.",
            )
        chosen += [(normal, each) for each in (range(count) if layer is None else (layer,))]
    if not chosen or len(set(chosen)) < len(chosen):
        raise InputError("one or more sections were expected, each once", where=where)
    return chosen


def _pairs(planes: str | Sequence[Plane]) -> list[Plane]:
    try:
        pairs = [(each, None) if isinstance(each, str) else each for each in planes]
        return [(normal, None if layer is None else operator.index(layer)) for normal, layer in pairs]
    except (TypeError, ValueError):
        raise InputError(
            f"an axis, or pairs of an axis and a layer such as ('z', 40), were expected, not {planes!r}",
            where=argument("from_plane"),
        ) from None
