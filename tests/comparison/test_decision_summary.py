"""What is said of a run, from decisions made by hand."""

import dataclasses

import pytest

from porenet.comparison import (
    ChangedPair,
    Decision,
    JointTest,
    Needed,
    Neighbourhood,
    Quantity,
    Result,
    RunDecision,
    Sample,
    SampleCounts,
    decision_lines,
    decision_notes,
    identity_of,
    matching_line,
    summary,
)

COUNTS = SampleCounts(50, 50, 31, 31)
FIRST, SECOND, THIRD = (Quantity("ssa", key, "{}", "porenet", "um^-1", "null", "null") for key in ("Ni", "YSZ", "pore"))


def decision(quantity, label, **changes):
    row = Decision(
        quantity=quantity, label=label, reason="p = 0.4", distance=0.3, lower=0.1, upper=0.7, spread=None,
        spread_reason="", p=0.4, p_holm=1.0, needed=None, why="shape", scale=1.0, transform="", tolerance_sd=0.5,
        tolerance_spread=1.5, reference=COUNTS, generated=COUNTS,
    )  # fmt: skip
    return dataclasses.replace(row, **changes)


def result_of(*rows, pair=None, near=(None,) * 6, values=(1.0, 2.0, 4.0), hashes=(None,) * 3):
    joint = JointTest(0.001, 0.2, 0.2, 0.3, 0.01 if pair else 0.5, pair, ())
    decided = RunDecision(
        {row.quantity: row for row in rows}, joint, Neighbourhood(*near), True, COUNTS, COUNTS, 0.5, 1.5, 2000, 4999, 0
    )
    sample = Sample(["a", "b", "c"], list(values), [None] * 3, [()] * 3, list(hashes))
    samples = {name: {row.quantity: sample for row in rows} for name in ("reference", "run")}
    identities = {"reference": identity_of(samples["reference"])}
    return Result((), ("of the tables",), samples, (), {"run": decided}, identities)


def test_sizes_and_counts_come_first_and_the_independent_ones_are_told():
    lines = summary(result_of(decision(FIRST, "OK"), decision(SECOND, "OK"), decision(THIRD, "Fail")), "run")
    assert lines[0] == "run: 50 (31 independent) generated against 50 (31 independent) real, 3 quantities"
    assert lines[1] == "2 match, 1 differs, 0 undecided. Joint test p = 0.001."
    assert lines[2:] == ["Differ: ssa pore shape"]


@pytest.mark.parametrize(
    ("needs", "words"),
    [
        ([Needed(120, 90, "about 120 generated"), Needed(80, 70, "")], "2 undecided (need about 120 generated)"),
        ([Needed(120, 90, ""), Needed(None, 70, "")], "2 undecided (need about 120 generated for 1 of them)"),
        ([Needed(None, 70, ""), Needed(None, None, "")], "2 undecided (more generated ones alone would not decide)"),
        ([None, None], "2 undecided."),
    ],
)
def test_what_would_decide_is_told_for_all_together(needs, words):
    rows = [
        decision(quantity, "undecided", needed=needed) for quantity, needed in zip((FIRST, SECOND), needs, strict=True)
    ]
    result = result_of(*rows)
    assert words in summary(result, "run")[1]
    cells = [
        str(needed.generated or (f"{needed.each} each" if needed.each else "limit")) if needed else ""
        for needed in needs
    ]
    assert [line[-1] for line in decision_lines(result, "run")] == cells
    assert any(note.startswith("needed: ") for note in decision_notes(result)) == (needs != [None, None])


@pytest.mark.parametrize(
    ("why", "values", "phrase"),
    [
        ("location +1.4 sd", (1.0, 2.0, 4.0), "ssa Ni 1.4 sd higher"),
        ("location -0.5 sd", (1.0, 2.0, 4.0), "ssa Ni 0.5 sd lower"),
        ("varies 0.5 times as much", (1.0, 2.0, 4.0), "ssa Ni varies 0.5 times as much"),
        ("0.67 at 1 (real 0.67)", (1.0, 0.0, 1.0), "ssa Ni 0.67 (real 0.67)"),
    ],
)
def test_what_differs_is_a_phrase(why, values, phrase):
    result = result_of(decision(FIRST, "Fail", why=why), values=values)
    assert summary(result, "run")[2] == f"Differ: {phrase}"


def test_differences_without_a_size_and_small_ones_are_told_apart():
    rows = [decision(FIRST, "undecided", p_holm=0.01), decision(SECOND, "OK", p_holm=0.05), decision(THIRD, "OK")]
    assert summary(result_of(*rows), "run")[2:] == [
        "Differ, but perhaps within the tolerance: ssa Ni shape",
        "Match, though a small difference is proven: ssa YSZ shape",
    ]


def test_all_quantities_together_tell_of_correlations_modes_and_copies():
    rows = [decision(FIRST, "OK"), decision(SECOND, "OK")]
    pair = ChangedPair(FIRST, SECOND, 0.82, -0.1)
    lines = summary(result_of(*rows, pair=pair, near=(0.78, 0.001, 0.75, 0.05, 0.5, 0.0002)), "run")[2:]
    assert lines == [
        "Correlation changed most: ssa Ni with ssa YSZ, -0.10 (real +0.82)",
        "78% of the real structures have a generated one like them: kinds are missing (p = 0.001)",
        "75% of the structures of run are like a real one: kinds are invented (p = 0.05)",
        "50% of the structures of run are near copies of real ones: --copies-of tells which (p = 0.0002)",
    ]
    assert summary(result_of(*rows, near=(0.97, 0.4, 0.96, 0.3, 0.0, 1.0)), "run")[2:] == []


def test_where_all_is_withheld_the_reason_stands_in_place_of_counts_and_remarks():
    rows = [decision(quantity, "withheld", reason="too few") for quantity in (FIRST, SECOND)]
    result = result_of(*rows, near=(0.1, 0.001) * 3)
    assert summary(result, "run")[1:] == ["No verdict: too few. Joint test p = 0.001."]
    assert decision_notes(result)[0] == "withheld in run (too few): ssa Ni, ssa YSZ"
    assert len(decision_lines(result, "run")) == 2, "distances are shown all the same"


def test_rows_are_ordered_by_verdict_then_distance_and_matches_are_folded():
    rows = [decision(FIRST, "OK"), decision(SECOND, "Fail", distance=0.9), decision(THIRD, "Fail", distance=2.0)]
    result = result_of(*rows)
    assert [line[0] for line in decision_lines(result, "run")] == ["ssa pore", "ssa YSZ"]
    assert [line[0] for line in decision_lines(result, "run", everything=True)] == ["ssa pore", "ssa YSZ", "ssa Ni"]
    assert matching_line(result, "run") == "Match: ssa Ni"
    assert decision_lines(result, "run")[0][2:5] == ["2.33 ± 1.5", "2.33 ± 1.5", "2.00 [0.10, 0.70]"]


def test_repeats_in_the_reference_are_noted():
    notes = decision_notes(result_of(decision(FIRST, "OK"), hashes=("x", "x", "y")))
    assert notes[-2:] == ["1 of 3 volumes of the reference is a repeat of another of them", "of the tables"]
