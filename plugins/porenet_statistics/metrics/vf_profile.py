"""Profile of the volume fractions: those of parts of the volume along an axis."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le
from porenet_estimators.layer_profiles import layer_fractions, named_parts, part_densities

from porenet.interface import Axis, Volume


def volume_fraction_profile(
    volume: Volume, *, axis: Axis, parts: Annotated[int, Ge(1), Le(10_000)] = 4
) -> dict[str, float]:
    """Volume fraction of each phase in parts of equal thickness along an axis.

    The mean of the parts is `vf`. A cut that falls inside a layer divides its voxels in proportion: any number of parts
    has an answer, on volumes of any size, and as many parts as layers give each layer.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        axis: along which the volume is cut. Without it, as in `porenet measure` without ``-m``, no profile is measured.
        parts: how many parts.

    Returns:
        ``"<phase>.<axis><part>"``, ``pore.z1`` next to the face ``z_min`` -> fraction, dimensionless; 0 where a phase
        is absent.
    """
    return named_parts(list(volume.grid.phases), axis, part_densities(layer_fractions(volume, axis), parts))
