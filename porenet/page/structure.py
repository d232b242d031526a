"""One structure of the page: its drawing, its supply and its numbers."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.formats import LabelSlabs
from porenet.interface import Grid, Volume
from porenet.measurement import Request, Row
from porenet.measurement.layer_budget import layers_of_file
from porenet.measurement.slab_plan import usual_budget
from porenet.page.coarsening import USUAL_LAYERS, CoarseVolume, coarsen
from porenet.page.counters import counters_of, measure_rows
from porenet.page.headline import headline_of
from porenet.page.networks import networks, wraps_of
from porenet.page.supply import Supply, face_labels
from porenet.page.triple_sites import KINDS, TripleSites, triple_sites


@dataclass(frozen=True, slots=True)
class StructureOptions:
    """Options for the structures of one source.

    Attributes:
        supply: reservoirs and roles of their phases.
        requests: metrics to measure.
        max_edge: largest number of voxels drawn per axis.
        memory: bytes that the process may take, where a volume is not in memory; None: half of what is free.
    """

    supply: Supply
    requests: tuple[Request, ...]
    max_edge: int
    memory: int | None = None


def structure_of(
    volume: Volume | LabelSlabs, options: StructureOptions, progress: Callable[[str], object]
) -> dict[str, Any]:
    """One structure, JSON-ready.

    The drawing is coarsened if the volume is too large; the counters are those of the full volume. One that is not in
    memory is read twice, to be measured and to be coarsened.

    Args:
        volume: the structure.
        options: supply, metrics and size of the drawing.
        progress: called with the name of each metric once it is measured.
    """
    supply, grid = options.supply, volume.grid
    most, whole = USUAL_LAYERS, isinstance(volume, Volume)
    if isinstance(volume, LabelSlabs):
        most = layers_of_file(volume, usual_budget() if options.memory is None else options.memory)
    sites = triple_sites(volume, supply, supply.triple) if isinstance(volume, Volume) and supply.triple else None
    rows = measure_rows(volume, options.requests, progress, memory=options.memory)
    counters = counters_of(rows, volume, supply, sites)
    drawn = coarsen(volume, options.max_edge, most=most)
    if (drawn.factor > 1 or not whole) and supply.triple:
        sites = triple_sites(drawn.volume, supply, supply.triple)
    return {
        "shape": list(drawn.volume.labels.shape),
        "voxel_um": list(drawn.volume.grid.voxel_um),
        "periodic": list(grid.periodic),
        "coarsened": _coarsening(volume.shape, drawn, rows) if drawn.factor > 1 else None,
        "phases": [
            {
                "name": phase,
                "label": label,
                "role": supply.roles.get(phase),
                "reservoir": supply.reservoirs.get(phase),
                "wraps": wraps_of(grid, supply, phase),
                "fraction": next(counter["value"] for counter in counters if counter["id"] == f"vf.{phase}"),
            }
            for label, phase in enumerate(grid.phases)
        ],
        "labels": packed_text(drawn.volume.labels),
        "network": packed_text(networks(drawn.volume, supply.reservoirs)),
        "tpb": _boundary(grid, supply, supply.triple, sites) if supply.triple and sites else None,
        "faces": face_labels(supply),
        "headline": headline_of(counters, supply, grid.phases),
        "counters": counters,
    }


def packed_text(array: NDArray[Any]) -> str:
    """The bytes of an array in C order, gzipped, in base 64; the same array gives the same text."""
    return base64.b64encode(gzip.compress(np.ascontiguousarray(array).tobytes(), 6, mtime=0)).decode("ascii")


def _boundary(grid: Grid, supply: Supply, triple: tuple[str, str, str], sites: TripleSites) -> dict[str, Any]:
    return {
        "phases": [grid.index(phase) for phase in triple],
        "active": supply.active,
        "sites": packed_text(sites.field),
        "count": {kind: sites.count(kind) for kind in ("total", *KINDS)},
    }


def _coarsening(shape: tuple[int, ...], drawn: CoarseVolume, rows: Iterable[Row]) -> dict[str, Any]:
    """How the drawing differs from the volume, and which networks it shows wrongly."""
    factor = drawn.factor
    notes = [
        f"drawn at 1/{factor}: each drawn voxel is the majority of {factor} x {factor} x {factor} voxels, "
        "and the numbers are those of the full volume"
    ]
    networks_of = {row["key"]: row["value"] for row in rows if row["metric"] == "percolates"}
    for phase in drawn.volume.grid.phases:
        crosses, drawn_crosses = networks_of[f"{phase}.z"], bool(drawn.volume.spanning(phase, "z").any())
        if crosses is not None and bool(crosses) != drawn_crosses:
            verb, drawn_verb = ("crosses", "does not") if crosses else ("does not cross", "does")
            notes.append(f"{phase} {verb} the volume from z = 0 to z = max, but {drawn_verb} in the drawing")
    return {"factor": factor, "from": list(shape), "note": "; ".join(notes)}
