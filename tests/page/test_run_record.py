"""What the page tells of a run, from files that a trainer left, whole or not."""

import json

import pytest

from porenet.page.run_record import record_of
from porenet.page.training_log import MOST_POINTS, curves_of, records_of

RUN = """
[grid]
phases = ["Ni", "YSZ", "pore"]
voxel_um = [0.1, 0.1, 0.1]

[objective]
relax = "soft"

[[objective.terms]]
loss = "vf"
weight = 7

[[objective.terms]]
loss = "maximin"
label = "channel"
params = { phase = "pore" }
"""


def gap(read, soft, hard, fooled=False, **more):
    return {"read": read, "soft": soft, "hard": hard, "fooled": fooled} | more


LOG = [
    {"step": 0, "terms": {"vf": 0.5}, "gaps": {"vf": gap(0.5, 0.5, 0.9, True)}, "soft": {"pore": 0.3},
     "hard": {"pore": 0.01}},
    {"step": 1, "terms": {"vf": 0.4}},
    {"step": 2, "terms": {"vf": 0.3}, "gaps": {"vf": gap(0.3, float("nan"), 0.1, witness=8.5, blind=True)},
     "soft": {"pore": 0.25}, "hard": {"pore": 0.2}},
]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "run.toml").write_text(RUN, encoding="utf-8")
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(one) + "\n" for one in LOG), encoding="utf-8")
    return tmp_path


def resolve(folder, **changes):
    term = {"label": "vf", "loss": "porenet:vf", "weight": 7.0, "reads": "soft"} | changes
    (folder / "resolved.json").write_text(json.dumps({"config": {"terms": [term]}}), encoding="utf-8")


def test_losses_that_are_not_finite_are_told_with_their_first_step(folder):
    assert not any("not finite" in note for note in record_of(folder).notes)
    lines = [{"step": 0, "terms": {"vf": 1.0}}, {"step": 5, "terms": {"vf": float("nan")}}]
    (folder / "log.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    record = record_of(folder)
    assert record.notes == ["the losses are not finite (NaN or infinite) from step 5 on; the curves omit such values"]
    assert record.curves["terms"][0]["read"] == [1.0, None]


@pytest.mark.parametrize("log", ["", "\0\1", "[]\n", '{"ste'])
def test_a_log_without_a_step_is_told_from_none(folder, log):
    (folder / "log.jsonl").write_text(log, encoding="utf-8")
    assert record_of(folder).notes == ["log.jsonl holds no step"]
    (folder / "log.jsonl").unlink()
    assert record_of(folder).notes == ["no training log (log.jsonl)"]


def test_losses_of_the_toml_in_words(folder):
    vf, channel = record_of(folder).losses
    assert (vf["label"], vf["loss"], vf["weight"], vf["unit"]) == ("vf", "porenet:vf", 7, "1")
    assert vf["summary"] == "Squared distance of each sample's volume fractions from their targets."
    assert vf["caveats"][-1] == "the loss reads the probabilities, not the structure: set by the run (relax)"
    assert any("a flat field can match" in one for one in vf["caveats"])
    assert channel["label"] == "channel"
    assert not any("set by the run" in one for one in channel["caveats"])  # it always reads the probabilities


def test_what_the_trainer_resolved_is_believed_first(folder):
    resolve(folder, weight=9.0, label="fractions")
    (loss,) = record_of(folder).losses
    assert (loss["label"], loss["weight"]) == ("fractions", 9.0)


def test_findings_of_the_audit_are_caveats_of_the_terms_that_they_name(folder):
    resolve(folder)
    findings = [
        {"level": "fault", "terms": ["vf"], "text": "vf is dead."},
        {"level": "note", "terms": ["vf"], "text": "vf is a note."},
        {"level": "warning", "terms": ["other"], "text": "other is negligible."},
        "no finding",
    ]
    (folder / "audit.json").write_text(json.dumps({"findings": findings}), encoding="utf-8")
    (loss,) = record_of(folder).losses
    assert [one for one in loss["caveats"] if "audit" in one] == ["audit before training: vf is dead."]


def test_curves_are_of_the_steps_with_gaps(folder):
    found = record_of(folder)
    assert found.steps == 3
    assert found.curves == {
        "step": [0, 2],
        "relax": "soft",
        "terms": [
            {
                "label": "vf",
                "read": [0.5, 0.3],
                "soft": [0.5, None],
                "hard": [0.9, 0.1],
                "witness": [None, 8.5],
                "fooled": [True, False],
                "blind": [None, True],
            }
        ],
        "phases": [{"name": "pore", "soft": [0.3, 0.25], "hard": [0.01, 0.2]}],
    }


def test_a_log_without_gaps_has_the_values_alone():
    records = [{"step": step, "terms": {"vf": 1 / 3, "else": None}} for step in range(2)]
    assert curves_of(records, [], "") == {
        "step": [0, 1],
        "relax": "",
        "terms": [
            {"label": "vf", "read": [0.333333] * 2}
            | {column: [None] * 2 for column in ("soft", "hard", "witness", "fooled", "blind")}
        ],
        "phases": [],
    }


@pytest.mark.parametrize("steps", [1, MOST_POINTS, MOST_POINTS + 1, 5 * MOST_POINTS])
def test_a_long_log_is_thinned_and_keeps_its_ends(steps):
    found = curves_of([{"step": step, "terms": {"vf": 1.0}} for step in range(steps)], ["vf"], "")
    assert len(found["step"]) <= MOST_POINTS + 1
    assert (found["step"][0], found["step"][-1]) == (0, steps - 1)
    assert found["step"] == sorted(set(found["step"]))


def test_a_torn_line_ends_a_log(folder):
    with (folder / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"step": 3, "ter')
    assert [one["step"] for one in records_of(folder / "log.jsonl")] == [0, 1, 2]


def test_a_run_without_anything_is_told_so(tmp_path):
    found = record_of(tmp_path)
    assert (found.steps, found.losses, found.curves) == (None, [], None)
    assert found.notes == ["the losses are unknown: no run.toml", "no training log (log.jsonl)"]


@pytest.mark.parametrize("name", ["resolved.json", "audit.json", "log.jsonl"])
@pytest.mark.parametrize("text", ["[]", "{", "null", '{"config": {"terms": 3}, "findings": 3, "step": "a"}'])
def test_damaged_files_are_left_out(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")
    found = record_of(folder)
    assert [one["label"] for one in found.losses] == ["vf", "channel"]
    assert any(name in note for note in found.notes) == (text == "{" or name == "log.jsonl")


def test_a_loss_that_is_not_installed_is_told_so(folder):
    resolve(folder, loss="elsewhere:unknown")
    (loss,) = record_of(folder).losses
    assert (loss["summary"], loss["unit"]) == ("", "")
    assert loss["caveats"][0] == "the plugin of this loss is not installed"


def test_a_wrong_toml_costs_the_losses_and_no_more(folder):
    (folder / "run.toml").write_text(RUN.replace('"vf"', '"nonsense"'), encoding="utf-8")
    found = record_of(folder)
    assert found.losses == []
    assert found.curves["relax"] == "soft"
    assert any("nonsense" in note for note in found.notes)
