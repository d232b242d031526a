"""Sizes: what porenet, PoreSpy and scipy count, each by its own call."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import porespy

from benchmarks.other_tool_ways import Mask, Way, of_porenet, per_phase
from benchmarks.phase_sizes import openings_at


def sizes() -> list[Way]:
    """Median diameters."""
    return [
        Way("porenet", "phase_size, d50", "diameter of the largest ball in closed voxels that reaches the voxel",
            of_porenet("phase_size", "{}.d50"), "um"),
        Way("PoreSpy", "local_thickness (default), twice the median", "radius from a centre to the nearest centre of "
            "another phase, in whole voxels", per_phase(_local_thickness("bf")), "um"),
        Way("PoreSpy", "local_thickness(method='conv'), twice the median", "the same by convolution",
            per_phase(_local_thickness("conv")), "um"),
        Way("PoreSpy", "local_thickness(method='dt'), twice the median", "the same by distance maps",
            per_phase(_local_thickness("dt")), "um"),
        Way("scipy", "openings at every distance", "PoreSpy's definition without rounding", per_phase(_exact()), "um"),
        Way("porenet", "intrusion_size, d50", "the same balls, from z = 0",
            of_porenet("intrusion_size", "{}.d50"), "um"),
        Way("PoreSpy", "porosimetry (default), twice the median", "balls from z = 0, distances cut to whole voxels",
            per_phase(_porosimetry(None)), "um"),
        Way("PoreSpy", "porosimetry, sizes=25", "the same, and 25 radii: the one below counts",
            per_phase(_porosimetry(25)), "um"),
        Way("scipy", "floods and openings at every whole distance", "PoreSpy's default, written again",
            per_phase(_exact(flood=True, whole=True)), "um"),
        Way("scipy", "floods and openings at every distance", "the same without rounding",
            per_phase(_exact(flood=True)), "um"),
    ]  # fmt: skip


def _local_thickness(method: str) -> Callable[[Mask, float], float]:
    return lambda mask, edge_um: (
        2 * edge_um * float(np.median(porespy.filters.local_thickness(mask, method=method)[mask]))
    )


def _porosimetry(count: int | None) -> Callable[[Mask, float], float]:
    def measured(mask: Mask, edge_um: float) -> float:
        inlets = np.zeros_like(mask)
        inlets[0] = True
        return 2 * edge_um * float(np.median(porespy.filters.porosimetry(mask, inlets=inlets, sizes=count)[mask]))

    return measured


def _exact(*, flood: bool = False, whole: bool = False) -> Callable[[Mask, float], float]:
    return lambda mask, edge_um: 2 * edge_um * float(np.median(openings_at(mask, flood=flood, whole=whole)[mask]))
