"""What porenet's numbers are in other tools: the table of docs/what-does-my-other-tool-count.md.

Run as ``python -m benchmarks.other_tools`` in the environment of ``make peers``, some minutes; ``--only necks``
measures one quantity anew and keeps the others. One public electrode, one public volume of larger features, and a ball
whose answers are known.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy reads it

import argparse
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import other_tool_line_ways as line_ways
from benchmarks import other_tool_shape_ways as shape_ways
from benchmarks import other_tool_size_ways as size_ways
from benchmarks import other_tool_ways as ways
from benchmarks.side_by_side import conditions
from porenet.interface import Grid, Volume

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "docs" / "results" / "other_tools.json"
PEERS = ("porespy", "taufactor", "scikit-image", "scipy", "openpnm")
PHASES = ("a", "b", "c")
EDGE_UM = 0.1
LAGS = (0, 1, 2, 4, 8, 16)
RADIUS = 20
"""Of the ball, voxels."""
VOLUMES = {
    "electrode": (
        ROOT / "examples" / "data" / "sofc_superres_62.npz",
        "solid oxide electrode of three phases, 62^3 voxels, features of 2 to 3 voxels (Dahari et al. 2022)",
    ),
    "coarser": (
        ROOT.parent / "shared" / "data" / "imagerep_seg_stack_100.npz",
        "three phases, 100^3 voxels, features of about 8 voxels (tldr-group/ImageRep)",
    ),
}


TABLES: dict[str, Callable[[], list[ways.Way]]] = {
    "ssa": ways.surfaces,
    "dpb": ways.interfaces,
    "tpb": ways.boundaries,
    "tortuosity": ways.tortuosities,
    "s2": lambda: line_ways.correlations(LAGS),
    "lineal_path": lambda: line_ways.segments(LAGS),
    "chords": line_ways.chords,
    "sizes": size_ways.sizes,
    "conductivity": shape_ways.composites,
    "paths": shape_ways.paths,
    "euler": shape_ways.euler_numbers,
    "necks": shape_ways.necks,
}


def main() -> None:
    """Measure, print a line each, write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=TABLES, action="append", help="this quantity; the others are kept")
    only = parser.parse_args().only
    known = json.loads(RESULT.read_text(encoding="utf-8")) if only else {}
    volumes = {}
    for name, (path, words) in VOLUMES.items():
        if not path.exists():
            raise SystemExit(f"{path} is not there: the shared data is needed")
        labels = np.load(path)["im"].astype(np.uint8)
        volume = Volume(labels, Grid(PHASES, (EDGE_UM,) * 3))
        quantities = known["volumes"][name]["quantities"] if only else {}
        quantities |= {table: [_row(way, volume) for way in TABLES[table]()] for table in only or TABLES}
        volumes[name] = {"words": words, "shape": list(labels.shape), "quantities": quantities}
    what = (
        f"each tool's own call on the same voxels, whose edge is taken to be {EDGE_UM} um (the sources state none); "
        f"ball: a ball of radius {RADIUS} voxels, its answer over the exact one"
    )
    ball = known["ball"] if only else _ball()
    result = {"what": what, "lags": LAGS, "ball": ball, "volumes": volumes, **conditions(PEERS)}
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"Wrote {RESULT}.")


def _row(way: ways.Way, volume: Volume) -> dict[str, Any]:
    values = {name: _plain(value) for name, value in way.measure(volume).items()}
    print(way.tool, "|", way.call, "|", values)
    return {"tool": way.tool, "call": way.call, "counts": way.counts, "unit": way.unit, "values": values}


def _ball() -> dict[str, float | None]:
    """Call of each surface -> its area of a ball, over that of the ball."""
    side = 2 * RADIUS + 8
    places = np.indices((side,) * 3) - (side - 1) / 2
    inside = (places**2).sum(axis=0) <= RADIUS**2
    volume = Volume(inside.astype(np.uint8), Grid(("outside", "ball"), (EDGE_UM,) * 3))
    exact = 4 * math.pi * RADIUS**2 / side**3 / EDGE_UM
    return {f"{way.tool}: {way.call}": _plain(way.measure(volume)["ball"] / exact) for way in ways.surfaces()}


def _plain(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None


if __name__ == "__main__":
    main()
