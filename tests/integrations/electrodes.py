"""Structures, a table of real ones and a small Lightning training, for the tests of the adapters."""

from pathlib import Path

import numpy as np
import torch

import porenet
from porenet.measurement import Request, Source, measure, write_table

GRID = porenet.Grid(phases=("Ni", "YSZ", "pore"), voxel_um=(0.1, 0.1, 0.1))
METRICS = {"vf": {}, "ssa": {"estimator": "faces"}}


def fields(count: int, side: int = 8, *, seed: int = 0) -> torch.Tensor:
    """Probabilities of structures without a pattern, ``(count, 3, side, side, side)``."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, 3, side, side, side, generator=generator).softmax(dim=1)


def real_table(path: Path, count: int = 30, **of_grid) -> Path:
    """A table of real structures, of `METRICS`."""
    grid = porenet.Grid(**{"phases": GRID.phases, "voxel_um": GRID.voxel_um} | of_grid)
    rows = []
    for number, field in enumerate(fields(count, seed=1)):
        volume = porenet.Volume(field.argmax(dim=0).numpy().astype(np.uint8), grid)
        requests = [Request(name, params) for name, params in METRICS.items()]
        rows += measure(volume, requests, source=Source(f"{number}.npz"))
    write_table(path, rows)
    return path
