"""The report of an evaluation as plain data, with the unit of every number."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from porenet.comparison import Result, document, load_samples
from porenet.evaluation.conditions import conditions_of, requests_of
from porenet.evaluation.followed_conditions import followed
from porenet.evaluation.real_structures import RealStructures
from porenet.evaluation.repeats import headline, medians, paired_differences
from porenet.evaluation.sample_folder import Samples
from porenet.evaluation.statistics_of_runs import mean_scores, means, scatter, without_network
from porenet.evaluation.voxel_agreement import largest_agreements, usual_agreements

REAL = "real"
UNITS = {
    "size": "voxels", "mean_scores": "1", "without_network": "1", "volume_fraction": "1", "scatter": "1",
    "agreement": "1", "conditions": "ratio, scatter and correlation 1, else as stated",
}  # fmt: skip


def described(
    result: Result,
    tables: Mapping[str, Path],
    samples: Mapping[str, Samples],
    runs: Mapping[str, Sequence[str]],
    real: RealStructures,
    training: RealStructures,
    settings: Mapping[str, Any],
    progress: Callable[[str], object],
) -> dict[str, Any]:
    """Everything that an evaluation tells, JSON-ready.

    Args:
        result: the comparison.
        tables: of measurements, by the name of the run; those of the real structures under ``real``.
        samples: structures of each run.
        runs: name of each generator -> the names of its runs, one per repeat.
        real: structures that the runs are compared with.
        training: structures that the generators were trained on.
        settings: number of structures, seed, and what is known of each generator.
        progress: called once per symmetry in the search for copies.
    """
    grid = real.grid
    values = {name: load_samples(path) for name, path in tables.items()}
    quantities = {name: means(each, grid) for name, each in values.items()}
    reference = next(iter(values[REAL].values()))
    report: dict[str, Any] = {
        "reference": {
            "data": real.name,
            "fingerprint": real.fingerprint,
            "count": len(real.volumes),
            "independent": len(set(reference.blocks() or reference.volumes)),
            "size": list(real.shape or ()),
        },
        "settings": dict(settings),
        "runs": {name: _run(name, each, real, runs) for name, each in samples.items()},
        "units": UNITS,
        **document(result),
        "mean_scores": {name: mean_scores(result, name, grid) for name in samples},
        "without_network": {name: without_network(each, grid) for name, each in values.items()},
        "quantities": quantities,
        "volume_fraction": {name: _fractions(quantities[name], samples.get(name), grid.phases) for name in values},
        "conditions": {name: _followed(each) for name, each in samples.items() if each.conditions},
        "scatter": {name: scatter(values[REAL], values[name], grid) for name in samples},
        "agreement": _agreement(samples, training, progress),
        "numbers": {name: _numbers(each) for name, each in samples.items() if each.numbers},
    }
    report["repeats"] = _repeats(report, runs)
    return report


def _run(name: str, samples: Samples, real: RealStructures, runs: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    generator = next(each for each, names in runs.items() if name in names)
    size = samples.volumes[0].shape
    return {
        "generator": generator,
        "repeat": list(runs[generator]).index(name) + 1,
        "structures": str(next(iter(samples.files.values())).parent),
        "n": len(samples.volumes),
        "size": list(size),
        "other_size": size != real.shape,
    }


def _fractions(
    quantities: Mapping[str, Any], samples: Samples | None, phases: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Mean volume fraction of each phase, and of the probabilities where the generator gave them."""
    fractions = {phase: {"decoded": quantities[f"vf {phase}"]["mean"]} for phase in phases}
    if samples and samples.probabilities:
        for phase, column in zip(phases, zip(*samples.probabilities, strict=True), strict=True):
            soft, decoded = statistics.fmean(column), fractions[phase]["decoded"]
            fractions[phase] |= {"soft": soft, "gap": decoded - soft}
    return fractions


def _followed(samples: Samples) -> dict[str, dict[str, Any]]:
    requests = requests_of(samples.conditions)
    return followed(conditions_of(samples.volumes, list(samples.files), requests), samples.conditions)


def _agreement(
    samples: Mapping[str, Samples], training: RealStructures, progress: Callable[[str], object]
) -> dict[str, dict[str, Any]]:
    """How alike structures and training structures are at most; of runs of their shape only."""
    fitting = {
        name: each for name, each in samples.items() if {volume.shape for volume in each.volumes} == {training.shape}
    }
    if not fitting:
        return {}
    usual = usual_agreements(training.volumes, training.origins, progress)
    entries = {}
    for name, each in fitting.items():
        agreements = largest_agreements(each.volumes, training.volumes, progress)
        nearest = max(agreements, key=lambda agreement: agreement.share)
        entries[name] = {
            "largest": nearest.share,
            "median": statistics.median(agreement.share for agreement in agreements),
            "structure": list(each.files)[agreements.index(nearest)],
            "training": training.names[nearest.training],
            "symmetry": nearest.symmetry,
            "largest_of_training": max(usual) if usual else None,
            "median_of_training": statistics.median(usual) if usual else None,
        }
    return entries


def _numbers(samples: Samples) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "mean": statistics.fmean(values), "low": min(values), "high": max(values),
            "not_zero": sum(value != 0 for value in values), "of": len(values),
        }
        for name, values in samples.numbers.items()
    }  # fmt: skip


def _repeats(report: Mapping[str, Any], runs: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Medians and paired differences; empty where no generator has two repeats."""
    if max(map(len, runs.values())) < 2:
        return {}
    lines = {generator: [headline(report, name) for name in names] for generator, names in runs.items()}
    units = {name: unit for sets in lines.values() for line in sets for name, (_, unit) in line.items()}
    values = {
        generator: [{name: value for name, (value, _) in line.items()} for line in sets]
        for generator, sets in lines.items()
    }
    differences = paired_differences(values)
    return {
        "units": units,
        "values": values,
        "medians": {
            name: {generator: asdict(spread) for generator, spread in row.items()}
            for name, row in medians(values).items()
        },
        "differences": {
            name: {f"{second} - {first}": asdict(spread) for (first, second), spread in row.items()}
            for name, row in differences.items()
        },
    }
