"""Hypothesis strategies: grids, volumes and score samples; small, and degenerate on purpose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from porenet.interface import Grid, Undefined, Value, Volume

_EDGES = st.sampled_from([1.0, 0.5, 0.1, 0.0368, 2.0])
_SEEDS = st.integers(0, 2**31 - 1)


def shapes(min_side: int = 1, max_side: int = 5) -> st.SearchStrategy[tuple[int, int, int]]:
    """``(Z, Y, X)``, voxels; one voxel thick included."""
    side = st.integers(min_side, max_side)
    return st.tuples(side, side, side)


@st.composite
def grids(draw: st.DrawFn, phases: Sequence[str] | None = None) -> Grid:
    """Grids of 2 to 5 phases (or the given ones), anisotropic voxels (um), open or periodic."""
    names = tuple(phases) if phases else tuple(f"phase_{i}" for i in range(draw(st.integers(2, 5))))
    return Grid(
        phases=names,
        voxel_um=draw(st.tuples(_EDGES, _EDGES, _EDGES)),
        periodic=draw(st.tuples(st.booleans(), st.booleans(), st.booleans())),
    )


@st.composite
def volumes(draw: st.DrawFn, grid: Grid | None = None, *, min_side: int = 1, max_side: int = 6) -> Volume:
    """Labelled volumes; any phase may be absent. One voxel thick included, unless the shortest side is longer."""
    grid = grid or draw(grids())
    present = draw(st.lists(st.sampled_from(range(len(grid.phases))), min_size=1, unique=True))
    labels = np.random.default_rng(draw(_SEEDS)).choice(present, size=draw(shapes(min_side, max_side)))
    return Volume(labels.astype("uint8"), grid)


@st.composite
def score_samples(draw: st.DrawFn, *, max_size: int = 12) -> tuple[list[Value], list[Value]]:
    """Two samples ``(reference, generated)`` of a descriptor, in any unit.

    Spread, tied, constant, partly or wholly undefined (`Undefined` or NaN), of one value, or empty.
    """
    unit = draw(st.sampled_from([1.0, 1e-3, 1e4]))
    level = draw(st.sampled_from([0.0, 0.1, -7.3]))
    return _sample(draw, level, unit, max_size), _sample(draw, draw(st.sampled_from([level, 0.7])), unit, max_size)


def _sample(draw: st.DrawFn, level: float, unit: float, max_size: int) -> list[Value]:
    rng = np.random.default_rng(draw(_SEEDS))
    size = draw(st.integers(0, max_size))
    kind = draw(st.sampled_from(["spread", "tied", "constant"]))
    values = {"spread": rng.normal(size=size), "tied": rng.integers(0, 3, size=size), "constant": np.zeros(size)}[kind]
    undefined = draw(st.sampled_from([0.0, 0.0, 0.3, 1.0]))
    missing: list[Value] = [Undefined("not percolating"), float("nan")]
    return [missing[rng.integers(2)] if rng.random() < undefined else float(unit * (level + value)) for value in values]
