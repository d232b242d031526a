"""One structure of the page: what is drawn, what feeds it, and its numbers."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.interface import Volume
from porenet.measurement import Request
from porenet.page.coarsening import Shown, shown
from porenet.page.counters import counters_of, measured
from porenet.page.headline import headline_of
from porenet.page.networks import networks, wraps_of
from porenet.page.supply import Supply, described_faces
from porenet.page.triple_sites import KINDS, TripleSites, triple_sites


@dataclass(frozen=True, slots=True)
class Look:
    """How structures are looked at.

    Attributes:
        supply: what feeds them.
        requests: what is measured.
        max_edge: voxels an axis of what is drawn.
    """

    supply: Supply
    requests: tuple[Request, ...]
    max_edge: int


def structure_of(volume: Volume, look: Look, tell: Callable[[str], object]) -> dict[str, Any]:
    """One structure, JSON-ready.

    What is drawn is coarsened where the volume is too large; the counters are those of the full volume.

    Args:
        volume: the structure.
        look: how it is looked at.
        tell: called with the name of each metric that is done.
    """
    supply, grid = look.supply, volume.grid
    sites = triple_sites(volume, supply, supply.triple) if supply.triple else None
    counters = counters_of(measured(volume, look.requests, tell), volume, supply, sites)
    drawn = shown(volume, look.max_edge)
    if drawn.factor > 1 and supply.triple:
        sites = triple_sites(drawn.volume, supply, supply.triple)
    return {
        "shape": list(drawn.volume.labels.shape),
        "voxel_um": list(drawn.volume.grid.voxel_um),
        "periodic": list(grid.periodic),
        "coarsened": _coarsened(volume, drawn) if drawn.factor > 1 else None,
        "phases": [
            {
                "name": phase,
                "label": label,
                "role": supply.roles.get(phase),
                "reservoir": supply.reservoirs.get(phase),
                "wraps": wraps_of(grid, supply, phase),
                "fraction": next(one["value"] for one in counters if one["id"] == f"vf.{phase}"),
            }
            for label, phase in enumerate(grid.phases)
        ],
        "labels": packed(drawn.volume.labels),
        "network": packed(networks(drawn.volume, supply.reservoirs)),
        "tpb": _boundary(volume, supply, supply.triple, sites) if supply.triple and sites else None,
        "faces": described_faces(supply),
        "headline": headline_of(counters, supply, grid.phases),
        "counters": counters,
    }


def packed(array: NDArray[Any]) -> str:
    """The bytes of an array in C order, gzipped (the same array gives the same text), in base 64."""
    return base64.b64encode(gzip.compress(np.ascontiguousarray(array).tobytes(), 6, mtime=0)).decode("ascii")


def _boundary(volume: Volume, supply: Supply, triple: tuple[str, str, str], sites: TripleSites) -> dict[str, Any]:
    return {
        "phases": [volume.grid.index(phase) for phase in triple],
        "active": supply.active,
        "sites": packed(sites.field),
        "count": {kind: sites.count(kind) for kind in ("total", *KINDS)},
    }


def _coarsened(full: Volume, drawn: Shown) -> dict[str, Any]:
    """How the drawing differs from the volume, and what it gets wrong."""
    factor = drawn.factor
    told = [
        f"drawn at 1/{factor}: each voxel is the majority of {factor} x {factor} x {factor}, "
        "and the numbers are those of the full volume"
    ]
    for phase in full.grid.phases:
        crosses, seems = (bool(one.spanning(phase, "z").any()) for one in (full, drawn.volume))
        if crosses != seems:
            was = "crosses" if crosses else "does not cross"
            told.append(f"{phase} {was} the volume from z = 0 to z = max, and the drawing shows it otherwise")
    return {"factor": factor, "from": list(full.labels.shape), "note": "; ".join(told)}
