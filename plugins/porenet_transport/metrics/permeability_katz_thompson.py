"""Permeability, estimated after Katz and Thompson from the widest way through a phase and its conduction."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le
from porenet_estimators.breakthrough import breakthrough_diameters

from porenet.interface import Axis, AxisChoice, Undefined, Value, Volume, measured_along
from porenet_transport.metrics.tortuosity import tortuosity

DIVISOR = 226
"""Of d^2 / F, for rocks with a broad distribution of pore sizes."""


def permeability_katz_thompson(
    volume: Volume, *, axis: AxisChoice = "z", tolerance: Annotated[float, Ge(1e-6), Le(0.1)] = 1e-3
) -> dict[str, Value]:
    r"""Estimate of the permeability of each phase, were it the pore: from its bottleneck and its conduction.

    .. math:: k = \frac{d_c^2}{226 \, F}

    with d_c the `breakthrough_diameter` of the phase and F its formation factor (`tortuosity`). An estimate, and no
    solution of the equations of flow: A. J. Katz and A. H. Thompson, Phys. Rev. B 34 (1986) 8179,
    https://doi.org/10.1103/PhysRevB.34.8179, found it within a factor of about 2 for sandstones and carbonates, whose
    pores differ widely in size.

    Known defects. Where all ways are equally wide it reads low, because the number 226 supposes that most of the volume
    is wider than d_c: for straight round tubes by a factor of 7.1 (226 / 32, as the exact k is d^2 / 32 F), for
    parallel slits by 19 (226 / 12). Where the widest way is few voxels wide, `breakthrough_diameter` reads one to three
    voxels low, and this value by twice the relative error.

    Args:
        volume: ``(Z, Y, X)``, voxels of any shape. The other axes may be periodic, the driven one is always open.
        axis: direction of flow; or ``all`` three, one after the other.
        tolerance: limit of the estimated relative error of F, as in `tortuosity`.

    Returns:
        ``P`` for each phase P, um^2 (1 um^2 is 1.013 darcy): 0 where it is absent or joins no two faces; `Undefined`
        where it fills a volume without walls, or the solver gave up. Of all axes ``P.z``, ...
    """
    return measured_along(axis, lambda along: _along(volume, along, tolerance))


def _along(volume: Volume, axis: Axis, tolerance: float) -> dict[str, Value]:
    transport = tortuosity(volume, axis=axis, tolerance=tolerance)
    diameters = breakthrough_diameters(volume, axis)
    return {
        phase: _estimate(diameter, transport[f"{phase}.relative_diffusivity"])
        for phase, diameter in zip(volume.grid.phases, diameters, strict=True)
    }


def _estimate(diameter_um: Value, relative_diffusivity: Value) -> Value:
    if isinstance(diameter_um, Undefined):
        return diameter_um
    if isinstance(relative_diffusivity, Undefined):
        return relative_diffusivity
    return diameter_um**2 * relative_diffusivity / DIVISOR
