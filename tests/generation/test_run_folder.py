"""What a training leaves in its folder, and how it goes on: with a loop of its own, a few tensors and no example."""

import json
import random

import pytest
import torch

from porenet import Objective, audit
from porenet.errors import InputError, NonFiniteTerm
from porenet.generation import (
    Identity,
    RunFolder,
    TrainingLog,
    TrainingRecorder,
    audit_text,
    config_changes,
    read_checkpoint,
    read_log,
    seed_of,
    table_text,
    write_checkpoint,
)
from porenet.interface import Grid

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
CONFIG = {
    "train": {"steps": 6, "batch": 2},
    "terms": [{"label": "vf", "weight": 1000}],
    "fields": {"length": [6.0, 5.0]},
}
IDENTITY = Identity(CONFIG, "cubes of 8^3", "0123456789abcdef")
TARGETS = {"vf": torch.tensor([[0.37, 0.33, 0.3]])}


class Loop:
    """A training of a handful of numbers whose noise is a function of the step."""

    def __init__(self) -> None:
        self.logits = torch.nn.Parameter(torch.zeros(1, 3, 1, 1, 1))
        self.optimiser = torch.optim.Adam([self.logits], lr=0.1)
        self.objective = Objective(GRID, {"vf": 1000}, relax="soft")

    def state(self):
        return {"logits": self.logits.detach(), "optimiser": self.optimiser.state_dict()}

    def step(self, step):
        noise = torch.randn(1, 3, 6, 6, 6, generator=torch.Generator().manual_seed(seed_of(0, step, 0)))
        field = (self.logits + noise).softmax(dim=1)
        total, terms = self.objective(field, TARGETS, step)
        self.optimiser.zero_grad()
        total.backward()
        self.optimiser.step()
        values = {"objective": total, **{f"terms.{label}": value for label, value in terms.items()}}
        return {name: value.detach() for name, value in values.items()}, field.detach()


def trained(path, steps, *, stop=None, identity=IDENTITY, leads=True):
    """Train; ``stop``: step before which the process dies."""
    folder, loop = RunFolder(path), Loop()
    state = folder.load(identity, steps)
    if state:
        loop.logits.data.copy_(state["logits"])
        loop.optimiser.load_state_dict(state["optimiser"])
    span = range(state["step"] if state else 0, steps)
    with TrainingRecorder(folder, identity, span, leads=leads, gap_every=2, checkpoint_every=2) as recorder:
        recorder.begin("a run", {"config": identity.config}, "CPU")
        for step in recorder.steps:
            if step == stop:
                raise KeyboardInterrupt
            values, field = loop.step(step)
            recorder.add(step, values, loop.objective, field, TARGETS, loop.state)
        recorder.end()
    return loop


def logged(path):
    return [{name: value for name, value in record.items() if name != "seconds"} for record in read_log(path)]


def test_a_training_that_was_killed_goes_on_as_if_it_had_not_been(tmp_path):
    whole = trained(tmp_path / "whole", 6)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "parted", 6, stop=3)
    assert [record["step"] for record in read_log(tmp_path / "parted")] == [0, 1, 2]
    again = trained(tmp_path / "parted", 6)
    assert torch.equal(whole.logits, again.logits)
    assert logged(tmp_path / "whole") == logged(tmp_path / "parted")
    assert [record["step"] for record in read_log(tmp_path / "parted") if "gaps" in record] == [0, 2, 4, 5]
    record = json.loads((tmp_path / "parted" / "resolved.json").read_text())
    assert [session["first_step"] for session in record["sessions"]] == [0, 2]
    assert record["sessions"][0]["versions"]["torch"] == torch.__version__
    assert (tmp_path / "parted" / "run.toml").read_text() == "a run"
    assert (tmp_path / "parted" / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_process_that_does_not_lead_writes_nothing(tmp_path, capsys):
    trained(tmp_path / "other", 2, leads=False)
    assert not (tmp_path / "other").exists()
    assert not capsys.readouterr().err


@pytest.mark.parametrize(
    ("identity", "steps", "words"),
    [
        (Identity(CONFIG | {"fields": {"length": [6.0, 4.0]}}, *["x"] * 2), 6, "fields.length.1 was 5.0, now 4.0"),
        (Identity(CONFIG | {"fields": {}}, *["x"] * 2), 6, "fields.length.0 was 6.0, now nothing"),
        (Identity(CONFIG | {"terms": []}, *["x"] * 2), 6, "terms.0.label was vf, now nothing"),
        (Identity(CONFIG, "other cubes", "f" * 16), 6, "trained on other data: then cubes of 8"),
        (Identity(CONFIG, IDENTITY.data, IDENTITY.fingerprint, 2), 6, "trained by 1 process, not by 2"),
        (IDENTITY, 3, "it has done 4 steps"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(tmp_path, identity, steps, words):
    trained(tmp_path, 4)
    with pytest.raises(InputError, match=words):
        RunFolder(tmp_path).load(identity, steps)


def test_what_is_free_may_differ_and_what_is_new_has_its_default(tmp_path):
    folder = RunFolder(tmp_path)
    folder.path.mkdir(exist_ok=True)
    folder.save({"step": 1}, IDENTITY)
    later = CONFIG | {"train": {"steps": 9, "batch": 2, "seed": 0}, "new": 3}
    now = Identity(later, IDENTITY.data, IDENTITY.fingerprint)
    assert folder.load(now, 9, free=["train.steps"], defaults={"train": {"seed": 0}, "new": 3})["step"] == 1
    with pytest.raises(InputError, match=r"train\.seed was 1, now 0") as refusal:
        folder.load(now, 9, free=["train.step"], defaults={"train": {"seed": 1}, "new": 3})
    assert "train.steps was 6, now 9" in str(refusal.value)


def test_a_config_that_no_file_could_hold_is_refused_before_the_first_step_and_tuples_are_lists(tmp_path):
    folder = RunFolder(tmp_path)
    with pytest.raises(InputError, match=r"identity\.config: cannot be written as JSON"):
        folder.load(Identity({"grid": GRID}, "x", "x"), 6)
    betas = Identity({"betas": (0.5, 0.9), "clip": float("nan")}, "x", "x")
    folder.save({"step": 1}, betas)
    assert folder.load(betas, 6)["step"] == 1


def test_a_recorder_that_was_not_begun_does_not_lose_a_training_in_silence(tmp_path):
    loop = Loop()
    with TrainingRecorder(RunFolder(tmp_path), IDENTITY, range(3)) as recorder:
        values, field = loop.step(0)
        with pytest.raises(InputError, match="Call begin"):
            recorder.add(0, values, loop.objective, field, TARGETS, loop.state)


def test_changes_are_named_by_their_key_path():
    then, now = {"a": {"b": [1, {"c": 2}]}, "d": None}, {"a": {"b": [1, {"c": 3}]}, "e": ""}
    assert dict(config_changes(then, now)) == {
        "a.b.1.c": "a.b.1.c was 2, now 3",
        "d": "d was None, now nothing",
        "e": "e was nothing, now ",
    }


def test_data_that_changed_since_the_training_is_refused(tmp_path):
    folder = RunFolder(tmp_path)
    folder.describe("", {"data": {"name": IDENTITY.data, "fingerprint": IDENTITY.fingerprint}}, first=0, device="CPU")
    folder.refuse_other_data("the same, renamed", IDENTITY.fingerprint)
    with pytest.raises(InputError, match=r"then cubes of 8\^3 \(sha256 0123456789ab\), now others \(sha256 ffff"):
        folder.refuse_other_data("others", "f" * 64)


@pytest.mark.parametrize("record", ["{}", "[]", '{"data": 1, "sessions": {}}'])
def test_a_record_of_something_else_is_refused(tmp_path, record):
    (tmp_path / "resolved.json").write_text(record)
    with pytest.raises(InputError, match=r"resolved\.json: is not the record of a run: it holds no data"):
        RunFolder(tmp_path).refuse_other_data("x", "x")
    with pytest.raises(InputError, match=r"resolved\.json: is not the record of a run: it holds no sessions"):
        RunFolder(tmp_path).describe("", {}, first=1, device="CPU")


def test_a_checkpoint_of_something_else_is_refused(tmp_path):
    write_checkpoint(tmp_path / "checkpoint.pt", {"config": "{}", "step": 1})
    with pytest.raises(InputError, match="not the checkpoint of a run folder: it lacks data, fingerprint, processes"):
        RunFolder(tmp_path).load(IDENTITY, 6)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file/run: cannot be written"):
        RunFolder(tmp_path / "file" / "run").write_json("resolved.json", {})


def test_a_folder_is_claimed_once(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.claim(resume=False)
    trained(folder.path, 1)
    folder.claim(resume=True)
    with pytest.raises(InputError, match="holds a run already"):
        folder.claim(resume=False)
    with pytest.raises(InputError, match="is a file"):
        RunFolder(folder.path / "log.jsonl").claim(resume=True)


def test_no_bit_of_a_checkpoint_can_change_unnoticed(tmp_path):
    path = tmp_path / "checkpoint.pt"
    write_checkpoint(path, {"step": 6, "weights": torch.arange(100.0)})
    whole = path.read_bytes()
    for place in random.Random(0).sample(range(8 * len(whole)), 200):
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        path.write_bytes(flipped)
        with pytest.raises(InputError, match="is damaged"):
            read_checkpoint(path)
    for cut in (whole[:-1], whole[: len(whole) // 2], whole + b"\n", b""):
        path.write_bytes(cut)
        with pytest.raises(InputError, match="is damaged"):
            read_checkpoint(path)
    path.write_bytes(whole)
    assert read_checkpoint(path)["step"] == 6


def test_a_value_that_is_not_finite_is_named_and_what_came_before_is_kept(tmp_path):
    writer = TrainingLog(tmp_path, 0)
    writer.add(0, ["critic", "terms.vf"], torch.tensor([1.0, 2.0]), {})
    with pytest.raises(NonFiniteTerm, match="step 1: critic = nan"):
        writer.add(1, ["critic", "terms.vf"], torch.tensor([float("nan"), 2.0]), {})
    writer.close()
    assert read_log(tmp_path) == [{"step": 0, "terms": {"vf": 2.0}, "critic": 1.0}]


def test_an_audit_is_kept_and_told(tmp_path, capsys):
    loop = Loop()
    model = torch.nn.Conv3d(1, 3, 1)

    class Softmax(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, noise):
            return self.model(noise).softmax(dim=1)

    audited = audit(loop.objective, Softmax(), ((torch.randn(2, 1, 6, 6, 6),), {"vf": TARGETS["vf"].expand(2, -1)}))
    with TrainingRecorder(RunFolder(tmp_path), IDENTITY, range(3)) as recorder:
        recorder.keep_audit(audited)
    assert json.loads((tmp_path / "audit.json").read_text()) == json.loads(json.dumps(audited.as_data()))
    assert "vf is fooled" in capsys.readouterr().err
    text = audit_text(audited)
    assert "severed_pore" in text
    assert "Traceback" not in text


def test_a_table_is_whole_where_nobody_looks_at_a_terminal():
    name = "x" * 300
    lines = table_text(["a", "b"], [[name, "1"], ["y", "2"]]).splitlines()
    assert lines[0].split() == ["a", "b"]
    assert lines[2].split() == [name, "1"]
