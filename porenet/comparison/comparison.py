"""Two tables -> scores and verdicts: how like the training structures are the generated ones?

Only like is compared with like: a number measured with another estimator, unit or voxel size is refused, by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from porenet.comparison.resampling import Ceiling, Interval, ceiling, interval
from porenet.comparison.samples import Quantity, Sample, load_samples
from porenet.comparison.verdicts import Verdict, verdict
from porenet.errors import InputError
from porenet.interface import Similarity, Undefined
from porenet.registry import create_score


@dataclass(frozen=True)
class Comparison:
    """One quantity of one run against the reference, by one score.

    Attributes:
        run: name of the run.
        quantity: what was measured.
        score: name of the score.
        similarity: value, components, n_valid, n_total, attainable range.
        interval: of the score at the given level, or why there is none.
        ceiling: what the reference scores against itself at the same sizes, or why there is none.
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
        """JSON-ready, flat."""
        one = self.similarity
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
            "value": None if isinstance(one.value, Undefined) else one.value,
            "undefined": one.value.reason if isinstance(one.value, Undefined) else None,
            "components": dict(one.components),
            "low": span.low if span else None,
            "high": span.high if span else None,
            "ceiling": top.value if top else None,
            "ceiling_low": top.low if top else None,
            "ceiling_high": top.high if top else None,
            "n_valid": one.n_valid,
            "n_total": one.n_total,
            "attainable": list(one.attainable),
            "verdict": self.verdict.label,
            "reason": self.verdict.reason,
        }


@dataclass(frozen=True)
class Result:
    """What a comparison gives.

    Attributes:
        comparisons: in the order of quantity, score, run.
        notes: what the reader must know beside the numbers: quantities on one side only, mixed shapes, ...
        samples: the values behind it, by run; the reference under ``reference``.
    """

    comparisons: tuple[Comparison, ...]
    notes: tuple[str, ...]
    samples: Mapping[str, Mapping[Quantity, Sample]]


def compare(
    reference: Path | str,
    runs: Mapping[str, Path | str],
    *,
    metrics: Sequence[str] = (),
    scores: Sequence[str] = ("s_value", "s_value_scaled"),
    level: float = 0.95,
    n_boot: int = 2000,
    seed: int = 0,
    progress: Callable[[int, int], object] | None = None,
) -> Result:
    """Compare tables of measurements with a reference table.

    Args:
        reference: table of the training structures, from ``porenet measure -o``.
        runs: name of each run -> its table; none may be called ``reference``.
        metrics: names of the metrics to compare; empty for all.
        scores: names of the scores.
        level: nominal coverage of the intervals.
        n_boot: resamples of each interval and ceiling.
        seed: of the resampling.
        progress: called with the number of comparisons done and the number of all.

    Returns:
        Scores, intervals, ceilings and verdicts.

    Raises:
        InputError: a table cannot be read, holds a volume twice, or nothing in common with the reference; or numbers
            were made with different estimators, parameters, units or voxel sizes: says which.
        UnknownComponent: no score of that name.
    """
    functions = {name: create_score(name) for name in scores}
    samples = {"reference": load_samples(Path(reference), metrics)}
    for name, path in runs.items():
        if name == "reference":
            raise InputError("'reference' is no name for a run", where=str(path))
        samples[name] = load_samples(Path(path), metrics)
        _refuse_unlike(samples["reference"], samples[name], str(reference), str(path))
    shared = sorted(one for one in samples["reference"] if any(one in samples[name] for name in runs))
    todo = [
        (quantity, score, name) for quantity in shared for score in scores for name in runs if quantity in samples[name]
    ]
    found = []
    ceilings: dict[tuple[Quantity, str, int], Ceiling | Undefined] = {}
    for done, (quantity, score, name) in enumerate(todo):
        trained, generated = samples["reference"][quantity], samples[name][quantity]
        function = functions[score]
        options: dict[str, Any] = {"level": level, "n_boot": n_boot, "seed": seed}
        at_size = (quantity, score, len(generated.values))
        if at_size not in ceilings:
            ceilings[at_size] = ceiling(
                function, trained.values, len(generated.values), blocks=trained.blocks(), **options
            )
        span = interval(
            function,
            trained.values,
            generated.values,
            reference_blocks=trained.blocks(),
            generated_blocks=generated.blocks(),
            **options,
        )
        similarity, top = function(trained.values, generated.values), ceilings[at_size]
        judged = verdict(
            similarity.value,
            min(_independent(trained), _independent(generated)),
            n_valid=min(_independent(trained, defined=True), _independent(generated, defined=True)),
            ceiling=top.value if isinstance(top, Ceiling) else None,
        )
        found.append(Comparison(name, quantity, score, similarity, span, top, judged))
        if progress:
            progress(done + 1, len(todo))
    return Result(tuple(found), tuple(_notes(samples)), samples)


def _refuse_unlike(here: Iterable[Quantity], there: Iterable[Quantity], one: str, other: str) -> None:
    """Refuse numbers of one name that were made differently.

    Another estimator beside one that both have is another quantity; another unit, provider, voxel or boundary never is.
    """
    mine, yours = list(here), set(there)
    complaints: dict[str, list[str]] = {}
    for quantity in sorted(yours - set(mine)):
        rivals = [q for q in mine if (q.metric, q.key) == (quantity.metric, quantity.key)]
        alike = [q for q in rivals if q.params == quantity.params]
        if alike or (rivals and not yours & set(rivals)):
            for text in _differences((alike or rivals)[0], quantity):
                complaints.setdefault(text, []).append(quantity.name)
    if complaints:
        told = "; ".join(
            f"{', '.join(names[:3])}{' ...' * (len(names) > 3)}: {text}" for text, names in complaints.items()
        )
        raise InputError(
            f"{one} and {other} were made differently: {told}",
            fix="Measure both alike, or choose other metrics with -m.",
        )
    if not yours & set(mine):
        raise InputError(f"{one} and {other} have no metric in common")


def _differences(a: Quantity, b: Quantity) -> Iterator[str]:
    for what in ("unit", "provider", "voxel_um", "periodic"):
        mine, yours = getattr(a, what), getattr(b, what)
        if mine != yours:
            yield f"{what} {mine} against {yours}"
    mine_params, your_params = json.loads(a.params), json.loads(b.params)
    for name in sorted(mine_params.keys() | your_params.keys()):
        if mine_params.get(name) != your_params.get(name):
            yield f"{name} {mine_params.get(name)} against {your_params.get(name)}"


def _independent(sample: Sample, *, defined: bool = False) -> int:
    blocks = sample.blocks() or list(range(len(sample.values)))
    kept = [
        block
        for block, value in zip(blocks, sample.values, strict=True)
        if not (defined and isinstance(value, Undefined))
    ]
    return len(set(kept))


def _notes(samples: Mapping[str, Mapping[Quantity, Sample]]) -> Iterator[str]:
    reference = samples["reference"]
    for name, found in samples.items():
        missing = sorted(q.described for q in set(reference) - set(found))
        if missing:
            yield f"not measured in {name}: {', '.join(missing)}"
        extra = sorted(q.described for q in set(found) - set(reference))
        if extra:
            yield f"measured in {name} only: {', '.join(extra)}"
    shapes = {name: {shape for one in found.values() for shape in one.shapes} for name, found in samples.items()}
    if len(set().union(*shapes.values())) > 1:
        text = "; ".join(f"{name}: {', '.join(_size(one) for one in sorted(few))}" for name, few in shapes.items())
        yield f"volumes of different sizes, whose values spread differently ({text} voxels)"


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "unknown"
