"""Numbers of one run: shares without networks, means and spreads, mean S-values, scatter over that of the real ones."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from porenet.comparison import Ceiling, Quantity, Result, Sample
from porenet.evaluation.mean_scores import SCORES, published_keys
from porenet.interface import Grid, Undefined

Z = statistics.NormalDist().inv_cdf(0.975)
SHARE = "percolates"
"""Metric whose values are reported as a share, not compared."""
Samples = Mapping[Quantity, Sample]


def is_shown(quantity: Quantity, grid: Grid) -> bool:
    """Whether a quantity has a line of its own: not the isolated, unknown and inactive parts, which are in the JSON."""
    key = quantity.key.removesuffix(".tortuosity_factor").removesuffix(".breakthrough_diameter")
    return quantity.metric != SHARE and key in (*grid.phases, "active", "total")


def title_of(name: str) -> str:
    """The name of a quantity, such as ``tortuosity Ni.tortuosity_factor``, without what its metric says already."""
    metric, _, key = name.partition(" ")
    return f"{metric} {key.removesuffix('_factor').removesuffix(f'.{metric}')}"


def means(samples: Samples, grid: Grid) -> dict[str, dict[str, Any]]:
    """Name of each shown quantity -> ``mean``, ``median``, ``sd`` (n - 1), ``n`` defined values of ``of``, ``unit``."""
    return {
        quantity.name: _means(sample) | {"unit": quantity.unit}
        for quantity, sample in samples.items()
        if is_shown(quantity, grid)
    }


def scatter(real: Samples, run: Samples, grid: Grid) -> dict[str, float]:
    """Standard deviation of each shown quantity over that of the real structures, where these have one."""
    ratios = {}
    for quantity, sample in real.items():
        if is_shown(quantity, grid) and quantity in run:
            wanted, got = _means(sample)["sd"], _means(run[quantity])["sd"]
            if wanted and got is not None:
                ratios[quantity.name] = got / wanted
    return ratios


def without_network(samples: Samples, grid: Grid) -> dict[str, dict[str, Any]]:
    """Phase -> how many structures have no network of it from face to face, and the 95 % interval of their share.

    ``independent`` is the number of structures that do not come from one place; the interval is as wide as theirs.
    """
    by_key = {quantity.key: sample for quantity, sample in samples.items() if quantity.metric == SHARE}
    shares = {}
    for phase in grid.phases:
        key = next((key for key in by_key if key.startswith(f"{phase}.")), None)
        if key is not None:
            shares[phase] = {"axis": key.rpartition(".")[2]} | _without(by_key[key])
    return shares


def wilson(share: float, n: int) -> tuple[float, float]:
    """95 % interval of a share of n independent structures (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def mean_scores(result: Result, run: str, grid: Grid) -> dict[str, dict[str, Any]]:
    """Score -> mean over the published quantities and that of the ceilings; None where one of them is undefined."""
    return {score: _mean(result, run, score, published_keys(grid)) for score in SCORES}


def _mean(result: Result, run: str, score: str, keys: Sequence[tuple[str, str]]) -> dict[str, Any]:
    chosen = [
        entry
        for entry in result.comparisons
        if (entry.run, entry.score) == (run, score) and (entry.quantity.metric, entry.quantity.key) in keys
    ]
    values = [entry.similarity.value for entry in chosen if not isinstance(entry.similarity.value, Undefined)]
    tops = [entry.ceiling.value for entry in chosen if isinstance(entry.ceiling, Ceiling)]
    return {
        "value": statistics.fmean(values) if values and len(values) == len(chosen) else None,
        "ceiling": statistics.fmean(tops) if tops and len(tops) == len(chosen) else None,
        "of": [entry.quantity.name for entry in chosen],
    }


def _without(sample: Sample) -> dict[str, Any]:
    total, count = len(sample.values), sum(value == 0 for value in sample.values)
    independent = len(set(sample.blocks() or range(total)))
    low, high = wilson(count / total, independent)
    return {"count": count, "of": total, "independent": independent, "share": count / total, "low": low, "high": high}


def _means(sample: Sample) -> dict[str, Any]:
    values = [value for value in sample.values if not isinstance(value, Undefined)]
    return {
        "mean": statistics.fmean(values) if values else None,
        "median": statistics.median(values) if values else None,
        "sd": statistics.stdev(values) if len(values) > 1 else None,
        "n": len(values),
        "of": len(sample.values),
    }
