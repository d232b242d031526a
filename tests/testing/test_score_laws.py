"""The laws reject every score that is wrong on purpose, each by the law made for it, and no right one."""

import itertools
import math
import random

import numpy as np
import pytest

from porenet.interface import InputError, Similarity, Spec, Undefined
from porenet.testing import Case, LawBroken, laws_for
from porenet.testing.laws.score import LAWS

calls = itertools.count()


def case_of(score, *, expected_failures=None, params=None):
    name = next(name for name, known in globals().items() if known is score)
    spec = Spec(name="likeness", kind="score", target=f"{__name__}:{name}", summary="Test.", unit="1", api=1)
    return Case(spec, params=params or {}, expected_failures=expected_failures or {})


def defined(sample):
    return sorted(value for value in sample if not isinstance(value, Undefined) and not math.isnan(value))


def right(reference, generated, *, weight: float = 1.0):
    """Share of values in common, times the share of defined ones in common."""
    a, b = defined(reference), defined(generated)
    counts = len(a) + len(b), len(reference) + len(generated)
    if not a or not b:
        return Similarity(Undefined("nothing defined"), {}, *counts, (0.0, 1.0))
    common = len(set(a) & set(b)) / len(set(a) | set(b))
    undefined = abs(len(a) / len(reference) - len(b) / len(generated))
    value = common * (1 - undefined) ** weight
    return Similarity(value, {"common": common}, *counts, (0.0, 1.0))


def of(value=None, components=None, attainable=(0.0, 1.0), n_valid=None):
    """A score that is right but for what is given."""

    def score(reference, generated):
        found = right(reference, generated)
        return Similarity(
            found.value if value is None else value,
            found.components if components is None else components,
            found.n_valid if n_valid is None else n_valid,
            found.n_total,
            attainable,
        )

    return score


nan = of(math.nan)
too_high = of(1.5)
an_integer = of(1)
without_reason = of(Undefined(""))
empty_range = of(attainable=(1.0, 1.0))
nan_component = of(components={"common": math.nan})
listed_components = of(components=[0.5])
miscounted = of(n_valid=-1)


def bare(reference, generated):
    return 0.5


def restless(reference, generated):
    return of(1 / (1 + next(calls)))(reference, generated)


def emptying(reference, generated):
    found = right(reference, generated)
    reference.clear()
    return found


def first_values(reference, generated):
    rising = len(reference) < 2 or repr(reference[0]) < repr(reference[-1])
    return of(1.0 if rising else 0.0)(reference, generated)


def one_sided(reference, generated):
    return of(len(reference) / (1 + len(reference) + len(generated)))(reference, generated)


def stirring(reference, generated):
    random.random()
    return right(reference, generated)


def never_best(reference, generated):
    found = right(reference, generated)
    return found if isinstance(found.value, Undefined) else of(found.value / 2)(reference, generated)


def with_a_unit(reference, generated):
    a, b = defined(reference), defined(generated)
    if not a or not b:
        return right(reference, generated)
    apart, undefined = abs(sum(a) / len(a) - sum(b) / len(b)), abs(len(a) / len(reference) - len(b) / len(generated))
    return of(1 / (1 + apart) - undefined, attainable=(-1.0, 1.0))(reference, generated)


def dropping(reference, generated):
    found = right(defined(reference), defined(generated))
    return of(found.value)(reference, generated)


def with_any_options(reference, generated, **options):
    return right(reference, generated)


def resampling_wrongly(reference, generated):
    return right(reference, generated)


def resampling_into_one(reference, generated):
    return right(reference, generated)


def resampling_rightly(reference, generated, *, weight: float = 1.0):
    return right(reference, generated, weight=weight)


def written_out(reference, generated, reference_counts, generated_counts, *, weight: float = 1.0):
    values = []
    for rows in zip(reference_counts, generated_counts, strict=True):
        drawn = [np.repeat(one, row.astype(int)) for one, row in zip((reference, generated), rows, strict=True)]
        value = right(*drawn, weight=weight).value
        values.append(math.nan if isinstance(value, Undefined) else value)
    return np.array(values)


resampling_rightly.resampled = written_out
resampling_wrongly.resampled = lambda *given: np.full(len(given[2]), 0.25)
resampling_into_one.resampled = lambda *_: 0.25


WRONG = {
    nan: "similarity_is_valid",
    too_high: "similarity_is_valid",
    an_integer: "similarity_is_valid",
    without_reason: "similarity_is_valid",
    empty_range: "similarity_is_valid",
    nan_component: "similarity_is_valid",
    listed_components: "similarity_is_valid",
    miscounted: "similarity_is_valid",
    bare: "similarity_is_valid",
    restless: "same_input_gives_same_result",
    stirring: "same_input_gives_same_result",
    emptying: "inputs_are_untouched",
    first_values: "order_does_not_matter",
    one_sided: "swap_changes_nothing",
    never_best: "identical_samples_score_highest",
    with_a_unit: "unit_does_not_matter",
    dropping: "undefined_values_lower_the_score",
    resampling_wrongly: "resampled_equals_score",
    resampling_into_one: "resampled_equals_score",
    with_any_options: "params_survive_toml_and_json",
}
"""Each wrong score and the law made for it."""


@pytest.mark.parametrize("case", [case_of(right), case_of(resampling_rightly, params={"weight": 2.0})], ids=str)
def test_right_scores_pass(case):
    for check in laws_for(case).values():
        check()


@pytest.mark.parametrize(("score", "law"), WRONG.items())
def test_wrong_scores_are_rejected_by_the_law_made_for_them(score, law):
    with pytest.raises(LawBroken, match=r"^score:likeness: "):
        laws_for(case_of(score), shrink=False)[law]()


def test_every_law_rejects_something():
    assert {law.__name__ for law in LAWS} == set(WRONG.values())


def test_an_expected_failure_is_one_and_must_stay_one():
    reason = {"unit_does_not_matter": "it has a unit"}
    laws_for(case_of(with_a_unit, expected_failures=reason))["unit_does_not_matter"]()
    with pytest.raises(LawBroken, match=r"obeys unit_does_not_matter after all; remove the expected failure \(it has"):
        laws_for(case_of(right, expected_failures=reason))["unit_does_not_matter"]()


def test_only_a_score_with_a_fast_path_has_to_agree_with_it():
    assert "resampled_equals_score" in laws_for(case_of(resampling_rightly))
    assert "resampled_equals_score" not in laws_for(case_of(right))


def test_an_expected_failure_names_a_law():
    with pytest.raises(
        InputError, match=r"^score:likeness: no law is called 'units'\. The laws are similarity_is_valid,"
    ):
        laws_for(case_of(right, expected_failures={"units": "?"}))
