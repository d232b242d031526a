"""Tortuosity factor: conduction of a phase compared with straight channels of the same volume fraction."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray

from porenet.interface import Axis, AxisChoice, Grid, Value, Volume, measured_along, one_layer
from porenet_transport.reasons import ABSENT, gave_up, no_path
from porenet_transport.solver.links import Boundary
from porenet_transport.solver.one_volume import conduct

NAMES = ("tortuosity_factor", "relative_diffusivity", "formation_factor")


def tortuosity(
    volume: Volume,
    *,
    axis: AxisChoice = "z",
    boundary: Boundary = "face",
    tolerance: Annotated[float, Ge(1e-6), Le(0.1)] = 1e-3,
) -> dict[str, Value]:
    r"""Tortuosity factor of each phase: steady diffusion through it alone, from one face of an axis to the other.

    .. math:: \tau = \varepsilon \, \frac{D_0}{D_\mathrm{eff}}

    With eps the volume fraction of the phase (isolated parts included), D0 its own diffusivity and D_eff that of the
    volume: tau is the tortuosity factor, which is not the ratio of path lengths; relative diffusivity D_eff / D0 = eps
    / tau; formation factor D0 / D_eff = tau / eps. Tau is at least 1 with boundary "face". As in TauFactor,
    https://doi.org/10.21105/joss.05358. Memory at the peak, measured at 256^3: 28.5 bytes per voxel, of which the
    components that all metrics share are 4. For a volume that is too large `tortuosity_bounds` gives two numbers
    between which D_eff / D0 lies.

    Known defect. Voxels that are coarse beside the necks make tau too large: every voxel divided into eight, tau of
    plurigaussians of 32^3 voxels falls by 7 to 13 % where the correlation length is 2 voxels, by 5 to 9 % where it is 3
    and by 3 to 9 % where it is 5 (three seeds, three phases).

    Args:
        volume: ``(Z, Y, X)``, voxels of any shape. The other axes may be periodic, the driven one is always open.
        axis: direction of transport; or ``all`` three, one after the other.
        boundary: where the concentrations are given: "face", half a voxel outside the first and the last layer, as in
            TauFactor; or "cell", in the centres of these layers over the same length, as in OpenImpala: straight
            channels of N voxels then have tau = (N - 1) / N.
        tolerance: limit of the estimated relative error of each value, which covers the error of the solver and not
            that of the voxels. The solver's error makes tau too small and D_eff too large, never the reverse. The
            estimate has a coverage of 99 %: the share of a family of volumes, checked by a test, whose true error is
            within it.

    Returns:
        ``P.tortuosity_factor``, ``P.relative_diffusivity`` and ``P.formation_factor`` of each phase P, dimensionless.
        A phase that is absent or joins no two faces has relative diffusivity 0; the other two would be infinite and
        are `Undefined`. All three are `Undefined` where the solver gave up, and along an axis of one voxel.
        Of all axes ``P.tortuosity_factor.z``, ...
    """
    return measured_along(axis, lambda along: _along(volume, along, boundary, tolerance), volume.grid.axes)


def _along(volume: Volume, axis: Axis, boundary: Boundary, tolerance: float) -> dict[str, Value]:
    result: dict[str, Value] = {}
    values: tuple[Value, Value, Value]
    thin = one_layer(volume, (axis,))
    for phase in volume.grid.phases:
        fraction = float(np.mean(volume.mask(phase)))
        if thin:
            values = thin, thin, thin
        elif fraction == 0:
            values = ABSENT, 0.0, ABSENT
        elif not (spanning := volume.spanning(phase, axis)).any():
            values = no_path(axis), 0.0, no_path(axis)
        else:
            values = _solve(spanning, fraction, volume.grid, axis, boundary, tolerance)
        result |= {f"{phase}.{name}": value for name, value in zip(NAMES, values, strict=True)}
    return result


def _solve(
    spanning: NDArray[np.bool_], fraction: float, grid: Grid, axis: Axis, boundary: Boundary, tolerance: float
) -> tuple[Value, Value, Value]:
    # Only what joins both faces conducts; the rest would cost time.
    solved = conduct(
        spanning,
        axis=axis,
        voxel_um=grid.voxel_um,
        periodic=grid.periodic,
        boundary=boundary,
        tolerance=tolerance,
    )
    if not solved.converged:
        undefined = gave_up(solved.steps, solved.error)
        return undefined, undefined, undefined
    return fraction / solved.conductivity, solved.conductivity, 1 / solved.conductivity
