"""Structures that generators are trained on and compared with: cubes of a real electrode, and synthetic electrodes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.real_volumes import coarsened, stored
from porenet.config import GridFile
from porenet.interface import Grid, Volume
from porenet.synthetic import plurigaussian

PHASES = ("Ni", "YSZ", "pore")
RESERVOIRS = {"Ni": "z_min", "YSZ": "z_max", "pore": "z_min"}
FINE_UM = 0.0368
SIZE, STRIDE = 36, 12
"""Edge of the real cubes, and steps between those of the training, voxels of twice the file's edge."""
TRAINING_UNTIL, HELD_OUT_FROM = 79, 87
"""Layers along x: cubes of the training, and those that are held out, with a guard of 8 voxels between them."""


@dataclass(frozen=True, slots=True)
class StructureSet:
    """Structures to fit to, and those to compare with.

    Attributes:
        training: the structures of the training.
        references: what is added to the names of rows -> the structures that they are compared with.
    """

    training: Sequence[Volume]
    references: Mapping[str, Sequence[Volume]]

    @property
    def grid_file(self) -> GridFile:
        """Grid and reservoirs of all structures, as `porenet.measurement.requests_for` takes them."""
        return GridFile(self.training[0].grid, {}, RESERVOIRS)


def fine_labels() -> NDArray[np.uint8]:
    """Ni-YSZ of 250^3 voxels of 36.8 nm, labels in the order of `PHASES`."""
    order = np.array([2, 1, 0], np.uint8)  # the file holds pore 0, YSZ 1, Ni 2
    return order[stored("soc_niysz_ptycho_250_36p8nm")]


def real_set() -> StructureSet:
    """The 256 training cubes of 73.6 nm, compared with themselves and with the 9 that were held out."""
    labels = coarsened(fine_labels())
    training = _cut(labels[..., :TRAINING_UNTIL], STRIDE)
    return StructureSet(training, {"": training, "_held_out": _cut(labels[..., HELD_OUT_FROM:], SIZE)})


def synthetic_set(size: int, length_um: float) -> StructureSet:
    """128 plurigaussian electrodes of the training and 50 held out: those of docs/results/wgan_gp.md and of the demo.

    Args:
        size: edge, voxels of 0.1 um.
        length_um: correlation length, um.
    """
    volumes = [
        plurigaussian(
            (size,) * 3, voxel_um=0.1, length_um=length_um, fractions=(0.37, 0.37, 0.26), phases=PHASES, seed=seed
        )[0]
        for seed in range(178)
    ]
    return StructureSet(volumes[:128], {"": volumes[128:]})


def _cut(labels: NDArray[np.uint8], stride: int) -> list[Volume]:
    grid = Grid(PHASES, 2 * FINE_UM)
    corners = itertools.product(*(range(0, length - SIZE + 1, stride) for length in labels.shape))
    return [Volume(np.ascontiguousarray(labels[z : z + SIZE, y : y + SIZE, x : x + SIZE]), grid) for z, y, x in corners]
