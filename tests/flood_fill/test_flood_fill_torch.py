"""The flood fill of torch, held against that of numba and against values that others computed."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch.utils._python_dispatch import TorchDispatchMode

from porenet import flood_fill
from porenet.flood_fill.batched import components, faces_reached, reachable, spanning

OPEN = (False, False, False)
PERIODIC = list(itertools.product((False, True), repeat=3))
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
DEVICES = ["cpu", pytest.param("cuda", marks=needs_cuda)]

side = st.integers(1, 5)
shapes = st.tuples(st.integers(1, 3), side, side, st.integers(1, 9))
batches = st.integers(0, 3).flatmap(lambda last: arrays(np.uint8, shapes, elements=st.integers(0, last)))
periods = st.sampled_from(PERIODIC)


def ids_of(volume, periodic):
    """By the other implementation: where each voxel's component has its first voxel."""
    found = flood_fill.components(volume, periodic=periodic)
    _, first = np.unique(found.ids, return_index=True)
    return first[found.ids]


def faces_of(volume, periodic):
    found = flood_fill.components(volume, periodic=periodic)
    return found.touches[found.ids]


def assert_all_answers(batch, periodic, device="cpu"):
    labels = torch.from_numpy(batch).to(device)
    answers = {components: ids_of, faces_reached: faces_of}
    for ours, theirs in answers.items():
        expected = np.stack([theirs(volume, periodic) for volume in batch])
        np.testing.assert_array_equal(ours(labels, periodic=periodic).cpu().numpy(), expected)


def lines(shape, *steps):
    """A volume of zeros with ones along straight lines from the first voxel, each step an axis and a signed length."""
    volume, place = np.zeros(shape, np.uint8), [0, 0, 0]
    volume[0, 0, 0] = 1
    for axis, length in steps:
        for _ in range(abs(length)):
            place[axis] += 1 if length > 0 else -1
            volume[tuple(place)] = 1
    return volume


def spiral(size):
    """One corridor from a corner to the middle of a layer, with walls between its turns."""
    steps, length, sign = [(2, size - 1), (1, size - 1), (2, 1 - size)], size - 3, -1
    while length > 0:
        steps += [(1, sign * length), (2, -sign * length)]
        length, sign = length - 2, -sign
    return lines((1, size, size), *steps)


def snake(size):
    """One corridor through the whole of a cube, to and fro along x and y, with walls between its bends."""
    steps, along_x, along_y = [], 1, 1
    for layer in range(0, size, 2):
        if layer:
            steps.append((0, 2))
        for row in range(0, size, 2):
            if row:
                steps.append((1, 2 * along_y))
            steps.append((2, along_x * (size - 1)))
            along_x = -along_x
        along_y = -along_y
    return lines((size, size, size), *steps)


def maze(size):
    """Corridors of a random tree over the voxels of even places, dug depth first, so that they are long."""
    random = np.random.default_rng(7)
    volume, trail = np.zeros((size, size, size), np.uint8), [np.zeros(3, int)]
    volume[0, 0, 0] = 1
    ways = 2 * np.concatenate([np.eye(3, dtype=int), -np.eye(3, dtype=int)])
    while trail:
        ahead = [trail[-1] + way for way in ways]
        free = [end for end in ahead if end.min() >= 0 and end.max() < size and not volume[tuple(end)]]
        if not free:
            trail.pop()
            continue
        end = free[random.integers(len(free))]
        volume[tuple(end)] = volume[tuple((end + trail[-1]) // 2)] = 1
        trail.append(end)
    return volume


def comb(size):
    """Teeth along y that hang together at their last voxel only."""
    volume = np.zeros((3, size, size), np.uint8)
    volume[1, :, ::2] = volume[1, -1] = 1
    return volume


def parity(size, axes):
    return (np.indices((size, size, size))[list(axes)].sum(axis=0) % 2).astype(np.uint8)


ADVERSARIES = {
    "spiral": spiral(61),
    "snake": snake(25),
    "maze": maze(25),
    "comb": comb(33),
    "checkerboard": parity(16, (0, 1, 2)),
    "stripes across z": parity(16, (0,)),
    "stripes across x": parity(16, (2,)),
    "one phase": np.full((9, 10, 11), 255, np.uint8),
    "one voxel": np.full((1, 1, 1), 3, np.uint8),
    "every phase": np.random.default_rng(3).integers(0, 256, (12, 12, 12), np.uint8),
    "noise near the threshold": (np.random.default_rng(4).random((24, 24, 24)) < 0.3116).astype(np.uint8),
}


@given(batches, periods)
@example(np.array([[[[0, 0, 0]], [[0, 1, 0]]]], np.uint8), (False, True, True))
@example(np.array([[[[0, 1, 0]]], [[[1, 0, 1]]]], np.uint8), (False, False, True))
def test_the_same_components_and_faces_as_in_numba(batch, periodic):
    assert_all_answers(batch, periodic)


@given(batches, periods, st.integers(0, 3), st.sets(st.sampled_from(flood_fill.FACES)))
def test_the_same_voxels_are_reachable(batch, periodic, phase, faces):
    found = reachable(torch.from_numpy(batch), phase, faces, periodic=periodic)
    assert found.dtype == torch.bool
    for volume, mask in zip(batch, found.numpy(), strict=True):
        np.testing.assert_array_equal(mask, flood_fill.reachable(volume, phase, faces, periodic=periodic))


@given(batches, periods, st.integers(0, 3), st.sampled_from("zyx"))
def test_the_same_voxels_span(batch, periodic, phase, axis):
    found = spanning(torch.from_numpy(batch), phase, axis, periodic=periodic)
    assert found.dtype == torch.bool
    for volume, mask in zip(batch, found.numpy(), strict=True):
        np.testing.assert_array_equal(mask, flood_fill.spanning(volume, phase, axis, periodic=periodic))


def test_a_body_by_hand():
    batch = torch.tensor([[[[1, 0, 1], [1, 1, 0]]], [[[0, 0, 0], [2, 2, 0]]]], dtype=torch.uint8)
    assert components(batch).tolist() == [[[[0, 1, 2], [0, 0, 5]]], [[[0, 0, 0], [3, 3, 0]]]]
    assert components(batch, periodic=(False, False, True)).tolist()[0] == [[[0, 1, 0], [0, 0, 5]]]
    # Bits, from the lowest: z_min, z_max, y_min, y_max, x_min, x_max; a layer one voxel thick is both its z faces.
    assert faces_reached(batch).tolist()[0] == [[[0b011111, 0b000111, 0b100111], [0b011111, 0b011111, 0b101011]]]
    assert reachable(batch, 1, ["x_max"]).nonzero().tolist() == [[0, 0, 0, 2]]
    assert spanning(batch, 0, "x").nonzero().tolist() == [[1, 0, 0, 0], [1, 0, 0, 1], [1, 0, 0, 2], [1, 0, 1, 2]]


@pytest.mark.parametrize("name", ADVERSARIES)
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)], ids=["zyx", "xyz", "yxz"])
def test_bodies_that_are_hard_to_follow(name, order):
    volume = ADVERSARIES[name].transpose(order)
    batch = np.stack([volume, volume[::-1], volume[:, ::-1], volume[:, :, ::-1]])
    for periodic in (OPEN, (True, False, True), (True, True, True)):
        assert_all_answers(batch, periodic)


@needs_cuda
@pytest.mark.parametrize("name", ADVERSARIES)
def test_bodies_that_are_hard_to_follow_on_cuda(name):
    for periodic in PERIODIC:
        assert_all_answers(ADVERSARIES[name][None], periodic, "cuda")


@pytest.mark.parametrize("name", ["spiral", "snake", "maze", "comb"])
def test_the_corridors_are_one_piece(name):
    volume = torch.from_numpy(ADVERSARIES[name])[None]
    assert components(volume)[volume == 1].unique().numel() == 1


class Waits(TorchDispatchMode):
    """Counts the operations whose result the host must read, or whose size depends on values: a GPU is waited for."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        tags = {torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape}
        self.count += bool(tags & set(operation.tags))
        return operation(*args, **(kwargs or {}))


@pytest.mark.parametrize("name", ADVERSARIES)
@pytest.mark.parametrize("periodic", [OPEN, (True, True, True)])
def test_the_device_is_waited_for_a_few_times_in_all(name, periodic):
    volume = torch.from_numpy(ADVERSARIES[name])
    for batch in (volume[None], volume.expand(4, -1, -1, -1)):
        with Waits() as waits:
            faces_reached(batch, periodic=periodic)
        # Runs, contacts along z and y; then a look or two at each of three levels.
        assert 4 <= waits.count <= 3 + 2 * 3


def test_waiting_does_not_grow_with_the_volume():
    counts = []
    for size in (17, 65):
        with Waits() as waits:
            components(torch.from_numpy(snake(size))[None])
        counts.append(waits.count)
    # Each level is looked at a second time where more than 2**8 runs could be in one tree.
    assert counts[1] <= counts[0] + 2


@pytest.mark.parametrize("device", DEVICES)
def test_the_same_where_torch_insists_on_determinism(device):
    batch = np.random.default_rng(5).integers(0, 3, (2, 11, 12, 13), np.uint8)
    torch.use_deterministic_algorithms(True)
    try:
        assert_all_answers(batch, (False, True, False), device)
    finally:
        torch.use_deterministic_algorithms(False)


def test_volumes_of_a_batch_know_nothing_of_each_other():
    batch = torch.from_numpy(np.random.default_rng(6).integers(0, 2, (5, 6, 7, 8), np.uint8))
    for question in (components, faces_reached):
        together = question(batch, periodic=(True, True, True))
        alone = torch.cat([question(volume[None], periodic=(True, True, True)) for volume in batch])
        assert torch.equal(together, alone)


def test_any_memory_layout_and_the_labels_are_left_as_they_were():
    batch = torch.from_numpy(np.random.default_rng(7).integers(0, 3, (2, 5, 6, 7), np.uint8))
    turned = batch.permute(0, 3, 1, 2)
    before = turned.clone()
    for question in (components, faces_reached):
        assert torch.equal(question(turned), question(turned.contiguous()))
    assert torch.equal(turned, before)


def test_types_and_shapes_and_a_batch_of_none():
    labels = torch.zeros((0, 2, 3, 4), dtype=torch.uint8)
    assert (components(labels).dtype, components(labels).shape) == (torch.int32, labels.shape)
    assert (faces_reached(labels).dtype, faces_reached(labels).shape) == (torch.uint8, labels.shape)
    assert reachable(labels, 0, ["z_min"]).shape == spanning(labels, 0, "y").shape == labels.shape


def test_an_absent_phase_and_no_face_reach_nothing():
    labels = torch.zeros((2, 2, 2, 2), dtype=torch.uint8)
    assert not reachable(labels, 1, flood_fill.FACES).any()
    assert not spanning(labels, np.uint8(255), "x").any()
    assert not reachable(labels, 0, []).any()
    assert reachable(labels, 0, ["y_max"]).all()


def test_the_spanned_axis_counts_as_open():
    # Both ends of x hold the phase, and only the wrap would join them.
    labels = torch.tensor([1, 0, 0, 1], dtype=torch.uint8).view(1, 1, 1, 4)
    assert not spanning(labels, 1, "x", periodic=(True, True, True)).any()
    assert spanning(labels, 1, "z", periodic=(True, True, True)).sum() == 2


@pytest.mark.parametrize("device", DEVICES)
def test_the_example_volume(electrode, device):
    for periodic in (OPEN, (False, True, True)):
        assert_all_answers(np.stack([electrode, electrode[::-1]]), periodic, device)


@pytest.mark.parametrize(
    "name",
    [
        "sofc_superres_62",
        "imagerep_seg_stack_100",
        "openimpala_2phase_100",
        "nmc1cal_cbd_inpainter_128",
        pytest.param("nmc_electrode_taufactor_256", marks=pytest.mark.slow),
        pytest.param("soc_niysz_ptycho_250_36p8nm", marks=pytest.mark.slow),
    ],
)
def test_shares_that_others_computed(real_volume, name):
    volume = real_volume(name)
    batch = volume.labels[None].copy()  # torch warns of arrays that are read-only
    labels = torch.from_numpy(batch)
    assert_all_answers(batch, OPEN)
    reached = faces_reached(labels)
    for phase, shares in enumerate(volume.reference["spanning_fraction_zyx"]):
        for axis, share in enumerate(shares):
            both = 0b11 << 2 * axis
            spans = ((reached & both) == both)[labels == phase]
            assert spans.double().mean().item() == pytest.approx(share, abs=5e-5)


GOOD = torch.zeros((1, 2, 2, 2), dtype=torch.uint8)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros((1, 2, 2, 2), np.uint8), "labels must be a torch tensor, not ndarray"),
        (GOOD.long(), r"labels must be uint8, not torch.int64; convert them with labels.to\(torch.uint8\)"),
        (GOOD[0], r"shape \(B, Z, Y, X\) with at least one voxel per volume, not \(2, 2, 2\)"),
        (GOOD[:, :0], r"with at least one voxel per volume, not \(1, 0, 2, 2\)"),
        (GOOD[:1, :1, :1, :1].expand(2**11, 2**10, 2**10, 1), "less than 2\\*\\*31 voxels.*not 2147483648; give fewer"),
    ],
)
def test_labels_that_are_none(labels, message):
    for ask in (
        components,
        faces_reached,
        lambda labels: reachable(labels, 0, ["z_min"]),
        lambda labels: spanning(labels, 0, "z"),
    ):
        with pytest.raises(ValueError, match=message):
            ask(labels)


@pytest.mark.parametrize("periodic", [True, (True, False), (0, 1, 0), "zyx", None])
def test_periodic_that_is_not_three_booleans(periodic):
    for ask in (
        components,
        faces_reached,
        lambda labels, **options: reachable(labels, 0, ["z_min"], **options),
        lambda labels, **options: spanning(labels, 0, "z", **options),
    ):
        with pytest.raises(ValueError, match=r"periodic must be three booleans \(z, y, x\), not "):
            ask(GOOD, periodic=periodic)


@pytest.mark.parametrize("phase", [-1, 256, 1.0, "pore", True, None])
def test_a_phase_that_is_no_label(phase):
    with pytest.raises(ValueError, match="phase must be a label from 0 to 255, not "):
        reachable(GOOD, phase, ["z_min"])
    with pytest.raises(ValueError, match="phase must be a label from 0 to 255, not "):
        spanning(GOOD, phase, "z")


def test_faces_and_axes_that_are_none():
    with pytest.raises(ValueError, match=r"faces must be a collection of names such as \('z_min',\), not 'z_min'"):
        reachable(GOOD, 0, "z_min")
    with pytest.raises(ValueError, match=r"a face is one of z_min, .*, x_max, not 'top'"):
        reachable(GOOD, 0, ["top"])
    with pytest.raises(ValueError, match="axis must be z, y or x, not 'w'"):
        spanning(GOOD, 0, "w")
