"""Conditions of the networks against numbers worked out here."""

import pytest
import torch

from porenet.errors import InputError
from porenet.generation import descriptor_conditions
from porenet.interface import Grid

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))


def test_conditions_are_fractions_and_areas_in_units_of_their_mean():
    labels = torch.randint(3, (6, 8, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    labels[:3, :4] = 1  # areas that differ
    condition = descriptor_conditions(GRID, labels)
    assert condition.shape == (6, 6)
    assert condition[2, :3].tolist() == pytest.approx(
        [float((labels[2] == label).double().mean()) for label in range(3)]
    )
    assert condition[:, 3:].mean(dim=0).tolist() == pytest.approx([1, 1, 1])
    is_ni = (labels == 0).int()  # unlike faces of phase 0, counted here by hand
    faces = sum(is_ni.diff(dim=axis).abs().sum(dim=(1, 2, 3)) for axis in (1, 2, 3)).double()
    assert condition[:, 3].tolist() == pytest.approx((faces / faces.mean()).tolist())
    swapped = descriptor_conditions(GRID, labels, ["ssa", "vf"])
    assert torch.equal(swapped, condition[:, [3, 4, 5, 0, 1, 2]])
    assert descriptor_conditions(GRID, labels, []).shape == (6, 0)


def test_a_phase_that_is_nowhere_has_no_area():
    condition = descriptor_conditions(GRID, torch.randint(2, (2, 8, 8, 8), dtype=torch.uint8))
    assert condition.isfinite().all()
    assert (condition[:, [2, 5]] == 0).all()


def test_another_descriptor_is_refused():
    with pytest.raises(InputError, match="no condition 'sssa'; did you mean 'ssa'"):
        descriptor_conditions(GRID, torch.zeros(1, 4, 4, 4, dtype=torch.uint8), ["sssa"])
