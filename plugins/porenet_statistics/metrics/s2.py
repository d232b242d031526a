"""Two-point probability S2: that two points a given distance apart both lie in a phase, or in two phases."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt
from numpy.typing import NDArray
from porenet_estimators.axis_lags import AxisLags, axis_lags, named_lags, named_probabilities
from porenet_estimators.lags import Lags, edges_for_lags, group_means, lags_of
from porenet_estimators.pair_counts import pair_counts_at
from porenet_estimators.phase_pairs import Pairs, phase_pairs, usual_pairs

from porenet.contacts import distant_pairs
from porenet.interface import AXES, Axis, AxisChoice, Grid, InputError, Undefined, Value, Volume, measured_along
from porenet.slabs import About, Need, Slab, in_memory

ANY = -1

Directions = Literal["axes", "diagonals", "ball", "radial", "beyond"]


def two_point_probability(
    volume: Volume,
    *,
    directions: Directions = "axes",
    axis: AxisChoice | None = None,
    lags_um: tuple[Annotated[float, Ge(0)], ...] | None = None,
    pairs: Pairs | None = None,
    reach_um: Annotated[float, Gt(0)] | None = None,
    unlike: bool = False,
) -> dict[str, Value]:
    r"""Probability that two points a lag apart both lie in a phase, for each phase and lag.

    .. math:: S_2(r) = P(x \in c, \; x + r \in c)

    Only pairs with both points inside the box count; on a periodic axis every point has a partner, around the box where
    necessary. S2(0) is the volume fraction; far apart S2 tends to its square. Definition: S. Torquato, Random
    Heterogeneous Materials (2002), https://doi.org/10.1007/978-1-4757-6355-3.

    Along the ``axes`` the points are anywhere in the box, not at voxel centres only: S2 of a body of voxels is linear
    between whole numbers of voxels, so that any lag has an exact value, on anisotropic voxels too. In the other
    directions lags are whole numbers of voxels along each axis, counted exactly by FFT.

    Cost on one core: three phases of 512^3 with the default lags of the axes 0.3 s, and a bit per voxel; with
    ``radial`` the memory of about 60 bytes per voxel.

    Known defects. Two points see no path: structures of the same S2 can percolate or not, and conduct differently, for
    example where they differ in their necks. At long lags few pairs are left, and they lie near opposite faces.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        directions: ``axes``; ``ball``, every lag up to the reach, of r and -r one; ``radial``, the mean over the lags
            of each shell, one shortest voxel edge thick; ``diagonals``, that over the lags along the diagonals of faces
            and of the cube; ``beyond``, the mean over all lags of the reach to 1.5 times it.
        axis: of ``axes``: the direction of the pairs; ``all``: each of the three; None pools those along all three.
        lags_um: of ``axes``: distances, um; None is 1, 2, 4, 8, ... times the shortest voxel edge, up to half of the
            longest edge of the box.
        pairs: not of ``axes``: ``auto``, both points in the same phase; ``all``, also in two phases, whichever first;
            ``directed`` (``ball`` only), also at r and at -r by themselves, which differ where the structure has no
            centre of symmetry in the mean. None: ``auto`` for up to three phases, whose other terms follow from these
            (the probabilities of all second phases add up to that of the first), ``all`` for more.
        reach_um: not of ``axes``: longest lag, um; None: 16 voxels, and at most half of the shortest edge of the box.
        unlike: not of ``axes``: instead the probability that of the two points one lies in the phase and the other does
            not, per order of the two: phi - S2 but for the faces of the box.

    Returns:
        ``"<phase>@<lag>um"`` -> probability, dimensionless; 0 for an absent phase, `Undefined` where the box is too
        short for a pair; of all axes ``"<phase>@<lag>um.z"``, ... Other directions: ``"<phase>@(<z>,<y>,<x>)um"`` with
        the lag as a vector, ``"<phase>.radial@<length>um"``; of two phases ``"<phase>-<phase>..."``, or
        ``"<phase>><phase>..."`` directed.

    Raises:
        InputError: a lag is negative or not finite, two of them share a key, or a parameter of other directions is
            given.
    """
    if directions == "axes":
        others = {"pairs": pairs, "reach_um": reach_um, "unlike": unlike}
        return in_memory(BY_SLABS, volume, directions="axes", axis=axis, lags_um=lags_um, **others)
    if axis is not None or lags_um is not None:
        raise InputError(
            f"axis and lags_um are of the axes, and the directions are {directions!r}",
            where="s2",
            fix="Leave them out, or limit the lags with reach_um.",
        )
    grid = volume.grid
    chosen = pairs or usual_pairs(grid.phases)
    if chosen == "directed" and directions != "ball":
        raise InputError(f"directed pairs are of a ball, and the directions are {directions!r}", where="s2.pairs")
    lags = lags_of(volume.labels.shape, edges_for_lags(grid), grid.periodic, reach_um, directions)
    if unlike:
        return _unlike(volume, lags, directions)
    values: dict[str, Value] = {}
    listed = phase_pairs(grid.phases, chosen)
    possible = np.maximum(lags.possible, 1)
    turned = [(second, first) for first, second in listed]
    for (first, second), here, there in zip(
        listed, pair_counts_at(volume.labels, lags, listed), pair_counts_at(volume.labels, lags, turned), strict=True
    ):
        name = grid.phases[first]
        if first == second:
            values |= _named(name, here / possible, lags, directions, volume)
        elif chosen == "directed":
            name = f"{name}>{grid.phases[second]}"
            values |= _named(name, here / possible, lags, directions, volume)
            values |= _named(name, there / possible, lags, directions, volume, sign=-1)
        else:
            name = f"{name}-{grid.phases[second]}"
            values |= _named(name, (here + there) / (2 * possible), lags, directions, volume)
    return values


def _unlike(volume: Volume, lags: Lags, directions: Directions) -> dict[str, Value]:
    """Probability that one point lies in the phase and the other does not, the mean of both orders."""
    values: dict[str, Value] = {}
    for label, phase in enumerate(volume.grid.phases):
        first, second, both = pair_counts_at(volume.labels, lags, [(label, ANY), (ANY, label), (label, label)])
        share = ((first + second) / 2 - both) / np.maximum(lags.possible, 1)
        values |= _named(f"{phase}.unlike", share, lags, directions, volume)
    return values


def _named(
    name: str, shares: NDArray[np.float64], lags: Lags, directions: Directions, volume: Volume, sign: int = 1
) -> dict[str, Value]:
    """The means over the groups of the lags, by their keys; with a sign of -1 those of the opposite lags but 0."""
    if not len(lags.steps):
        return {f"{name}.{directions}@{lags.reach_um:g}um": Undefined("no two voxels of the box are at such a lag")}
    means = [
        Undefined("no two voxels of the box are at such a lag") if math.isnan(mean) else mean
        for mean in group_means(shares, lags).tolist()
    ]
    if directions != "ball":
        return {f"{name}.{directions}@{length:g}um": mean for length, mean in zip(lags.lengths_um, means, strict=True)}
    vectors = sign * lags.steps * np.array(volume.grid.voxel_um) + 0.0  # no -0
    of_axes = vectors[:, 3 - volume.grid.dims :].tolist()
    keys = (f"{name}@({','.join(f'{part:g}' for part in vector)})um" for vector in of_axes)
    return {key: mean for key, mean, step in zip(keys, means, lags.steps, strict=True) if sign > 0 or step.any()}


class LagsBySlabs:
    """Pairs along y and x layer by layer; those along z, which no slab holds, along whole lines."""

    def need(self, grid: Grid, shape: tuple[int, int, int], params: Mapping[str, Any]) -> Need:
        """Nothing but its own counts, and whole lines for pairs along z.

        Raises:
            InputError: lags in other directions than the axes, or `two_point_probability` refuses the parameters.
        """
        if params["directions"] != "axes":
            raise InputError(
                f"{params['directions']!r} needs the whole volume in memory",
                where="s2.directions",
                fix="By slabs there are axes.",
            )
        if params["pairs"] is not None or params["reach_um"] is not None or params["unlike"]:
            raise InputError(
                "pairs, reach_um and unlike are not of the axes", where="s2", fix="Choose other directions with them."
            )
        axes = self._axes(grid, params["axis"])
        for index in axes:
            self._lags(About(grid, shape), self._lagged(index, params), params)
        return Need(rows=0 in axes, voxel_bytes=1)

    def leaf(self, slab: Slab, params: Mapping[str, Any]) -> dict[str, NDArray[np.int64]]:
        """``y`` and ``x``: `distant_pairs` of the layers of a slab."""
        return {
            AXES[index]: self._counts(slab.owned, index, slab.about, params)
            for index in self._axes(slab.grid, params["axis"])
            if index
        }

    def join(
        self, first: Mapping[str, NDArray[np.int64]], second: Mapping[str, NDArray[np.int64]]
    ) -> dict[str, NDArray[np.int64]]:
        """Those of two neighbours."""
        return {name: first[name] + second[name] for name in first}

    def rows(self, labels: NDArray[np.uint8], about: About, params: Mapping[str, Any]) -> dict[str, NDArray[np.int64]]:
        """``z``: `distant_pairs` of some rows of the box."""
        return {"z": self._counts(labels, 0, about, params)}

    def finish(
        self, state: Mapping[str, NDArray[np.int64]], about: About, params: Mapping[str, Any]
    ) -> dict[str, Value]:
        """The probabilities."""
        if params["axis"] is None:
            return self._probabilities(state, about, None, params)
        return measured_along(
            params["axis"], lambda along: self._probabilities(state, about, along, params), about.grid.axes
        )

    def _probabilities(
        self, state: Mapping[str, NDArray[np.int64]], about: About, axis: Axis | None, params: Mapping[str, Any]
    ) -> dict[str, Value]:
        lags = self._lags(about, axis, params)
        pairs = np.zeros((len(lags), len(about.grid.phases)))
        positions = np.zeros((len(lags), 1))
        for index in self._axes(about.grid, axis):
            at = self._at(index, about, params)
            pairs += at.mixed(state[AXES[index]])
            positions += np.array(at.possible)[:, None]
        absence = f"no two points of the box are {{}} apart along {f'the {axis} axis' if axis else 'any axis'}"
        return named_probabilities(about.grid.phases, lags, pairs, positions, absence)

    def _axes(self, grid: Grid, axis: AxisChoice | None) -> tuple[int, ...]:
        return tuple(AXES.index(name) for name in (grid.axes if axis in (None, "all") else (axis,)))

    def _lagged(self, index: int, params: Mapping[str, Any]) -> Axis | None:
        """The axis whose lags pairs along an axis have; None: those of all three, which are pooled."""
        return None if params["axis"] is None else AXES[index]

    def _lags(self, about: About, axis: Axis | None, params: Mapping[str, Any]) -> dict[str, float]:
        axes = self._axes(about.grid, axis)
        return named_lags(params["lags_um"], about.shape, about.grid.voxel_um, axes, where="s2.lags_um")

    def _at(self, index: int, about: About, params: Mapping[str, Any]) -> AxisLags:
        lags = list(self._lags(about, self._lagged(index, params), params).values())
        return axis_lags(lags, index, about.shape, about.grid.voxel_um, about.grid.periodic)

    def _counts(
        self, labels: NDArray[np.uint8], index: int, about: About, params: Mapping[str, Any]
    ) -> NDArray[np.int64]:
        grid, shifts = about.grid, self._at(index, about, params).shifts
        if not labels.size:
            return np.zeros((len(shifts), len(grid.phases)), np.int64)
        return distant_pairs(labels, len(grid.phases), index, shifts, periodic=grid.periodic[index])


BY_SLABS = LagsBySlabs()
