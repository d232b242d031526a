"""Scores of runs: each score of each quantity, with interval, ceiling and verdict."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from porenet.comparison.resampling import Ceiling, Interval, ceiling, interval
from porenet.comparison.samples import Quantity, Sample
from porenet.comparison.scoring import GuardedScore
from porenet.comparison.verdicts import Verdict, verdict
from porenet.errors import InputError, PluginError
from porenet.interface import Similarity, Undefined

Samples = Mapping[str, Mapping[Quantity, Sample]]


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
            "interval_undefined": self.interval.reason if isinstance(self.interval, Undefined) else None,
            "ceiling": top.value if top else None,
            "ceiling_low": top.low if top else None,
            "ceiling_high": top.high if top else None,
            "ceiling_undefined": self.ceiling.reason if isinstance(self.ceiling, Undefined) else None,
            "n_valid": similarity.n_valid,
            "n_total": similarity.n_total,
            "attainable": list(similarity.attainable),
            "verdict": self.verdict.label,
            "reason": self.verdict.reason,
        }


@dataclass(frozen=True, slots=True)
class ScoreFailure:
    """One score of one quantity that could not be had.

    Attributes:
        run: name of the run.
        quantity: what was measured.
        score: name of the score.
        message: the score, and what it gave or raised.
    """

    run: str
    quantity: Quantity
    score: str
    message: str


def score_runs(
    samples: Samples,
    scores: Mapping[str, GuardedScore],
    *,
    withheld: Mapping[str, str],
    progress: Callable[[int, int], object] | None = None,
    **options: Any,
) -> tuple[list[Comparison], list[ScoreFailure]]:
    """Score every quantity that a run shares with the reference.

    Args:
        samples: by run; those of the reference under ``reference``.
        scores: by name.
        withheld: runs of which nothing is said -> the reason.
        progress: called with the number of comparisons done and their total number.
        **options: ``level``, ``n_boot`` and ``seed`` of `interval` and `ceiling`.

    Returns:
        What could be scored and what could not, ordered by quantity, then score, then run.
    """
    runs = [name for name in samples if name != "reference"]
    shared = sorted(quantity for quantity in samples["reference"] if any(quantity in samples[name] for name in runs))
    todo = [
        (quantity, score, name) for quantity in shared for score in scores for name in runs if quantity in samples[name]
    ]
    comparisons, failures = [], []
    ceilings: dict[tuple[Quantity, str, int], Ceiling | Undefined] = {}
    for done, (quantity, score, name) in enumerate(todo):
        trained, generated, function = samples["reference"][quantity], samples[name][quantity], scores[score]
        at_size = (quantity, score, len(generated.values))
        try:
            if at_size not in ceilings:
                ceilings[at_size] = ceiling(
                    function, trained.values, len(generated.values), blocks=trained.blocks(), **options
                )
            similarity, span = _scored(function, trained, generated, options)
        except (PluginError, InputError) as error:
            failures.append(ScoreFailure(name, quantity, score, _message(score, error)))
        else:
            top = ceilings[at_size]
            judgement = (
                Verdict("withheld", withheld[name])
                if name in withheld
                else _judged(similarity, trained, generated, top, function.limits)
            )
            comparisons.append(Comparison(name, quantity, score, similarity, span, top, judgement))
        if progress:
            progress(done + 1, len(todo))
    return comparisons, failures


def _message(score: str, error: PluginError | InputError) -> str:
    """The error, beginning with the name of the score."""
    return str(error) if isinstance(error, PluginError) else f"score {score}: refuses the samples: {error}"


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


def _judged(
    similarity: Similarity,
    trained: Sample,
    generated: Sample,
    top: Ceiling | Undefined,
    limits: tuple[float, float] | None,
) -> Verdict:
    return verdict(
        similarity.value,
        min(_block_count(trained), _block_count(generated)),
        n_valid=min(_block_count(trained, defined=True), _block_count(generated, defined=True)),
        ceiling=top.value if isinstance(top, Ceiling) else None,
        limits=limits,
    )


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
