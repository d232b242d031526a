"""Triple-phase boundary: the length of the lines where three phases meet."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray
from porenet_estimators.coarea import SIGMAS, WEIGHTS, coarea_lines
from porenet_estimators.triple_products import SIGMA, triple_product_lengths

from porenet.interface import Face, Grid, InputError, Phase, Undefined, Value, Volume
from porenet.slabs import About, Need, Summary, Supplied, in_memory
from porenet_boundary.activity import KINDS, Active, supplied_lines, supply_across_one_layer, supply_marks
from porenet_boundary.phase_triple import triple_labels

Estimator = Literal["edges", "coarea", "triple"]

UNRESOLVED = 2.0
"""Ratio of the lengths by the two Gaussians above which no length is given. Random fields of correlation length 0.7 to
8 voxels at fractions from 0.1 to 0.8 read 0.89 to 1.08 of theirs up to a ratio of 1.6, 0.76 to 0.90 up to 2, 0.66 at
2.3 and 0.02 at 6.8."""

NO_SUPPLY = Undefined("a section does not show it")

SCALES = tuple(f"total.sigma_{sigma:g}" for sigma in SIGMAS)


def triple_phase_boundary(
    volume: Volume,
    *,
    phase_triple: tuple[Phase, Phase, Phase] | None = None,
    estimator: Estimator = "edges",
    active: Active = "spanning",
    reservoirs: dict[Phase, Face] | None = None,
    sigma: Annotated[float, Gt(0)] = SIGMA,
) -> dict[str, Value]:
    r"""Length of triple line per volume, and how much of it is supplied by all three phases.

    .. math:: L_V = \frac{1}{V} \int_{a \cap b \cap c} d\ell

    ``edges`` counts the voxel edges whose four voxels hold all three phases, each times its length. ``coarea``
    integrates gradients of the smoothed phases and reads 1.00 to 1.02 of a straight line in any direction (1.04 along a
    wedge of 30 degrees); lengths are extrapolated from two widths of the Gaussian, never below 0, and the total of each
    width is given too. Where the narrower shows more than twice the length of the wider, features are under about 2
    voxels and the length is `Undefined`: it would read 0.8 of the true one and less. ``triple`` is what the loss
    ``tpb`` reads: the product of the three smoothed phases, 0.98 to 1.00 of a line at 120 degrees.

    A line is active where each of its phases is supplied, in one of two published meanings. ``spanning``: a component
    of the phase touches both z faces. ``reachable``: a component of the phase touches the face that feeds it. One
    supplied voxel of each phase beside the edge is enough. A line is unknown if each of its phases that is not supplied
    touches a side face of the box, beyond which it may join a supplied part. All other lines are inactive. The faces of
    an axis along which a phase is supplied are not side faces, nor are those of a periodic axis; the axis of supply is
    taken as open even where the grid is periodic. With ``coarea`` and ``triple`` each voxel's length is weighted by the
    share of each phase in its Gaussian neighbourhood that is supplied: the three shares multiplied.

    Of a section it is the number of triple points per area, by the same estimators: a point is counted at the corner of
    four pixels that hold the three phases. Which of them are active a section does not show.

    Measured on a real electrode by J. R. Wilson et al., Nature Mater. 5 (2006) 541, https://doi.org/10.1038/nmat1668.

    Known defects. ``edges`` overstates smooth lines, by 1.5 where the phases meet at 120 degrees and by about 1.76 on
    random-field electrodes; edges on an open face of the box have fewer than four voxels and are missed, 6 % at 32^3
    voxels, 3 % at 64^3. ``coarea`` reads low where features are under about 5 voxels. ``triple`` reads too high on
    sharp wedges and far too high on speckle, which is what it is for. Supply is yes or no, however thin the way.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        phase_triple: the three phases, required where the grid has more.
        estimator: ``edges``, ``coarea`` or ``triple``.
        active: ``spanning`` or ``reachable``.
        reservoirs: for ``reachable``, the face that feeds each phase; by default z_min for Ni and pore, z_max for YSZ.
            Other phases may be named and are ignored.
        sigma: for ``triple``, standard deviation of the Gaussian, longest voxel edges.

    Returns:
        ``total`` = ``active`` + ``unknown`` + ``inactive``, um^-2; for ``coarea`` also ``total.sigma_1`` and
        ``total.sigma_1.5``, the readings at each width. 0 where a phase is absent; `Undefined` on a grid of two phases,
        and with ``coarea`` on features too fine for it. All but the total are `Undefined` too of a section, and where
        an axis of supply is one voxel thick.

    Raises:
        InputError: ``phase_triple`` is missing, repeated or unknown, or the face of a phase is not known.
    """
    return lengths_of(
        volume, phase_triple=phase_triple, estimator=estimator, active=active, reservoirs=reservoirs, sigma=sigma
    )


def lengths_of(
    volume: Volume,
    *,
    phase_triple: tuple[Phase, Phase, Phase] | None,
    estimator: Estimator,
    active: Active,
    reservoirs: dict[Phase, Face] | None,
    sigma: float = SIGMA,
    where: str = "tpb",
) -> dict[str, Value]:
    """The lengths of `triple_phase_boundary`; ``where`` is the metric that messages name."""
    if estimator == "edges":
        stream = LinesBySlabs(where)
        return in_memory(stream, volume, phase_triple=phase_triple, active=active, reservoirs=reservoirs)
    triple = triple_labels(volume.grid, phase_triple, where)
    if isinstance(triple, Undefined):
        return dict.fromkeys(("total", *KINDS, *(SCALES if estimator == "coarea" else ())), triple)
    active = "spanning" if volume.grid.dims == 2 else active  # of a section only the total is read
    marks = supply_marks(volume, triple, active, reservoirs, where)
    lengths = _coarea(marks, volume.grid) if estimator == "coarea" else _triple(marks, volume.grid, sigma)
    if volume.grid.dims == 2:
        return lengths | dict.fromkeys(KINDS, NO_SUPPLY)
    thin = supply_across_one_layer(volume.grid, volume.labels.shape, triple, active, reservoirs, where)
    return lengths | dict.fromkeys(KINDS, thin) if thin else lengths


@functools.lru_cache(maxsize=64)
def _edge_densities(grid: Grid, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """``(3,)`` um^-2, what a voxel edge of each direction (z, y, x) adds to the length per volume."""
    dz, dy, dx = grid.voxel_um
    densities: NDArray[np.float64] = np.array([1 / (dy * dx), 1 / (dz * dx), 1 / (dz * dy)]) / math.prod(shape)
    densities.flags.writeable = False
    return densities


class LinesBySlabs:
    """Lengths of the voxel edges, by the components round them; ``where`` is the metric that messages name."""

    def __init__(self, where: str = "tpb") -> None:
        self.where = where

    def need(self, grid: Grid, shape: tuple[int, int, int], params: Mapping[str, Any]) -> Need:
        """The lines by what supplies them.

        Raises:
            InputError: an estimator that reads smoothed phases, or `triple_phase_boundary` refuses the parameters.
        """
        if params.get("estimator", "edges") != "edges":
            raise InputError(
                f"{params['estimator']!r} needs the whole volume in memory",
                where=f"{self.where}.estimator",
                fix="By slabs there is edges.",
            )
        supplied = self._supplied(grid, params)
        if isinstance(supplied, Undefined):
            return Need()
        return _needed(supplied, grid.dims)

    def finish(self, state: Summary, about: About, params: Mapping[str, Any]) -> dict[str, Value]:
        """The lengths per volume."""
        supplied = self._supplied(about.grid, params)
        if isinstance(supplied, Undefined):
            return dict.fromkeys(("total", *KINDS), supplied)
        per_um2 = _edge_densities(about.grid, about.shape)
        if about.grid.dims == 2:
            return {"total": float(state.lines(supplied.triple) @ per_um2), **dict.fromkeys(KINDS, NO_SUPPLY)}
        # One supplied voxel of a phase is enough: where a phase holds two of the four, in different components, the
        # line is reached from either. One phase that is not supplied and cannot be makes it inactive, whatever the
        # others do.
        lines = state.supplied_lines(supplied)
        counts = (lines.active, lines.possible - lines.active, lines.total - lines.possible)
        lengths = {kind: float(row[0] @ per_um2) for kind, row in zip(KINDS, counts, strict=True)}
        total = sum(lengths.values())
        active, reservoirs = params["active"], params["reservoirs"]
        thin = supply_across_one_layer(about.grid, about.shape, supplied.triple, active, reservoirs, self.where)
        return {"total": total, **(dict.fromkeys(KINDS, thin) if thin else lengths)}

    def _supplied(self, grid: Grid, params: Mapping[str, Any]) -> Supplied | Undefined:
        triple = triple_labels(grid, params["phase_triple"], self.where)
        if isinstance(triple, Undefined):
            return triple
        active: Active = "spanning" if grid.dims == 2 else params["active"]
        return supplied_lines(grid, triple, active, params["reservoirs"], self.where)


BY_SLABS = LinesBySlabs()


@functools.lru_cache(maxsize=64)
def _needed(supplied: Supplied, dims: int) -> Need:
    return Need(lines=frozenset({supplied.triple})) if dims == 2 else Need(supplies=frozenset({supplied}))


def _coarea(marks: NDArray[np.uint8], grid: Grid) -> dict[str, Value]:
    readings = np.array([coarea_lines(marks, grid, sigma) for sigma in SIGMAS])
    # Extrapolation may leave a part below 0, or above the whole; the total is that of all lines, whichever meaning of
    # active divides it.
    lengths = _by_kind(WEIGHTS @ readings)
    narrow, wide = map(float, readings[:, 0])
    if narrow > UNRESOLVED * wide:
        reason = f"features too fine: {narrow / wide:.2g} times the length at {SIGMAS[0]:g} voxel as at {SIGMAS[1]:g}"
        lengths = dict.fromkeys(lengths, Undefined(reason))
    return lengths | dict(zip(SCALES, (narrow, wide), strict=True))


def _triple(marks: NDArray[np.uint8], grid: Grid, sigma: float) -> dict[str, Value]:
    return _by_kind(triple_product_lengths(marks, grid, sigma))


def _by_kind(parts: NDArray[np.float64]) -> dict[str, Value]:
    """Lengths of each kind of line from those of each of `PARTS`, um^-2."""
    whole, supplied_or_may_be, supplied = map(float, parts)
    total = max(whole, 0.0)
    active = min(max(supplied, 0.0), total)
    possible = min(max(supplied_or_may_be, active), total)
    return {"total": total, "active": active, "unknown": possible - active, "inactive": total - possible}
