"""Comparison of tables: how similar are generated structures to the training structures?

Numbers measured with different estimators, units or voxel sizes are refused; the error names the quantity.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from porenet.comparison.decision import RunDecision
from porenet.comparison.judgement.judge import decide
from porenet.comparison.resampling import Ceiling, Interval, ceiling, interval
from porenet.comparison.samples import Quantity, Sample, load_samples
from porenet.comparison.scoring import GuardedScore
from porenet.comparison.verdicts import Verdict, verdict
from porenet.errors import InputError, PluginError, Wording
from porenet.interface import Similarity, Undefined


@dataclass(frozen=True)
class Comparison:
    """One score of one quantity: a run compared with the reference.

    Attributes:
        run: name of the run.
        quantity: what was measured.
        score: name of the score.
        similarity: value (dimensionless), components, n_valid, n_total, attainable range.
        interval: confidence interval of the score at the given level, or the reason why it is undefined.
        ceiling: score of the reference against itself at the same sample sizes, or the reason why it is undefined.
        verdict: OK, Marginal, Fail, or withheld with the reason.
    """

    run: str
    quantity: Quantity
    score: str
    similarity: Similarity
    interval: Interval | Undefined
    ceiling: Ceiling | Undefined
    verdict: Verdict

    def as_row(self) -> dict[str, Any]:
        """One flat row, JSON-ready."""
        similarity = self.similarity
        span = self.interval if isinstance(self.interval, Interval) else None
        top = self.ceiling if isinstance(self.ceiling, Ceiling) else None
        return {
            "run": self.run,
            "metric": self.quantity.metric,
            "key": self.quantity.key,
            "unit": self.quantity.unit,
            "params": json.loads(self.quantity.params),
            "voxel_um": json.loads(self.quantity.voxel_um),
            "score": self.score,
            "value": None if isinstance(similarity.value, Undefined) else similarity.value,
            "undefined": similarity.value.reason if isinstance(similarity.value, Undefined) else None,
            "components": dict(similarity.components),
            "low": span.low if span else None,
            "high": span.high if span else None,
            "ceiling": top.value if top else None,
            "ceiling_low": top.low if top else None,
            "ceiling_high": top.high if top else None,
            "n_valid": similarity.n_valid,
            "n_total": similarity.n_total,
            "attainable": list(similarity.attainable),
            "verdict": self.verdict.label,
            "reason": self.verdict.reason,
        }


@dataclass(frozen=True)
class Result:
    """Result of `compare`.

    Attributes:
        comparisons: ordered by quantity, then score, then run.
        notes: remarks for the reader: quantities measured on one side only, volumes of different sizes, ...
        samples: the compared values, by run; those of the reference under ``reference``.
        errors: comparisons that a score failed at, in words; the others are there all the same.
        decisions: what is decided about each run, by its name.
    """

    comparisons: tuple[Comparison, ...]
    notes: tuple[str, ...]
    samples: Mapping[str, Mapping[Quantity, Sample]]
    errors: tuple[str, ...] = ()
    decisions: Mapping[str, RunDecision] = field(default_factory=dict)


def compare(
    reference: Path | str,
    runs: Mapping[str, Path | str],
    *,
    metrics: Sequence[str] = (),
    scores: Sequence[str] = ("s_value", "s_value_scaled"),
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
        scores: names of the scores.
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
    functions = {name: GuardedScore(name) for name in scores}
    samples = {"reference": load_samples(Path(reference), metrics)}
    for name, path in runs.items():
        if name == "reference":
            raise InputError("a run cannot be named 'reference'", where=str(path))
        samples[name] = load_samples(Path(path), metrics)
        _refuse_unlike(samples["reference"], samples[name], str(reference), str(path))
    shared = sorted(quantity for quantity in samples["reference"] if any(quantity in samples[name] for name in runs))
    todo = [
        (quantity, score, name) for quantity in shared for score in scores for name in runs if quantity in samples[name]
    ]
    decisions, steps = {}, len(runs) + len(todo)
    for done, name in enumerate(runs):
        decisions[name] = decide(
            samples["reference"], samples[name], tolerance=tolerance, spread=spread, n_boot=n_boot,
            n_permutations=n_permutations, seed=seed,
        )  # fmt: skip
        if progress:
            progress(done + 1, steps)
    comparisons, errors = [], []
    ceilings: dict[tuple[Quantity, str, int], Ceiling | Undefined] = {}
    options: dict[str, Any] = {"level": level, "n_boot": n_boot, "seed": seed}
    for done, (quantity, score, name) in enumerate(todo, start=len(runs)):
        trained, generated = samples["reference"][quantity], samples[name][quantity]
        at_size = (quantity, score, len(generated.values))
        try:
            if at_size not in ceilings:
                ceilings[at_size] = ceiling(
                    functions[score], trained.values, len(generated.values), blocks=trained.blocks(), **options
                )
            similarity, span = _scored(functions[score], trained, generated, options)
        except PluginError as error:
            errors.append(f"{quantity.name} of {name}: {error}")
        else:
            top = ceilings[at_size]
            judgement = _judged(similarity, trained, generated, top)
            comparisons.append(Comparison(name, quantity, score, similarity, span, top, judgement))
        if progress:
            progress(done + 1, steps)
    return Result(tuple(comparisons), tuple(_notes(samples)), samples, tuple(errors), decisions)


def _scored(
    score: Callable[..., Similarity], trained: Sample, generated: Sample, options: Mapping[str, Any]
) -> tuple[Similarity, Interval | Undefined]:
    similarity = score(trained.values, generated.values)
    span = interval(
        score,
        trained.values,
        generated.values,
        reference_blocks=trained.blocks(),
        generated_blocks=generated.blocks(),
        **options,
    )
    return similarity, span


def _judged(similarity: Similarity, trained: Sample, generated: Sample, top: Ceiling | Undefined) -> Verdict:
    return verdict(
        similarity.value,
        min(_block_count(trained), _block_count(generated)),
        n_valid=min(_block_count(trained, defined=True), _block_count(generated, defined=True)),
        ceiling=top.value if isinstance(top, Ceiling) else None,
    )


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


def _block_count(sample: Sample, *, defined: bool = False) -> int:
    """Number of independent blocks; with ``defined``, of those that hold a defined value."""
    blocks = sample.blocks() or list(range(len(sample.values)))
    return len(
        {
            block
            for block, value in zip(blocks, sample.values, strict=True)
            if not (defined and isinstance(value, Undefined))
        }
    )


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


def _size_text(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "unknown"
