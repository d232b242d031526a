"""Skewed fields as the noise of a generator: the same structures as without torch."""

import numpy as np
import pytest
import torch

from porenet.errors import InputError
from porenet.generation import SkewedFields, fraction_constants
from porenet.interface import Grid
from porenet.synthetic import FittedFields, skewed_fields
from porenet.synthetic.gaussian_field import gaussian_field

LENGTHS, SKEWS, FRACTIONS = (0.6, 0.5, 0.55), (1.0, 0.0, 0.8), (0.3, 0.42, 0.28)


def grid_of(phases=3, **options):
    names = ("Ni", "YSZ", "pore", "void")[:phases]
    return Grid(names, **({"voxel_um": (0.1, 0.1, 0.1)} | options))


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({}, (18, 18, 18)),
        ({"voxel_um": (0.2, 0.1, 0.05)}, (7, 20, 33)),
        ({"periodic": (True, False, True)}, (40, 9, 37)),
    ],
)
def test_fields_are_those_of_numpy_to_single_precision(options, size):
    grid = grid_of(**options)
    module = SkewedFields(grid, LENGTHS, SKEWS)
    seeds = [3, 4]
    fields = module(torch.stack([module.coefficients(size, seed) for seed in seeds]), size)
    for field, seed in zip(fields, seeds, strict=True):
        rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(1)[0])
        for phase, (length, skew) in enumerate(zip(LENGTHS, SKEWS, strict=True)):
            parts = gaussian_field(size, voxel_um=grid.voxel_um, length_um=length, periodic=grid.periodic, rng=rng)
            values = np.concatenate([part for _, part in parts])
            assert np.allclose(field[phase].numpy(), values + skew * (values**2 - 1), atol=1e-5)


def test_structures_are_those_of_numpy_but_for_ties_of_the_fractions():
    size = (24, 24, 24)
    module = SkewedFields(grid_of(), LENGTHS, SKEWS)
    for seed in range(3):
        (fields,) = fields_of = module(module.coefficients(size, seed)[None], size)
        raised = fields + fraction_constants(fields_of.flatten(2), torch.tensor([FRACTIONS]))[0][:, None, None, None]
        expected = skewed_fields(
            size, voxel_um=0.1, lengths_um=LENGTHS, skews=SKEWS, fractions=FRACTIONS, seed=seed
        ).labels
        highest = raised.sort(dim=0, descending=True).values
        other = raised.argmax(dim=0).numpy() != expected
        assert other.mean() < 1e-3
        assert not other.any() or float((highest[0] - highest[1]).numpy()[other].max()) < 0.01


def test_any_normal_numbers_give_a_variance_of_one():
    module = SkewedFields(grid_of(2), (0.3, 0.3), (0, 0))
    size = (20, 20, 20)
    fields = module(torch.randn((40, module.count(size)), generator=torch.Generator().manual_seed(0)), size)
    assert float(fields.var()) == pytest.approx(1, abs=0.05)
    assert float(fields.mean()) == pytest.approx(0, abs=0.05)


def test_lengths_and_skews_are_state_and_nothing_is_trained():
    module, other = SkewedFields(grid_of(), LENGTHS, SKEWS), SkewedFields(grid_of(), (0.4, 0.4, 0.4), (0, 0, 0))
    size = (12, 12, 12)
    other(torch.zeros(1, other.count(size)), size)  # modes of the old lengths are kept, and must not be used
    other.load_state_dict(module.state_dict())
    noise = module.coefficients(size, 1)[None]
    assert torch.equal(other(noise, size), module(noise, size))
    assert not list(module.parameters())


def test_under_autocast_fields_stay_in_single_precision():
    module, size = SkewedFields(grid_of(), LENGTHS, SKEWS), (12, 12, 12)
    noise = module.coefficients(size, 1)[None]
    with torch.autocast("cpu", torch.bfloat16):
        fields = module(noise, size)
    assert torch.equal(fields, module(noise, size))


def fit_of(grid):
    count = len(grid.phases)
    row = (1 / count,) * count
    return FittedFields(
        grid.phases,
        grid.voxel_um,
        (0.5,) * count,
        (0.0,) * count,
        (16, 16, 16),
        "z",
        (row,),
        (row,),
        (row, row),
        row,
        0,
    )


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: SkewedFields(grid_of(), LENGTHS[:2], SKEWS), "a length above 0 and a skew for each of Ni, YSZ, pore"),
        (lambda: SkewedFields(grid_of(), (0.6, 0.0, 0.5), SKEWS), "a length above 0"),
        (lambda: SkewedFields(Grid(("a", "b"), 0.1, dims=2), (1, 1), (0, 0)), "Skewed fields of a generator"),
        (lambda: SkewedFields.of(fit_of(grid_of()), grid_of(4)), "they were fitted to Ni, YSZ, pore in voxels of"),
        (lambda: SkewedFields.of(fit_of(grid_of()), grid_of(voxel_um=0.2)), "they were fitted to Ni, YSZ, pore in"),
        (lambda: SkewedFields(grid_of(), LENGTHS, SKEWS)(torch.zeros(2, 7), (12, 12, 12)), "coefficients (B, "),
        (
            lambda: SkewedFields(grid_of(periodic=(True, True, True)), LENGTHS, SKEWS).count((20, 20, 20)),
            "the periodic axis z is 2 um long",
        ),
    ],
)
def test_what_is_refused(make, complaint):
    with pytest.raises(InputError) as caught:
        make()
    assert complaint in str(caught.value)


def test_four_phases_have_four_fields():
    grid = grid_of(4)
    module = SkewedFields.of(fit_of(grid), grid)
    assert module(module.coefficients((12, 12, 12), 0)[None], (12, 12, 12)).shape == (1, 4, 12, 12, 12)
