"""Exact metrics of a synthetic structure, and checks of the arguments common to all structures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from porenet.errors import InputError, argument
from porenet.interface import Grid
from porenet.interface.grid import refuse_other_edges

PHASES = ("Ni", "YSZ", "pore")
OPEN = (False, False, False)
UNITS = {"vf": "1", "ssa": "um^-1", "dpb": "um^-1", "tpb": "um^-2"}


@dataclass(frozen=True, slots=True)
class Truth:
    """Exact metrics of a synthetic structure, under the names and keys of porenet's metrics.

    Attributes:
        holds_for: ``ensemble``: the values are means over all seeds, and one volume scatters about them (64^3 at a
            correlation length of 6 voxels: by 0.035 in volume fraction); ``body``: they are exact for this structure
            as a body of smooth surfaces, whose labels are the voxels with their centres inside.
        values: metric -> result key -> value.
        units: metric -> unit of its values.
    """

    holds_for: Literal["ensemble", "body"]
    values: Mapping[str, Mapping[str, float]]
    units: Mapping[str, str]


def box_of(
    shape: Sequence[int], voxel_um: float | Sequence[float], periodic: Sequence[bool], phases: Sequence[str], where: str
) -> tuple[Grid, tuple[int, int, int]]:
    """Grid of a box, and its shape (Z, Y, X), voxels; that of a section has one layer.

    Args:
        shape: ``(Z, Y, X)``, of a section ``(Y, X)``, voxels.
        voxel_um: voxel edges (z, y, x), um.
        periodic: per axis (z, y, x), whether the structure wraps.
        phases: phase names.
        where: name of the function in messages.

    Raises:
        InputError: an argument is not as described.
    """
    sizes = tuple(shape)
    if len(sizes) not in (2, 3) or not all(type(size) is int and size > 0 for size in sizes):
        raise InputError(
            f"three numbers of voxels (z, y, x), or two (y, x), were expected, not {shape!r}",
            where=argument("shape", of=where),
        )
    dims = len(sizes)
    refuse_other_edges(voxel_um, dims)
    grid = Grid(phases, voxel_um, periodic, dims)  # type: ignore[arg-type] # Grid makes tuples of them and checks them
    z, y, x = sizes if dims == 3 else (1, *sizes)
    return grid, (z, y, x)


def random_numbers(seed: int, where: str) -> np.random.Generator:
    """Random generator of a seed.

    Args:
        seed: a whole number, 0 or more.
        where: name of the function in messages.

    Raises:
        InputError: another seed.
    """
    if type(seed) is not int or seed < 0:
        raise InputError(f"a whole number, 0 or more, was expected, not {seed!r}", where=argument("seed", of=where))
    return np.random.default_rng(seed)
