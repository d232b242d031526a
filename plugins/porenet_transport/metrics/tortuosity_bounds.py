"""Bounds of the relative diffusivity from parts of a volume, where the whole is too large to be solved."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from porenet.flood_fill import spanning
from porenet.interface import Axis, AxisChoice, Grid, InputError, Value, Volume, measured_along, thin_along
from porenet.slabs import About, Bounds, Need, in_memory
from porenet_transport.cuts import Cuts, cuts_of, volume_of
from porenet_transport.solver.one_volume import conduct

WHERE = "tortuosity_bounds"

VOXEL_BYTES = 30
"""Bytes per voxel of a part at the peak: 28.5 of `tortuosity`, and its labels."""


def tortuosity_bounds(
    volume: Volume,
    *,
    axis: AxisChoice = "z",
    slabs: Annotated[int, Ge(1)] | None = None,
    columns: Annotated[int, Ge(1)] | None = None,
    part_gb: Annotated[float, Gt(0)] = 1.0,
    tolerance: Annotated[float, Ge(1e-6), Le(0.1)] = 1e-3,
) -> dict[str, Value]:
    r"""Two numbers between which the relative diffusivity of each phase lies, from parts that are solved by themselves.

    .. math:: \frac{1}{N} \sum_j N_j D_j \le \frac{D_\mathrm{eff}}{D_0} \le N \Big/ \sum_k \frac{N_k}{D_k}

    For volumes that are too large for `tortuosity`. After Rayleigh (1892) a conductor conducts better where points of
    it are joined without resistance, and worse where it is cut (P. G. Doyle, J. L. Snell, Random walks and electric
    networks, https://arxiv.org/abs/math/0001057). Slabs across the transport, between planes of one potential each and
    in series, so have too large a D; columns along it, insulated from each other and side by side, too small a one. The
    two are not an interval of confidence: the value lies between them, whatever the structure, and their middle means
    nothing.

    Known defects. A bound is as good as its parts are thick, beside the structure: of Gaussian random fields of
    standard deviation sigma, slabs of 32 sigma read 5 to 6 % too much, of 16 sigma 10 to 17 %; columns 32 sigma wide 5
    to 9 % too little, 16 sigma wide 11 to 24 %. Columns of a given memory are wide; slabs across a wide box are thin,
    and the upper bound then is far too high. What `tortuosity` reads wrong on coarse voxels, the bounds do too.

    Args:
        volume: ``(Z, Y, X)``, voxels of any shape. The other axes may be periodic, the driven one is always open.
        axis: direction of transport; or ``all`` three, one after the other.
        slabs: number of slabs across the axis, of about equal thickness; None: as few as ``part_gb`` allows.
        columns: number of columns along each of the other two axes; None: as few as ``part_gb`` allows.
        part_gb: memory in which a slab or a column is solved, GB, 30 bytes per voxel; read where a number is None. The
            bounds depend on it.
        tolerance: limit of the estimated relative error of each part, see `tortuosity`. The error makes D too large: it
            is taken off the lower bound, and stays in the upper one.

    Returns:
        ``P.relative_diffusivity.at_least`` and ``P.relative_diffusivity.at_most`` of each phase P, dimensionless, 0 to
        1. 0 at most where a slab has no path from face to face: then the phase conducts nothing, or is absent. 0 at
        least where no column has one, which says nothing. Both are `Undefined` along an axis of one voxel. Of all axes
        ``P.relative_diffusivity.at_least.z``, ...

    Raises:
        InputError: one layer across the axis, or one line along it, takes more than ``part_gb``.
    """
    return in_memory(BY_PARTS, volume, axis=axis, slabs=slabs, columns=columns, part_gb=part_gb, tolerance=tolerance)


class BoundsByParts:
    """Bounds from the conductivities of slabs and columns, each of which is read and solved by itself."""

    def need(self, grid: Grid, shape: tuple[int, int, int], params: Mapping[str, Any]) -> Need:
        """Nothing but its own parts.

        Raises:
            InputError: `tortuosity_bounds` refuses the parameters.
        """
        parts = self.parts(About(grid, shape), params)
        return Need(part_bytes=VOXEL_BYTES * max(map(volume_of, parts)), parts=len(parts))

    def parts(self, about: About, params: Mapping[str, Any]) -> list[Bounds]:
        """Slabs and columns, axis by axis.

        Raises:
            InputError: as for `need`.
        """
        return [bounds for axis in _axes(about, params) for bounds in _cuts(about, axis, params).parts]

    def part(
        self, labels: NDArray[np.uint8], number: int, about: About, params: Mapping[str, Any]
    ) -> dict[str, NDArray[np.float64]]:
        """``conductivity``: of each phase alone, relative to its own; ``excess``: by how much it may be too large."""
        axes = [axis for axis in _axes(about, params) for _ in _cuts(about, axis, params).parts]
        bounds = self.parts(about, params)[number]
        wraps = tuple(
            periodic and stop - start == size
            for periodic, (start, stop), size in zip(about.grid.periodic, bounds, about.shape, strict=True)
        )
        part, axis = np.ascontiguousarray(labels), axes[number]
        values = np.zeros((2, len(about.grid.phases)))
        for label in range(len(about.grid.phases)):
            joined = spanning(part, label, axis, periodic=wraps)  # type: ignore[arg-type]
            if joined.any():
                solved = conduct(
                    joined,
                    axis=axis,
                    voxel_um=about.grid.voxel_um,
                    periodic=wraps,  # type: ignore[arg-type]
                    tolerance=params["tolerance"],
                )
                values[:, label] = solved.conductivity, solved.conductivity * min(solved.error, 1.0)
        return {"conductivity": values[0], "excess": values[1]}

    def finish(
        self, state: Mapping[str, NDArray[np.float64]], about: About, params: Mapping[str, Any]
    ) -> dict[str, Value]:
        """The bounds."""
        solved = iter(zip(state["conductivity"], state["excess"], strict=True))
        values = {}
        for axis in _axes(about, params):
            cuts = _cuts(about, axis, params)
            slabs = list(itertools.islice(solved, len(cuts.slabs)))
            columns = list(itertools.islice(solved, len(cuts.columns)))
            values[axis] = _bounds(slabs, columns or slabs, cuts, about, axis)
        return measured_along(params["axis"], lambda axis: values[axis], about.grid.axes)


BY_PARTS = BoundsByParts()

Solved = list[tuple[NDArray[np.float64], NDArray[np.float64]]]


def _axes(about: About, params: Mapping[str, Any]) -> tuple[Axis, ...]:
    axis, axes = params["axis"], about.grid.axes
    if axis not in (*axes, "all"):
        raise InputError(f"an axis is {', '.join(axes)} or all, not {axis!r}", where=f"{WHERE}.axis")
    return axes if axis == "all" else (axis,)


def _cuts(about: About, axis: Axis, params: Mapping[str, Any]) -> Cuts:
    most = params["part_gb"] * 1e9 / VOXEL_BYTES
    return cuts_of(about.shape, axis, params["slabs"], params["columns"], most, WHERE)


def _bounds(slabs: Solved, columns: Solved, cuts: Cuts, about: About, axis: Axis) -> dict[str, Value]:
    """Those of all phases along an axis."""
    thin = thin_along(about.grid, about.shape, (axis,))
    sizes = [volume_of(bounds) for bounds in cuts.columns or cuts.slabs]
    surely = np.array([conductivity - excess for conductivity, excess in columns])
    least = np.array(sizes) @ surely / sum(sizes)
    values: dict[str, Value] = {}
    for label, phase in enumerate(about.grid.phases):
        in_series = np.array([conductivity[label] for conductivity, _ in slabs])
        values[f"{phase}.relative_diffusivity.at_least"] = thin or float(least[label])
        values[f"{phase}.relative_diffusivity.at_most"] = thin or _harmonic_mean(in_series, cuts.slabs)
    return values


def _harmonic_mean(conductivities: NDArray[np.float64], slabs: list[Bounds]) -> float:
    """Conductivity of slabs in series; 0 if one of them conducts nothing."""
    if not (conductivities > 0).all():
        return 0.0
    shares = np.array([volume_of(bounds) for bounds in slabs], np.float64)
    worst = conductivities.min()  # so that equal slabs, and a single one, have their own value to the last bit
    return float(worst * shares.sum() / (shares * (worst / conductivities)).sum())
