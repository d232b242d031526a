"""Steady conduction from one face of a volume to the opposite one: conductivity, potential, and how exact they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.interface import AXES, Axis, InputError
from porenet_transport.solver.descent import improve
from porenet_transport.solver.islands import Islands, islands_of
from porenet_transport.solver.kernels import inside_of, layers
from porenet_transport.solver.links import Boundary, links_of
from porenet_transport.solver.multigrid import Field, Weights, blocks_of, cut_from_itself


@dataclass(frozen=True, eq=False, slots=True)
class Conduction:
    """A solved volume.

    Attributes:
        conductivity: effective conductivity along the axis, in units of the one given. It is the energy of the
            potential (Dirichlet's principle), so it lies above the exact one or on it.
        error: estimate of how far above, relative to it. It covers the steps not made; not rounding, and not what
            voxels make of the structure.
        potential: ``(Z, Y, X)`` float32, dimensionless, between 1 at the first face and 0 at the last; the straight
            profile in cells that conduct nothing.
        steps: number of conjugate-gradient steps made.
        converged: whether the error came down to the tolerance.
    """

    conductivity: float
    error: float
    potential: Field
    steps: int
    converged: bool


def conduct(
    conductivity: NDArray[Any],
    *,
    axis: Axis = "z",
    voxel_um: tuple[float, float, float] = (1.0, 1.0, 1.0),
    periodic: tuple[bool, bool, bool] = (False, False, False),
    boundary: Boundary = "face",
    tolerance: float = 1e-3,
    max_steps: int = 5000,
    start: NDArray[Any] | None = None,
) -> Conduction:
    """Solve div(conductivity grad u) = 0 with u = 1 and u = 0 at the two faces of an axis.

    Finite volumes over the voxels' faces; nothing flows through the other sides of the box unless they are periodic.
    Conjugate gradients preconditioned by multigrid, from the straight profile: as the energy only falls from there, the
    effective conductivity never exceeds the mean one (Wiener's bound, with "face"), converged or not.

    They stop once r.Br / lambda <= tolerance * energy (r the residual, B the preconditioner, A the system, lambda the
    least eigenvalue of BA): the energy exceeds the exact one by r.inv(A)r, which is at most r.Br / lambda. For lambda
    they take the Ritz value, which the steps give for free and which comes down to it, less what it fell by in the
    last five steps. So this is an estimate, which a part of the potential that the start hides from the first steps
    escapes. Its coverage, the share of solves whose true error is at most the estimate: 99 % of masks and 98 % of
    conductivities that span up to a factor 1e6, over the family of volumes and the tolerances 0.1 to 1e-6 of
    ``tests/plugins/transport/test_transport_coverage.py``, which holds it to that. Measured with other seeds, edges of
    12 to 60 voxels: 99.8 % of 2,364 solves of masks, 99.3 % of 2,496 of conductivities; 8 to 14 voxels: 99.7 % of
    720 of three conductors, each 1000 times the next. The misses are up to 8 times the estimate, most of them at loose
    tolerances and of stacks of plates with pinholes. In the median the true error is 0.2 of it.

    Memory at the peak, measured at 256^3: 22.5 bytes per voxel for a mask, 36 for numbers.

    Args:
        conductivity: ``(Z, Y, X)``: a mask of what conducts, or a number >= 0 for every voxel, those above 0 within a
            factor of 1e7: farther apart float32 does not tell a bad conductor from none. Parts joined to neither face
            are harmless but cost time. Where nothing joins the faces the result is 0 to rounding, and its relative
            error means nothing.
        axis: axis along which the potential drops; never periodic.
        voxel_um: voxel edges (z, y, x), um; only their ratios matter.
        periodic: per axis (z, y, x), whether the volume wraps.
        boundary: u is given on the outer "face" of the end layers, or in the centre of their "cell"s. Both count the
            full length, so that a solid block of N layers conducts 1 or N / (N - 1).
        tolerance: limit of the estimated relative error of the effective conductivity.
        max_steps: steps after which it gives up.
        start: ``(Z, Y, X)``, a potential to begin with instead of the straight profile, such as that of a volume that
            has changed little since. The mean conductivity is then no bound.

    Raises:
        InputError: the conductivity or the start is not as described, or "cell" is used on a single layer.
    """
    cells = _cells_of(conductivity)
    driven = AXES.index(axis)
    order = (driven, *(other for other in range(3) if other != driven))
    cells = np.ascontiguousarray(cells.transpose(order))
    length, height, width = cells.shape
    if boundary == "cell" and length == 1:
        raise InputError(
            f"the volume is one voxel thick along {axis}, so both ends are the centre of the same cell",
            where="conduct",
            fix="Use boundary = 'face'.",
        )
    along, *across = (voxel_um[place] for place in order)
    sides = (periodic[order[1]], periodic[order[2]])
    links = links_of(cells, sides, boundary)
    weights = (np.float32(1), np.float32((along / across[0]) ** 2), np.float32((along / across[1]) ** 2))
    potential = _straight(links.shape[1:], boundary)
    solved = potential[1:-1, 1:-1, 1:-1]
    if start is not None:
        profile = _check_start(start, conductivity.shape).transpose(order)
        solved[:] = profile if boundary == "face" else profile[1:-1]
    islands = islands_of(cells, links, weights, sides)
    energy, error, steps = _improved(links, weights, sides, islands, potential, tolerance, max_steps)
    inside = potential[:, 1:-1, 1:-1] if boundary == "cell" else solved
    return Conduction(
        conductivity=energy * length / (height * width),
        error=error,
        potential=inside.transpose(np.argsort(order)),
        steps=steps,
        converged=error <= tolerance,
    )


def _improved(
    links: NDArray[Any],
    weights: Weights,
    periodic: tuple[bool, bool],
    islands: tuple[Islands, ...],
    potential: Field,
    tolerance: float,
    max_steps: int,
) -> tuple[float, float, int]:
    """`descent.improve` of a potential with ghost cells."""
    height, width = potential.shape[1:]
    cut_from_itself(layers(links), width)
    blocks = blocks_of(links, weights)
    flat = layers(potential)
    fields = flat, np.zeros_like(flat), np.zeros_like(flat), np.zeros_like(flat)
    voxels = layers(links), weights, inside_of(height, width), width, periodic
    return improve(fields, voxels, blocks, islands, tolerance, max_steps)


def _straight(shape: tuple[int, ...], boundary: Boundary) -> Field:
    depth = shape[0]
    half = 0.5 if boundary == "face" else 0.0
    profile = 1 - (np.arange(depth) - half) / (depth - 1 - 2 * half)
    profile[0], profile[-1] = 1, 0
    potential = np.empty(shape, np.float32)
    potential[:] = profile[:, None, None]
    return potential


def _check_start(start: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    if start.shape != shape or start.dtype.kind != "f" or not np.isfinite(start).all():
        raise InputError(
            f"a finite floating-point potential of shape {shape} was expected, not {start.dtype} {start.shape}",
            where="conduct, start",
            fix="Pass the potential of an earlier solve, or leave it out.",
        )
    return start


def _cells_of(conductivity: NDArray[Any]) -> NDArray[Any]:
    if conductivity.ndim != 3 or 0 in conductivity.shape:
        raise InputError(
            f"shape (Z, Y, X) with at least one voxel was expected, not {conductivity.shape}", where="conduct"
        )
    if conductivity.dtype == bool:
        return conductivity
    if conductivity.dtype.kind != "f":
        raise InputError(
            f"booleans or floating-point conductivities were expected, not {conductivity.dtype}",
            where="conduct",
            fix="For labels, pass labels == label.",
        )
    with np.errstate(over="ignore"):
        cells = conductivity.astype(np.float32)
    if not np.all((cells >= 0) & (cells < np.inf)):  # NaN is neither
        raise InputError("conductivities must be finite and not negative", where="conduct")
    return cells
