"""Conjugate gradients down to the potential of a volume, and how exact it is."""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet_transport.solver.islands import Islands, lift
from porenet_transport.solver.kernels import energy as energy_of
from porenet_transport.solver.kernels import unbalanced, wrap
from porenet_transport.solver.multigrid import ENLARGED, Blocks, Weights, grid, solve
from porenet_transport.solver.ritz import least_eigenvalue
from porenet_transport.solver.sweeps import ascend, descend, turn

LEAST_STEPS = 3
"""Steps made before an estimate of the error is trusted."""
NOTHING = 1e-12
"""Fraction of the energy: a smaller residual is rounding, as in a straight channel, which the start solves."""
BLOCKED = 1e-8
"""Fraction of the energy at the start: less counts as rounding of 0, where nothing joins the faces."""
DRIFTING = 1e-4
"""Fraction of the energy at the start: below it the running difference, rounded to 1e-7, is computed anew."""


Layers = NDArray[np.float32]
Fields = tuple[Layers, Layers, Layers, Layers]
Voxels = tuple[NDArray[Any], Weights, Layers, int, tuple[bool, bool]]


def improve(
    fields: Fields,
    voxels: Voxels,
    blocks: Blocks,
    islands: Sequence[Islands],
    tolerance: float,
    max_steps: int,
    settled: Callable[[], bool] | None = None,
) -> tuple[float, float, int]:
    """Improve a potential; returns its energy, the energy's estimated relative error, and the steps made.

    Where most of the energy goes, rounding of the first, large flows is more than a bad conductor carries in the end,
    and the running residual keeps it: between conductors a factor 1e7 apart the energy was up to 0.3 % too large and
    called converged. So there it begins again from the potential that it came to, whose differences are small.

    Args:
        fields: potential, residual, correction and direction, as in `kernels`; all but the first 0.
        voxels: links, weights, ``inside``, width, and which of y and x are periodic; as in `kernels`.
        blocks: of these links.
        islands: of all thresholds.
        tolerance: see `one_volume.conduct`.
        max_steps: likewise.
        settled: asked after each step whose error is within the tolerance, whether what the caller makes of the
            potential has settled too. If so, the correction at hand is used for one more step.
    """
    potential, residual, correction, direction = fields
    links, weights, inside, width, periodic = voxels
    store, shapes, starts, sides = blocks.store, blocks.shapes, blocks.starts, blocks.sides
    z, y, x = sides[0].tolist()
    _, below, corrected = grid(store, shapes, starts, 0)
    block_width = int(shapes[0, 2])

    def advance(length: float) -> float:
        descend(potential, residual, direction, length, *voxels, (z, y, x), correction, below, block_width)
        solve(store, shapes, starts, sides, periodic)
        product: float = ascend(correction, residual, *voxels, (z, y, x), ENLARGED, corrected, block_width)
        for level in islands:
            product += lift(residual, level.cells, level.owners, level.leaving, correction)
        return product

    def unsolved(product: float, energy: float) -> bool:
        return product > NOTHING * (energy if energy > BLOCKED * first else first)

    lengths, products = np.empty(max_steps + 1), np.empty(max_steps + 1)
    least, before = 1.0, 0
    while True:
        wrap(potential, width, periodic)
        energy = first = energy_of(potential, links, weights, inside, width)
        unbalanced(potential, links, weights, inside, width, residual)
        steps, share, product = 0, 0.0, advance(0.0)
        products[0] = product
        while unsolved(product, energy) and steps < max_steps - before:
            length = lengths[steps] = product / turn(direction, correction, share, *voxels)
            energy -= length * product
            share, product = product, advance(length)
            share = product / share
            steps += 1
            products[steps] = product
            if energy < DRIFTING * first:
                wrap(potential, width, periodic)
                energy = energy_of(potential, links, weights, inside, width)
            if steps >= LEAST_STEPS and product <= tolerance * energy:
                eigenvalue = min(least, least_eigenvalue(lengths, products, steps))
                if product <= tolerance * energy * eigenvalue and (settled is None or settled()):
                    if settled is not None and unsolved(product, energy):
                        potential += np.float32(product / turn(direction, correction, share, *voxels)) * direction
                    break
        wrap(potential, width, periodic)
        energy = energy_of(potential, links, weights, inside, width)
        least = min(least, least_eigenvalue(lengths, products, steps))
        before += steps
        if not (BLOCKED * first < energy < DRIFTING * first and before < max_steps):
            break
    excess = abs(product) / least
    if excess > 0:
        return energy, excess / energy if energy > 0 else math.inf, before
    return energy, 0.0, before
