"""Laws of every score. Each law takes a case and two samples ``(reference, generated)`` of a descriptor."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping

import numpy as np

from porenet.interface import Similarity, Undefined, Value
from porenet.testing.case import Case
from porenet.testing.laws.component import params_survive_toml_and_json, random_state

Samples = tuple[list[Value], list[Value]]
Law = Callable[..., None]


def similarity_is_valid(case: Case, samples: Samples) -> None:
    """The score is a `Similarity` in its attainable range, or `Undefined` with a reason; its counts are correct."""
    reference, generated = samples
    score = _score(case, reference, generated)
    case.expect(isinstance(score, Similarity), f"returned {type(score).__name__}, not a Similarity")
    low, high = score.attainable
    case.expect(low < high, f"has the attainable range {score.attainable}, which is empty")
    if isinstance(score.value, Undefined):
        case.expect(score.value.reason, "is Undefined without a reason")
    else:
        fine = type(score.value) is float and low <= score.value <= high
        case.expect(fine, f"is {score.value!r}; a float from {low:.3g} to {high:.3g} or Undefined(reason) was expected")
    case.expect(isinstance(score.components, Mapping), f"has components {score.components!r:.60}, not a mapping")
    for name, part in score.components.items():
        fine = isinstance(name, str) and type(part) is float and math.isfinite(part)
        case.expect(fine, f"has the component {name!r} = {part!r}; a name and a finite float were expected")
    n_valid = sum(_is_defined(value) for value in (*reference, *generated))
    counts = (score.n_valid, score.n_total)
    expected = (n_valid, len(reference) + len(generated))
    case.expect(counts == expected, f"counts n_valid, n_total = {counts}, not {expected}")


def same_input_gives_same_result(case: Case, samples: Samples) -> None:
    """The same samples give the same score, and no global random generator is drawn from."""
    before = random_state()
    case.expect(_score(case, *samples) == _score(case, *samples), "gives different scores for the same samples")
    for name, state in random_state().items():
        case.expect(state == before[name], f"draws from the global random generator of {name}, or sets it")


def inputs_are_untouched(case: Case, samples: Samples) -> None:
    """The samples are not changed in place."""
    before = copy.deepcopy(samples)
    _score(case, *samples)
    case.expect(repr(samples) == repr(before), "changes a sample in place")


def order_does_not_matter(case: Case, samples: Samples) -> None:
    """The order of the values within a sample does not change the score."""
    here = _score(case, *samples)
    there = _score(case, samples[0][::-1], samples[1][::-1])
    case.expect(
        _close(here.value, there.value), f"gives {here.value}, and {there.value} for the samples in reverse order"
    )


def swap_changes_nothing(case: Case, samples: Samples) -> None:
    """Swapping reference and generated sample gives the same score."""
    here, there = _score(case, *samples), _score(case, samples[1], samples[0])
    case.expect(_close(here.value, there.value), f"gives {here.value}, and {there.value} for the samples swapped")


def identical_samples_score_highest(case: Case, samples: Samples) -> None:
    """The reference compared with itself scores the highest attainable value."""
    reference = samples[0]
    score = _score(case, reference, list(reference))
    if not isinstance(score.value, Undefined):
        high = score.attainable[1]
        case.expect(_close(score.value, high), f"gives {score.value} for a sample against itself, not {high}")


def unit_does_not_matter(case: Case, samples: Samples) -> None:
    """Both samples in another unit give the same score."""
    here = _score(case, *samples).value
    for factor in (1024.0, 0.001):
        first, second = (
            [value * factor if _is_defined(value) else value for value in sample]  # type: ignore[operator]
            for sample in samples
        )
        there = _score(case, first, second).value
        case.expect(_close(here, there), f"gives {here}, and {there} in a unit that is {1 / factor:g} times as large")


def undefined_values_lower_the_score(case: Case, samples: Samples) -> None:
    """The reference with as many undefined values added scores below the highest attainable value."""
    reference = samples[0]
    if not any(map(_is_defined, reference)):
        return
    score = _score(case, reference, [*reference, *[Undefined("not percolating")] * len(reference)])
    case.expect(
        isinstance(score.value, Undefined) or not _close(score.value, score.attainable[1]),
        f"gives {score.value} for a sample of which half is undefined where the reference is not",
    )


def resampled_equals_score(case: Case, samples: Samples) -> None:
    """The fast path for resamples, if there is one, equals the score of each resample written out."""
    resampled = getattr(case.spec.resolve(), "resampled", None)
    if resampled is None or not all(samples):
        return
    rng = np.random.default_rng(len(samples[0]) + 100 * len(samples[1]))
    counts = [rng.integers(0, 3, size=(4, len(sample))) for sample in samples]
    floats = [
        np.array([value if _is_defined(value) else math.nan for value in sample], dtype=float) for sample in samples
    ]
    together = resampled(*floats, *(times.astype(float) for times in counts), **case.params)
    case.expect(np.shape(together) == (4,), f"resamples into shape {np.shape(together)}, not (4,)")
    for row, value in enumerate(together):
        written = [
            [value for value, count in zip(sample, times[row], strict=True) for _ in range(count)]
            for sample, times in zip(samples, counts, strict=True)
        ]
        if not all(written):
            continue
        alone = _score(case, written[0], written[1]).value
        fine = math.isnan(value) if isinstance(alone, Undefined) else _close(alone, float(value))
        case.expect(fine, f"gives {alone} for a resample and {value} for it by counts")


def _score(case: Case, reference: list[Value], generated: list[Value]) -> Similarity:
    score: Similarity = case.spec.resolve()(reference, generated, **case.params)
    return score


def _is_defined(value: Value) -> bool:
    return not isinstance(value, Undefined) and not math.isnan(value)


def _close(first: Value, second: Value) -> bool:
    if isinstance(first, Undefined) or isinstance(second, Undefined):
        return type(first) is type(second)
    return math.isclose(first, second, rel_tol=1e-6, abs_tol=1e-6)


def applies(law: Law, case: Case) -> bool:
    """Whether a law applies to a case; the law of resamples needs a score with a fast path for them."""
    return law is not resampled_equals_score or hasattr(case.spec.resolve(), "resampled")


LAWS: tuple[Law, ...] = (
    similarity_is_valid,
    same_input_gives_same_result,
    inputs_are_untouched,
    order_does_not_matter,
    swap_changes_nothing,
    identical_samples_score_highest,
    unit_does_not_matter,
    undefined_values_lower_the_score,
    resampled_equals_score,
    params_survive_toml_and_json,
)
