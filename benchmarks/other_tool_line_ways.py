"""Two-point probabilities, segments and chords: what porenet and PoreSpy count along lines, each by its own call."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import porespy

import porenet
from benchmarks.other_tool_ways import Mask, Values, Way, number_of, of_porenet, per_phase
from porenet.interface import Volume


def correlations(lags: tuple[int, ...]) -> list[Way]:
    """Two-point probability of the first phase, at lags of so many voxels."""

    def along(volume: Volume) -> Values:
        edge_um = volume.grid.voxel_um[0]
        metric = porenet.create_metric("s2", lags_um=tuple(lag * edge_um for lag in lags))
        along_axes = [value for key, value in metric(volume).items() if key.startswith(f"{volume.grid.phases[0]}@")]
        return {str(lag): number_of(value) for lag, value in zip(lags, along_axes, strict=True)}

    def radial(volume: Volume) -> Values:
        beyond_um = (max(lags) + 1) * volume.grid.voxel_um[0]  # the shell at the reach itself is cut in half
        metric = porenet.create_metric("s2", directions="radial", reach_um=beyond_um)
        shells = [value for key, value in metric(volume).items() if key.startswith(f"{volume.grid.phases[0]}.radial@")]
        return {str(lag): number_of(shells[lag]) for lag in lags}

    def by_porespy(name: str) -> Callable[[Volume], Values]:
        def measured(volume: Volume) -> Values:
            result = porespy.metrics.two_point_correlation(volume.mask(volume.grid.phases[0]))
            return {str(lag): float(getattr(result, name)[lag]) for lag in lags}

        return measured

    def along_diagonals(volume: Volume) -> Values:
        beyond_um = (max(lags) + 1) * volume.grid.voxel_um[0]
        values = porenet.create_metric("s2", directions="diagonals", reach_um=beyond_um)(volume)
        shells = [value for key, value in values.items() if key.startswith(f"{volume.grid.phases[0]}.diagonals@")]
        return {str(lag): number_of(shells[lag - 1]) if lag else float("nan") for lag in lags}

    return [
        Way("porenet", "s2 (default)", "both points in the phase, lags along the axes; from phi to phi^2", along, "1"),
        Way("porenet", "s2, directions=radial", "the same, all lags that round to so many voxels", radial, "1"),
        Way("porenet", "s2, directions=diagonals", "the same, lags along diagonals of faces and of the cube; none is 0",
            along_diagonals, "1"),
        Way("PoreSpy", "two_point_correlation, probability_scaled",
            "the same, all lags from so many voxels to below one more; its distance says half a voxel more",
            by_porespy("probability_scaled"), "1"),
        Way("PoreSpy", "two_point_correlation, probability", "that over phi: from 1 to phi",
            by_porespy("probability"), "1"),
    ]  # fmt: skip


def segments(lags: tuple[int, ...]) -> list[Way]:
    """Probability that a segment of so many voxels lies in the first phase."""

    def along(volume: Volume) -> Values:
        edge_um = volume.grid.voxel_um[0]
        metric = porenet.create_metric("lineal_path", lags_um=tuple(lag * edge_um for lag in lags))
        paths = [value for key, value in metric(volume).items() if key.startswith(f"{volume.grid.phases[0]}@")]
        return {str(lag): number_of(value) for lag, value in zip(lags, paths, strict=True)}

    return [Way("porenet", "lineal_path", "all points of a segment along an axis in the phase", along, "1")]


def chords() -> list[Way]:
    """Mean chord length along the first axis."""
    return [
        Way("porenet", "chord_length, axis=z", "chords that end within the box, in every row of voxels",
            of_porenet("chord_length", "{}.mean", axis="z"), "um"),
        Way("porenet", "chord_length, axis=z, include_cut=True", "those that the box cuts too",
            of_porenet("chord_length", "{}.mean", axis="z", include_cut=True), "um"),
        Way("PoreSpy", "apply_chords(axis=0), chord_counts, mean", "those that end within the box, in every second row",
            per_phase(_chords(trim_edges=True)), "um"),
        Way("PoreSpy", "apply_chords(axis=0, trim_edges=False), chord_counts, mean",
            "those that the box cuts too, in every second row", per_phase(_chords(trim_edges=False)), "um"),
    ]  # fmt: skip


def _chords(*, trim_edges: bool) -> Callable[[Mask, float], float]:
    def measured(mask: Mask, edge_um: float) -> float:
        drawn = porespy.filters.apply_chords(mask, axis=0, trim_edges=trim_edges)
        return edge_um * float(np.mean(porespy.metrics.chord_counts(drawn)))

    return measured
