"""Face hinge: the published form voxel by voxel, the area form, and whom each of them favours."""

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from porenet_topology.losses.face_hinge import FaceHinge, face_deficit, face_fractions

import porenet
from porenet.errors import ConfigError, InputError
from porenet.interface import AXES, FACES, Grid
from porenet.testing import probability_fields

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
SOME_FACES = st.lists(st.sampled_from(FACES), min_size=1, unique=True).map(tuple)


def layer(sample, face):
    """The voxels of a face, ``(P, n)``, of a sample ``(P, Z, Y, X)``."""
    axis, end = face.split("_")
    number = 1 + AXES.index(axis)
    place = 0 if end == "min" else sample.shape[number] - 1
    return sample.select(number, place).reshape(len(sample), -1)


def published(field, channel, faces, margin):
    """The published form, voxel by voxel in plain Python."""
    found = []
    for sample in field:
        of_faces = []
        for face in faces:
            voxels = layer(sample, face).T.tolist()
            lost = [
                max(0.0, max(p for k, p in enumerate(voxel) if k != channel) - voxel[channel] + margin)
                for voxel in voxels
            ]
            of_faces.append(sum(lost) / len(lost))
        found.append(sum(of_faces) / len(of_faces))
    return torch.tensor(found, dtype=torch.float64)


def structure(labels, phases=3):
    """The one-hot field ``(B, P, Z, Y, X)`` of labels ``(B, Z, Y, X)``."""
    return torch.nn.functional.one_hot(labels, phases).movedim(-1, 1).double()


@st.composite
def structures(draw, phases=3):
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31 - 1)))
    shape = draw(st.tuples(*[st.integers(1, 3)] + [st.integers(1, 5)] * 3))
    return torch.randint(phases, shape, generator=generator)


@given(st.integers(2, 5).flatmap(probability_fields), SOME_FACES, st.sampled_from([0.0, 0.05, 0.3]), st.data())
def test_the_value_is_the_published_one(field, faces, margin, data):
    channel = data.draw(st.integers(0, field.shape[1] - 1))
    found = face_deficit(field, channel, faces, margin)
    assert torch.allclose(found, published(field, channel, faces, margin), atol=1e-14)


def test_eight_voxels_by_hand():
    # z_min: pore leads by 0.5, ties, lags by 0.4, lags by 1: 0, 0.05, 0.45, 1.05 -> 1.55 / 4.
    # z_max: all pore but one voxel that lags by 0.3: 0.35 / 4.
    top = [(0.2, 0.1, 0.7), (0.1, 0.45, 0.45), (0.6, 0.2, 0.2), (1.0, 0.0, 0.0)]
    bottom = [(0.0, 0.0, 1.0), (0.0, 0.0, 1.0), (0.3, 0.5, 0.2), (0.0, 0.0, 1.0)]
    field = torch.tensor([top, bottom], dtype=torch.float64).view(1, 2, 2, 2, 3).movedim(-1, 1)
    hinge = porenet.create_loss("face_hinge", GRID, phase="pore")
    assert hinge(field, {}).tolist() == pytest.approx([(1.55 / 4 + 0.35 / 4) / 2])
    assert hinge.descriptor(field)[0].tolist() == pytest.approx([1.35 / 4, 3.2 / 4])
    one = porenet.create_loss("face_hinge", GRID, phase="pore", faces=["z_max"])
    assert one(field, {}).tolist() == pytest.approx([0.35 / 4])
    # By area: 0.5 - 0.3375 on z_min, nothing on z_max.
    by_area = porenet.create_loss("face_hinge", GRID, phase="pore", target=0.5)
    assert by_area(field, {}).tolist() == pytest.approx([0.1625 / 2])


@given(structures(), SOME_FACES, st.integers(0, 2))
def test_of_a_structure_it_is_the_share_that_other_phases_hold(labels, faces, channel):
    field = structure(labels)
    share = torch.stack([torch.stack([layer(one, face)[channel].mean() for face in faces]) for one in field])
    assert torch.allclose(face_fractions(field, channel, faces), share, atol=1e-14)
    assert torch.allclose(face_deficit(field, channel, faces, 0.05), 1.05 * (1 - share.mean(dim=1)), atol=1e-14)


@given(structures())
def test_hinges_on_two_phases_exclude_each_other(labels):
    field = structure(labels)
    both = face_deficit(field, 0, ("z_min",), 0.05) + face_deficit(field, 2, ("z_min",), 0.05)
    assert (both >= 1.05 - 1e-12).all()  # by area, 0.4 and 0.4 leave room for each other
    by_area = [FaceHinge(GRID, phase=phase, faces=("z_min",), target=0.4) for phase in ("Ni", "pore")]
    shared = torch.tensor([0, 0, 2, 2, 1]).view(1, 1, 1, 5).expand(1, 3, 2, 5)
    assert [loss(structure(shared), {}).item() for loss in by_area] == [0, 0]


@given(probability_fields(), SOME_FACES, st.floats(0, 1))
def test_by_area_it_is_the_mean_shortfall(field, faces, target):
    loss = FaceHinge(GRID, phase="YSZ", faces=faces, target=target, margin=7.0)
    expected = [
        sum(max(0.0, target - layer(sample, face)[1].mean().item()) for face in faces) / len(faces) for sample in field
    ]
    assert loss(field, {}).tolist() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("shape", [(3, 4, 5), (1, 1, 1), (2, 1, 3)])
def test_each_face_is_its_own_layer(face, shape):
    labels = torch.zeros(1, *shape, dtype=torch.long)
    axis = 1 + AXES.index(face[0])
    labels.select(axis, 0 if face.endswith("min") else -1).fill_(2)
    inward = [one for one in FACES if one[0] == face[0] and one != face and shape[axis - 1] > 1]
    assert FaceHinge(GRID, phase="pore", faces=(face,))(structure(labels), {}).item() == 0
    for other in inward:
        assert FaceHinge(GRID, phase="pore", faces=(other,))(structure(labels), {}).item() == pytest.approx(1.05)


@pytest.mark.parametrize("params", [{}, {"target": 0.4}])
def test_a_periodic_axis_has_its_end_layers(params):
    field = torch.randn(2, 3, 3, 4, 5, generator=torch.Generator().manual_seed(0)).softmax(dim=1)
    periodic = Grid(GRID.phases, GRID.voxel_um, (True, True, True))
    here, there = (porenet.create_loss("face_hinge", grid, phase="Ni", **params) for grid in (GRID, periodic))
    assert torch.equal(here(field, {}), there(field, {}))


def undecided(shape=(4, 3, 3)):
    """The fixture: it meets the volume fractions, and its argmax holds no pore."""
    return torch.tensor([0.36, 0.34, 0.30], dtype=torch.float64).view(1, 3, 1, 1, 1).repeat(1, 1, *shape)


def test_on_the_fixture_it_raises_the_pore_on_the_faces_and_nowhere_else():
    field = undecided().requires_grad_()
    value = porenet.create_loss("face_hinge", GRID, phase="pore")(field, {})
    assert value.tolist() == pytest.approx([0.11])  # 0.36 - 0.30 + 0.05
    value.sum().backward()
    ni, ysz, pore = field.grad[0]
    each = 1 / 18  # two faces of nine voxels
    assert torch.allclose(pore[[0, -1]], torch.tensor(-each, dtype=torch.float64))
    assert torch.allclose(ni[[0, -1]], torch.tensor(each, dtype=torch.float64))
    assert not ysz.any()
    assert not field.grad[:, :, 1:-1].any()


def test_rivals_that_tie_share_the_gradient():
    field = torch.full((1, 3, 2, 2, 2), 1 / 3, dtype=torch.float64, requires_grad=True)
    porenet.create_loss("face_hinge", GRID, phase="pore")(field, {}).sum().backward()
    assert torch.equal(field.grad[0, 0], field.grad[0, 1])
    assert field.grad[0].sum(dim=0).abs().max() < 1e-15


def test_by_area_the_fixture_meets_what_its_structure_does_not():
    loss = porenet.create_loss("face_hinge", GRID, phase="pore", target=0.3)
    assert loss(undecided(), {}).item() == 0
    assert loss(structure(undecided().argmax(dim=1)), {}).item() == pytest.approx(0.3)


@pytest.mark.parametrize("params", [{}, {"target": 0.9}])
def test_half_precision_is_summed_in_single(params):
    field = torch.randn(2, 3, 2, 40, 40, generator=torch.Generator().manual_seed(0)).softmax(dim=1).bfloat16()
    loss = porenet.create_loss("face_hinge", GRID, phase="Ni", **params)
    with torch.autocast("cpu", torch.bfloat16):
        values = loss(field, {})
    assert values.dtype == torch.float32
    assert torch.allclose(values.double(), loss(field.double(), {}), atol=1e-6)


@pytest.mark.parametrize("params", [{}, {"target": 0.9}, {"faces": ("x_max", "y_min")}])
def test_it_compiles_and_follows_the_device_of_the_field(params):
    loss = porenet.create_loss("face_hinge", GRID, phase="YSZ", **params)
    field = torch.randn(2, 3, 3, 4, 5, generator=torch.Generator().manual_seed(0)).softmax(dim=1)
    expected = loss(field, {})
    assert torch.allclose(torch.compile(loss, backend="eager", fullgraph=True)(field, {}), expected)
    with torch.device("meta"):
        elsewhere = porenet.create_loss("face_hinge", GRID, phase="YSZ", **params)(field, {})
    assert torch.equal(elsewhere, expected)


@pytest.mark.parametrize(
    ("params", "where", "message"),
    [
        ({"phase": "nickel"}, "face_hinge.phase", "must be a phase of the grid (Ni, YSZ, pore), not 'nickel'"),
        ({"phase": "pore", "faces": ["z_mid"]}, "face_hinge.faces[0]", "must be 'z_min'"),
        ({"phase": "pore", "faces": []}, "face_hinge.faces", "needs at least 1"),
        ({"phase": "pore", "margin": -0.1}, "face_hinge.margin", "greater than or equal to 0"),
        ({"phase": "pore", "target": 1.5}, "face_hinge.target", "less than or equal to 1"),
        ({}, "face_hinge.phase", "is required"),
    ],
)
def test_wrong_parameters_are_named(params, where, message):
    with pytest.raises(ConfigError) as caught:
        porenet.create_loss("face_hinge", GRID, **params)
    (problem,) = caught.value.problems
    assert problem.path == where
    assert message in problem.message


def test_a_face_named_twice_is_refused():
    with pytest.raises(InputError, match=r"faces.*each face can be named once"):
        porenet.create_loss("face_hinge", GRID, phase="pore", faces=["z_min", "z_min"])


def test_it_shows_the_form_that_it_takes():
    published, by_area = (porenet.create_loss("face_hinge", GRID, phase="pore", **p) for p in ({}, {"target": 0.3}))
    assert repr(published) == "FaceHinge(phase='pore', faces=('z_min', 'z_max'), margin=0.05)"
    assert repr(by_area) == "FaceHinge(phase='pore', faces=('z_min', 'z_max'), target=0.3)"


def test_all_pairs_of_faces_keep_their_order():
    field = torch.randn(2, 3, 2, 3, 4, generator=torch.Generator().manual_seed(1)).softmax(dim=1)
    for first, second in itertools.permutations(FACES, 2):
        pair = face_fractions(field, 0, (first, second))
        assert torch.equal(pair, torch.cat([face_fractions(field, 0, (one,)) for one in (first, second)], dim=1))
