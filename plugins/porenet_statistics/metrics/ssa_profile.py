"""Profile of the specific surface area: that of parts of the volume along an axis."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Le
from porenet_estimators.interfaces import layer_without_area
from porenet_estimators.layer_profiles import layer_surfaces, named_parts, part_densities

from porenet.interface import Axis, Value, Volume
from porenet.slabs import Slab


def surface_area_profile(
    volume: Volume,
    *,
    axis: Axis,
    parts: Annotated[int, Ge(1), Le(10_000)] = 4,
    estimator: Literal["crofton", "faces"] = "crofton",
) -> dict[str, Value]:
    """Surface area of each phase per volume, in parts of equal thickness along an axis.

    The mean of the parts is `ssa` per total volume, of the same estimator. What lies between two layers of voxels
    belongs to both, half and half; a cut that falls inside a layer divides what the layer has in proportion. So any
    number of parts has an answer, on volumes of any size, and as many parts as layers give each layer.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        axis: along which the volume is cut. Without it, as in `porenet measure` without ``-m``, no profile is measured.
        parts: how many parts.
        estimator: ``crofton`` or ``faces``, those of `ssa`.

    Returns:
        ``"<phase>.<axis><part>"``, ``pore.z1`` next to the face ``z_min`` -> um^-1, per volume of the part; 0 where a
        phase is absent; `Undefined` with ``crofton`` in a volume of a single layer.

    Raises:
        InputError: with ``crofton``, one voxel edge is more than 1000 times another.
    """
    thin = layer_without_area(Slab.whole(volume).about) if estimator == "crofton" else None
    if thin:
        return {f"{phase}.{axis}{part}": thin for phase in volume.grid.phases for part in range(1, parts + 1)}
    densities = part_densities(layer_surfaces(volume, axis, estimator), parts)
    return dict(named_parts(list(volume.grid.phases), axis, densities))
