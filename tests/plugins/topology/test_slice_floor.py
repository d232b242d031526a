"""Slice floor: the published mean over slices, on any axis, and why it is no connectivity."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from porenet_topology.losses.slice_floor import slice_shortfall

import porenet
from porenet.errors import ConfigError
from porenet.interface import AXES, Grid, Volume
from porenet.testing import probability_fields

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))


def published(phase, floor, axis):
    """The published form, slice by slice in plain Python."""
    found = []
    for sample in phase:
        slices = [one.mean().item() for one in sample.unbind(AXES.index(axis))]
        found.append(sum(max(0.0, floor - density) for density in slices) / len(slices))
    return found


@given(probability_fields(), st.floats(0, 1), st.sampled_from(AXES))
def test_the_value_is_the_published_one(field, floor, axis):
    assert slice_shortfall(field, 1, floor, axis).tolist() == pytest.approx(
        published(field[:, 1], floor, axis), abs=1e-14
    )


# Pore: 2 of 4 voxels in slice z = 0, none in z = 1; along y 1 and 1, along x 2 and 0.
@pytest.mark.parametrize(("axis", "expected"), [("z", 0.4 / 2), ("y", 0.15), ("x", 0.4 / 2)])
def test_eight_voxels_by_hand(axis, expected):
    labels = torch.tensor([[[2, 0], [2, 1]], [[0, 1], [1, 0]]])
    field = torch.nn.functional.one_hot(labels, 3).movedim(-1, 0)[None].double()
    loss = porenet.create_loss("slice_floor", GRID, phase="pore", floor=0.4, axis=axis)
    assert loss(field, {}).tolist() == pytest.approx([expected])


def test_it_raises_the_phase_in_the_slices_that_lack_it_only():
    field = torch.full((1, 3, 4, 2, 2), 1 / 3, dtype=torch.float64)
    field[0, :, 1] = torch.tensor([0.5, 0.5, 0.0]).view(3, 1, 1)
    field.requires_grad_()
    value = porenet.create_loss("slice_floor", GRID, phase="pore", floor=0.3)(field, {})
    assert value.tolist() == pytest.approx([0.3 / 4])
    value.sum().backward()
    assert torch.equal(field.grad[0, 2, 1], torch.full((2, 2), -1 / 16, dtype=torch.float64))
    assert field.grad.count_nonzero() == 4


def test_density_is_not_connectivity():
    # One column of pore that shifts sideways in the middle: every slice holds enough, and nothing crosses.
    labels = torch.zeros(4, 2, 2, dtype=torch.long)
    labels[:2, 0, 0] = labels[2:, 1, 1] = 2
    field = torch.nn.functional.one_hot(labels, 3).movedim(-1, 0)[None].double()
    assert porenet.create_loss("slice_floor", GRID, phase="pore", floor=0.25)(field, {}).item() == 0
    volume = Volume(labels.numpy(), GRID)
    assert porenet.create_metric("connectivity")(volume)["pore"] == 0


def test_the_fixture_meets_it_without_a_voxel_of_pore():
    field = torch.tensor([0.36, 0.34, 0.30], dtype=torch.float64).view(1, 3, 1, 1, 1).expand(1, 3, 4, 4, 4)
    loss = porenet.create_loss("slice_floor", GRID, phase="pore", floor=0.3)
    assert loss(field, {}).item() < 1e-15
    hard = torch.nn.functional.one_hot(field.argmax(dim=1), 3).movedim(-1, 1).double()
    assert loss(hard, {}).item() == pytest.approx(0.3)


@pytest.mark.parametrize("axis", AXES)
def test_it_compiles_and_follows_the_device_of_the_field(axis):
    field = torch.randn(2, 3, 3, 4, 5, generator=torch.Generator().manual_seed(0)).softmax(dim=1)
    loss = porenet.create_loss("slice_floor", GRID, phase="Ni", floor=0.9, axis=axis)
    expected = loss(field, {})
    assert torch.allclose(torch.compile(loss, backend="eager", fullgraph=True)(field, {}), expected)
    with torch.device("meta"):
        made = porenet.create_loss("slice_floor", GRID, phase="Ni", floor=0.9, axis=axis)
        assert torch.equal(made(field, {}), expected)


def test_half_precision_is_summed_in_single():
    field = torch.randn(2, 3, 2, 40, 40, generator=torch.Generator().manual_seed(0)).softmax(dim=1).bfloat16()
    loss = porenet.create_loss("slice_floor", GRID, phase="Ni", floor=0.9)
    with torch.autocast("cpu", torch.bfloat16):
        values = loss(field, {})
    assert values.dtype == torch.float32
    assert torch.allclose(values.double(), loss(field.double(), {}), atol=1e-6)


@pytest.mark.parametrize(
    ("params", "where", "message"),
    [
        ({"phase": "Pore", "floor": 0.3}, "slice_floor.phase", "must be a phase of the grid (Ni, YSZ, pore)"),
        ({"phase": "pore"}, "slice_floor.floor", "is required"),
        ({"phase": "pore", "floor": 1.2}, "slice_floor.floor", "less than or equal to 1"),
        ({"phase": "pore", "floor": -0.2}, "slice_floor.floor", "greater than or equal to 0"),
        ({"phase": "pore", "floor": 0.3, "axis": "w"}, "slice_floor.axis", "must be 'z', 'y' or 'x', not 'w'"),
    ],
)
def test_wrong_parameters_are_named(params, where, message):
    with pytest.raises(ConfigError) as caught:
        porenet.create_loss("slice_floor", GRID, **params)
    (problem,) = caught.value.problems
    assert problem.path == where
    assert message in problem.message


def test_it_shows_its_parameters():
    loss = porenet.create_loss("slice_floor", GRID, phase="pore", floor=0.3)
    assert repr(loss) == "SliceFloor(phase='pore', floor=0.3, axis='z')"


@pytest.mark.parametrize("axis", AXES)
def test_the_gradient_by_hand_is_that_of_autograd(axis):
    for channel, order in enumerate((torch.contiguous_format, torch.channels_last_3d)):
        field = torch.randn(1, 3, 2, 1, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
        field = field.softmax(dim=1).to(memory_format=order).requires_grad_()
        assert torch.autograd.gradcheck(lambda values, at=channel: slice_shortfall(values, at, 0.9, axis), field)
        assert torch.autograd.gradgradcheck(
            lambda values, at=channel: slice_shortfall(values, at, 0.9, axis).square(), field
        )
