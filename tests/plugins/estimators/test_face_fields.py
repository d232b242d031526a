"""Faces between unlike voxels on fields: the hard count, a convolution, and two implementations that must agree."""

import itertools
import multiprocessing

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from porenet_estimators import interfaces, unlike_faces
from porenet_estimators.face_fields import face_densities
from torch.nn.functional import conv3d, one_hot, pad

from porenet.interface import Grid, Volume

OPEN = (False, False, False)
VOXEL_UM = (0.5, 1.0, 2.0)
OUTERS = ("nothing", "empty", "copy")
PERIODIC = st.tuples(st.booleans(), st.booleans(), st.booleans())
WEIGHTS = st.tuples(*[st.floats(0.1, 10)] * 3)
KINDS = st.sampled_from([("absolute", "nothing"), *(("product", outer) for outer in OUTERS)])


@pytest.fixture(params=["fused", "torch"])
def way(request, monkeypatch):
    """Both implementations, one after the other."""
    monkeypatch.setattr("porenet.fused.ALLOWED", request.param == "fused")
    return request.param


@st.composite
def fields(draw):
    """Probabilities ``(B, P, Z, Y, X)``, one voxel thick axes and equal neighbours included."""
    shape = (draw(st.integers(1, 3)), draw(st.integers(2, 4)), *(draw(st.integers(1, 6)) for _ in range(3)))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31 - 1)))
    field = torch.rand(shape, generator=generator, dtype=torch.float64)
    return field.round(decimals=draw(st.sampled_from([0, 1, 12])))


def by_convolution(field, weights, periodic, form, outer):
    """Every voxel with its neighbours on a padded field, by definition; a pair is met from both its sides."""
    total = 0
    for axis, (weight, wraps) in enumerate(zip(weights, periodic, strict=True), start=2):
        for step in (0, 2):
            widths = [0] * 6
            widths[8 - 2 * axis : 10 - 2 * axis] = 1, 1  # torch counts from the last axis
            kernel = torch.zeros([3 if other == axis else 1 for other in range(5)], dtype=field.dtype)
            kernel.view(-1)[step] = 1
            flat = field.flatten(0, 1)[:, None]
            mode = "circular" if wraps else "constant" if outer == "empty" else "replicate"
            there = conv3d(pad(flat, widths, mode=mode), kernel).view(field.shape)
            paid = (field - there).abs() / 2 if form == "absolute" else field * (1 - there)
            if outer == "nothing" and not wraps and form == "product":
                paid = paid.narrow(axis, 1 if step == 0 else 0, field.shape[axis] - 1)
            total = total + weight * paid.sum(dim=(2, 3, 4))
    return total


@given(fields(), WEIGHTS, PERIODIC, KINDS)
def test_value_and_gradient_are_those_of_a_convolution(way, field, weights, periodic, kind):
    form, outer = kind
    here, there = field.clone().requires_grad_(), field.clone().requires_grad_()
    value = unlike_faces.unlike_faces(here, weights, periodic, form=form, outer=outer)
    expected = by_convolution(there, weights, periodic, form, outer)
    assert torch.allclose(value, expected, rtol=1e-12, atol=1e-12)
    assert (value >= 0).all()
    scale = torch.linspace(-1, 2, value.numel(), dtype=torch.float64).view(value.shape)
    (value * scale).sum().backward()
    (expected * scale).sum().backward()
    assert torch.allclose(here.grad, there.grad, rtol=1e-12, atol=1e-12)


@given(fields(), WEIGHTS, PERIODIC, KINDS, st.sampled_from([torch.float32, torch.float64]))
def test_the_loops_and_torch_agree(field, weights, periodic, kind, dtype):
    form, outer = kind
    found = []
    with pytest.MonkeyPatch.context() as patch:
        for allowed in (True, False):
            patch.setattr("porenet.fused.ALLOWED", allowed)
            leaf = field.to(dtype).requires_grad_()
            value = unlike_faces.unlike_faces(leaf, weights, periodic, form=form, outer=outer)
            value.sum().backward()
            found.append((value.detach(), leaf.grad))
    rounding = 16 * torch.finfo(dtype).eps
    torch.testing.assert_close(found[0][0], found[1][0], rtol=rounding, atol=0)
    torch.testing.assert_close(found[0][1], found[1][1], rtol=rounding, atol=rounding * sum(weights))


@given(fields(), PERIODIC, KINDS, st.data())
def test_one_channel_is_that_channel_and_its_gradient_lies_there(way, field, periodic, kind, data):
    form, outer = kind
    channel = data.draw(st.integers(0, field.shape[1] - 1))
    whole, part = field.clone().requires_grad_(), field.clone().requires_grad_()
    value = unlike_faces.unlike_faces(part, (1.0, 2.0, 3.0), periodic, form=form, outer=outer, channel=channel)
    expected = unlike_faces.unlike_faces(whole, (1.0, 2.0, 3.0), periodic, form=form, outer=outer)[:, [channel]]
    assert torch.equal(value, expected)
    value.sum().backward()
    expected.sum().backward()
    assert torch.equal(part.grad, whole.grad)


@pytest.mark.parametrize("form", ["product", "absolute"])
@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 4, 3), (2, 2, 2), (5, 4, 3)])
def test_on_one_hot_fields_it_is_the_hard_count(way, shape, form):
    labels = np.random.default_rng(0).integers(0, 3, shape).astype(np.uint8)
    field = one_hot(torch.as_tensor(labels).long(), 3).movedim(-1, 0)[None].double()
    for periodic in itertools.product([False, True], repeat=3):
        volume = Volume(labels, Grid(("Ni", "YSZ", "pore"), VOXEL_UM, periodic))
        expected = interfaces.face_densities(volume).sum(axis=1)
        assert face_densities(field, VOXEL_UM, periodic, form)[0].numpy() == pytest.approx(expected, rel=1e-13)


def test_two_voxels_by_hand(way):
    field = torch.tensor([[0.9, 0.2], [0.1, 0.8]], dtype=torch.float64).view(1, 2, 1, 1, 2)
    per_um = 1 / (2 * 2.0)  # one face of 0.5 um^2 in a box of 2 um^3
    product = 0.9 * 0.8 + 0.2 * 0.1
    assert face_densities(field, VOXEL_UM, OPEN)[0].tolist() == pytest.approx([product * per_um] * 2)
    assert face_densities(field, VOXEL_UM, OPEN, "absolute")[0].tolist() == pytest.approx([0.7 * per_um] * 2)
    wrapped = face_densities(field, VOXEL_UM, (False, False, True))
    assert wrapped[0].tolist() == pytest.approx([2 * product * per_um] * 2)
    alone = face_densities(field[..., :1], VOXEL_UM, (False, False, True))
    assert alone[0].tolist() == pytest.approx([2 * 0.9 * 0.1 / 2.0] * 2), "its own neighbour: one face, in 1 um^3"


@pytest.mark.parametrize("form", ["product", "absolute"])
def test_gradcheck(way, form):
    field = torch.rand(2, 2, 2, 3, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    field.requires_grad_()
    assert torch.autograd.gradcheck(lambda field: face_densities(field, VOXEL_UM, (True, False, True), form), field)


@pytest.mark.parametrize("channel", [None, 1])
def test_a_second_derivative_is_refused(way, channel):
    field = torch.rand(1, 2, 2, 2, 2).requires_grad_()
    value = unlike_faces.unlike_faces(field, (1, 1, 1), OPEN, channel=channel)
    (gradient,) = torch.autograd.grad(value.sum(), field, create_graph=True)
    with pytest.raises(RuntimeError, match="can be differentiated once"):
        (gradient.square().sum() + field.sum()).backward()


def test_outer_faces_have_no_distance():
    with pytest.raises(ValueError, match="outer must be 'nothing'"):
        unlike_faces.unlike_faces(torch.rand(1, 2, 2, 2, 2), (1, 1, 1), OPEN, form="absolute", outer="copy")


@pytest.mark.parametrize("form", ["product", "absolute"])
def test_any_memory_layout_serves(way, form):
    dense = torch.rand(2, 3, 4, 5, 6, generator=torch.Generator().manual_seed(0))
    wide = torch.rand(2, 4, 4, 5, 12)
    wide[:, 1:, :, :, ::2] = dense
    expected = _with_gradient(dense, form)
    for other in (wide[:, 1:, :, :, ::2], dense.contiguous(memory_format=torch.channels_last_3d)):
        assert not other.is_contiguous()
        torch.testing.assert_close(_with_gradient(other, form), expected)


def _with_gradient(field, form):
    field = field.detach().requires_grad_()
    value = face_densities(field, VOXEL_UM, (False, True, False), form)
    value.square().sum().backward()
    return value.detach(), field.grad.contiguous()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_summed_in_single(way, dtype):
    field = torch.full((1, 2, 48, 48, 48), 0.25, dtype=dtype).requires_grad_()
    value = unlike_faces.unlike_faces(field, (1 / 48**3,) * 3, (True, True, True))
    assert value.dtype == torch.float32
    assert value[0].tolist() == pytest.approx([3 * 2 * 0.25 * 0.75] * 2, rel=1e-6)
    value.sum().backward()
    assert field.grad.dtype == dtype


def test_threads_change_nothing(monkeypatch):
    field = torch.rand(3, 2, 8, 8, 8, dtype=torch.float64)
    alone = _with_gradient(field, "product")
    before = torch.get_num_threads()
    monkeypatch.setattr(unlike_faces, "GRAIN", 1)
    try:
        torch.set_num_threads(4)
        together = _with_gradient(field, "product")
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(one, other) for one, other in zip(alone, together, strict=True))


def test_no_thread_is_left_for_a_fork_to_lose(monkeypatch):
    monkeypatch.setattr(unlike_faces, "GRAIN", 1)
    field = torch.rand(2, 2, 4, 4, 4)
    expected = face_densities(field, VOXEL_UM, OPEN)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        found = pool.apply_async(_reading, (field.tolist(),)).get(timeout=60)
    assert found == expected.tolist()


def _reading(values):
    return face_densities(torch.tensor(values), VOXEL_UM, OPEN).tolist()


@pytest.mark.parametrize("form", ["product", "absolute"])
@pytest.mark.parametrize("channel", [None, 1])
def test_it_compiles_to_one_graph(way, form, channel):
    def value(field):
        return unlike_faces.unlike_faces(field, (1, 2, 3), (True, False, False), form=form, channel=channel).sum()

    field = torch.rand(2, 3, 4, 5, 6, dtype=torch.float64)
    here, there = field.clone().requires_grad_(), field.clone().requires_grad_()
    torch._dynamo.reset()
    torch.compile(value, fullgraph=True, backend="aot_eager")(here).backward()
    value(there).backward()
    assert torch.allclose(here.grad, there.grad, rtol=1e-13)


def test_the_operators_keep_the_rules_of_torch():
    field = torch.rand(2, 3, 2, 3, 4)
    arguments = (0, 3, (1.0, 1.0, 1.0), OPEN, "nothing", "product")
    torch.library.opcheck(unlike_faces._fused, (field, *arguments))
    torch.library.opcheck(unlike_faces._fused_gradient, (torch.rand(2, 3), field, *arguments))


def test_fields_without_values_keep_their_shape():
    with torch.device("meta"):
        value = face_densities(torch.rand(2, 3, 4, 4, 4), VOXEL_UM, OPEN)
        here = face_densities(torch.rand(2, 3, 4, 4, 4, device="cpu"), VOXEL_UM, OPEN)
    assert value.is_meta
    assert value.shape == (2, 3)
    assert here.device.type == "cpu"
