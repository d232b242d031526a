"""Synthetic electrodes: their closed forms by z-score over many seeds, seeds, boundaries, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from scipy import ndimage
from scipy.stats import multivariate_normal, norm

from porenet.errors import InputError
from porenet.interface import Grid
from porenet.synthetic import PHASES, Truth, packed_spheres, plurigaussian
from porenet.synthetic.gaussian_field import gaussian_field, modes
from porenet.testing.random_electrodes import electrodes

CUBE_UM = (1.0, 1.0, 1.0)
AROUND = (True, True, True)


def agrees(values, expected, sigmas=4.0):
    """Whether the mean of independent values is the expected one, by their own scatter."""
    values = np.asarray(values, dtype=float)
    error = np.std(values, ddof=1) / math.sqrt(len(values))
    return abs(np.mean(values) - expected) < sigmas * error


def both_below(cut, correlation):
    return float(multivariate_normal.cdf([cut, cut], cov=[[1, correlation], [correlation, 1]], abseps=1e-10))


@pytest.mark.parametrize("wraps", [False, True])
@pytest.mark.parametrize(("size", "edge"), [(64, 0.1), (40, 1 / 6), (17, 0.5), (16, 0.9), (9, 3.0), (13, 40.0)])
def test_modes_have_the_covariance(size, edge, wraps):
    basis = modes(size, edge, wraps)
    lags = edge * np.subtract.outer(np.arange(size), np.arange(size))
    if wraps:
        assert size * edge >= 6
        expected = sum(np.exp(-((lags + image * size * edge) ** 2) / 2) for image in (-2, -1, 0, 1, 2))
    else:
        expected = np.exp(-(lags**2) / 2)
    assert basis @ basis.T == pytest.approx(expected, abs=1e-7)
    assert np.sum(basis**2, axis=1) == pytest.approx(np.ones(size), abs=1e-12)


@pytest.mark.parametrize("size", [1, 2])
def test_modes_of_a_thin_axis(size):
    basis = modes(size, 0.2, False)
    assert (basis @ basis.T)[0] == pytest.approx(np.exp(-((0.2 * np.arange(size)) ** 2) / 2), abs=1e-7)


def test_slabs_of_a_field_make_up_the_box():
    field = gaussian_field(
        (5, 1500, 1500), voxel_um=CUBE_UM, length_um=400.0, periodic=(False,) * 3, rng=np.random.default_rng(0)
    )
    covered = [(slab, values.shape) for slab, values in field]
    assert len(covered) > 1
    assert [z for slab, _ in covered for z in range(slab.start, slab.stop)] == list(range(5))
    assert all(shape == (slab.stop - slab.start, 1500, 1500) for slab, shape in covered)


def test_the_closed_forms_by_the_co_area_formula():
    """Area and line density of the fields themselves, with no voxel body in between.

    The density of Z1 = a is the mean of |grad Z1| over the places where Z1 is within w of a, over 2 w; that of the
    line likewise with |grad Z1 x grad Z2|. Central differences of a fine field, a window of 0.3 about the threshold.
    """
    a, b, length, half_width = 0.3, -0.4, 8.0, 0.15
    surfaces, lines = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        first, second = (
            np.concatenate(
                [
                    values
                    for _, values in gaussian_field(
                        (48, 48, 48), voxel_um=CUBE_UM, length_um=length, periodic=AROUND, rng=rng
                    )
                ]
            )
            for _ in range(2)
        )
        gradients = [
            np.stack([(np.roll(field, -1, axis) - np.roll(field, 1, axis)) / 2 for axis in range(3)], axis=-1)
            for field in (first, second)
        ]
        near = [np.abs(field - cut) < half_width for field, cut in ((first, a), (second, b))]
        surfaces.append(np.mean(np.linalg.norm(gradients[0], axis=-1) * near[0]) / (2 * half_width))
        lines.append(np.mean(np.linalg.norm(np.cross(*gradients), axis=-1) * near[0] * near[1]) / (2 * half_width) ** 2)
    _, truth = plurigaussian((1, 1, 50), voxel_um=CUBE_UM, length_um=length, thresholds=(a, b), seed=0)
    first_surface = truth.values["ssa"]["Ni"]
    # Differences over two voxels shorten a gradient by a factor of 1 - (h / l)^2 / 2.
    short = 1 - 1 / (2 * length**2)
    assert agrees(surfaces, first_surface * short)
    assert agrees(lines, truth.values["tpb"]["total"] * short**2)


def test_plurigaussian_truth_is_the_closed_form_by_hand():
    # l = 2 um, thresholds 0: VF 1/2, 1/4, 1/4; S = 1 / pi um^-1; TPB 1 / (4 pi) um^-2.
    _, truth = plurigaussian((2, 2, 4), voxel_um=CUBE_UM, length_um=2.0, thresholds=(0, 0), seed=0)
    assert truth.holds_for == "ensemble"
    surface = 1 / math.pi
    expected = {
        "vf": {"Ni": 0.5, "YSZ": 0.25, "pore": 0.25},
        "ssa": {"Ni": surface, "YSZ": surface, "pore": surface},
        "dpb": {"Ni-YSZ": surface / 2, "Ni-pore": surface / 2, "YSZ-pore": surface / 2},
        "tpb": {"total": 1 / (4 * math.pi)},
    }
    assert {metric: dict(values) for metric, values in truth.values.items()} == {
        metric: pytest.approx(values) for metric, values in expected.items()
    }
    assert truth.units == {"vf": "1", "ssa": "um^-1", "dpb": "um^-1", "tpb": "um^-2"}


def test_fractions_are_thresholds_by_another_name():
    fractions = (0.36, 0.34, 0.30)
    volume, truth = plurigaussian((8, 8, 8), voxel_um=CUBE_UM, length_um=3.0, fractions=fractions, seed=5)
    assert list(truth.values["vf"].values()) == pytest.approx(list(fractions))
    thresholds = (norm.ppf(0.64), norm.ppf(0.30 / 0.64))
    again, _ = plurigaussian((8, 8, 8), voxel_um=CUBE_UM, length_um=3.0, thresholds=thresholds, seed=5)
    assert np.array_equal(volume.labels, again.labels)


@pytest.mark.parametrize(
    ("shape", "voxel_um", "periodic"),
    [
        ((16, 16, 16), (0.1, 0.1, 0.1), (False, False, False)),
        ((18, 36, 12), (0.2, 0.1, 0.3), AROUND),
        ((4, 20, 30), (0.5, 0.1, 0.15), (False, False, True)),
    ],
)
def test_plurigaussian_over_many_seeds(shape, voxel_um, periodic):
    """Volume fractions, and the faces between each pair of phases along each axis.

    A face between voxels h apart is a pair of points h apart in unlike phases: by bivariate normal probabilities with
    the correlation exp(-h^2 / 2 l^2). Divided by h, and as h goes to 0, that is half the closed interface density.
    """
    a, b, length = 0.2, -0.1, 0.6
    shares, faces = [], []
    for seed in range(250):
        volume, truth = plurigaussian(
            shape, voxel_um=voxel_um, length_um=length, thresholds=(a, b), periodic=periodic, seed=seed
        )
        labels = volume.labels
        shares.append([np.mean(labels == label) for label in range(3)])
        unlike = []
        for axis, wraps in enumerate(periodic):
            here, there = labels, np.roll(labels, -1, axis)  # the last face of an open axis is dropped
            if not wraps:
                here, there = (np.delete(one, -1, axis) for one in (here, there))
            unlike += [
                np.mean(((here == one) & (there == other)) | ((here == other) & (there == one)))
                for one, other in ((0, 1), (0, 2), (1, 2))
            ]
        faces.append(unlike)
    for label, phase in enumerate(PHASES):
        assert agrees(np.array(shares)[:, label], truth.values["vf"][phase])
    for axis, edge in enumerate(voxel_um):
        correlation = math.exp(-((edge / length) ** 2) / 2)
        low_a, low_b = both_below(a, correlation), both_below(b, correlation)
        cross_a, cross_b = norm.cdf(a) - low_a, norm.cdf(b) - low_b  # below here, above there
        expected = {
            "Ni-YSZ": 2 * cross_a * norm.sf(b),
            "Ni-pore": 2 * cross_a * norm.cdf(b),
            "YSZ-pore": 2 * cross_b * low_a,
        }
        for column, (pair, probability) in enumerate(expected.items()):
            assert agrees(np.array(faces)[:, 3 * axis + column], probability)
            # Voxels of an h of l / 6 see the density to 2 %, of 5 l / 6 to a third.
            assert probability / edge == pytest.approx(truth.values["dpb"][pair] / 2, rel=0.6 * edge / length)


def test_two_phases_from_one_field():
    phases = ("solid", "pore")
    shares = [
        np.mean(
            plurigaussian(
                (12, 12, 12), voxel_um=CUBE_UM, length_um=2.0, fractions=(0.7, 0.3), seed=seed, phases=phases
            )[0].labels
        )
        for seed in range(200)
    ]
    assert agrees(shares, 0.3)
    volume, truth = plurigaussian((12, 12, 12), voxel_um=CUBE_UM, length_um=2.0, thresholds=(0,), seed=0, phases=phases)
    assert volume.grid.phases == phases
    assert truth.values == {
        "vf": {"solid": 0.5, "pore": 0.5},
        "ssa": {"solid": 1 / math.pi, "pore": 1 / math.pi},
        "dpb": {"solid-pore": 1 / math.pi},
    }
    assert set(truth.units) == set(truth.values)


@pytest.mark.parametrize("periodic", [(True, False, False), (False, True, False), (False, False, True)])
def test_opposite_faces_meet_on_a_periodic_axis_alone(periodic):
    """Correlation of the fields on opposite faces: that of neighbours where the axis wraps, none where it is open."""
    products = []
    for seed in range(200):
        (_, field), = gaussian_field(
            (12, 12, 12), voxel_um=CUBE_UM, length_um=2.0, periodic=periodic, rng=np.random.default_rng(seed)
        )  # fmt: skip
        products.append([np.mean(field.take(0, axis) * field.take(-1, axis)) for axis in range(3)])
    for axis, wraps in enumerate(periodic):
        assert agrees(np.array(products)[:, axis], math.exp(-1 / 8) if wraps else math.exp(-(11**2) / 8))


def test_a_seed_is_a_structure():
    def make(seed, **options):
        return plurigaussian((6, 7, 8), voxel_um=CUBE_UM, length_um=2.0, thresholds=(0, 0), seed=seed, **options)

    (first, truth), (again, same_truth), (other, _) = make(1), make(1), make(2)
    assert np.array_equal(first.labels, again.labels)
    assert truth == same_truth
    assert not np.array_equal(first.labels, other.labels)
    spheres = [
        packed_spheres((16, 16, 16), voxel_um=CUBE_UM, radius_um=2, fractions=(0.05, 0.05), seed=seed)[0].labels
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(spheres[0], spheres[1])
    assert not np.array_equal(spheres[0], spheres[2])


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 9, 9), (5, 1, 1)])
def test_any_size(shape):
    volume, _ = plurigaussian(shape, voxel_um=(0.1, 0.2, 0.3), length_um=0.5, thresholds=(0, 0), seed=0)
    assert volume.labels.shape == shape
    assert volume.grid == Grid(PHASES, (0.1, 0.2, 0.3))


@pytest.mark.parametrize(("voxel_um", "periodic"), [(CUBE_UM, AROUND), ((1.0, 0.8, 0.5), AROUND)])
def test_spheres_over_many_seeds(voxel_um, periodic):
    """Voxels and unlike faces of spheres placed evenly over the voxels, by integral geometry.

    A line of voxels h apart enters and leaves a sphere if its chord c holds a voxel centre: with probability c / h
    where c < h. Over all lines that is pi (r^2 - h^2 / 12) of the cross-section.
    """
    radius, shape = 2.5, (14, 16, 20)
    shares, faces = [], []
    for seed in range(200):
        volume, truth = packed_spheres(
            shape, voxel_um=voxel_um, radius_um=radius, fractions=(0.05, 0.08), periodic=periodic, seed=seed
        )
        shares.append([np.mean(volume.labels == label) for label in range(3)])
        solid = volume.labels < 2
        faces.append([np.sum(solid != np.roll(solid, 1, axis)) for axis in range(3)])
    assert truth.holds_for == "body"
    for label, phase in enumerate(PHASES):
        assert agrees(np.array(shares)[:, label], truth.values["vf"][phase])
    box_um3 = math.prod(shape) * math.prod(voxel_um)
    spheres = truth.values["ssa"]["pore"] * box_um3 / (4 * math.pi * radius**2)
    assert spheres == pytest.approx(round(spheres))
    for axis, edge in enumerate(voxel_um):
        face_um2 = math.prod(voxel_um) / edge
        assert agrees(np.array(faces)[:, axis], spheres * 2 * math.pi * (radius**2 - edge**2 / 12) / face_um2)


def test_truth_of_spheres_by_hand():
    # 20^3 um^3; a fraction of 0.03 is 7.2 spheres of 2 um (33.5 um^3), 0.05 is 3.5 of 3 um (113 um^3): 7 and 4.
    _, truth = packed_spheres((20, 20, 20), voxel_um=CUBE_UM, radius_um=(2, 3), fractions=(0.03, 0.05), seed=0)
    small, large = 7 * 4 * math.pi * 4 / 8000, 4 * 4 * math.pi * 9 / 8000
    assert truth.values["vf"] == pytest.approx({"Ni": small * 2 / 3, "YSZ": large, "pore": 1 - small * 2 / 3 - large})
    assert truth.values["ssa"] == pytest.approx({"Ni": small, "YSZ": large, "pore": small + large})
    assert truth.values["dpb"] == pytest.approx({"Ni-YSZ": 0, "Ni-pore": small, "YSZ-pore": large})
    assert truth.values["tpb"] == {"total": 0}
    assert truth.units == {"vf": "1", "ssa": "um^-1", "dpb": "um^-1", "tpb": "um^-2"}


@pytest.mark.parametrize("periodic", [(False, False, False), (True, False, True), AROUND])
def test_spheres_do_not_touch(periodic):
    """Each is a component of its own, corners counting as touching, and so also across periodic faces."""
    volume, truth = packed_spheres(
        (30, 36, 33), voxel_um=(1.0, 0.9, 1.1), radius_um=(3.0, 4.0), fractions=(0.08, 0.08), periodic=periodic, seed=2
    )
    box_um3 = 30 * 36 * 33 * 0.99
    counts = [
        round(truth.values["vf"][phase] * box_um3 / (4 / 3 * math.pi * radius**3))
        for phase, radius in (("Ni", 3.0), ("YSZ", 4.0))
    ]
    corners = np.ones((3, 3, 3))
    padded = volume.labels
    for axis, wraps in enumerate(periodic):
        width = [(0, 0)] * 3
        width[axis] = (1, 1)
        padded = np.pad(padded, width, mode="wrap") if wraps else np.pad(padded, width, constant_values=2)
    nickel = ndimage.binary_dilation(padded == 0, corners)
    assert not (nickel & (padded == 1)).any()
    if not any(periodic):
        assert [ndimage.label(volume.labels == label, corners)[1] for label in (0, 1)] == counts


def test_open_spheres_lie_inside():
    """The body is whole: its voxels are those of all its spheres, at every face."""
    shares = []
    for seed in range(150):
        volume, truth = packed_spheres((12, 14, 18), voxel_um=CUBE_UM, radius_um=2.2, fractions=(0.03, 0.03), seed=seed)
        shares.append(np.mean(volume.labels < 2))
    assert agrees(shares, 1 - truth.values["vf"]["pore"])


def test_no_spheres_at_all():
    volume, truth = packed_spheres((5, 5, 5), voxel_um=CUBE_UM, radius_um=2, fractions=(0, 0), seed=0)
    assert (volume.labels == 2).all()
    assert truth.values["vf"] == {"Ni": 0, "YSZ": 0, "pore": 1}


@given(electrodes())
def test_drawn_electrodes_come_with_a_consistent_truth(electrode):
    volume, truth = electrode
    assert isinstance(truth, Truth)
    phases = volume.grid.phases
    assert list(truth.values["vf"]) == list(phases)
    assert sum(truth.values["vf"].values()) == pytest.approx(1)
    assert set(truth.values) == set(truth.units)
    for phase in phases:
        of_phase = [density for pair, density in truth.values["dpb"].items() if phase in pair.split("-")]
        assert len(of_phase) == 2
        assert truth.values["ssa"][phase] == pytest.approx(sum(of_phase), abs=1e-12)
    assert truth.values["tpb"]["total"] >= 0


@given(electrodes(kinds=("packed_spheres",)))
def test_drawn_spheres_have_their_truth(electrode):
    """One sphere's voxels are off by a shell: its area times half a voxel bounds the error."""
    volume, truth = electrode
    edge = volume.grid.voxel_um[0]
    for label, phase in enumerate(volume.grid.phases):
        bound = truth.values["ssa"][phase] * edge * math.sqrt(3) / 2 + 1e-12
        shell = 1 + edge  # a sphere of a voxel's radius has a thick shell
        assert abs(np.mean(volume.labels == label) - truth.values["vf"][phase]) <= bound * max(shell, 2)


GOOD = {"shape": (8, 8, 8), "voxel_um": CUBE_UM, "length_um": 2.0, "thresholds": (0, 0), "seed": 0}


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"phases": ("a",)}, "2 to 255 different phase names were expected"),
        ({"phases": ("a", "b", "c", "d")}, "two or three phases were expected, not 4"),
        ({"voxel_um": (1, 0, 1)}, "three positive lengths (z, y, x) in um were expected"),
        ({"shape": (8,)}, "shape: three numbers of voxels (z, y, x), or two (y, x), were expected, not (8,)"),
        ({"shape": (8, 0, 8)}, "shape: three numbers of voxels (z, y, x), or two (y, x), were expected, not (8, 0, 8)"),
        ({"shape": (8, 2.5, 8)}, "(z, y, x), or two (y, x), were expected, not (8, 2.5, 8)"),
        ({"length_um": 0}, "length_um: a length above 0 and at most ten box edges, 80 um, was expected, not 0"),
        ({"length_um": 81.0}, "at most ten box edges, 80 um, was expected, not 81.0"),
        ({"length_um": math.nan}, "length_um: a length above 0"),
        ({"periodic": (False, True, False)}, "the periodic axis y is 8 um long, less than 6 times the length 2 um"),
        ({"fractions": (0.3, 0.3, 0.4)}, "give either thresholds or fractions"),
        ({"thresholds": None}, "give either thresholds or fractions"),
        ({"thresholds": (0,)}, "3 phases take 2 finite thresholds, not [0]"),
        ({"thresholds": (0, math.inf)}, "3 phases take 2 finite thresholds, not [0, inf]"),
        ({"thresholds": None, "fractions": (0.5, 0.5)}, "3 phases take 3 fractions above 0 that add up to 1"),
        ({"thresholds": None, "fractions": (0.5, 0.5, 0)}, "3 phases take 3 fractions above 0 that add up to 1"),
        ({"thresholds": None, "fractions": (36, 34, 30)}, "3 phases take 3 fractions above 0 that add up to 1"),
        ({"seed": -1}, "seed: a whole number, 0 or more, was expected, not -1"),
        ({"seed": None}, "seed: a whole number, 0 or more, was expected, not None"),
    ],
)
def test_plurigaussian_refuses(wrong, complaint):
    with pytest.raises(InputError) as caught:
        plurigaussian(**GOOD | wrong)
    assert complaint in str(caught.value)


SPHERES = {"shape": (16, 16, 16), "voxel_um": CUBE_UM, "radius_um": 3.0, "fractions": (0.05, 0.05), "seed": 0}


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"phases": ("a", "b")}, "two solids and a pore were expected, not 2 phases"),
        ({"radius_um": 0.9}, "one or two lengths of at least a voxel edge, 1 um, were expected, not 0.9"),
        ({"radius_um": (3, 3, 3)}, "one or two lengths of at least a voxel edge, 1 um, were expected, not (3, 3, 3)"),
        ({"radius_um": math.inf}, "one or two lengths of at least a voxel edge"),
        ({"fractions": (0.1,)}, "fractions: two numbers from 0 to below 1 were expected, not (0.1,)"),
        ({"fractions": (0.1, -0.1)}, "fractions: two numbers from 0 to below 1"),
        ({"gap_um": -1.0}, "gap_um: 0 or more was expected, not -1.0"),
        ({"radius_um": 9.0, "fractions": (0.5, 0.5)}, "a sphere needs 18 um along z and the box has 16 um"),
        ({"fractions": (0.3, 0.3)}, "the box was full with "),
        ({"seed": 1.5}, "seed: a whole number"),
        ({"shape": [16]}, "shape: three numbers of voxels"),
    ],
)
def test_packed_spheres_refuses(wrong, complaint):
    with pytest.raises(InputError) as caught:
        packed_spheres(**SPHERES | wrong)
    assert complaint in str(caught.value)


def test_a_full_box_says_what_to_do():
    with pytest.raises(
        InputError, match=r"jam near a fraction of 0\.38, gaps included: lower the fractions or the gaps"
    ):
        packed_spheres(**SPHERES | {"fractions": (0.3, 0.3)})


def test_a_periodic_sphere_keeps_away_from_itself():
    narrow = SPHERES | {"shape": (7, 16, 16), "periodic": (True, False, False)}
    with pytest.raises(InputError, match=r"a sphere needs 7\.73205 um along z and the box has 7 um"):
        packed_spheres(**narrow)
    volume, _ = packed_spheres(**narrow | {"gap_um": 1.0})
    assert (volume.labels < 2).any()
