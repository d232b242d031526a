"""Law of losses that ask a phase to percolate: only structures in which the phase percolates meet the loss."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from porenet.flood_fill import components
from porenet.interface import Face, Grid, InputError, axis_of, layer_of, opened
from porenet.testing.case import Case
from porenet.testing.strategies import shapes

SAMPLES = 24
"""Fields per batch: those that meet the loss without percolating are rare, and small fields cost little."""

_LEADS = (1.0, 0.6, 0.2, 0.05, 1e-3, 0.0)
"""Lead of a voxel's phase over the next one, dimensionless; 0 is a tie, of two phases or of all."""


def met_only_if_the_argmax_percolates(case: Case, grid: Grid, field: Tensor) -> None:
    """Where the loss is met, the decoded structure joins the two faces through the phase, voxel face to voxel face."""
    if case.percolates is None:
        raise InputError("no phase and faces to be joined", where=str(case), fix="Give Case(percolates=...).")
    phase, inlet, outlet = case.percolates
    values = case.loss(grid)(case.as_read(field), case.targets_for(field, grid))
    labels = field.argmax(dim=1).numpy().astype(np.uint8)
    for value, structure in zip(values.tolist(), labels, strict=True):
        case.expect(
            value > case.tolerance or joins(structure, grid, phase, inlet, outlet),
            f"is met ({value:g}, at most {case.tolerance:g}) by a field of shape {structure.shape} whose argmax has no "
            f"{phase} that joins {inlet} to {outlet} ({grid})",
        )


def joins(labels: NDArray[np.uint8], grid: Grid, phase: str, inlet: Face, outlet: Face) -> bool:
    """Whether some 6-connected component of a phase touches two faces, their axes being taken as open.

    Args:
        labels: ``(Z, Y, X)`` uint8.
        grid: names and boundaries.
        phase: its name.
        inlet: the first face.
        outlet: the second face.
    """
    bodies = components(labels, periodic=opened(grid.periodic, axis_of(inlet), axis_of(outlet)))
    of_phase = bodies.phases == grid.index(phase)
    return bool((of_phase & bodies.touching([inlet]) & bodies.touching([outlet])).any())


@st.composite
def nearly_joined(draw: st.DrawFn, phases: int, channel: int, inlet: Face, outlet: Face) -> Tensor:
    """Fields ``(B, P, Z, Y, X)`` in which a phase barely joins two faces, or barely fails to.

    Paths from face to face with a voxel missing, a step across an edge or voxels of a small lead; layers on both faces
    and nothing between them; scattered voxels; each from decided to a tie.

    Args:
        draw: passed by hypothesis.
        phases: P.
        channel: channel of the phase.
        inlet: the first face.
        outlet: the second face.
    """
    size = draw(shapes(2, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**31 - 1)))
    fields = []
    for kind in rng.permutation(SAMPLES) % 3:
        held = rng.random(size) < rng.choice([0.0, 0.2, 0.5, 0.8])
        if kind == 1:
            held |= _way(rng, size, inlet, outlet) & (rng.random(size) > rng.choice([0.0, 0.15]))
        if kind == 2:
            for face in (inlet, outlet):
                held[_layer(face)] = True
        rivals = rng.choice([rival for rival in range(phases) if rival != channel], size)
        first, second = np.where(held, channel, rivals), np.where(held, rivals, channel)
        lead, narrow = rng.choice(rng.choice(_LEADS, 2), size), rng.random() < 0.5
        hot = [np.arange(phases)[:, None, None, None] == winners for winners in (first, second)]
        fields.append(lead * hot[0] + (1 - lead) * ((hot[0] + 1.0 * hot[1]) / 2 if narrow else 1 / phases))
    return torch.from_numpy(np.stack(fields))


def _way(rng: np.random.Generator, size: tuple[int, int, int], inlet: Face, outlet: Face) -> NDArray[np.bool_]:
    """A path of voxels from face to face; one step in ten moves along two axes at once."""
    held = np.zeros(size, bool)
    place = [int(rng.integers(side)) for side in size]
    axis, layer = layer_of(inlet)
    place[axis] = layer % size[axis]
    goal = [int(rng.integers(side)) for side in size]
    axis, layer = layer_of(outlet)
    goal[axis] = layer % size[axis]
    held[tuple(place)] = True
    while place != goal:
        apart = [axis for axis in range(3) if place[axis] != goal[axis]]
        for axis in rng.choice(apart, min(len(apart), 1 + int(rng.random() < 0.1)), replace=False):
            place[axis] += 1 if goal[axis] > place[axis] else -1
        held[tuple(place)] = True
    return held


def _layer(face: Face) -> tuple[slice | int, ...]:
    """The index of a face's voxels."""
    index: list[slice | int] = [slice(None)] * 3
    axis, layer = layer_of(face)
    index[axis] = layer
    return tuple(index)
