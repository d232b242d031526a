"""Intrusion sizes: the distribution of diameters that porosimetry from a face would tell."""

from __future__ import annotations

from porenet.interface import Face, Value, Volume
from porenet_topology.ball_sizes import size_quantiles


def intrusion_size(volume: Volume, *, inlet: Face = "z_min") -> dict[str, Value]:
    r"""Quantiles of the size distribution of each phase by simulated porosimetry from a face, by volume.

    .. math:: s(v) = 2 \max \{ r : \text{a ball of radius } r \text{ comes from the inlet and reaches } v \}

    The ball enters through the inlet and moves within the phase from voxel centre to voxel centre, or from corner to
    corner, across faces. Necks on the way hide the sizes behind them. Balls and what they reach are those of
    `phase_size`; the inlet is open, and so are the other open faces of the box. A periodic axis wraps, but not that of
    the inlet, for the way.

    Volume that no ball reaches, because no component of the phase leads there from the inlet, counts with the size 0,
    so the quantiles are over the whole phase: a ``d50`` of 0 says that more than half of it cannot be entered.

    Source: B. Muench and L. Holzer, J. Am. Ceram. Soc. 91 (2008) 4059, https://doi.org/10.1111/j.1551-2916.2008.02736.x
    (simulation of mercury intrusion).

    Known defects. Smooth walls are stairs, so that sizes read one to one and a half voxels low, as those of
    `phase_size` do. The value depends on the inlet and on the thickness behind it: the thicker the box, the more lies
    behind narrow necks. It is geometry: no contact angle, no compression.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        inlet: face through which the balls enter.

    Returns:
        ``P.d10``, ``P.d50``, ``P.d90`` for each phase P, um; `Undefined` where it is absent, or fills the volume.
    """
    return {
        f"{phase}.{name}": value
        for phase, quantiles in size_quantiles(volume, inlet).items()
        for name, value in quantiles.items()
    }
