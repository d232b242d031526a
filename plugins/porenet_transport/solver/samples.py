"""Conduction through the samples of a batch one after the other: values and derivatives, without numpy between kernels.

What `one_volume.conduct` does in numpy before its steps costs as much as they do at 24^3 voxels. Here it is done in
loops (`cell_kernels`, `island_kernels`), and the samples share the room to work in.
"""
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from porenet_transport.solver.cell_kernels import lay_out, slopes
from porenet_transport.solver.descent import Fields, improve
from porenet_transport.solver.island_kernels import islands_between
from porenet_transport.solver.islands import Islands
from porenet_transport.solver.kernels import inside_of, wrap
from porenet_transport.solver.multigrid import cut_from_itself, fill, planned

SETTLED = 5e-3
"""Change of the derivatives in one step, relative to their norm over the volume, at which they are taken as right.

The energy does not show their error: those of voxels that hardly conduct are as large as others, but what their links
dissipate is a factor kmin smaller."""


def conduct_samples(
    cells: NDArray[np.float32],
    samples: range,
    voxel_um: tuple[float, float, float],
    wraps: tuple[bool, bool],
    limits: tuple[float, int],
    values: NDArray[np.float32],
    derivatives: NDArray[np.float32],
) -> None:
    """Write the effective conductivity along axis 0 of some samples of a batch, and its derivatives.

    Args:
        cells: ``(B, Z, Y, X)``, conductivities above 0, C order.
        samples: which of them.
        voxel_um: voxel edges (z, y, x), um; only their ratios matter.
        wraps: whether y and x are periodic.
        limits: tolerance and number of steps, see `one_volume.conduct`.
        values: ``(B,)``, written.
        derivatives: ``(B, Z, Y, X)``, written, C order.
    """
    depth, height, width = (size + 2 for size in cells.shape[1:])
    weights = np.float32(1), np.float32((voxel_um[0] / voxel_um[1]) ** 2), np.float32((voxel_um[0] / voxel_um[2]) ** 2)
    shape, inside, blocks = (depth, height * width), inside_of(height, width), planned((depth, height, width), weights)
    conductors, links = np.zeros(shape, np.float32), np.zeros((3, *shape), np.float32)
    potential, residual, correction, direction, sums = (np.zeros(shape, np.float32) for _ in range(5))
    fields: Fields = potential, residual, correction, direction
    scratch = np.empty(conductors.size, np.int32), np.empty(conductors.size, np.int32)
    straight = (1 - (np.arange(depth) - 0.5) / (depth - 2)).astype(np.float32)
    straight[0], straight[-1] = 1, 0
    latest = np.zeros(cells.shape[1:], np.float32)

    def differentiate(field: NDArray[np.float32]) -> None:
        wrap(potential, width, wraps)
        slopes(conductors, potential, inside, weights, width, sums, field)

    def settled() -> bool:
        change[:] = latest
        differentiate(latest)
        change[:] -= latest
        return bool(np.vdot(change, change) <= SETTLED**2 * np.vdot(latest, latest))

    for sample in samples:
        change, latest[:] = derivatives[sample], 0
        lay_out(cells[sample], wraps, inside, conductors, links)
        islands = islands_between(conductors, links, weights, inside, width, wraps, scratch)
        cut_from_itself(links, width)
        fill(blocks, links, weights, width)
        potential[:], direction[:] = straight[:, None], 0
        voxels = links, weights, inside, width, wraps
        energy, _, _ = improve(fields, voxels, blocks, _levels(*islands), *limits, settled)
        values[sample] = energy * (depth - 2) / ((height - 2) * (width - 2))
        differentiate(derivatives[sample])


def _levels(
    cells: NDArray[np.int64], owners: NDArray[np.int32], leaving: NDArray[np.float32], ends: NDArray[np.int64]
) -> list[Islands]:
    """The islands of each threshold that has some."""
    bounds = ends.tolist()
    return [
        Islands(cells[first:last], owners[first:last], leaving[low:high])
        for (first, low), (last, high) in itertools.pairwise(bounds)
        if high > low
    ]
