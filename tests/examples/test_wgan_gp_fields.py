"""The example with fields as its noise, shares of the gradient and a chosen step: a kill costs nothing."""

import contextlib
import functools
import json
from types import SimpleNamespace

import pytest
import torch

from examples.wgan_gp.networks import trained_generator
from examples.wgan_gp.train import Trainer, main
from porenet.generation import read_log
from porenet.synthetic import fit_skewed_fields

FIELDS = (
    "[network]\n",
    "[network]\nhold_vf = true\nfields = true\n",
)
SHARES = (
    "[train]\n",
    '[train]\npenalty_every = 2\nobjective_share = 0.3333\ncritic_reads = "straight_through"\n',
)


@pytest.fixture(autouse=True)
def quick_fit(monkeypatch):
    """A real fit is tested by itself."""
    fit = functools.partial(fit_skewed_fields, rounds=2, structures=4)
    monkeypatch.setattr("porenet.generation.field_fit.fit_skewed_fields", fit)


@pytest.fixture
def train(write_run, tmp_path, capsys):
    """Train in this process; gives the run folder and what was said."""

    def run(*arguments, out="out", changes=(FIELDS, SHARES), code=0):
        words = [str(write_run(*changes)), "--out", str(tmp_path / out), *map(str, arguments)]
        assert main(words) == code
        return tmp_path / out, capsys.readouterr().err

    return run


def numbers(folder):
    """What a step does; the last step of a session looks at the gaps as well."""
    return [
        {key: value for key, value in row.items() if key not in ("seconds", "gaps", "soft", "hard")}
        for row in read_log(folder)
    ]


@pytest.mark.slow
def test_a_run_of_fields_that_was_interrupted_ends_as_one_that_was_not(train):
    whole, _ = train(out="whole")
    parts, _ = train("--steps", 2, out="parts")
    train("--steps", 6, "--resume", out="parts")
    assert numbers(parts) == numbers(whole)
    states = [torch.load(folder / "checkpoint.pt", weights_only=True) for folder in (whole, parts)]
    assert torch.equal(*(state["objective"]["running_norms.sums"] for state in states))
    assert all(torch.equal(value, states[1]["generator"][name]) for name, value in states[0]["generator"].items()
               if isinstance(value, torch.Tensor))  # fmt: skip
    _, generator, step = trained_generator(whole)
    assert step == 6
    assert generator.refined.fields.described() == {
        name: list(json.loads((whole / "fields.json").read_text())["fit"][name]) for name in ("lengths_um", "skews")
    }
    norms = [row["objective_scale"] * row["objective_norm"] / row["critic_norm"] for row in numbers(whole)]
    assert norms[0] == pytest.approx(0.5, rel=1e-3)  # by hand: (1/3) / (2/3)
    assert [row["gradient_penalty"] > 0 for row in numbers(whole)] == [True, False] * 3


def test_other_fields_are_refused(train):
    folder, _ = train("--steps", 2)
    path = folder / "fields.json"
    fit = json.loads(path.read_text())
    fit["fit"]["lengths_um"][1] = 0.123
    path.write_text(json.dumps(fit))
    _, said = train("--steps", 6, "--resume", code=2)
    assert "fields.lengths_um.1 was " in said
    assert "now 0.123" in said


def test_fields_without_held_fractions_are_refused(train):
    _, said = train(changes=(("[network]\n", "[network]\nfields = true\n"),), code=2)
    assert "network.fields: fields have volume fractions only where these are held: set hold_vf = true" in said


def test_every_run_logs_both_norms_and_says_who_is_outvoted(train):
    folder, said = train(changes=())
    rows = numbers(folder)
    assert all(row["critic_norm"] > 0 and row["objective_norm"] > 0 and row["objective_scale"] == 1 for row in rows)
    assert "step 0: the critic is outvoted: its gradient at the field has a norm of " in said


@pytest.mark.parametrize(("kind", "expected"), [("other_than_1", [0.25, 0.0, 1.0]), ("above_1", [0.0, 0.0, 1.0])])
def test_the_penalty_on_a_slope(kind, expected):
    trainer = SimpleNamespace(
        settings=SimpleNamespace(train=SimpleNamespace(penalty=kind)),
        fabric=SimpleNamespace(autocast=contextlib.nullcontext),
    )
    for slope, value in zip((0.5, 1.0, 2.0), expected, strict=True):  # by hand: (slope - 1)^2
        penalty = Trainer.slope_penalty(
            trainer, lambda field, _, slope=slope: slope * field[:, 0, 0, 0, 0], torch.zeros(2, 3, 2, 2, 2), None
        )
        assert penalty.item() == pytest.approx(value)


@pytest.mark.slow
def test_the_step_that_is_kept_is_the_best_of_the_candidates(train):
    changes = (FIELDS, (SHARES[0], SHARES[1] + "choose_every = 2\nchoose_from = 3\n"))
    whole, said = train(changes=changes, out="whole")
    without, _ = train(out="without")
    assert numbers(whole) == numbers(without)  # to look changes nothing, batch norm neither
    train("--steps", 4, changes=changes, out="parts")
    parts, _ = train("--steps", 6, "--resume", changes=changes, out="parts")
    choices = [torch.load(folder / "checkpoint.pt", weights_only=True)["choice"] for folder in (whole, parts)]
    assert choices[0]["scores"] == choices[1]["scores"]
    assert list(choices[0]["scores"]) == [0, 2, 4, 6]
    assert choices[0]["best"]["score"] == max(choices[0]["scores"].values())
    assert "step 0: score " in said
    _, generator, step = trained_generator(whole)
    assert step == choices[0]["best"]["step"]
    assert torch.equal(generator.head.weight, choices[0]["best"]["state"]["head.weight"])
