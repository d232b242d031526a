"""The published L_conn: isolation and hinge in one, and how little it knows of a path."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import porenet
from porenet.errors import ConfigError, InputError
from porenet.interface import FACES, Grid, Volume
from porenet.testing import probability_fields

PHASES = ("Ni", "YSZ", "pore")
GRID = Grid(PHASES, (0.1, 0.1, 0.1))
PERIODIC = st.tuples(st.booleans(), st.booleans(), st.booleans())
SOME_FACES = st.lists(st.sampled_from(FACES), min_size=1, unique=True)


def structure(labels):
    return torch.nn.functional.one_hot(labels, 3).movedim(-1, 0)[None].double()


@given(
    probability_fields(min_side=2),
    st.sampled_from(PHASES),
    SOME_FACES,
    st.sampled_from(["zero", "replicate"]),
    PERIODIC,
)
def test_it_is_the_sum_of_the_two(field, phase, faces, boundary, periodic):
    grid = Grid(PHASES, (0.1, 0.2, 0.3), periodic)
    both = porenet.create_loss("connectivity", grid, phase=phase, faces=faces, margin=0.1, boundary=boundary)
    isolation = porenet.create_loss("isolation", grid, phase=phase, boundary=boundary)
    hinge = porenet.create_loss("face_hinge", grid, phase=phase, faces=faces, margin=0.1)
    assert torch.allclose(both(field, {}), isolation(field, {}) + hinge(field, {}), atol=1e-14)


# A column of pore through 2x2x2 voxels: 6 of its faces lead out of the box and 4 to other voxels, of 6 * 8; it holds
# a quarter of each z face.
@pytest.mark.parametrize(
    ("boundary", "expected"), [("zero", 10 / 48 + 1.05 * 0.75), ("replicate", 4 / 48 + 1.05 * 0.75)]
)
def test_eight_voxels_by_hand(boundary, expected):
    labels = torch.zeros(2, 2, 2, dtype=torch.long)
    labels[:, 0, 0] = 2
    loss = porenet.create_loss("connectivity", GRID, phase="pore", boundary=boundary)
    assert loss(structure(labels), {}).tolist() == pytest.approx([expected])


def test_a_severed_channel_costs_the_surface_of_the_cut_and_no_more():
    labels = torch.zeros(9, 3, 3, dtype=torch.long)
    labels[:, 1, 1] = 2
    severed = labels.clone()
    severed[4, 1, 1] = 0
    loss, metric = porenet.create_loss("connectivity", GRID, phase="pore"), porenet.create_metric("connectivity")
    assert [metric(Volume(one.numpy(), GRID))["pore"] for one in (labels, severed)] == [1, 0]
    # The voxel that went had four faces to others; two new ones face the gap: 2 less of 6 * 81. The loss falls.
    whole, cut = (loss(structure(one), {}).item() for one in (labels, severed))
    assert cut - whole == pytest.approx(-2 / 486)


def test_the_fixture_does_not_meet_it():
    field = torch.tensor([0.36, 0.34, 0.30], dtype=torch.float64).view(1, 3, 1, 1, 1).repeat(1, 1, 4, 4, 4)
    loss = porenet.create_loss("connectivity", GRID, phase="pore", boundary="replicate")
    assert loss(field, {}).tolist() == pytest.approx([0.3 * 0.7 + 0.11])


def test_at_a_half_nothing_moves_unless_a_face_is_taxed():
    half = torch.tensor([0.25, 0.25, 0.5], dtype=torch.float64).view(1, 3, 1, 1, 1).repeat(1, 1, 4, 4, 4)
    gradients = {}
    for boundary in ("zero", "replicate"):
        field = half.clone().requires_grad_()
        value = porenet.create_loss("connectivity", GRID, phase="pore", boundary=boundary)(field, {})
        assert value.item() >= 0.25
        (gradients[boundary],) = torch.autograd.grad(value.sum(), field)
    assert gradients["replicate"].abs().max() < 1e-15
    assert gradients["zero"].abs().max() > 1e-3


def test_it_compiles_and_follows_the_device_of_the_field():
    loss = porenet.create_loss("connectivity", GRID, phase="YSZ")
    field = torch.randn(2, 3, 3, 4, 5, generator=torch.Generator().manual_seed(0)).softmax(dim=1)
    expected = loss(field, {})
    assert torch.allclose(torch.compile(loss, backend="eager", fullgraph=True)(field, {}), expected)
    with torch.device("meta"):
        assert torch.equal(porenet.create_loss("connectivity", GRID, phase="YSZ")(field, {}), expected)


@pytest.mark.parametrize(
    ("params", "where", "message"),
    [
        ({"phase": "nickel"}, "connectivity.phase", "must be a phase of the grid (Ni, YSZ, pore), not 'nickel'"),
        ({"phase": "pore", "faces": ["z_mid"]}, "connectivity.faces[0]", "must be 'z_min'"),
        ({"phase": "pore", "margin": -0.1}, "connectivity.margin", "greater than or equal to 0"),
        ({"phase": "pore", "boundary": "mirror"}, "connectivity.boundary", "must be 'zero' or 'replicate'"),
    ],
)
def test_wrong_parameters_are_named(params, where, message):
    with pytest.raises(ConfigError) as caught:
        porenet.create_loss("connectivity", GRID, **params)
    (problem,) = caught.value.problems
    assert problem.path == where
    assert message in problem.message


def test_a_face_named_twice_is_refused():
    with pytest.raises(InputError, match=r"faces.*each face can be named once"):
        porenet.create_loss("connectivity", GRID, phase="pore", faces=["x_min", "x_min"])


def test_it_shows_what_it_is_made_of():
    shown = repr(porenet.create_loss("connectivity", GRID, phase="pore", boundary="replicate"))
    assert "Isolation(phase='pore', boundary='replicate')" in shown
    assert "FaceHinge(phase='pore', faces=('z_min', 'z_max'), margin=0.05)" in shown
