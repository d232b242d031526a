"""The terms that a reconstruction has unless a run states others, and how far it looks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from porenet.interface import Volume

REACH = 16
"""Reach of the two-point statistics, voxels, where both boxes are at least twice as long."""
FINE = 1.0
"""Width of the Gaussian of the triple line, voxels. A spectral start lacks nothing coarse; with the usual 2 voxels
crops of a real electrode were left with up to 1.7 times the edges of three phases, with 1 voxel up to 1.2."""
Terms = list[dict[str, Any]]


def usual_reach_um(volume: Volume, shape: tuple[int, int, int]) -> float:
    """16 voxels, but at most half of the shortest edge of the structure and of the result; um.

    Args:
        volume: the structure whose descriptors are aimed at.
        shape: ``(Z, Y, X)`` of the result, voxels.
    """
    edges = volume.grid.voxel_um
    halves = [
        min(size, other) * edge / 2
        for size, other, edge in zip(volume.labels.shape, shape, edges, strict=True)
        if min(size, other) > 1
    ]
    return float(min([REACH * math.prod(edges) ** (1 / 3), *halves]))


def default_terms(volume: Volume, shape: tuple[int, int, int], steps: int) -> tuple[Terms, list[str]]:
    """Volume fractions, two-point statistics, surfaces and, of three phases, the triple line, each of default weight.

    The triple line joins half-way: from the first step on it holds the coarsening of a spectral start back (on smooth
    random fields the errors of S2 were then 2 to 3 times as large), and without it there are 1.6 to 2 times the edges.

    Args:
        volume: the structure whose descriptors are aimed at.
        shape: ``(Z, Y, X)`` of the result, voxels.
        steps: of the optimiser.

    Returns:
        Terms as `porenet.Objective` takes them, and notes on what is left out.
    """
    reach_um, notes = usual_reach_um(volume, shape), []
    usual_um = REACH * math.prod(volume.grid.voxel_um) ** (1 / 3)
    if reach_um < usual_um * (1 - 1e-9):
        notes.append(f"two-point statistics reach {reach_um:.4g} um, half of the shortest edge, not {usual_um:.4g} um")
    terms: Terms = [{"loss": "vf"}, {"loss": "s2", "params": {"reach_um": reach_um}}, {"loss": "ssa"}]
    present = len(np.unique(volume.labels))
    if len(volume.grid.phases) == present == 3:
        terms.append({"loss": "tpb", "start": steps // 2, "params": {"sigma": FINE}})
    else:
        notes.append(f"no term for the triple line: it is one of three phases, and there are {present}")
    return terms, notes
