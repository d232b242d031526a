"""Fields that a network changes, and the fit that a training begins with."""

import functools
import json

import numpy as np
import pytest
import torch

from porenet.errors import InputError
from porenet.generation import RefinedFields, SkewedFields, fields_at_start, fields_in, hold_fractions
from porenet.interface import Grid
from porenet.synthetic import fit_skewed_fields, skewed_fields, stored_fields

GRID = Grid(("Ni", "YSZ", "pore"), 0.1)
NUMBERS = {"lengths_um": (0.5, 0.4, 0.45), "skews": (1.0, 0.0, 0.8)}
FRACTIONS = (0.3, 0.42, 0.28)


def refined(condition=0):
    torch.manual_seed(0)
    head = torch.nn.Conv3d(4, 3, 1)
    return RefinedFields(SkewedFields(GRID, **NUMBERS), condition, head), head


def test_where_nothing_is_added_structures_are_those_of_the_fields():
    module, _ = refined()
    for parameter in module.parameters():
        torch.nn.init.zeros_(parameter)
    size = (20, 20, 20)
    noise = module.fields.coefficients(size, 5)[None]
    logits = module(noise, torch.zeros(1, 3, *size), torch.zeros(1, 0))
    labels = hold_fractions(logits, torch.tensor([FRACTIONS])).argmax(dim=1)[0].numpy()
    expected = skewed_fields(size, voxel_um=0.1, fractions=FRACTIONS, seed=5, **NUMBERS).labels
    assert (labels != expected).mean() < 1e-3


def test_what_is_added_begins_small_and_is_trained():
    module, head = refined(condition=2)
    size = (12, 12, 12)
    noise = module.fields.coefficients(size, 5)[None]
    output = head(torch.randn(1, 4, *size, generator=torch.Generator().manual_seed(1)))
    logits = module(noise, output, torch.tensor([[0.4, 0.6]]))
    added = (logits / 3 - module.fields(noise, size)).detach()
    assert 0 < float(added.std()) < 0.3
    logits.square().sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in (*module.parameters(), *head.parameters()))


def test_noise_is_parted_into_coefficients_and_the_networks():
    module, _ = refined()
    size, latent = (12, 12, 12), (2, 3, 3, 3)
    (count,) = module.noise_shape(size, latent)
    coefficients, rest = module.parted(torch.arange(2 * count).view(2, count), latent)
    assert coefficients.shape == (2, module.fields.count(size))
    assert rest.shape == (2, *latent)
    assert rest.flatten(1)[:, -1].tolist() == [count - 1, 2 * count - 1]


@pytest.fixture(scope="module")
def cubes():
    return np.stack([
        skewed_fields((16, 16, 16), voxel_um=0.1, fractions=FRACTIONS, seed=seed, **NUMBERS).labels for seed in range(6)
    ])  # fmt: skip


quick_fit = functools.partial(fit_skewed_fields, rounds=2, structures=4)


@pytest.fixture(scope="module")
def fitted(cubes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "of its own"
    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:  # a real fit is tested by itself, and takes seconds
        patch.setattr("porenet.generation.field_fit.fit_skewed_fields", quick_fit)
        fields = fields_at_start(folder, GRID, cubes, say=lines.append)
    assert lines[0] == "fitting skewed fields to the training structures"
    return folder, fields


def test_fields_are_fitted_once(fitted, cubes):
    folder, fields = fitted
    again = fields_at_start(folder, GRID, cubes[:0])  # nothing to fit to: they are read
    assert again.described() == fields.described()
    assert fields_in({"refined.fields._extra_state": fields.get_extra_state(), "head": 1}, GRID).described() == (
        fields.described()
    )
    assert fields_in({"head": 1}, GRID) is None


def test_fields_of_a_synthesis_and_a_fit_by_itself_can_be_begun_with(fitted, cubes, tmp_path):
    folder, fields = fitted
    fit = json.loads((folder / "fields.json").read_text())["fit"]
    for written in (fit, {"request": {"candidates": 8}, "fit": fit, "structures": {}}):
        (tmp_path / "fields.json").write_text(json.dumps(written))
        assert fields_at_start(tmp_path, GRID, cubes[:0]).described() == fields.described()
    assert list(stored_fields(folder / "fields.json").about["fields"]["skews"]) == fit["skews"]


def test_only_the_process_that_leads_writes(fitted, cubes, tmp_path, monkeypatch):
    folder, fields = fitted
    fit = json.loads((folder / "fields.json").read_text())["fit"]
    monkeypatch.setattr("porenet.generation.field_fit.fit_skewed_fields", lambda *_, **__: type(
        "Fit", (), {"notes": ["pore: coarse"], "phases": GRID.phases, "voxel_um": GRID.voxel_um,
                    "lengths_um": fit["lengths_um"], "skews": fit["skews"]})())  # fmt: skip
    lines = []
    assert fields_at_start(tmp_path, GRID, cubes, keep=False, say=lines.append).described() == fields.described()
    assert lines[1] == "fields: pore: coarse"
    assert not list(tmp_path.iterdir())


def test_what_a_training_cannot_begin_with(fitted, cubes, tmp_path):
    folder, _ = fitted
    path = tmp_path / "fields.json"
    path.write_text("{}")
    with pytest.raises(InputError, match=r"fields\.json: is not a fit of skewed fields: .* is missing"):
        fields_at_start(tmp_path, GRID, cubes)
    path.write_text((folder / "fields.json").read_text())
    with pytest.raises(InputError, match="they were fitted to Ni, YSZ, pore in voxels of"):
        fields_at_start(tmp_path, Grid(("Ni", "YSZ", "pore", "void"), 0.1), cubes)
    path.unlink()
    with pytest.raises(InputError, match="nothing can be fitted to it"):
        fields_at_start(tmp_path, GRID, np.ones_like(cubes))
