"""Comparison of tables: how similar are generated structures to the training structures?

Numbers measured with different estimators, units or voxel sizes are refused; the error names the quantity.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from porenet.comparison.declared import declared_for, published_scores
from porenet.comparison.identity import Identity, identity_of
from porenet.comparison.judgement.judge import decide
from porenet.comparison.resampling import check_options
from porenet.comparison.run_decision import RunDecision
from porenet.comparison.run_scores import Comparison, ScoreFailure, score_runs
from porenet.comparison.samples import Quantity, Sample, load_samples
from porenet.comparison.scoring import GuardedScore
from porenet.errors import InputError, Wording
from porenet.interface import AXES


@dataclass(frozen=True)
class Result:
    """Result of `compare`.

    Attributes:
        comparisons: ordered by quantity, then score, then run.
        notes: remarks for the reader: quantities measured on one side only, volumes of different sizes, ...
        samples: the compared values, by run; those of the reference under ``reference``.
        failures: comparisons that a score failed at; the others are there all the same.
        decisions: what is decided about each run, by its name.
        identities: files of equal bytes in each run, by its name, and in the reference, under ``reference``.
    """

    comparisons: tuple[Comparison, ...]
    notes: tuple[str, ...]
    samples: Mapping[str, Mapping[Quantity, Sample]]
    failures: tuple[ScoreFailure, ...] = ()
    decisions: Mapping[str, RunDecision] = field(default_factory=dict)
    identities: Mapping[str, Identity] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[str, ...]:
        """The failures in words."""
        return tuple(f"{failure.quantity.name} of {failure.run}: {failure.message}" for failure in self.failures)


def compare(
    reference: Path | str,
    runs: Mapping[str, Path | str],
    *,
    metrics: Sequence[str] = (),
    scores: Sequence[str] = (),
    tolerance: float = 0.5,
    spread: float = 1.5,
    level: float = 0.95,
    n_boot: int = 2000,
    n_permutations: int = 4999,
    seed: int = 0,
    progress: Callable[[int, int], object] | None = None,
) -> Result:
    """Compare tables of measurements with a reference table.

    Args:
        reference: table of the training structures, from ``porenet measure -o``.
        runs: name of each run -> its table; no run may be named ``reference``.
        metrics: names of the metrics to compare; empty: all.
        scores: names of further scores, beside the published ones that are installed.
        tolerance: largest distance that is a match, in standard deviations of the reference.
        spread: largest spread ratio that is a match; the smallest is its reciprocal.
        level: nominal coverage of the intervals of the scores, above 0 and below 1.
        n_boot: number of resamples per interval and per ceiling, 100 or more.
        n_permutations: least number of permutations per test.
        seed: seed of the resampling, 0 or more.
        progress: called with the number of runs and comparisons done and their total number.

    Returns:
        Decisions for each run, and scores with their intervals, ceilings and verdicts.

    Raises:
        InputError: a table cannot be read, holds a volume twice, or has no metric in common with the reference; or
            estimators, parameters, units or voxel sizes differ (the message names them).
        UnknownComponent: a score is not installed.
    """
    check_options(level, n_boot)
    functions = {name: GuardedScore(name) for name in dict.fromkeys((*published_scores(), *scores))}
    samples = {"reference": load_samples(Path(reference), metrics)}
    for name, path in runs.items():
        if name == "reference":
            raise InputError("a run cannot be named 'reference'", where=str(path))
        samples[name] = load_samples(Path(path), metrics)
        _refuse_unlike(samples["reference"], samples[name], str(reference), str(path))
    identities = {
        name: identity_of(sample, None if name == "reference" else samples["reference"])
        for name, sample in samples.items()
    }
    withheld = {name: next(files.texts(name)) for name, files in identities.items() if files.mostly_copies}
    declared = declared_for(samples["reference"])
    decisions = {}
    for done, name in enumerate(runs):
        decisions[name] = decide(
            samples["reference"], samples[name], tolerance=tolerance, spread=spread, n_boot=n_boot,
            n_permutations=n_permutations, seed=seed, resolution=declared.resolution, transform=declared.transform,
            withhold=withheld.get(name, ""),
        )  # fmt: skip
        if progress:
            progress(done + 1, len(runs))
    comparisons, failures = score_runs(
        samples, functions, withheld=withheld, progress=progress, level=level, n_boot=n_boot, seed=seed
    )
    notes = (*declared.notes, *_notes(samples))
    return Result(tuple(comparisons), notes, samples, tuple(failures), decisions, identities)


def _refuse_unlike(reference: Iterable[Quantity], run: Iterable[Quantity], reference_path: str, run_path: str) -> None:
    """Refuse values of one metric and key that were measured differently.

    A second estimator beside one that both tables hold is a further quantity and passes; a different unit, provider,
    voxel edge or boundary is always refused.
    """
    mine, yours = list(reference), set(run)
    complaints: dict[str, list[str]] = {}
    for quantity in sorted(yours - set(mine)):
        rivals = [q for q in mine if (q.metric, q.key) == (quantity.metric, quantity.key)]
        alike = [q for q in rivals if q.params == quantity.params]
        if alike or (rivals and not yours & set(rivals)):
            for text in _differences((alike or rivals)[0], quantity):
                complaints.setdefault(text, []).append(quantity.name)
    if complaints:
        differences = "; ".join(
            f"{', '.join(names[:3])}{' ...' * (len(names) > 3)}: {text}" for text, names in complaints.items()
        )
        raise InputError(
            f"{reference_path} and {run_path} were measured differently: {differences}",
            fix=Wording(
                "Measure both in the same way, or choose others with metrics=[...].",
                "Measure both in the same way, or choose other metrics with -m.",
            ),
        )
    if not yours & set(mine):
        raise InputError(f"{reference_path} and {run_path} have no metric in common")


def _differences(a: Quantity, b: Quantity) -> Iterator[str]:
    if a.dims != b.dims:
        yield f"{a.dims}-D against {b.dims}-D"
        return
    for attribute in ("unit", "provider", "voxel_um", "periodic"):
        mine, yours = getattr(a, attribute), getattr(b, attribute)
        if mine != yours:
            yield f"{attribute} {mine} against {yours}"
    mine_params, your_params = json.loads(a.params), json.loads(b.params)
    for name in sorted(mine_params.keys() | your_params.keys()):
        if mine_params.get(name) != your_params.get(name):
            yield f"{name} {_in_words(mine_params.get(name))} against {_in_words(your_params.get(name))}"


def _in_words(value: Any) -> str:
    """A parameter as a table writes it."""
    return value if isinstance(value, str) else json.dumps(value)


def _notes(samples: Mapping[str, Mapping[Quantity, Sample]]) -> Iterator[str]:
    reference = samples["reference"]
    for name, sample in samples.items():
        missing = sorted(quantity.full_name for quantity in set(reference) - set(sample))
        if missing:
            yield f"not measured in {name}: {', '.join(missing)}"
        extra = sorted(quantity.full_name for quantity in set(sample) - set(reference))
        if extra:
            yield f"measured in {name} only: {', '.join(extra)}"
    shapes = {
        name: {shape for sample in by_quantity.values() for shape in sample.shapes}
        for name, by_quantity in samples.items()
    }
    if len(set().union(*shapes.values())) > 1:
        text = "; ".join(f"{name}: {', '.join(map(_size_text, sorted(sizes)))}" for name, sizes in shapes.items())
        yield f"volumes of different sizes, whose values spread differently ({text} voxels)"
    yield from _single_layers(shapes)


def _single_layers(shapes: Mapping[str, Iterable[tuple[int, ...]]]) -> Iterator[str]:
    """Samples that are one voxel thick where others are thicker: what they have per volume is that of sections."""
    thin = {name: {axis for shape in sizes for axis in _thin_axes(shape)} for name, sizes in shapes.items()}
    for name, axes in thin.items():
        if any(axes - others for others in thin.values()):
            yield (
                f"{name} has volumes one voxel thick along {' and '.join(sorted(axes, reverse=True))}: there surfaces "
                "and lines per volume are those of a section, which has a grid of two voxel edges (y, x)"
            )


def _thin_axes(shape: tuple[int, ...]) -> set[str]:
    return {axis for axis, side in zip(AXES, shape, strict=True) if side == 1} if len(shape) == len(AXES) else set()


def _size_text(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "unknown"
