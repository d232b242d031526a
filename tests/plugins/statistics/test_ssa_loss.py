"""Surface area as a loss: bodies counted by hand, the metric on structures, gradients where there is a surface.

test_ssa_guard.py has what is known of the guard.
"""

import functools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from porenet_statistics.losses.ssa import SurfaceArea
from porenet_statistics.metrics.ssa import specific_surface_area

import porenet
from porenet.errors import ConfigError, InputError
from porenet.interface import Grid
from porenet.relaxation import relaxed
from porenet.targets import Targets
from porenet.testing import grids, volumes

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
NAN = float("nan")
WAYS = ({"estimator": "tv"}, {"estimator": "faces"}, {"estimator": "faces", "form": "absolute"})
FACES = WAYS[1:]
EVERY = (*WAYS, {"estimator": "heat", "sigma": 1.0}, {"estimator": "guarded"})


def targets_at(*samples):
    """Targets of ``ssa``, and half of them as guards, so that all parts of a loss are above 0."""
    target = rows(*samples)
    return {"ssa": target, "ssa.guard": target / 2}


def decoded(labels, phases):
    """The one-hot field of labels ``(Z, Y, X)``."""
    return torch.nn.functional.one_hot(torch.tensor(labels).long(), phases).movedim(-1, 0)[None].double()


def generic(shape, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64).softmax(dim=1).to(dtype)


def rows(*samples):
    return torch.tensor(samples, dtype=torch.float64)


@pytest.mark.parametrize("way", FACES)
def test_a_cuboid_by_hand(way):
    labels = np.zeros((6, 7, 8), np.uint8)
    labels[2:4, 2:5, 2:6] = 1  # 2 x 3 x 4 voxels
    grid = Grid(("out", "in", "none"), (0.5, 1.0, 2.0))  # 1 x 3 x 8 um in 3 x 7 x 16 um
    surface = 2 * (1 * 3 + 1 * 8 + 3 * 8) / (3 * 7 * 16)
    found = SurfaceArea(grid, **way).descriptor(decoded(labels, 3))
    assert found.tolist() == [pytest.approx([surface, surface, 0.0])]


@pytest.mark.parametrize("way", FACES)
def test_a_checkerboard_by_hand(way):
    labels = np.indices((2, 4, 5)).sum(axis=0) % 2
    field = decoded(labels, 2)
    # Every inner face: 1 x 4 x 5 across z, 2 x 3 x 5 across y, 2 x 4 x 4 across x; periodic, z gains 20 and y 10.
    inner = SurfaceArea(Grid(("a", "b"), (1.0, 1.0, 1.0)), **way)
    assert inner.descriptor(field).tolist() == [pytest.approx([(20 + 30 + 32) / 40] * 2)]
    around = SurfaceArea(Grid(("a", "b"), (1.0, 1.0, 1.0), (True, True, False)), **way)
    assert around.descriptor(field).tolist() == [pytest.approx([(40 + 40 + 32) / 40] * 2)]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("wraps", [False, True])
def test_a_slab_by_hand(way, wraps):
    labels = np.zeros((64, 3, 2), np.uint8)  # twice the Gaussian, which is as wide as the longest edge, to either side
    labels[32:] = 1
    grid = Grid(("a", "b"), (0.5, 0.1, 2.0), (wraps, False, False))
    found = SurfaceArea(grid, **way).descriptor(decoded(labels, 2))
    assert found.tolist() == [pytest.approx([(1 + wraps) / 32] * 2, rel=1e-12)]  # a plane or two, 32 um thick


# p (1 - q) + q (1 - p) of 0.9 and 0.2 is 0.74, of 0.1 and 0.8 too; |p - q| is 0.7. One face of 6 um^2 in 12 um^3.
@pytest.mark.parametrize(("way", "unlike"), [(FACES[0], 0.74), (FACES[1], 0.7)])
def test_two_undecided_voxels_by_hand(way, unlike):
    field = rows([0.9, 0.2], [0.1, 0.8]).view(1, 2, 2, 1, 1)
    found = SurfaceArea(Grid(("a", "b"), (1.0, 2.0, 3.0)), **way).descriptor(field)
    assert found.tolist() == [pytest.approx([unlike * 6 / 12] * 2)]


@given(grids().flatmap(volumes), st.sampled_from(EVERY))
def test_a_structure_has_the_area_that_the_metric_measures(volume, way):
    loss = SurfaceArea(volume.grid, **way)
    described = loss.descriptor(decoded(volume.labels, len(volume.grid.phases)))[0].tolist()
    measured = specific_surface_area(volume, **loss.twin_params)
    areas = [measured[key] for key in loss.twin_keys]
    # Smoothing is single precision: where the smoothed phases are all but even, their slopes are what rounding leaves.
    rounding = 4e-6 / min(volume.grid.voxel_um)
    assert described == pytest.approx(areas, rel=1e-4, abs=rounding)


@given(grids().flatmap(volumes), st.sampled_from(EVERY), st.data())
def test_chosen_phases_are_those_of_all(volume, way, data):
    phases = volume.grid.phases
    chosen = tuple(data.draw(st.lists(st.sampled_from(phases), min_size=1, unique=True)))
    field = decoded(volume.labels, len(phases))
    every, some = SurfaceArea(volume.grid, **way), SurfaceArea(volume.grid, phase_subset=chosen, **way)
    assert some.twin_keys[: len(chosen)] == some.witness_keys == chosen
    columns = [phases.index(phase) for phase in chosen]
    # By guarded, the areas by total variation and then those by heat, each of all phases.
    areas = every.descriptor(field).split(len(phases), dim=1)
    close = functools.partial(torch.allclose, rtol=1e-12, atol=1e-15)
    assert close(some.descriptor(field), torch.cat([area[:, columns] for area in areas], dim=1))
    assert all(map(close, some.target_of(field).values(), areas))
    targets = targets_at([0.3 * (i + 1) for i in range(len(phases))])
    errors = [(area / target - 1)[:, columns] for area, target in zip(areas, targets.values(), strict=False)]
    expected = sum(part.square().mean(dim=1) for part in (errors[0], *(error.relu() for error in errors[1:])))
    assert torch.allclose(some(field, targets), expected, rtol=1e-9)


def test_the_loss_by_hand():
    loss = SurfaceArea(Grid(("a", "b", "c"), (1.0, 2.0, 4.0)), estimator="faces")
    field = decoded(np.array([[[0, 1, 1, 0]]]), 3)  # two faces of 2 um^2 in 32 um^3: a and b 0.125, c 0
    cases = {
        (0.125, 0.125, NAN): 0.0,
        (0.25, 0.1, NAN): (0.5**2 + 0.25**2) / 3,
        (0.25, NAN, 1.0): (0.5**2 + 1) / 3,
        # No area is asked for: 0.125 / um times the mean edge of 2 um is off by a quarter.
        (0.0, 0.125, 0.0): 0.25**2 / 3,
        (NAN, NAN, NAN): 0.0,
    }
    for target, value in cases.items():
        assert loss(field, {"ssa": rows(target)}).tolist() == pytest.approx([value], abs=1e-15), target


@pytest.mark.parametrize("way", EVERY)
def test_targets_measured_on_structures_are_met_by_them(way):
    terms = [
        {"loss": "ssa", "params": way},
        {"loss": "ssa", "label": "only_pore", "params": {**way, "phase_subset": ("pore",)}},
    ]
    objective = porenet.Objective(GRID, terms)
    labels = torch.tensor(np.random.default_rng(3).integers(0, 3, (4, 5, 6, 7)))
    targets = objective.targets_of(labels)
    assert targets["ssa"].shape == (4, 3)
    names = {"heat": {"ssa": "heat_1"}, "guarded": {"ssa": "tv", "ssa.guard": "heat_2"}}
    assert targets.estimators == names.get(way["estimator"], {"ssa": way["estimator"]})
    field = torch.cat([decoded(one.numpy(), 3) for one in labels]).float()
    for values in objective.values(field, targets).values():
        assert values.tolist() == pytest.approx([0.0] * 4, abs=1e-12)


def errors_of_steps(way, relax, factor, steps=80):
    """Mean squared relative errors as Adam brings the areas of a 12^3 pattern to a multiple of what they are."""
    noise = torch.randn((1, 3, 12, 12, 12), generator=torch.Generator().manual_seed(1))
    for _ in range(1 if factor < 1 else 2):
        noise = 3 * torch.nn.functional.avg_pool3d(noise, 3, stride=1, padding=1)
    logits = noise.requires_grad_()
    objective = porenet.Objective(GRID, [{"loss": "ssa", "params": way, "weight": 1}], relax=relax)
    with torch.no_grad():
        targets = {"ssa": factor * objective.losses[0].descriptor(relaxed(relax, logits.softmax(dim=1)))}
    optimiser = torch.optim.Adam([logits], lr=0.05)
    errors = []
    for _ in range(steps):
        optimiser.zero_grad()
        total, _ = objective(logits.softmax(dim=1), targets)
        total.backward()
        assert logits.grad.isfinite().all()
        optimiser.step()
        errors.append(total.item())
    return errors


@pytest.mark.parametrize(
    ("way", "relax", "factor", "reached"),
    [
        *((way, "soft", factor, 0.04) for way in WAYS for factor in (0.5, 2)),
        (WAYS[0], "straight_through", 0.5, 0.001),
        (WAYS[0], "straight_through", 2, 0.1),
        (WAYS[1], "straight_through", 0.5, 0.06),
        (WAYS[1], "straight_through", 2, 0.001),
    ],
)
def test_steps_bring_a_pattern_towards_its_target(way, relax, factor, reached):
    errors = errors_of_steps(way, relax, factor)
    assert errors[0] == pytest.approx((1 / factor - 1) ** 2, rel=1e-4)
    assert errors[-1] < reached, errors[::10]


# On a structure |p - q| pulls as hard on either side of a wall, and both sides swap: the docstring warns of it.
def test_the_absolute_form_does_not_shrink_a_decoded_structure():
    errors = errors_of_steps(WAYS[2], "straight_through", 0.5)
    assert errors[-1] > 2 * errors[0]


@pytest.mark.parametrize("way", EVERY)
@pytest.mark.parametrize("periodic", [(False, False, False), (True, False, True)])
@pytest.mark.parametrize("size", [(3, 2, 4), (1, 4, 3), (1, 1, 6)])
def test_the_gradient_agrees_with_differences(way, periodic, size):
    grid = Grid(("a", "b", "c"), (0.2, 0.1, 0.05), periodic)
    loss, targets = SurfaceArea(grid, **way), targets_at([3.0, 0.0, 1.0], [2.0, NAN, 5.0])
    field = generic((2, 3, *size)).requires_grad_()
    assert torch.autograd.gradcheck(lambda one: loss(one, targets), field)


# The slopes inside a solid are rounding errors; a plain norm sends each of its voxels a gradient of full size.
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_no_gradient_where_a_solid_is_solid(dtype):
    labels = np.zeros((40, 6, 6), np.uint8)
    labels[20:] = 1
    field = decoded(labels, 2).to(dtype).requires_grad_()
    SurfaceArea(Grid(("a", "b"), (0.1, 0.1, 0.1)), estimator="tv").descriptor(field).sum().backward()
    by_slice = field.grad.abs().amax(dim=(0, 1, 3, 4))
    near = torch.zeros(40, dtype=torch.bool)
    near[11:29] = True  # 4 voxels to smooth, 4 more to come back, 1 for the surface between
    assert by_slice[~near].max() < 0.02 * by_slice.max()
    assert by_slice[near].max() > 0


@pytest.mark.parametrize("way", EVERY)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize("size", [(1, 1, 1), (2, 3, 4), (9, 9, 9)])
def test_gradients_are_finite_on_degenerate_fields(way, dtype, size):
    undecided = torch.full((1, 3, *size), 1 / 3, dtype=dtype)
    collapsed = torch.zeros((1, 3, *size), dtype=dtype)
    collapsed[:, 1] = 1
    structure = decoded(np.indices(size).sum(axis=0) % 3, 3).to(dtype)
    for field in (undecided, collapsed, structure):
        field = field.clone().requires_grad_()
        values = SurfaceArea(GRID, **way)(field, targets_at([1.0, 0.0, NAN]))
        assert values.dtype == torch.promote_types(dtype, torch.float32)
        assert values.isfinite().all()
        values.sum().backward()
        assert field.grad.isfinite().all()


# Area by being undecided: two neighbours differ with chance 2 p (1 - p), three faces a voxel; total variation has none.
# Heat, which is next to p (1 - p), has one too.
def test_a_flat_field_reads_as_documented():
    field = torch.tensor([0.36, 0.34, 0.30], dtype=torch.float64).view(1, 3, 1, 1, 1).expand(1, 3, 8, 8, 8)
    around = Grid(GRID.phases, (1.0, 1.0, 1.0), (True, True, True))
    expected = {"product": [3 * 2 * p * (1 - p) for p in (0.36, 0.34, 0.30)], "absolute": [0.0] * 3}
    assert expected["product"] == pytest.approx([3 * 0.46, 3 * 0.45, 3 * 0.42], abs=0.01)  # of 3 faces a voxel
    for form, areas in expected.items():
        assert SurfaceArea(around, estimator="faces", form=form).descriptor(field).tolist() == [pytest.approx(areas)]
    assert SurfaceArea(around, estimator="tv").descriptor(field).tolist() == [pytest.approx([0.0] * 3, abs=1e-12)]
    heat = SurfaceArea(around, estimator="heat", sigma=2.0).descriptor(field).tolist()
    assert heat == [pytest.approx([math.sqrt(2 * math.pi) / 2 * p * (1 - p) for p in (0.36, 0.34, 0.30)])]


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_it_compiles_in_one_graph(way):
    loss, targets = SurfaceArea(GRID, phase_subset=("pore", "Ni"), **way), targets_at([3.0, 0.0, 1.0], [2.0, NAN, 5.0])
    compiled = torch.compile(loss, backend="eager", fullgraph=True)
    field = generic((2, 3, 4, 5, 6)).requires_grad_()
    plain, graph = loss(field, targets), compiled(field, targets)
    assert torch.allclose(plain, graph, rtol=1e-12)
    (expected,) = torch.autograd.grad(plain.sum(), field)
    (found,) = torch.autograd.grad(graph.sum(), field)
    assert torch.allclose(expected, found, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("way", EVERY)
def test_it_ignores_the_default_device(way):
    field, targets = generic((2, 3, 4, 5, 6)), targets_at([3.0, 0.0, 1.0], [2.0, NAN, 5.0])
    expected = SurfaceArea(GRID, phase_subset=("pore", "Ni"), **way)(field, targets)
    with torch.device("meta"):
        found = SurfaceArea(GRID, phase_subset=("pore", "Ni"), **way)(field, targets)
    assert found.device.type == "cpu"
    assert torch.equal(found, expected)


@pytest.mark.parametrize("way", EVERY)
def test_autocast_leaves_the_sums_in_single_precision(way):
    loss, targets = SurfaceArea(GRID, **way), targets_at([3.0, 2.0, 1.0])
    field = generic((1, 3, 12, 12, 12), dtype=torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = loss(field, targets)
    assert found.dtype == torch.float32
    assert torch.allclose(found, loss(field, targets), rtol=1e-5)


def test_a_target_of_another_estimator_is_refused():
    targets = Targets({"ssa": torch.ones(1, 3)}, {"ssa": "faces"})
    for way, own in ((WAYS[0], "tv"), ({}, "tv"), ({"estimator": "heat"}, "heat_2")):
        with pytest.raises(InputError, match=f"the estimator 'faces', and the loss measures with '{own}'"):
            SurfaceArea(GRID, **way)(generic((1, 3, 2, 2, 2)), targets)
    assert SurfaceArea(GRID, estimator="faces")(generic((1, 3, 2, 2, 2)), targets).isfinite().all()


@pytest.mark.parametrize("shape", [(2,), (2, 1), (3, 3), (2, 3, 1), ()])
def test_a_target_of_another_shape_is_refused(shape):
    with pytest.raises(InputError) as caught:
        SurfaceArea(GRID, phase_subset=("pore",))(generic((2, 3, 2, 2, 2)), {"ssa": torch.ones(shape)})
    expected = "shape (2, 3), one row per sample, or (3,) for all of them was expected"
    assert str(caught.value) == f"targets['ssa']: {expected}, not {shape}"


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"phase_subset": ()}, InputError, "ssa.phase_subset: one or more different phases were expected, not []"),
        (
            {"phase_subset": ("Ni", "Ni")},
            InputError,
            "ssa.phase_subset: one or more different phases were expected, not ['Ni', 'Ni']",
        ),
        ({"form": "absolute"}, InputError, "the form 'absolute' is one of counting faces, and the estimator is 'guard"),
        ({"estimator": "tv", "form": "absolute"}, InputError, "counting faces, and the estimator is 'tv'"),
        (
            {"estimator": "tv", "sigma": 1.0},
            InputError,
            "ssa.sigma: sigma is the width of the heat's Gaussian, and the",
        ),
        ({"estimator": "faces", "sigma": 1.0}, InputError, "Use estimator = 'guarded' or 'heat', or leave sigma out"),
        ({"sigma": 0.0}, ConfigError, "ssa.sigma"),
        ({"phase_subset": ("por",)}, ConfigError, "must be a phase of the grid (Ni, YSZ, pore), not 'por'"),
        ({"estimator": "crofton"}, ConfigError, "crofton"),
    ],
)
def test_wrong_parameters_are_refused(params, error, message):
    with pytest.raises(error) as caught:
        porenet.create_loss("ssa", GRID, **params)
    assert message in str(caught.value)


def test_what_print_shows():
    assert repr(SurfaceArea(GRID)) == "SurfaceArea(estimator='guarded', sigma=2, phase_subset=('Ni', 'YSZ', 'pore'))"
    assert repr(SurfaceArea(GRID, **WAYS[0])) == "SurfaceArea(estimator='tv', phase_subset=('Ni', 'YSZ', 'pore'))"
    shown = repr(SurfaceArea(GRID, estimator="faces", phase_subset=("pore",)))
    assert shown == "SurfaceArea(estimator='faces', form='product', phase_subset=('pore',))"


@pytest.mark.parametrize("way", EVERY)
def test_a_structure_of_one_phase_is_a_target_like_any_other(way):
    # What the Gaussian leaves of a constant is 1e-7 um^-1 in single precision: as a divisor it made 7e12 of the loss.
    grid = Grid(phases=("Ni", "YSZ", "pore"), voxel_um=(0.1, 0.1, 0.1))
    objective = porenet.Objective(grid, [{"loss": "ssa", "params": way}])
    targets = objective.targets_of(torch.zeros(1, 16, 16, 16, dtype=torch.long))
    field = torch.randn(1, 3, 16, 16, 16, generator=torch.Generator().manual_seed(0)).softmax(dim=1)
    assert objective.values(field, targets)["ssa"].item() < 10
