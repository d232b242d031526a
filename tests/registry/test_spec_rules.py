"""What makes a Spec sound; whatever a plugin yields is judged, never a crash."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from porenet.interface import Spec, Witness
from porenet.registry.spec_rules import problems

LOSS = {"name": "mean", "kind": "loss", "target": "fake:Mean", "summary": "A fake.", "unit": "1", "api": 1}
METRIC = LOSS | {"kind": "metric", "target": "fake:voxels"}
FULL = LOSS | {
    "name": "face_hinge_2",
    "target": "fake.losses.mean:Outer.Inner",
    "unit": "um^-1",
    "source": "https://doi.org/10.1000/1",
    "weight": 50,
    "needs": ("vf", "ssa"),
    "needs_when": {"ssa": ("target", "structures")},
    "optional": ("ssa.guard", "ssa.guard.low"),
    "reads": "soft",
    "batchwise": True,
    "twin": "mean",
    "tolerance": 0,
    "witness": Witness("mean", {"by": "counts"}, 1.5),
    "blind_when": {"what is as fine as a voxel": ("estimator", "tv")},
}


@pytest.mark.parametrize(
    "fields",
    [
        LOSS,
        FULL,
        LOSS | {"weight": 1e-9, "tolerance": 3e-4},
        LOSS | {"witness": Witness("mean")},
        METRIC,
        METRIC | {"unit": {"tau": "1", "length": "um", "S m": "S m^-1"}},
        METRIC | {"transform": "log", "resolution": 0.01},
        METRIC | {"resolution": {"isolated": 0.01, "tau": 0}},
        LOSS | {"kind": "score"},
        LOSS | {"kind": "score", "limits": (0.85, 0.70)},
        LOSS | {"kind": "score", "limits": (1, 0)},
    ],
)
def test_a_sound_spec_has_no_problems(fields):
    assert problems(Spec(**fields)) == []


UNSOUND = [
    ("name", [3, None, "", "Mean", "face-hinge", "face hinge", "2d", "_mean", "größe", "mean\n", "a:b", []]),
    ("kind", ["losses", "Loss", "", None, 1, [], {}, ["loss"]]),
    ("target", ["fake", "fake.Mean", ":Mean", "fake:", "fake:Mean()", "fake Mean:x", "../fake:Mean", None, 3, []]),
    ("summary", ["", "  ", "two\nlines", None, 3, []]),
    ("unit", [None, 1, "", "um^", "um^0.5", "1/um", "um/um^3", " um", "um ", "um  um", [], {}, {"tau": 1}, {3: "1"}]),
    ("source", [None, 3, []]),
    ("weight", ["x", "1", 0, -1, float("nan"), float("inf"), True, [], 10**400]),
    ("needs", ["vf", ["vf"], None, 3, ("vf", 3), ("",), {"vf"}]),
    (
        "needs_when",
        [{"tpb": ("target", 1)}, {"vf": "target"}, {"vf": ("target",)}, {3: ("target", 1)}, {"vf": (1, 1)}, (), None],
    ),
    ("optional", ["vf.guard", ["vf.guard"], None, 3, ("vf.guard", 3), ("",), {"vf.guard"}]),
    ("reads", ["hard", "", None, 1, []]),
    ("batchwise", [None, 1, "yes", []]),
    ("twin", ["", "Mean", 3, []]),
    ("tolerance", ["x", -1e-9, float("nan"), float("inf"), True, False, [], 10**400]),
    ("blind_when", [{"speckle": "tv"}, {"speckle": ("estimator",)}, {3: ("estimator", "tv")}, {"a": (1, 1)}, (), None]),
    ("limits", [0.85, [0.85, 0.7], (0.85,), (0.7, 0.85), (1.1, 0.5), (0.5, -0.1), (0.9, None), ("a", "b"), (True, 0)]),
    ("limits", [(float("nan"), 0.5), (float("inf"), 0.5), (10**400, 0.5)]),
    ("transform", ["", "Log", "sqrt", 3, [], math.log]),
    ("resolution", [None, "0.01", -0.01, float("nan"), float("inf"), True, [], (0.01,), np.array([0.01, 0.1])]),
    ("resolution", [{3: 0.1}, {"": 0.1}, {"a": None}, {"a": -1}, {"a": float("nan")}, {"a": {"b": 1}}]),
    ("witness", ["mean", ("mean", {}, 1.5), {"metric": "mean"}, 3, [], Witness]),
    ("witness", [Witness(metric) for metric in ("", "Mean", "a:b", None, 3, [])]),
    ("witness", [Witness("mean", params) for params in (None, (), [], "by", {3: "counts"})]),
    ("witness", [Witness("mean", {}, factor) for factor in (1, 1.0, 0.5, -2, True, "2", None, [], float("inf"))]),
]


@pytest.mark.parametrize(
    ("field", "value"),
    [pytest.param(field, value, id=f"{field}-{value!r:.60}") for field, values in UNSOUND for value in values],
)
def test_an_unsound_field_is_named_with_what_it_must_be_and_what_it_is(field, value):
    (message,) = problems(Spec(**(LOSS | {field: value})))
    assert message.startswith(f"{field} must be ")
    assert f"not {value!r:.80}" in message


@pytest.mark.parametrize("api", [0, 2, "1", None, [], 1.5])
def test_another_contract_is_told_apart_before_anything_else(api):
    (message,) = problems(Spec(**(LOSS | {"api": api, "name": 3, "unit": None})))
    assert message == f"built for contract {api!r}, this porenet speaks 1; install matching versions"


def test_true_is_no_contract():
    (message,) = problems(Spec(**(LOSS | {"api": True})))
    assert "contract" in message or message.startswith("api ")


def test_every_problem_is_found_at_once():
    found = problems(Spec(**(LOSS | {"name": "Mean", "unit": "1/um", "weight": -1, "twin": "No!"})))
    assert [message.split()[0] for message in found] == ["name", "unit", "twin", "weight"]


def test_a_kind_is_told_what_it_may_be():
    (message,) = problems(Spec(**(LOSS | {"kind": "losses"})))
    assert message == "kind must be loss or metric or score or format, not 'losses'"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("weight", 1.0),
        ("needs", ("vf",)),
        ("needs_when", {"vf": ("target", "structures")}),
        ("optional", ("vf.guard",)),
        ("reads", "soft"),
        ("batchwise", True),
        ("twin", "mean"),
        ("tolerance", 0.1),
        ("witness", Witness("mean")),
        ("blind_when", {"what is as fine as a voxel": ("estimator", "tv")}),
    ],
)
@pytest.mark.parametrize("kind", ["metric", "score"])
def test_what_belongs_to_losses_only_is_refused_elsewhere(kind, field, value):
    assert problems(Spec(**(LOSS | {"kind": kind, field: value}))) == [
        f"{field} belongs to losses only; leave it out of a {kind}"
    ]


@pytest.mark.parametrize(
    ("kind", "owners", "field", "value"),
    [
        ("loss", "scores", "limits", (0.85, 0.7)),
        ("metric", "scores", "limits", (0.85, 0.7)),
        ("loss", "metrics", "transform", "log"),
        ("score", "metrics", "transform", "log"),
        ("loss", "metrics", "resolution", 0.01),
        ("score", "metrics", "resolution", {"tau": 0.01}),
    ],
)
def test_what_belongs_to_metrics_or_scores_is_refused_elsewhere(kind, owners, field, value):
    assert problems(Spec(**(LOSS | {"kind": kind, field: value}))) == [
        f"{field} belongs to {owners} only; leave it out of a {kind}"
    ]


def test_a_resolution_holds_for_a_key_and_for_all_that_end_in_it():
    spec = Spec(**(METRIC | {"resolution": {"isolated": 0.01, "pore.isolated": 0.02}}))
    assert [spec.resolution_of(key) for key in ("Ni.isolated", "pore.isolated", "pore")] == [0.01, 0.02, 0]
    assert Spec(**(METRIC | {"resolution": 0.03})).resolution_of("pore") == 0.03


@pytest.mark.parametrize(
    "optional", [("guard",), ("vf",), ("vf.",), ("vfguard",), ("ssa.guard",), ("vf.guard", "tpb.x")]
)
def test_what_is_optional_is_a_part_of_a_target_that_is_needed(optional):
    (message,) = problems(Spec(**(LOSS | {"needs": ("vf",), "optional": optional})))
    assert message.startswith("optional must hold keys NEED.PART of the keys of needs, not ")
    assert repr(optional[-1]) in message
    assert problems(Spec(**(LOSS | {"needs": ("vf",), "optional": ("vf.guard",)}))) == []


# A loss has no result keys, and the law of units could not be applied to a mapping.
def test_a_loss_has_one_unit():
    (message,) = problems(Spec(**(LOSS | {"unit": {"value": "1"}})))
    assert message.startswith("unit ")


@pytest.mark.parametrize("unit", ["1", "%", "um", "um^-1", "um^-2", "um^3", "S m^-1", "um um^-3", "mA cm^-2"])
def test_units_that_are_understood(unit):
    assert problems(Spec(**(LOSS | {"unit": unit}))) == []


@pytest.mark.parametrize("unit", ["um**2", "um^+1", "um-1", "µm", "um^-", "um,um", "1 um", "um\n"])
def test_units_that_are_not_understood(unit):
    (message,) = problems(Spec(**(LOSS | {"unit": unit})))
    assert message.startswith("unit must be such as '1', 'um^-1'")


ATOMS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(), st.text(), st.binary(),
    st.builds(object), st.sampled_from([int, print, Spec, problems, ...]),
)  # fmt: skip
JUNK = st.recursive(
    ATOMS,
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside) | st.lists(inside).map(tuple),
    max_leaves=4,
)


@given(JUNK)
@example(Spec)
@example(LOSS)
def test_anything_but_a_spec_is_one_problem_that_names_its_type(junk):
    (message,) = problems(junk)
    assert message.startswith(f"a porenet.Spec was expected, not {type(junk).__name__}")


@settings(max_examples=25)  # of 25 fields each
@given(st.fixed_dictionaries(dict.fromkeys(LOSS, JUNK), optional=dict.fromkeys(set(FULL) - set(LOSS), JUNK)))
def test_a_spec_of_junk_is_judged_and_never_a_crash(fields):
    found = problems(Spec(**fields))
    assert found
    assert all(isinstance(message, str) for message in found)


@given(st.sampled_from(sorted(FULL)), JUNK)
def test_a_spec_with_one_field_of_junk_is_judged_and_never_a_crash(field, junk):
    found = problems(Spec(**(FULL | {field: junk})))
    assert all(field in message or message.startswith("built for contract") for message in found)


@pytest.mark.parametrize("field", sorted(FULL))
@pytest.mark.parametrize("kind", ["loss", "metric"])
def test_an_array_in_a_field_is_judged_and_never_a_crash(kind, field):
    fields = LOSS | {"kind": kind, field: np.array([0.5, 1.0])}
    found = problems(Spec(**fields))
    assert found
    assert all(isinstance(message, str) for message in found)
