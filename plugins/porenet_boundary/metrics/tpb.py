"""Triple-phase boundary: the length of the lines where three phases meet."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from porenet.interface import Face, Phase, Undefined, Value, Volume
from porenet_boundary.activity import KINDS, Active, kind_of, supply_codes
from porenet_boundary.estimators.coarea import SIGMAS, WEIGHTS, Triple, coarea_slabs, shares_near
from porenet_boundary.estimators.triple_edges import beside, triple_edges
from porenet_boundary.phase_triple import phase_triple

Estimator = Literal["edges", "coarea"]

SCALES = tuple(f"total.sigma_{sigma:g}" for sigma in SIGMAS)


def triple_phase_boundary(
    volume: Volume,
    *,
    phases: tuple[Phase, Phase, Phase] | None = None,
    estimator: Estimator = "edges",
    active: Active = "spanning",
    reservoirs: dict[Phase, Face] | None = None,
) -> dict[str, Value]:
    """Length of triple line per volume, and how much of it is supplied by all three phases.

    ``edges`` is a count: a voxel edge whose four voxels hold all three phases, times its length. It overstates smooth
    lines, by 1.5 where the phases meet at 120 degrees and by about 1.76 on random-field electrodes; edges on an open
    face of the box have no four voxels and are missed, 6 % at 32^3 voxels, 3 % at 64^3. ``coarea``
    integrates gradients of the smoothed phases and reads 1.00 to 1.02 of a straight line in any direction (1.04 along a
    wedge of 30 degrees); it reads low where features are under about 5 voxels, so lengths are extrapolated from two
    widths of the Gaussian, never below 0, and the total of each width is given too.

    A line is active where each of its phases is supplied. Published are two meanings. ``spanning``: a component of the
    phase touches both z faces. ``reachable``: a component of the phase touches the face that feeds it. One supplied
    voxel of each phase beside the edge is enough. It is unknown if it is not active but may be: each phase that is not
    supplied touches a side face of the box, beyond which it may join what is. All else is inactive. The faces of an
    axis along which a phase is supplied are no side faces, nor are those of a periodic axis; the axis of supply is
    taken as open, whatever the grid says. With ``coarea`` each voxel's length is divided as are the edges in its
    Gaussian neighbourhood; what has no edge near is inactive.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        phases: the three phases, required where the grid has more.
        estimator: ``edges`` or ``coarea``.
        active: ``spanning`` or ``reachable``.
        reservoirs: for ``reachable``, the face that feeds each phase; Ni and pore z_min, YSZ z_max where these are
            the names. Other phases may be named and are not looked at.

    Returns:
        ``total`` = ``active`` + ``unknown`` + ``inactive``, um^-2; for ``coarea`` also ``total.sigma_1`` and
        ``total.sigma_1.5``, the readings at each width. 0 where a phase is absent; `Undefined` on a grid of two phases.

    Raises:
        InputError: the phases or the reservoirs are not what they must be.
    """
    triple = phase_triple(volume.grid, phases, "tpb")
    if isinstance(triple, Undefined):
        return dict.fromkeys(("total", *KINDS, *(SCALES if estimator == "coarea" else ())), triple)
    codes = supply_codes(volume, triple, active, reservoirs)
    if estimator == "edges":
        return _edges(volume, codes)
    near = _edges_near(volume, codes)
    del codes  # 0.3 GB at 512^3
    return _coarea(volume, triple, near)


def _edges(volume: Volume, codes: NDArray[np.uint16]) -> dict[str, Value]:
    counts = np.zeros((len(KINDS), 3), np.int64)
    for direction, _, joined in triple_edges(codes, volume.grid.periodic):
        counts[:, direction] += np.bincount(kind_of(joined), minlength=len(KINDS))
    dz, dy, dx = volume.grid.voxel_um
    per_um2 = np.array([1 / (dy * dx), 1 / (dz * dx), 1 / (dz * dy)]) / volume.labels.size
    lengths = {kind: float(row @ per_um2) for kind, row in zip(KINDS, counts, strict=True)}
    return {"total": sum(lengths.values()), **lengths}


def _coarea(volume: Volume, triple: Triple, near: NDArray[np.uint8]) -> dict[str, Value]:
    readings = np.array([_coarea_reading(volume, triple, near, sigma) for sigma in SIGMAS])
    # The total is that of all lines, whichever meaning of active divides it: the loss `tpb` drives it, and a kind that
    # extrapolates to less than nothing must not add to it.
    lengths = np.maximum(WEIGHTS @ readings, 0)
    lengths *= max(float(WEIGHTS @ readings.sum(axis=1)), 0) / (lengths.sum() or 1)
    kinds = dict(zip(KINDS, map(float, lengths), strict=True))
    scales = dict(zip(SCALES, map(float, readings.sum(axis=1)), strict=True))
    return {"total": sum(kinds.values()), **kinds, **scales}


def _coarea_reading(volume: Volume, triple: Triple, near: NDArray[np.uint8], sigma: float) -> list[float]:
    """Length per volume of each kind as one Gaussian shows it, um^-2."""
    *kinds_near, all_near = near
    total, parts = 0.0, [0.0] * len(kinds_near)
    shares_by_slab = shares_near(volume, sigma, kinds_near, all_near)
    for density, shares in zip(coarea_slabs(volume, triple, sigma), shares_by_slab, strict=True):
        total += float(density.sum())
        parts = [part + float((share * density).sum()) for part, share in zip(parts, shares, strict=True)]
    return [length / volume.labels.size for length in (*parts, max(0.0, total - sum(parts)))]


def _edges_near(volume: Volume, codes: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """How many active, how many unknown and how many triple edges each voxel has, 12 at most: ``(3, Z, Y, X)``."""
    near = np.zeros((len(KINDS), *codes.shape), np.uint8)
    for direction, places, joined in triple_edges(codes, volume.grid.periodic):
        kinds = kind_of(joined)
        for voxels in beside(codes.shape, direction, places):
            np.add.at(near, (kinds, *voxels), 1)
    near[-1] += near[0]
    near[-1] += near[1]
    return near
