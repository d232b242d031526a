"""One section of the page: its picture and its numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.interface import Volume
from porenet.page.coarsening import coarsen
from porenet.page.counters import Counter, measure_rows
from porenet.page.section_counters import IN_PLANE, section_counters_of
from porenet.page.structure import StructureOptions, packed_text
from porenet.page.triple_sites import triple_sites

MAX_EDGE = 2048
"""Largest number of pixels drawn per axis, if the user states none: 4 million, of which noise packs to 1 MB."""
BEYOND = "a section does not show what is joined in three dimensions"


def section_structure_of(
    section: Volume, options: StructureOptions, progress: Callable[[str], object]
) -> dict[str, Any]:
    """One section, JSON-ready, drawn as an image.

    The picture is coarsened if the section is too large; the counters are those of the full section.

    Args:
        section: the section, on a grid of two dimensions.
        options: supply without reservoirs, metrics and size of the picture.
        progress: called with the name of each metric once it is measured.
    """
    triple = options.supply.triple
    rows = measure_rows(section, options.requests, progress, memory=options.memory)
    counters = section_counters_of(rows, section)
    fractions = {counter["key"]: counter["value"] for counter in counters if counter["metric"] == "vf"}
    drawn = coarsen(section, options.max_edge)
    drawn_sites = triple_sites(drawn.volume, options.supply, triple) if triple else None
    return {
        "dims": 2,
        "shape": list(drawn.volume.labels.shape),
        "voxel_um": list(drawn.volume.grid.voxel_um),
        "periodic": list(section.grid.periodic),
        "coarsened": _coarsening(section, drawn.factor) if drawn.factor > 1 else None,
        "phases": [
            {"name": phase, "label": label, "role": options.supply.roles.get(phase), "reservoir": None,
             "fraction": fractions[phase]}
            for label, phase in enumerate(section.grid.phases)
        ],
        "labels": packed_text(drawn.volume.labels),
        "network": packed_text(spanning_axes(drawn.volume)),
        "tpb": {"sites": packed_text(drawn_sites.field & 0b11), "count": drawn_sites.points()} if drawn_sites else None,
        "headline": section_headline(counters, section.grid.phases),
        "counters": counters,
    }  # fmt: skip


def spanning_axes(section: Volume) -> NDArray[np.uint8]:
    """Bits of each pixel: 1 where its network joins both ends of y, 2 of x; as labels ``(1, Y, X)``."""
    bits = np.zeros(section.labels.shape, np.uint8)
    for bit, axis in enumerate(IN_PLANE):
        components = section.opened(axis)
        bits |= components.spread(components.spanning(axis) * np.uint8(1 << bit))
    return bits


def section_headline(counters: Sequence[Counter], phases: Sequence[str]) -> dict[str, str]:
    """The sentence above a section: which phases cross it, and what that does not say. No tone: it is not a verdict."""
    crosses = {counter["key"]: counter["value"] for counter in counters if counter["metric"] == "percolates"}
    axes = {phase: " and ".join(axis for axis in IN_PLANE if crosses[f"{phase}.{axis}"]) for phase in phases}
    crossing = [f"{phase} along {along}" for phase, along in axes.items() if along]
    lead = f"In this plane a network crosses the section in {', in '.join(crossing)}" if crossing else (
        "In this plane no network crosses the section"
    )  # fmt: skip
    return {"text": f"{lead}; {BEYOND}.", "tone": "neutral"}


def _coarsening(full: Volume, factor: int) -> dict[str, Any]:
    note = (
        f"drawn at 1/{factor}: each drawn pixel is the majority of {factor} x {factor} pixels, "
        "and the numbers are those of the full section"
    )
    return {"factor": factor, "from": list(full.labels.shape), "note": note}
