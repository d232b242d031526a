"""A run folder as `porenet evaluate` takes it: the structures of its generator, and the real ones of its data."""

import dataclasses
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from examples.wgan_gp import structures, train
from examples.wgan_gp.networks import trained_generator
from examples.wgan_gp.settings import load_trained
from porenet import formats, synthetic
from porenet.cli import main
from porenet.errors import InputError
from porenet.evaluation import conditions_of, decoded, draw
from porenet.generation import (
    descriptor_conditions,
    load_structures,
    read_checkpoint,
    sampled_labels,
    write_checkpoint,
)
from porenet.interface import Volume

CHECKPOINT = "checkpoint.pt"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A tiny run."""
    folder = tmp_path_factory.mktemp("trained")
    shutil.copy(Path(__file__).with_name("tiny.toml"), folder / "run.toml")
    assert train.main([str(folder / "run.toml"), "--out", str(folder / "a")]) == 0
    return folder / "a"


@pytest.fixture
def run(trained, tmp_path):
    """A copy of it, for a test to spoil."""
    return shutil.copytree(trained, tmp_path / "a")


def test_a_structure_is_that_of_the_trainers_own_sampling(trained):
    settings, network, step = trained_generator(trained)
    data = load_structures(settings.data, settings.run)
    vectors = descriptor_conditions(data.grid, data.training)
    generate, training = structures.generator(trained), structures.training(trained)
    fingerprint = hashlib.sha256((trained / CHECKPOINT).read_bytes()).hexdigest()
    assert generate.about == {"step": step, "training_seed": settings.train.seed, "fingerprint": fingerprint}
    for row, condition in zip(vectors[:3], conditions_of(training.volumes, training.names), strict=False):
        (expected,) = sampled_labels(network, row[None], condition.shape, seed=7)
        answer, numbers = generate(7, condition)
        assert np.array_equal(decoded(answer, condition)[0].labels, expected.numpy())
        assert numbers == {}


def test_a_phase_that_no_training_structure_has_leaves_numbers(trained, monkeypatch):
    """0 um^-1 in units of a mean of 0 was NaN, and so was every probability."""
    settings = load_trained(trained)
    data = load_structures(settings.data, settings.run)
    data = dataclasses.replace(data, training=data.training.clamp(max=1))
    monkeypatch.setattr(structures, "_data", lambda *_: data)
    (condition,) = conditions_of([Volume(data.training[0].numpy(), data.grid)], ["0"])
    field, _ = structures.generator(trained)(7, condition)
    assert torch.isfinite(field).all()


def test_a_flat_field_shows_the_gap_between_probabilities_and_structure(run):
    state = read_checkpoint(run / CHECKPOINT)
    state["generator"]["head.weight"].zero_()
    state["generator"]["head.bias"].copy_(torch.tensor([0.36, 0.34, 0.30]).log())
    write_checkpoint(run / CHECKPOINT, state)
    training = structures.training(run)
    (structure,) = draw(structures.generator(run), conditions_of(training.volumes, training.names), n=1, seed=0)
    assert structure.probabilities == pytest.approx((0.36, 0.34, 0.30), abs=1e-6)
    assert not structure.volume.labels.any()


def test_what_held_networks_join_is_counted(write_run, tmp_path):
    reservoirs = '[grid.reservoirs]\nNi = "z_min"\nYSZ = "z_max"\npore = "z_min"\n\n[objective]'
    run = write_run(
        ("[objective]", reservoirs), ("latent = 3", "latent = 3\nhold_networks = true"), ("steps = 6", "steps = 1")
    )
    folder = tmp_path / "x"
    assert train.main([str(run), "--out", str(folder)]) == 0
    state = read_checkpoint(folder / CHECKPOINT)
    state["generator"]["head.weight"].mul_(30)
    state["generator"]["head.bias"].copy_(torch.tensor([0.5, 0.5, -0.5]))  # too little pore
    write_checkpoint(folder / CHECKPOINT, state)
    training = structures.training(folder)
    asked = conditions_of(training.volumes, training.names)
    held = list(draw(structures.generator(folder), asked, n=6, seed=0))
    text = (folder / "run.toml").read_text()
    (folder / "run.toml").write_text(text.replace("hold_networks = true", "hold_networks = false"))
    free = list(draw(structures.generator(folder), asked, n=6, seed=0))
    voxels = [int((a.volume.labels != b.volume.labels).sum()) for a, b in zip(held, free, strict=True)]
    assert [dict(each.numbers) for each in held] == [{"voxels joined by held networks": number} for number in voxels]
    assert any(voxels)
    for phase in ("Ni", "YSZ", "pore"):
        assert all(each.volume.spanning(phase, "z").any() for each in held)


def test_real_structures_are_those_of_the_run_with_their_places(write_run, tmp_path):
    volume, _ = synthetic.plurigaussian(
        (32, 32, 112), voxel_um=(0.05, 0.05, 0.05), length_um=0.3, fractions=[0.36, 0.34, 0.3], seed=0
    )
    formats.write(volume, tmp_path / "volume.npz")
    source = 'source = "volumes"\npath = "volume.npz"\ncoarsen = 2\nstride = 8\nguard = 0\n'
    changes = [('source = "synthetic"\n', source), ("count = 6\nheld_out = 2\nlength_um = 0.3\n", "")]
    path = write_run(*changes, ("steps = 6", "steps = 1"))
    assert train.main([str(path), "--out", str(tmp_path / "out")]) == 0
    settings = load_trained(tmp_path / "out")
    data = load_structures(settings.data, settings.run)
    copy = tmp_path / "elsewhere"  # as on another machine: the data lies in the run folder
    (tmp_path / "out").rename(copy)
    (tmp_path / "volume.npz").rename(copy / "volume.npz")
    # 56 voxels along x, 17 held out: cubes of 16 begin at 0, 8 and 16, in voxels of the cubes
    training = structures.training(copy)
    assert [origin["corner"] for origin in training.origins] == [[0, 0, 0], [0, 0, 8], [0, 0, 16]]
    for real, labels in ((training, data.training), (structures.held_out(copy), data.held_out)):
        assert np.array_equal(np.stack([volume.labels for volume in real.volumes]), labels.numpy())
    formats.write(Volume(volume.labels[::-1], volume.grid), copy / "volume.npz")
    with pytest.raises(InputError, match="the data has changed since it was trained"):
        structures.generator(copy)
    (copy / "volume.npz").unlink()
    with pytest.raises(InputError, match=r"volume\.npz: the data of the run is not there. Put it back, or a copy"):
        structures.generator(copy)


def test_the_command_evaluates_a_run_folder(trained, tmp_path):
    place = "examples.wgan_gp.structures"
    done = CliRunner().invoke(main, [
        "evaluate", f"{place}:held_out:{trained}", f"{place}:generator:{trained}", "--training",
        f"{place}:training:{trained}", "--n", "2", "--n-boot", "100", "--workers", "1", "--json",
    ])  # fmt: skip
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["reference"]["count"] == 2
    assert report["reference"]["data"].startswith("held-out structures of synthetic plurigaussian electrodes")
    assert report["settings"]["generators"]["a"] == {
        "function": f"{place}:generator:{trained}", "step": 6, "training_seed": 0,
        "fingerprint": hashlib.sha256((trained / CHECKPOINT).read_bytes()).hexdigest(),
    }  # fmt: skip
    assert report["agreement"]["a"]["training"].startswith("training_")
    fraction = report["volume_fraction"]["a"]["Ni"]
    assert fraction["gap"] == pytest.approx(fraction["decoded"] - fraction["soft"])


def test_data_that_changed_since_is_refused(run):
    record = json.loads((run / "resolved.json").read_text())
    record["data"] |= {"name": "what was there", "fingerprint": "0" * 64}
    (run / "resolved.json").write_text(json.dumps(record))
    for part in (structures.generator, structures.training, structures.held_out):
        with pytest.raises(InputError, match=r"then what was there \(sha256 000000000000\), now synthetic"):
            part(run)


def test_a_folder_without_a_whole_run_is_refused(run, tmp_path):
    with pytest.raises(InputError, match="there is no checkpoint"):
        structures.generator(tmp_path)
    (run / CHECKPOINT).write_bytes(b"torn")
    with pytest.raises(InputError, match="is damaged"):
        structures.generator(run)
    done = CliRunner().invoke(main, ["evaluate", f"examples.wgan_gp.structures:training:{tmp_path}", "x.py:y"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "resolved.json" in done.stderr
