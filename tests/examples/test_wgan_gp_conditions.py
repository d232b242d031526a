"""Conditions of the networks against numbers worked out here; and a run conditioned on what its terms are aimed at."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from scipy import ndimage

from examples.wgan_gp import train
from examples.wgan_gp.checkpoint import CHECKPOINT, read, trained_generator, write
from examples.wgan_gp.conditions import FAR, conditions, obeyed
from examples.wgan_gp.data import load_structures
from examples.wgan_gp.settings import load
from examples.wgan_gp.structures import generator
from porenet import Objective, Volume, measure
from porenet.errors import ConfigError, InputError
from porenet.targets import Targets

PATHS = """[[objective.terms]]
loss = "maximin"
label = "maximin_Ni"
params = { phase = "Ni", target = "structures" }

[[objective.terms]]
loss = "maximin"
label = "maximin_pore"
params = { phase = "pore", target = "structures" }

[[objective.terms]]
loss = "tortuosity"
label = "tortuosity_pore"
params = { phase = "pore", target = "structures" }

[[objective.terms]]
loss = "ssa"

[data]
"""
CONDITIONED_ON = ("latent = 3", 'latent = 3\nconditioned_on = ["maximin_pore", "maximin_Ni", "tortuosity_pore", "ssa"]')


@pytest.fixture
def conditioned_run(write_run):
    """A run whose networks are conditioned on what four of its terms are aimed at."""
    return write_run(("[data]\n", PATHS), CONDITIONED_ON, ("count = 6", "count = 24"))


def test_conditions_are_fractions_and_areas_in_units_of_their_mean(write_run):
    settings = load(write_run())
    training = load_structures(settings).training
    condition = conditions(settings, training)
    assert condition.shape == (6, 6)
    assert condition[2, :3].tolist() == pytest.approx(
        [float((training[2] == label).double().mean()) for label in range(3)]
    )
    assert condition[:, 3:].mean(dim=0).tolist() == pytest.approx([1, 1, 1])
    # unlike faces of phase 0, counted here by hand
    is_ni = (training == 0).int()
    faces = sum(is_ni.diff(dim=axis).abs().sum(dim=(1, 2, 3)) for axis in (1, 2, 3)).double()
    assert condition[:, 3].tolist() == pytest.approx((faces / faces.mean()).tolist())
    bare = dataclasses.replace(settings, network=settings.network.model_copy(update={"condition": []}))
    assert conditions(bare, training).shape == (6, 0)


def crosses(structures, phase):
    found = []
    for one in (structures == phase).numpy():
        parts, _ = ndimage.label(one)
        found.append(len(np.intersect1d(parts[0][parts[0] > 0], parts[-1])) > 0)
    return np.array(found, float)


def tortuosity_of_pore(labels, grid):
    rows = measure(Volume(labels, grid), "tortuosity")
    return next(float(row["value"]) for row in rows if row["key"] == "pore.tortuosity_factor")


def test_they_hold_what_the_terms_are_aimed_at_each_its_own(conditioned_run):
    settings = load(conditioned_run)
    training = load_structures(settings).training
    condition = conditions(settings, training)
    assert condition.shape == (24, 6 + 1 + 1 + 1 + 3)
    of_pore, of_ni = crosses(training, 2), crosses(training, 0)
    assert 0 < of_pore.mean() < 1
    assert 0 < of_ni.mean() < 1
    assert (of_pore != of_ni).any()
    for column, crossing in ((6, of_pore), (7, of_ni)):
        expected = (crossing - crossing.mean()) / crossing.std()
        assert condition[:, column].numpy() == pytest.approx(np.clip(expected, -FAR, FAR), abs=1e-5)
    assert condition[:, 8].numpy()[of_pore == 0] == pytest.approx(0)  # a cut phase has no tortuosity
    assert condition[:, 8].numpy()[of_pore == 1].std() > 0.5
    areas = Objective(settings.run.grid, [{"loss": "ssa"}]).targets_of(training)["ssa"].double().numpy()
    expected = np.clip((areas - areas.mean(axis=0)) / areas.std(axis=0), -FAR, FAR)
    assert condition[:, 9:].numpy() == pytest.approx(expected, abs=1e-4)


def test_the_targets_of_a_whole_run_tell_the_same(conditioned_run):
    settings = load(conditioned_run)
    training = load_structures(settings).training
    targets = Objective.from_run(settings.run).targets_of(training)
    assert torch.equal(conditions(settings, training, targets), conditions(settings, training))


def test_what_is_always_the_same_or_never_defined_is_zero_and_what_is_far_off_is_clipped(conditioned_run):
    settings = load(conditioned_run)
    training = load_structures(settings).training
    spike = torch.zeros(24)
    spike[5] = 100.0
    targets = Targets(
        {
            "maximin": torch.full((24, 1), 0.1),
            "maximin_pore": 2e-9 * torch.rand(24, 1),  # what a solver may leave of nothing
            "tortuosity": torch.full((24, 1), torch.nan),
            "ssa": spike.view(24, 1),
        }
    )
    condition = conditions(settings, training, targets)[:, 6:]
    assert (condition[:, :3] == 0).all()
    assert condition[5, 3] == FAR


@pytest.mark.slow
def test_obedience_is_the_correlation_between_condition_and_structure(conditioned_run):
    settings = load(conditioned_run)
    asked = load_structures(settings).training
    own = [one for values in obeyed(settings, asked, asked).values() for one in values if one is not None]
    assert own == pytest.approx([1] * len(own))
    made = asked.flip(0)
    found = obeyed(settings, made, asked)
    assert list(found) == settings.network.conditioned_on
    expected = np.corrcoef(crosses(made, 2), crosses(asked, 2))[0, 1]
    assert found["maximin_pore"] == [pytest.approx(expected, abs=1e-5)]
    both = (crosses(made, 2) * crosses(asked, 2)).astype(bool)
    assert both.sum() > 2
    tau = [[tortuosity_of_pore(one, settings.run.grid) for one in some.numpy()[both]] for some in (made, asked)]
    assert found["tortuosity_pore"] == [pytest.approx(np.corrcoef(*tau)[0, 1], abs=0.01)]
    assert obeyed(settings, asked[:1].expand(24, -1, -1, -1), asked)["ssa"] == [None] * 3


def test_a_term_that_is_aimed_at_a_batch_is_refused(write_run):
    spread = """[[objective.terms]]
loss = "distribution"
params = { descriptor = "ssa" }

[data]
"""
    with pytest.raises(ConfigError, match="a whole batch"):
        load(write_run(("[data]\n", spread), ("latent = 3", 'latent = 3\nconditioned_on = ["distribution"]')))


@pytest.mark.slow
def test_a_conditioned_run_goes_on_after_a_kill(conditioned_run, tmp_path):
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    assert train.main([str(conditioned_run), "--out", str(whole)]) == 0
    assert train.main([str(conditioned_run), "--out", str(parted), "--steps", "4"]) == 0
    assert train.main([str(conditioned_run), "--out", str(parted), "--resume"]) == 0
    weights, again = (read(folder / CHECKPOINT)["generator"] for folder in (whole, parted))
    assert weights["blocks.0.0.weight"].shape[1] == 3 + 12
    assert read(whole / CHECKPOINT)["critic"]["layers.0.weight"].shape[1] == 3 + 12
    assert all(torch.equal(weights[name], again[name]) for name in weights)
    with pytest.raises(InputError, match="is conditioned on more than volume fractions and surface areas"):
        generator(whole)


def test_a_run_does_not_go_on_with_another_condition(conditioned_run, tmp_path, capsys):
    folder = tmp_path / "conditioned"
    assert train.main([str(conditioned_run), "--out", str(folder), "--steps", "2"]) == 0
    other = conditioned_run.with_name("other.toml")
    other.write_text(
        conditioned_run.read_text().replace('"maximin_pore", "maximin_Ni"', '"maximin_Ni", "maximin_pore"')
    )
    assert train.main([str(other), "--out", str(folder), "--steps", "2", "--resume"]) == 2
    assert "network.conditioned_on.0 was maximin_pore, now maximin_Ni" in capsys.readouterr().err


def test_a_checkpoint_from_before_conditions_were_counted_is_read(write_run, tmp_path):
    folder = tmp_path / "old"
    assert train.main([str(write_run(("steps = 6", "steps = 2"))), "--out", str(folder)]) == 0
    state = read(folder / CHECKPOINT)
    assert state.pop("condition") == 6
    config = json.loads(state["config"])
    del config["network"]["conditioned_on"]
    write(folder / CHECKPOINT, state | {"config": json.dumps(config)})
    _, generator, step = trained_generator(folder)
    assert (generator.condition, step) == (6, 2)
    assert train.main([str(write_run(("steps = 6", "steps = 3"))), "--out", str(folder), "--resume"]) == 0
