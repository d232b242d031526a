"""Constrictivity: how much narrower the necks of a phase are than its bulges."""

from __future__ import annotations

from porenet.interface import Face, Undefined, Value, Volume
from porenet_topology.ball_sizes import size_quantiles


def constrictivity(volume: Volume, *, inlet: Face = "z_min") -> dict[str, Value]:
    r"""Squared ratio of the bottleneck to the bulge of each phase, for ways that begin at a face.

    .. math:: \beta = (r_{min} / r_{max})^2

    with r_max half the ``d50`` of `phase_size` and r_min half the ``d50`` of `intrusion_size` from the inlet: 1 for
    straight channels, towards 0 where wide chambers are joined by narrow necks. 0 where more than half of the phase
    cannot be entered from the inlet.

    Source: L. Holzer et al., J. Mater. Sci. 48 (2013) 2934, https://doi.org/10.1007/s10853-012-6968-z, on the
    distributions of B. Muench and L. Holzer, https://doi.org/10.1111/j.1551-2916.2008.02736.x.

    Known defect. Both radii read low by about half a voxel or more on oblique walls, which lowers the ratio where necks
    are a few voxels wide; compare values at one voxel size.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        inlet: face through which the balls of `intrusion_size` enter.

    Returns:
        Phase name -> dimensionless, 0 to 1; `Undefined` where the phase is absent, or fills the volume.
    """
    bulges, necks = size_quantiles(volume), size_quantiles(volume, inlet)
    return {phase: _ratio(bulges[phase]["d50"], necks[phase]["d50"]) for phase in volume.grid.phases}


def _ratio(bulge_um: Value, neck_um: Value) -> Value:
    if isinstance(bulge_um, Undefined):
        return bulge_um
    if isinstance(neck_um, Undefined):
        return neck_um
    return (neck_um / bulge_um) ** 2
