"""Conductance as a loss: closed forms, the metric, what its gradient sees, and that it repairs what it should."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from porenet_transport.losses.conductance import Conductance
from porenet_transport.phase_conduction import ONSET, conductivity_of, log_ratio

import porenet
from porenet.errors import ConfigError, InputError
from porenet.flood_fill import spanning
from porenet.gradient_audit import hand_made_states
from porenet.interface import Grid, Volume
from porenet.relaxation import straight_through
from porenet.synthetic import plurigaussian
from porenet.testing.fields import flat

GRID = Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
NONE = math.log(0.01) - 1
"""The logarithm at 0, continued by its tangent below the floor 0.01."""


def structure(labels, phases=3, dtype=torch.float64):
    """The one-hot field ``(B, P, Z, Y, X)`` of labels ``(B, Z, Y, X)``."""
    return (
        torch.nn.functional.one_hot(
            torch.as_tensor(labels.copy() if isinstance(labels, np.ndarray) else labels).long(), phases
        )
        .movedim(-1, 1)
        .to(dtype)
    )


def channels(shape=(8, 4, 6), held=6, cut=0):
    """Pore in the first columns of every slice, of which some in the middle may be lost to Ni."""
    labels = torch.zeros(1, *shape, dtype=torch.long)
    labels.flatten(2)[:, :, :held] = 2
    middle = (shape[0] - cut) // 2
    labels[:, middle : middle + cut] = 0
    return labels


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_straight_channels_conduct_their_share(dtype):
    field = structure(channels(held=6), dtype=dtype)
    loss = porenet.create_loss("conductance", GRID, phase="pore")
    assert loss.descriptor(field).tolist() == [[pytest.approx(0.25, rel=1e-6)]]
    # 0.25 is ln 4 below the most, of ln 100 + 1 in all.
    assert loss(field, {}).item() == pytest.approx(math.log(4) / (math.log(100) + 1), rel=1e-4)


def test_a_slab_in_the_way_conducts_by_what_the_other_phases_do():
    # In series 6 layers of 1 and 2 of k conduct 8 k / (6 k + 2); less k times its derivative.
    field = structure(channels(held=24, cut=2))
    found = Conductance(GRID, phase="pore", kmin=1e-3).descriptor(field)
    assert found.item() == pytest.approx(48e-6 / (6e-3 + 2) ** 2, rel=1e-9)


def test_nothing_costs_one_and_everything_nothing():
    absent, whole = structure(torch.zeros(1, 4, 4, 4)), structure(torch.full((1, 4, 4, 4), 2))
    loss = Conductance(GRID, phase="pore")
    assert loss.descriptor(absent).item() == pytest.approx(0, abs=1e-15)
    assert loss(absent, {}).item() == pytest.approx(1)
    assert loss(whole, {}).item() == pytest.approx(0, abs=1e-12)
    assert Conductance(GRID, phase="pore", target=0.2)(absent, {}).item() == pytest.approx(1)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (0.5, (0.25 / 0.5 - 1) ** 2),
        (0.25, 0.0),
        (0.125, math.log(2) ** 2),
        (0.0, (math.log(0.25 / 0.01) + 1) ** 2),  # what should not conduct and does: against the floor
        (0.005, (math.log(0.25 / 0.01) + 0.5) ** 2),
    ],
)
def test_errors_by_hand(target, expected):
    field = structure(channels(held=6))
    one = porenet.create_loss("conductance", GRID, phase="pore", target=target, kmin=1e-12)
    assert one(field, {}).item() == pytest.approx(expected, abs=1e-9)
    each = porenet.create_loss("conductance", GRID, phase="pore", target="structures", kmin=1e-12)
    for shape in ((1,), (1, 1)):
        assert each(field, {"conductance": torch.full(shape, target)}).item() == pytest.approx(expected, abs=1e-7)


def test_a_target_that_is_not_known_costs_nothing_and_trains_nothing():
    field = structure(torch.cat([channels(held=6), channels(held=12)])).requires_grad_()
    loss = Conductance(GRID, phase="pore", target="structures")
    values = loss(field, {"conductance": torch.tensor([math.nan, 0.25])})
    assert values.tolist() == [0, pytest.approx(math.log(2) ** 2, rel=1e-4)]
    (gradient,) = torch.autograd.grad(values.sum(), field)
    assert not gradient[0].any()
    assert gradient[1].any()


@given(st.floats(0, 1), st.floats(0, 1), st.floats(1e-3, 0.5))
def test_the_ratio_is_a_logarithm_and_its_tangent(value, target, least):
    value, target = (torch.tensor(one, dtype=torch.float64) for one in (value, target))
    value.requires_grad_()
    found = log_ratio(value, target, least)
    bend = max(target.item(), least)

    def logarithm(x):
        return math.log(x / bend) if x > bend else x / bend - 1

    assert found.item() == pytest.approx(logarithm(value.item()) - logarithm(target.item()), abs=1e-12)
    (slope,) = torch.autograd.grad(found, value)
    assert slope.item() == pytest.approx(1 / max(value.item(), bend))


def test_conductivity_rises_from_kmin_to_one():
    margin = torch.linspace(-1, 1, 41, dtype=torch.float64, requires_grad=True)
    found = conductivity_of(margin, 1e-6)
    assert found[0].item() == pytest.approx(1e-6)
    assert found[-1].item() == pytest.approx(1)
    (slope,) = torch.autograd.grad(found.sum(), margin)
    assert slope.min().item() == pytest.approx(ONSET / 2, rel=1e-5)
    assert (slope.diff() > 0).all()


@pytest.mark.parametrize(
    ("name", "side", "stride"),
    [
        ("sofc_superres_62", 62, 1),
        ("soc_niysz_ptycho_250_36p8nm", 64, 3),
        pytest.param("nmc_electrode_taufactor_256", 64, 2, marks=pytest.mark.slow),
        ("imagerep_seg_stack_100", 64, 1),
        ("openimpala_2phase_100", 64, 1),
    ],
)
def test_real_volumes_conduct_what_the_metric_says(real_volume, name, side, stride):
    span = slice(None, side * stride, stride)
    labels = real_volume(name).labels[span, span, span]
    labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype("uint8")
    compare_with_the_metric(labels, Grid(tuple(f"phase_{i}" for i in range(labels.max() + 1)), (0.1, 0.1, 0.1)))


@pytest.mark.parametrize(("seed", "periodic"), [(0, (False, False, False)), (1, (True, False, True))])
def test_electrodes_conduct_what_the_metric_says(seed, periodic):
    volume, _ = plurigaussian(
        (40, 36, 44),
        voxel_um=(0.1, 0.1, 0.15),
        length_um=0.5,
        seed=seed,
        fractions=(0.3, 0.35, 0.35),
        periodic=periodic,
    )
    compare_with_the_metric(volume.labels, volume.grid)


def compare_with_the_metric(labels, grid):
    field = structure(labels[None], len(grid.phases), torch.float32)
    measured = porenet.create_metric("tortuosity", tolerance=1e-5)(Volume(labels, grid))
    joined = 0
    for phase in grid.phases:
        found = porenet.create_loss("conductance", grid, phase=phase).descriptor(field).item()
        expected = measured[f"{phase}.relative_diffusivity"]
        joined += expected > 0
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-6)  # kmin
    assert joined


@given(st.lists(st.integers(1, 9), min_size=3, max_size=3), st.sampled_from([None, 0.05, 0.3]))
def test_no_flat_field_of_another_phase_meets_it(parts, target):
    field = straight_through(flat([part / sum(parts) for part in parts], (3, 4, 5)))
    phase = min(range(3), key=lambda one: (field[0, one, 0, 0, 0].item(), one))
    loss = Conductance(GRID, phase=GRID.phases[phase], target=target)
    assert loss(field, {}).item() > 0.99


def test_where_the_phase_is_absent_each_voxel_gets_the_same_push():
    field = flat((0.36, 0.34, 0.30), (4, 5, 6)).requires_grad_()
    Conductance(GRID, phase="pore")(straight_through(field), {}).sum().backward()
    ni, ysz, pore = field.grad[0]
    # Each voxel has 1/120 of the conductivity; slopes 1 / 0.01 of the logarithm, ONSET / 2 of the voxel, -1 / NONE.
    each = -100 * ONSET / 2 / 120 / -NONE
    assert torch.allclose(pore, torch.tensor(each, dtype=torch.float64), rtol=1e-4)
    assert torch.allclose(ni, -pore)  # its strongest rival
    assert not ysz.any()


def severed(side=16):
    """A channel of pore of a sixteenth of the section, cut by two slices: the field and the gap."""
    labels = torch.zeros(side, side, side, dtype=torch.long)
    labels[:, :, side // 2 :] = 1
    part = slice(side // 4, side // 2)
    labels[:, part, part] = 2
    gap = torch.zeros(labels.shape, dtype=torch.bool)
    gap[side // 2 - 1 : side // 2 + 1, part, part] = True
    return labels.masked_fill(gap, 0), gap


@pytest.mark.parametrize(("side", "share"), [(16, 0.25), (32, 0.35)])
def test_a_gap_gets_a_large_share_of_the_gradient(side, share):
    labels, gap = severed(side)
    field = structure(labels[None], dtype=torch.float32).requires_grad_()
    Conductance(GRID, phase="pore")(field, {}).sum().backward()
    slopes = field.grad[0, 2]
    assert (slopes <= 0).all()
    assert gap.float().mean() < 0.008
    assert slopes[gap].sum() / slopes.sum() > share
    assert slopes[gap].abs().min() > 10 * slopes[labels != 2].abs().median()


def test_the_gradient_is_of_one_size_whether_it_is_absent_cut_or_whole():
    sums = []
    for name in ("collapsed_pore", "severed_pore", "one_hot"):
        field = hand_made_states(GRID, 16)[name].field.requires_grad_()
        Conductance(GRID, phase="pore", target=0.6)(field, {}).sum().backward()
        sums.append(field.grad[:, 2].abs().sum().item())
    assert max(sums) < 30 * min(sums)


def descend(start, loss, *, steps, rate=0.5):
    """Logits moved against the gradient of the loss and of the volume fractions, of each voxel for itself."""
    logits = (4 * start).clone().requires_grad_()
    fractions = start.new_tensor([[0.36, 0.34, 0.30]])
    for _ in range(steps):
        shown = straight_through(logits.softmax(dim=1))
        vf = (shown.mean(dim=(2, 3, 4)) - fractions).square().sum()
        (gradient,) = torch.autograd.grad(1000 * vf + 20 * loss(shown, {}).sum(), logits)
        with torch.no_grad():
            logits -= rate * gradient / gradient.abs().max()
    return logits.argmax(dim=1)[0].numpy().astype("uint8")


@pytest.mark.parametrize("state", ["severed_pore", "severed_Ni", "collapsed_pore", "collapsed_YSZ"])
@pytest.mark.parametrize("target", [None, 0.2])
def test_descending_on_logits_joins_what_was_cut_or_lost(state, target):
    given = hand_made_states(GRID, 12)[state]
    before = given.field.argmax(dim=1)[0].numpy().astype("uint8")
    assert not spanning(before, given.channel, "z").any()
    loss = porenet.create_loss("conductance", GRID, phase=given.phase, target=target)
    after = descend(given.field, loss, steps=25)
    assert spanning(after, given.channel, "z").any()


def test_each_sample_has_the_target_of_its_structure():
    labels = torch.cat([channels(held=6), channels(held=12), channels(held=12, cut=2)])
    terms = [{"loss": "conductance", "params": {"phase": "pore", "target": "structures"}}]
    objective = porenet.Objective(GRID, terms)
    targets = objective.targets_of(labels)
    assert targets["conductance"].flatten().tolist() == pytest.approx([0.25, 0.5, 0], rel=1e-4, abs=1e-5)
    field = structure(labels, dtype=torch.float32)
    assert objective(field, targets)[0].item() < 1e-6
    turned = targets.rows(torch.tensor([1, 2, 0]))
    values = objective.values(field, turned)["conductance"]
    expected = [0.25, (math.log(0.5 / 0.01) + 1) ** 2, 1]
    assert values.tolist() == pytest.approx(expected, rel=1e-3)
    fixed = porenet.Objective(GRID, [{"loss": "conductance", "params": {"phase": "pore", "target": 0.2}}])
    assert fixed.needs == {}


def test_the_spread_of_a_sample_can_be_matched():
    params = {"descriptor": "conductance", "params": {"phase": "pore"}}
    loss = porenet.create_loss("distribution", GRID, **params)
    labels = torch.cat([channels(held=6), channels(held=12)])
    field = structure(labels).requires_grad_()
    reference = torch.tensor([[0.5], [0.25]], dtype=torch.float64)
    assert loss(field, {"distribution": reference}).item() < 1e-8
    value = loss(field, {"distribution": reference + 0.1})
    value.sum().backward()
    assert value.item() > 0.1
    assert field.grad[:, 2].sum() < 0


def test_an_axis_that_is_driven_does_not_wrap():
    labels = torch.zeros(1, 4, 5, 6, dtype=torch.long)
    labels[:, :, :, :3] = 2
    everywhere = Grid(GRID.phases, GRID.voxel_um, (True, True, True))
    for grid in (GRID, everywhere):
        assert Conductance(grid, phase="pore", axis="x").descriptor(structure(labels)).item() < 1e-5
        assert Conductance(grid, phase="pore", axis="y").descriptor(structure(labels)).item() == pytest.approx(
            0.5, rel=1e-5
        )


def test_half_precision_is_solved_in_single():
    labels, _ = severed()
    field = structure(labels[None], dtype=torch.bfloat16)
    loss = Conductance(GRID, phase="YSZ")
    with torch.autocast("cpu", torch.bfloat16):
        found = loss(field, {})
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(loss(field.double(), {}).item(), rel=1e-3)


@pytest.mark.parametrize("params", [{}, {"target": 0.2}, {"kmin": 1e-9}])
def test_it_compiles_and_follows_the_device_of_the_field(params):
    loss = porenet.create_loss("conductance", GRID, phase="YSZ", **params)
    field = torch.randn(2, 3, 3, 4, 5, generator=torch.Generator().manual_seed(0)).softmax(dim=1)
    expected = loss(field, {})
    torch._dynamo.reset()
    assert torch.allclose(torch.compile(loss, backend="eager", fullgraph=True)(field, {}), expected)
    with torch.device("meta"):
        elsewhere = porenet.create_loss("conductance", GRID, phase="YSZ", **params)(field, {})
    assert torch.equal(elsewhere, expected)


@pytest.mark.parametrize(
    ("params", "where", "message"),
    [
        ({"phase": "nickel"}, "conductance.phase", "must be a phase of the grid (Ni, YSZ, pore), not 'nickel'"),
        ({"phase": "pore", "axis": "t"}, "conductance.axis", "must be 'z'"),
        ({"phase": "pore", "target": 1.5}, "conductance.target", "less than or equal to 1"),
        ({"phase": "pore", "floor": 0.0}, "conductance.floor", "greater than 0"),
        ({"phase": "pore", "kmin": 0.0}, "conductance.kmin", "greater than or equal to"),
        ({}, "conductance.phase", "is required"),
    ],
)
def test_wrong_parameters_are_named(params, where, message):
    with pytest.raises(ConfigError) as caught:
        porenet.create_loss("conductance", GRID, **params)
    assert any(one.path.startswith(where) and message in one.message for one in caught.value.problems)


def test_a_target_of_another_shape_is_refused():
    loss = Conductance(GRID, phase="pore", target="structures")
    with pytest.raises(InputError, match=r"targets\['conductance'\]"):
        loss(structure(channels()), {"conductance": torch.ones(2)})


def test_it_shows_what_it_aims_at():
    loss = porenet.create_loss("conductance", GRID, phase="pore", target=0.2)
    assert repr(loss) == "Conductance(phase='pore', axis='z', target=0.2, floor=0.01, kmin=1e-06)"
