"""Connectivity: how much of each phase belongs to networks that cross the volume."""

from __future__ import annotations

import numpy as np

from porenet.interface import Axis, AxisChoice, Undefined, Value, Volume, faces_of, measured_along, one_layer

ABSENT = Undefined("phase absent")


def connectivity(volume: Volume, *, axis: AxisChoice = "z") -> dict[str, Value]:
    """Shares of each phase that span the axis, that are isolated, and that may be joined outside the volume.

    Every voxel of a phase is in one 6-connected component. The component spans if it touches both faces of the axis; it
    is isolated if it touches no outer face at all; otherwise it is unknown, because it may be joined to more of its
    phase outside. The three shares of a phase sum to 1. The first is the connectivity of
    https://github.com/thermal-eng-lab/GAN-PH.

    A periodic axis has no outer faces and joins its two ends. The measured axis always counts as open, and its faces as
    outer ones: a wrap would join them without a crossing. So the share along a periodic axis depends on where the array
    is cut, and parts that are joined only through that cut count as unknown.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        axis: the axis to be crossed; or ``all`` three, one after the other.

    Returns:
        For each phase P, all dimensionless: ``P``, the spanning share, 0 if the phase is absent or nothing of it
        spans; ``P.isolated`` and ``P.unknown``, `Undefined` if it is absent. Of all axes ``P.z``, ``P.isolated.z``, ...
        All three are `Undefined` along an axis of one voxel. Of a section it is what is joined in its plane.

    Raises:
        InputError: no such axis.
    """
    return measured_along(axis, lambda crossed: _shares(volume, crossed), volume.grid.axes)


def _shares(volume: Volume, axis: Axis) -> dict[str, Value]:
    grid, components = volume.grid, volume.opened(axis)
    if thin := one_layer(volume, (axis,)):
        return {f"{phase}{part}": thin for phase in grid.phases for part in ("", ".isolated", ".unknown")}
    outward = components.touching([*grid.sides(axis), *faces_of(axis)])
    spanning = components.spanning(axis)
    # Sums of voxels are exact: float64 holds every whole number up to 2**53.
    total, joined, isolated, unknown = (
        np.bincount(components.phases[chosen], weights=components.sizes[chosen], minlength=len(grid.phases))
        for chosen in (slice(None), spanning, ~outward, outward & ~spanning)
    )
    shares: dict[str, Value] = {}
    for label, phase in enumerate(grid.phases):
        if total[label] == 0:
            shares |= {phase: 0.0, f"{phase}.isolated": ABSENT, f"{phase}.unknown": ABSENT}
            continue
        shares[phase] = float(joined[label] / total[label])
        shares[f"{phase}.isolated"] = float(isolated[label] / total[label])
        shares[f"{phase}.unknown"] = float(unknown[label] / total[label])
    return shares
