"""What the networks are told, against numbers worked out here; and a run that is told what its terms are aimed at."""

import dataclasses
import json

import numpy as np
import pytest
import torch
import train
from checkpoint import CHECKPOINT, read, trained_generator
from conditions import FAR, conditions
from data import load_structures
from evaluate import evaluate
from scipy import ndimage
from settings import load

from porenet import Objective
from porenet.targets import Targets

PATHS = """[[objective.terms]]
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
TOLD = ("latent = 3", 'latent = 3\ntold = ["maximin_pore", "tortuosity_pore", "ssa"]')


@pytest.fixture
def told_run(write_run):
    """A run whose networks are told what three of its terms are aimed at."""
    return write_run(("[data]\n", PATHS), TOLD, ("count = 6", "count = 24"))


def test_conditions_are_fractions_and_areas_in_units_of_their_mean(write_run):
    settings = load(write_run())
    training = load_structures(settings).training
    told = conditions(settings, training)
    assert told.shape == (6, 6)
    assert told[2, :3].tolist() == pytest.approx([float((training[2] == label).double().mean()) for label in range(3)])
    assert told[:, 3:].mean(dim=0).tolist() == pytest.approx([1, 1, 1])
    # unlike faces of phase 0, counted here by hand
    is_ni = (training == 0).int()
    faces = sum(is_ni.diff(dim=axis).abs().sum(dim=(1, 2, 3)) for axis in (1, 2, 3)).double()
    assert told[:, 3].tolist() == pytest.approx((faces / faces.mean()).tolist())
    bare = dataclasses.replace(settings, network=settings.network.model_copy(update={"condition": []}))
    assert conditions(bare, training).shape == (6, 0)


def test_they_are_told_what_the_terms_are_aimed_at(told_run):
    settings = load(told_run)
    training = load_structures(settings).training
    told = conditions(settings, training)
    assert told.shape == (24, 6 + 1 + 1 + 3)
    crosses = []
    for one in (training == 2).numpy():
        parts, _ = ndimage.label(one)
        crosses.append(len(np.intersect1d(parts[0][parts[0] > 0], parts[-1])) > 0)
    crosses = np.array(crosses, float)
    assert 0 < crosses.mean() < 1
    assert told[:, 6].numpy() == pytest.approx((crosses - crosses.mean()) / crosses.std(), abs=1e-5)
    assert told[:, 7].numpy()[crosses == 0] == pytest.approx(0)  # a cut phase has no tortuosity
    assert told[:, 7].numpy()[crosses == 1].std() > 0.5
    areas = Objective(settings.run.grid, [{"loss": "ssa"}]).targets_of(training)["ssa"].double().numpy()
    expected = np.clip((areas - areas.mean(axis=0)) / areas.std(axis=0), -FAR, FAR)
    assert told[:, 8:].numpy() == pytest.approx(expected, abs=1e-4)


def test_what_is_always_the_same_or_never_defined_is_told_as_nothing_and_what_is_far_off_as_far(told_run):
    settings = load(told_run)
    training = load_structures(settings).training
    spike = torch.zeros(24)
    spike[5] = 100.0
    targets = Targets(
        {"maximin": torch.full((24, 1), 0.1), "tortuosity": torch.full((24, 1), torch.nan), "ssa": spike.view(24, 1)}
    )
    told = conditions(settings, training, targets)[:, 6:]
    assert (told[:, :2] == 0).all()
    assert told[5, 2] == FAR


def test_a_run_that_is_told_goes_on_after_a_kill_and_is_evaluated(told_run, tmp_path):
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    assert train.main([str(told_run), "--out", str(whole)]) == 0
    assert train.main([str(told_run), "--out", str(parted), "--steps", "4"]) == 0
    assert train.main([str(told_run), "--out", str(parted), "--resume"]) == 0
    weights, again = (read(folder / CHECKPOINT)["generator"] for folder in (whole, parted))
    assert weights["blocks.0.0.weight"].shape[1] == 3 + 11
    assert all(torch.equal(weights[name], again[name]) for name in weights)
    report, _ = evaluate([whole], changes={"n": 3})
    assert report["runs"]["whole"]["n"] == 3


def test_a_checkpoint_from_before_conditions_were_counted_is_read(write_run, tmp_path):
    folder = tmp_path / "old"
    assert train.main([str(write_run(("steps = 6", "steps = 2"))), "--out", str(folder)]) == 0
    state = read(folder / CHECKPOINT)
    assert state.pop("condition") == 6
    config = json.loads(state["config"])
    del config["network"]["told"]
    torch.save(state | {"config": json.dumps(config)}, folder / CHECKPOINT)
    _, generator, step = trained_generator(folder)
    assert (generator.condition, step) == (6, 2)
    assert train.main([str(write_run(("steps = 6", "steps = 3"))), "--out", str(folder), "--resume"]) == 0
