"""Connectivity: how much of each phase belongs to networks that cross the volume."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.interface import (
    FACES,
    Axis,
    AxisChoice,
    Grid,
    Undefined,
    Value,
    Volume,
    faces_of,
    measured_along,
    opened,
    thin_along,
)
from porenet.slabs import About, Need, Summary, bits_of, in_memory

ABSENT = Undefined("phase absent")


def connectivity(volume: Volume, *, axis: AxisChoice = "z") -> dict[str, Value]:
    r"""Shares of each phase that span the axis, that are isolated, and that may be joined outside the volume.

    .. math:: C = \frac{1}{N_c} \sum_{k \text{ spans}} n_k

    Every one of the N_c voxels of a phase is in one 6-connected component, of n_k voxels. The component spans if it
    touches both faces of the axis; it is isolated if it touches no outer face at all; otherwise it is unknown, because
    it may be joined to more of its phase outside. The three shares of a phase sum to 1. The first is the connectivity
    of https://github.com/thermal-eng-lab/GAN-PH.

    A periodic axis has no outer faces and joins its two ends. The measured axis always counts as open, and its faces as
    outer ones: a wrap would join them without a crossing. So the share along a periodic axis depends on where the array
    is cut, and parts that are joined only through that cut count as unknown.

    Known defects. Size of the box: in a small one more is unknown, and near the percolation threshold a phase that
    would span a larger box does not span this one, or the other way round. A thread one voxel wide joins like a trunk:
    what passes is a matter of `tortuosity` and `breakthrough_diameter`.

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
    return in_memory(BY_SLABS, volume, axis=axis)


@functools.lru_cache(maxsize=64)
def _needed(grid: Grid, choice: AxisChoice) -> Need:
    measured_along(choice, lambda _: {}, grid.axes)
    axes = grid.axes if choice == "all" else (choice,)
    return Need(components=frozenset(opened(grid.periodic, axis) for axis in axes))


class ConnectivityBySlabs:
    """Shares of each phase from the voxels of its components, by the faces that they touch."""

    def need(self, grid: Grid, shape: tuple[int, int, int], params: Mapping[str, Any]) -> Need:
        """The components with the axis open, or each of them.

        Raises:
            InputError: no such axis.
        """
        return _needed(grid, params["axis"])

    def finish(self, state: Summary, about: About, params: Mapping[str, Any]) -> dict[str, Value]:
        """The shares."""
        return measured_along(params["axis"], lambda crossed: self._shares(state, about, crossed), about.grid.axes)

    def _shares(self, state: Summary, about: About, axis: Axis) -> dict[str, Value]:
        if thin := thin_along(about.grid, about.shape, (axis,)):
            return {f"{phase}{part}": thin for phase in about.grid.phases for part in ("", ".isolated", ".unknown")}
        fold = state.folds[opened(about.grid.periodic, axis)]
        shares: dict[str, Value] = {}
        for phase, voxels in zip(about.grid.phases, (fold @ _kinds(about.grid, axis)).tolist(), strict=True):
            total, spanning, isolated, unknown = voxels
            if total == 0:
                shares |= {phase: 0.0, f"{phase}.isolated": ABSENT, f"{phase}.unknown": ABSENT}
                continue
            shares[phase] = spanning / total
            shares[f"{phase}.isolated"] = isolated / total
            shares[f"{phase}.unknown"] = unknown / total
        return shares


@functools.lru_cache(maxsize=64)
def _kinds(grid: Grid, axis: Axis) -> NDArray[np.int64]:
    """``(64, 4)``: 1 for sets of faces that count: all; of what spans, of what is isolated, of what is unknown."""
    faces, both = np.arange(1 << len(FACES)), bits_of(faces_of(axis))
    outward = (faces & bits_of([*grid.sides(axis), *faces_of(axis)])) != 0
    spanning = (faces & both) == both
    return np.stack([faces >= 0, spanning, ~outward, outward & ~spanning], axis=1).astype(np.int64)


BY_SLABS = ConnectivityBySlabs()
