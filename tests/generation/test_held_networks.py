"""Phases that a generator cannot leave cut."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from torch.nn.functional import avg_pool3d

from porenet.config import GridFile
from porenet.generation import Channel, HeldNetworks, argmax_labels, channels_of, join_networks, one_hot
from porenet.generation.held_networks import LEAD
from porenet.interface import Grid

OPEN = (False, False, False)
ALL = (Channel(0, "z_min", "z_max"), Channel(1, "z_max", "z_min"), Channel(2, "z_min", "z_max"))
PORE = (ALL[2],)
ACROSS = (Channel(0, "z_min", "z_max"), Channel(1, "x_max", "x_min"), Channel(2, "y_min", "y_max"))


def decided(labels, phases=3, lead=4.0):
    """Logits that decode to labels (B, Z, Y, X), each by the same lead."""
    return lead * one_hot(torch.as_tensor(labels, dtype=torch.uint8), phases)


def decoded(logits):
    return logits.softmax(dim=1).argmax(dim=1)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last_3d])
@pytest.mark.parametrize("phases", [2, 3, 5])
def test_structures_are_read_as_an_argmax_reads_them_ties_to_the_lower_label(phases, layout):
    logits = torch.randint(-2, 3, (3, phases, 5, 6, 7)).float().to(memory_format=layout)
    assert (logits.sort(dim=1).values.diff(dim=1)[:, -1] == 0).any()  # ties for the lead
    found = argmax_labels(logits)
    assert found.dtype == torch.uint8
    assert torch.equal(found.long(), decoded(logits))


def axes_of(channels):
    return [(channel.phase, "zyx".index(channel.inlet[0])) for channel in channels]


def crosses(labels, phase, axis=0):
    """The independent answer: scipy's components, 6 neighbours."""
    named, _ = ndimage.label(np.asarray(labels) == phase)
    ends = [set(np.unique(named.take(end, axis=axis))) - {0} for end in (0, -1)]
    return bool(ends[0] & ends[1])


@given(
    edges=st.tuples(*[st.integers(4, 12)] * 3),
    channels=st.sampled_from([ALL, ACROSS]),
    phases=st.integers(3, 4),
    scale=st.sampled_from([0.01, 1.0, 30.0]),
    bias=st.floats(-3, 3),
    seed=st.integers(0, 2**32),
)
def test_every_phase_crosses_and_what_crossed_is_not_touched(edges, channels, phases, scale, bias, seed):
    source = torch.Generator().manual_seed(seed)
    field = avg_pool3d(torch.randn(2, phases, *edges, generator=source), 3, 1, 1)
    field = scale * (field + bias * torch.arange(phases).view(1, -1, 1, 1, 1) / 3)  # one phase may have nearly all
    made = join_networks(field, channels, periodic=OPEN)
    for before, after, one, other in zip(decoded(field), decoded(made), field, made, strict=True):
        assert all(crosses(after, phase, axis) for phase, axis in axes_of(channels))
        if all(crosses(before, phase, axis) for phase, axis in axes_of(channels)):
            assert torch.equal(one, other)


def test_a_gap_is_closed_with_the_fewest_voxels_and_nothing_else_is_touched():
    labels = torch.zeros(1, 9, 7, 7)
    labels[:, :, 3, 3] = 2
    labels[:, 4:6, 3, 3] = 1
    field = decided(labels)
    made = join_networks(field, PORE, periodic=OPEN)
    changed = (made != field).nonzero().tolist()
    assert changed == [[0, 2, 4, 3, 3], [0, 2, 5, 3, 3]]
    leads = made[0, 2, 4:6, 3, 3] - made[0, :2, 4:6, 3, 3].amax(dim=0)
    torch.testing.assert_close(leads, torch.full((2,), LEAD))


def test_the_least_decided_voxels_are_taken():
    labels = torch.zeros(1, 3, 8, 8)
    labels[:, [0, 2]] = 2  # a wall of one layer
    field = decided(labels)
    field[0, 0, 1, 5, 6] = 0.5
    found = (join_networks(field, PORE, periodic=OPEN).argmax(dim=1) != labels).nonzero().tolist()
    assert found == [[0, 1, 5, 6]]


def test_structures_that_cross_are_left_as_they_are_whatever_the_others_are():
    whole = torch.stack([torch.arange(9) // 3] * 9).expand(1, 9, 9, 9)  # three slabs along z
    cut = whole.clone()
    cut[:, 4] = 0
    field = decided(torch.cat([whole, cut]))
    made = join_networks(field, ALL, periodic=OPEN)
    assert torch.equal(made[0], field[0])
    assert not torch.equal(made[1], field[1])
    assert torch.equal(made[1:], join_networks(field[1:], ALL, periodic=OPEN))


def test_a_phase_that_leads_by_next_to_nothing_is_not_repaired():
    labels = torch.zeros(1, 8, 8, 8)
    labels[:, :, 2, 2] = 2
    field = decided(labels, lead=1e-3)
    assert torch.equal(join_networks(field, PORE, periodic=OPEN), field)


def test_what_is_not_a_number_stays_so_for_the_objective_to_name():
    field = decided(torch.zeros(2, 8, 8, 8))
    field[0, 1, 2, 3, 4] = torch.nan
    made = join_networks(field, ALL, periodic=OPEN)
    assert made[0].isnan().any()
    assert all(crosses(decoded(made)[1], phase, axis) for phase, axis in axes_of(ALL))
    assert join_networks(torch.full_like(field, torch.nan), ALL, periodic=OPEN).isnan().all()


def test_a_repair_goes_around_the_path_of_another_phase():
    labels = torch.ones(1, 9, 9, 9)
    labels[:, 4, 4] = 2  # a rod of pore along x, cut by one of Ni along z
    labels[:, :, 4, 4] = 0
    channels = (Channel(0, "z_min", "z_max"), Channel(2, "x_min", "x_max"))
    made = join_networks(decided(labels), channels, periodic=OPEN).argmax(dim=1)[0]
    assert crosses(made, 0)
    assert crosses(made, 2, axis=2)
    assert (made != labels[0]).sum() == 3  # through the rod it would have been 1


def test_along_another_axis_and_round_a_periodic_side():
    labels = torch.zeros(1, 8, 8, 8, dtype=torch.uint8)
    labels[0, 0, :4, 0] = labels[0, 7, 3:, 0] = 2  # joined only where z wraps
    channel = (Channel(2, "y_max", "y_min"),)
    field = decided(labels)
    assert torch.equal(join_networks(field, channel, periodic=(True, False, False)), field)
    made = join_networks(field, channel, periodic=OPEN).argmax(dim=1)[0]
    assert crosses(made, 2, axis=1)


def test_what_is_added_carries_no_gradient():
    field = decided(torch.zeros(1, 8, 8, 8)).requires_grad_()
    made = join_networks(field, PORE, periodic=OPEN)
    weights = torch.randn(made.shape)
    (gradient,) = torch.autograd.grad((weights * made).sum(), field)
    assert torch.equal(gradient, weights)
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            assert torch.equal(join_networks(field.detach(), PORE, periodic=OPEN), made)


def test_phases_without_a_reservoir_are_not_joined():
    grid = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
    channels = channels_of(GridFile(grid, {}, {"pore": "x_max", "Ni": "z_min"}))
    assert channels == (Channel(2, "x_max", "x_min"), Channel(0, "z_min", "z_max"))
    field = decided(torch.ones(1, 8, 8, 8))
    assert torch.equal(HeldNetworks((), OPEN)(field), field)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_joins_them_too():
    field = avg_pool3d(torch.randn(2, 3, 10, 10, 10, generator=torch.Generator().manual_seed(0)), 3, 1, 1)
    made = join_networks(field.cuda(), ALL, periodic=OPEN).argmax(dim=1).cpu()
    assert all(crosses(one, channel.phase) for one in made for channel in ALL)
