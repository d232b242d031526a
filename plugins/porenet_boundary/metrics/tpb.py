"""Triple-phase boundary: the length of the lines where three phases meet."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from porenet_estimators.coarea import PARTS, SIGMAS, WEIGHTS, coarea_slabs

from porenet.contacts import Supply, triple_lines
from porenet.interface import Face, Phase, Undefined, Value, Volume
from porenet_boundary.activity import KINDS, POSSIBLE, SUPPLIED, Active, supply_codes, supply_marks
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
    taken as open, whatever the grid says. With ``coarea`` each voxel's length is weighted by the share of each phase in
    its Gaussian neighbourhood that is supplied: the three shares multiplied.

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
    marks = supply_marks(volume, triple, active, reservoirs)
    return _edges(volume, triple, marks) if estimator == "edges" else _coarea(volume, supply_codes(marks))


def _edges(volume: Volume, triple: tuple[int, int, int], marks: NDArray[np.uint8]) -> dict[str, Value]:
    # One supplied voxel of a phase is enough: where a phase holds two of the four, in different components, the line
    # is reached from either. A phase that neither is supplied nor may be makes it inactive, whatever the others do.
    supply = Supply(marks, (int(SUPPLIED),) * len(volume.grid.phases), int(POSSIBLE))
    lines = triple_lines(volume.labels, [triple], supply=supply, periodic=volume.grid.periodic)
    dz, dy, dx = volume.grid.voxel_um
    per_um2 = np.array([1 / (dy * dx), 1 / (dz * dx), 1 / (dz * dy)]) / volume.labels.size
    counts = (lines.active, lines.possible - lines.active, lines.total - lines.possible)
    lengths = {kind: float(row[0] @ per_um2) for kind, row in zip(KINDS, counts, strict=True)}
    return {"total": sum(lengths.values()), **lengths}


def _coarea(volume: Volume, codes: NDArray[np.uint16]) -> dict[str, Value]:
    readings = np.zeros((len(SIGMAS), len(PARTS)))
    for row, sigma in zip(readings, SIGMAS, strict=True):
        for densities in coarea_slabs(codes, volume.grid, sigma):
            row += [float(density.sum()) for density in densities]
    readings /= volume.labels.size
    extrapolated = WEIGHTS @ readings
    # Extrapolation may leave a part below nothing, or above the whole; the total is that of all lines, whichever
    # meaning of active divides it.
    total = max(float(extrapolated[0]), 0.0)
    active = min(max(float(extrapolated[2]), 0.0), total)
    possible = min(max(float(extrapolated[1]), active), total)
    kinds = {"active": active, "unknown": possible - active, "inactive": total - possible}
    return {"total": total, **kinds, **dict(zip(SCALES, map(float, readings[:, 0]), strict=True))}
