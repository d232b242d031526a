"""The cell problem of a periodic box: its conductivity tensor, from the flow that mean gradients along the axes drive.

Conjugate gradients in float64, preconditioned by the exact solve for a uniform conductor (FFT). It shares no code with
the solver of `one_volume` but the estimate of the error, so that either is an oracle of the other.
"""
# mypy: disable-error-code="no-untyped-call, untyped-decorator"

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet_transport.solver.kernels import kernel
from porenet_transport.solver.ritz import least_eigenvalue

Field = NDArray[np.float64]

LEAST_STEPS = 3
"""Steps made before an estimate of the error is trusted."""
NOTHING = 1e-26
"""Fraction of the mean conductivity: a smaller residual is rounding."""
BLOCKED = 1e-16
"""Fraction of the largest conductivity: less counts as rounding of 0. A way one voxel wide through 1000^3 voxels, of
conductors 1e7 apart, has 1e-13."""
MAX_STEPS = 5000


@dataclass(frozen=True, eq=False, slots=True)
class Homogenised:
    """A solved box.

    Attributes:
        tensor: ``(3, 3)``, effective conductivity in the order (z, y, x), symmetric, in units of the one given.
        error: largest of the three estimates of the relative error of the diagonal, each of which is too large. Off the
            diagonal the error is at most this times the geometric mean of the two on it.
        steps: conjugate-gradient steps of the three axes together.
        converged: whether the errors came down to the tolerance.
    """

    tensor: Field
    error: float
    steps: int
    converged: bool


def homogenise(
    conductivity: NDArray[Any], *, voxel_um: tuple[float, float, float], tolerance: float, max_steps: int = MAX_STEPS
) -> Homogenised:
    """Effective conductivity tensor of a box that is repeated along all three axes.

    For a mean gradient e along each axis in turn, div(k (e + grad u)) = 0 with u periodic: finite volumes over the
    voxels' faces, which join their centres by the harmonic mean, as in `one_volume`. The tensor is K_ij = mean of
    (e_i + grad u_i) k (e_j + grad u_j). What joins no two opposite faces does no harm.

    Memory at the peak: about 120 bytes per voxel.

    Args:
        conductivity: ``(Z, Y, X)``, finite numbers >= 0.
        voxel_um: voxel edges (z, y, x), um; only their ratios matter.
        tolerance: limit of the estimated relative error of each diagonal element.
        max_steps: steps for one axis after which it gives up.
    """
    cells = conductivity.astype(np.float64)
    best = float(cells.max())
    if best == 0:
        return Homogenised(np.zeros((3, 3)), 0.0, 0, True)
    cells /= best
    inverse_um = np.array([min(voxel_um) / edge for edge in voxel_um])
    # No eigenvalue of the preconditioned system is smaller where all conducts; the first steps do not see it.
    worst = float(np.min(cells, where=cells > 0, initial=1))
    links = np.stack([_in_series(cells, np.roll(cells, -1, axis)) for axis in range(3)])
    uniform = _uniform(cells.shape, inverse_um)
    solved = [_solve(links, axis, inverse_um, uniform, worst, tolerance, max_steps) for axis in range(3)]
    potentials = np.stack([potential for potential, _, _ in solved])
    tensor = np.empty((3, 3))
    energies(potentials, links, inverse_um, tensor)
    blocked = np.diag(tensor) < BLOCKED
    tensor[blocked] = tensor[:, blocked] = 0
    error = max(error for _, error, _ in solved)
    return Homogenised(best * tensor, error, sum(steps for _, _, steps in solved), error <= tolerance)


def _in_series(first: Field, second: Field) -> Field:
    total = first + second
    return 2 * first * np.divide(second, total, out=np.zeros_like(total), where=total > 0)


def _uniform(shape: tuple[int, ...], inverse_um: Field) -> Field:
    """Eigenvalues of the system of a uniform conductor, laid out as a real FFT; infinite for the constant field."""
    sums = [
        (2 * inverse * np.sin(np.pi * (np.fft.rfftfreq if axis == 2 else np.fft.fftfreq)(size))) ** 2
        for axis, (size, inverse) in enumerate(zip(shape, inverse_um, strict=True))
    ]
    values: Field = sums[0][:, None, None] + sums[1][:, None] + sums[2]
    values[0, 0, 0] = np.inf
    return values


def _solve(
    links: Field, axis: int, inverse_um: Field, uniform: Field, least: float, tolerance: float, max_steps: int
) -> tuple[Field, float, int]:
    """The potential that a unit gradient along an axis drives, the estimated relative error of its energy, steps."""
    voxels = links[0].size
    residual = inverse_um[axis] * (links[axis] - np.roll(links[axis], 1, axis))
    potential, flow = np.zeros_like(residual), np.empty_like(residual)
    first = energy = float(links[axis].mean())
    correction = _preconditioned(residual, uniform)
    direction = correction.copy()
    lengths: list[float] = []
    products = [float(np.vdot(residual, correction)) / voxels]
    while products[-1] > NOTHING * first and len(lengths) < max_steps:
        curvature = outflow(direction, links, inverse_um, flow) / voxels
        lengths.append(products[-1] / curvature)
        potential += lengths[-1] * direction
        residual -= lengths[-1] * flow
        energy -= lengths[-1] * products[-1]
        correction = _preconditioned(residual, uniform)
        products.append(float(np.vdot(residual, correction)) / voxels)
        small = len(lengths) >= LEAST_STEPS and products[-1] <= tolerance * energy * least
        if small and products[-1] <= tolerance * energy * _least_eigenvalue(lengths, products):
            break
        direction *= products[-1] / products[-2]
        direction += correction
    if products[-1] <= NOTHING * first:
        return potential, 0.0, len(lengths)
    excess = products[-1] / min(least, _least_eigenvalue(lengths, products))
    return potential, excess / energy if energy > 0 else math.inf, len(lengths)


def _least_eigenvalue(lengths: list[float], products: list[float]) -> float:
    return least_eigenvalue(np.array(lengths), np.array(products), len(lengths))


def _preconditioned(residual: Field, uniform: Field) -> Field:
    from scipy import fft  # half a second that a listing must not pay

    spectrum = fft.rfftn(residual)
    spectrum /= uniform
    field: Field = fft.irfftn(spectrum, residual.shape, overwrite_x=True)
    return field


@kernel
def outflow(field, links, inverse_um, flow):  # type: ignore[no-untyped-def]
    """Write what flows out of each voxel; returns field . outflow."""
    depth, height, width = field.shape
    wz, wy, wx = inverse_um[0] ** 2, inverse_um[1] ** 2, inverse_um[2] ** 2
    total = 0.0
    for z in range(depth):
        above = z + 1 if z + 1 < depth else 0
        for y in range(height):
            behind = y + 1 if y + 1 < height else 0
            for x in range(width):
                right = x + 1 if x + 1 < width else 0
                here = field[z, y, x]
                out = (
                    wz * (links[0, z, y, x] * (here - field[above, y, x]))
                    + wz * (links[0, z - 1, y, x] * (here - field[z - 1, y, x]))
                    + wy * (links[1, z, y, x] * (here - field[z, behind, x]))
                    + wy * (links[1, z, y - 1, x] * (here - field[z, y - 1, x]))
                    + wx * (links[2, z, y, x] * (here - field[z, y, right]))
                    + wx * (links[2, z, y, x - 1] * (here - field[z, y, x - 1]))
                )
                flow[z, y, x] = out
                total += here * out
    return total


@kernel
def energies(potentials, links, inverse_um, tensor):  # type: ignore[no-untyped-def]
    """Write the mean over the voxels of gradient_i . links . gradient_j, unit gradients included."""
    _, depth, height, width = potentials.shape
    tensor[:] = 0
    slopes = np.empty(3)
    for z in range(depth):
        for y in range(height):
            for x in range(width):
                for axis in range(3):
                    up = z + 1 if axis == 0 else z
                    back = y + 1 if axis == 1 else y
                    right = x + 1 if axis == 2 else x
                    up, back, right = up % depth, back % height, right % width
                    for i in range(3):
                        slopes[i] = inverse_um[axis] * (potentials[i, up, back, right] - potentials[i, z, y, x])
                    slopes[axis] += 1
                    for i in range(3):
                        for j in range(i + 1):
                            tensor[i, j] += links[axis, z, y, x] * slopes[i] * slopes[j]
    for i in range(3):
        for j in range(i + 1):
            tensor[i, j] /= depth * height * width
            tensor[j, i] = tensor[i, j]
