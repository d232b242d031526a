"""The loss s2 and the metric in all directions: against loops, scipy, closed forms, and one another."""

import itertools
import math

import numpy as np
import pytest
import torch
from porenet_estimators.lags import lags_of
from porenet_statistics.losses.s2 import TwoPointProbability
from porenet_statistics.metrics.s2 import two_point_probability
from scipy.signal import correlate

from porenet.errors import InputError
from porenet.interface import Grid, Undefined, Volume
from porenet.targets import Targets
from porenet.testing.fields import one_hot

THREE = ("a", "b", "c")
OPEN, AROUND, FLAT = (False,) * 3, (True,) * 3, (0.5, 0.25, 0.25)


def volume(shape=(8, 8, 8), phases=THREE, voxel_um=(1.0, 1.0, 1.0), periodic=OPEN, seed=0):
    labels = np.random.default_rng(seed).integers(0, len(phases), shape)
    return Volume(labels, Grid(phases, voxel_um, periodic))


def field_of(structure):
    labels = torch.from_numpy(structure.labels.astype("int64"))[None]
    return one_hot(labels, len(structure.grid.phases))


def by_loop(structure, first, second, step):
    """Share of the pairs inside the box, voxel by voxel."""
    labels, shape, wraps = structure.labels, structure.labels.shape, structure.grid.periodic
    hits = pairs = 0
    for place in np.ndindex(shape):
        other = [p + s for p, s in zip(place, step, strict=True)]
        other = [o % n if w else o for o, n, w in zip(other, shape, wraps, strict=True)]
        if all(0 <= o < n for o, n in zip(other, shape, strict=True)):
            pairs += 1
            hits += labels[place] == first and labels[tuple(other)] == second
    return hits / pairs


@pytest.mark.parametrize("periodic", [OPEN, AROUND, (False, True, False)])
def test_the_ball_by_a_loop(periodic):
    structure = volume((4, 5, 6), voxel_um=(1.0, 0.5, 0.5), periodic=periodic)
    grid, reach = structure.grid, 1.25
    measured = two_point_probability(structure, directions="ball", pairs="directed", reach_um=reach)
    steps = [
        step
        for step in itertools.product(range(-1, 2), range(-2, 3), range(-2, 3))
        if math.hypot(*(s * e for s, e in zip(step, grid.voxel_um, strict=True))) <= reach
    ]
    half = [step for step in steps if step >= (0, 0, 0)]
    for (first, name), (second, other) in itertools.combinations_with_replacement(enumerate(THREE), 2):
        for step in half if first == second else steps:
            z, y, x = (s * e for s, e in zip(step, grid.voxel_um, strict=True))
            key = f"{name if first == second else f'{name}>{other}'}@({z:g},{y:g},{x:g})um"
            assert measured.pop(key) == pytest.approx(by_loop(structure, first, second, step), abs=1e-12), key
    assert not measured


def test_the_ball_by_scipy_at_8():
    structure = volume()
    mask = (structure.labels == 1).astype(float)
    counts, pairs = (correlate(each, each, method="direct") for each in (mask, np.ones_like(mask)))
    lags = lags_of((8, 8, 8), (1.0, 1.0, 1.0), OPEN)
    place = tuple((lags.steps + 7).T)
    values = list(two_point_probability(structure, directions="ball").values())
    assert len(lags.steps) == (257 + 1) // 2  # half of the whole numbers within 4 of 0
    assert values[len(lags.steps) : 2 * len(lags.steps)] == pytest.approx(counts[place] / pairs[place], abs=1e-12)


def test_lags_along_an_axis_are_those_of_the_axes():
    structure = volume((6, 7, 8), voxel_um=FLAT, periodic=(True, False, False))
    ball = two_point_probability(structure, directions="ball", reach_um=1.0)
    for axis, vector in {"z": "(0.5,0,0)", "y": "(0,0.5,0)", "x": "(0,0,0.5)"}.items():
        along = two_point_probability(structure, axis=axis, lags_um=(0.5,))
        for phase in THREE:
            assert ball[f"{phase}@{vector}um"] == pytest.approx(along[f"{phase}@0.5um"], abs=1e-12)


def test_of_three_phases_the_cross_terms_follow():
    """2 S_ab = phi_a + phi_b - S_aa - S_bb - (phi_c - S_cc), on a periodic box."""
    structure = volume(periodic=AROUND)
    together = two_point_probability(structure, directions="ball", pairs="all")
    shares = {phase: together[f"{phase}@(0,0,0)um"] for phase in THREE}
    for key in [key for key in together if key.startswith("a-b@")]:
        rest = {phase: shares[phase] - together[phase + key[3:]] for phase in THREE}
        assert together[key] == pytest.approx((rest["a"] + rest["b"] - rest["c"]) / 2, abs=1e-12)


def test_closed_forms():
    checkerboard = Volume(np.indices((6, 6, 6)).sum(axis=0) % 2, Grid(("a", "b"), (1, 1, 1), AROUND))
    for key, value in two_point_probability(checkerboard, directions="ball", reach_um=3).items():
        z, y, x = map(float, key[3:-3].split(","))
        assert value == (0.5 if (z + y + x) % 2 == 0 else 0)
    # Half of a periodic box: at n of N layers across the wall, 1/2 - n/N; along it 1/2.
    layers = Volume((np.indices((8, 4, 4))[0] < 4).astype(int), Grid(("a", "b"), (1, 1, 1), AROUND))
    values = two_point_probability(layers, directions="ball", reach_um=4)
    assert [values[f"b@({n},0,0)um"] for n in range(5)] == pytest.approx([0.5 - n / 8 for n in range(5)])
    assert values["b@(0,2,0)um"] == 0.5
    unlike = two_point_probability(layers, directions="radial", reach_um=1, unlike=True)
    assert unlike == {
        f"{phase}.unlike.radial@{length}um": pytest.approx(length / 8 / 3) for phase in "ab" for length in (0, 1)
    }
    diagonal = two_point_probability(layers, directions="diagonals", reach_um=1.5, unlike=True)
    assert diagonal["a.unlike.diagonals@1um"] == pytest.approx(1 / 8 * 4 / 6)  # of six diagonals two lie in the wall


@pytest.mark.parametrize("directions", ["ball", "radial", "axes"])
def test_the_descriptor_is_the_metric_on_single_precision(directions):
    structure = volume((12, 10, 11), voxel_um=FLAT)
    loss = TwoPointProbability(structure.grid, directions=directions)
    measured = list(two_point_probability(structure, **loss.twin_params).values())
    assert loss.descriptor(field_of(structure).float())[0].tolist() == pytest.approx(measured, abs=2e-6)


def test_every_shell_weighs_the_same():
    """An error of 0.1 at all lags of one shell costs the same in the shell of 3 lags as in that of 77."""
    grid = Grid(("a", "b"), (1, 1, 1), AROUND)
    field = torch.full((1, 2, 16, 16, 16), 0.5, dtype=torch.float64)
    loss = TwoPointProbability(grid, reach_um=5)
    here = loss.descriptor(field)
    shells = torch.from_numpy(lags_of((16,) * 3, (1.0, 1.0, 1.0), AROUND, 5).shells).repeat(2)
    costs = [loss(field, {"s2": here + 0.1 * (shells == shell)}) for shell in (2, 3, 5)]
    assert torch.allclose(torch.cat(costs), costs[0].expand(3), rtol=0.05)  # the fraction in the target moves a little
    assert loss(field, {"s2": here}) == 0


def test_undefined_targets_are_left_out_and_an_absent_phase_counts():
    structure = volume((6, 6, 6))
    loss, field = TwoPointProbability(structure.grid), field_of(structure)
    target = loss.descriptor(field)
    target[0, 7] = math.nan
    assert loss(field, {"s2": target}) == 0
    empty = target.clone()
    empty[:, : target.shape[1] // 3] = 0  # no phase a wanted, and there is a third of it
    leaf = field.clone().requires_grad_()
    value = loss(leaf, {"s2": empty})
    value.sum().backward()
    assert value > 1
    assert leaf.grad.isfinite().all()
    assert loss(field, {"s2": torch.full_like(target, math.nan)}) == 0


def test_autocast_leaves_it_in_single_precision():
    structure = volume((8, 8, 8))
    loss, field = TwoPointProbability(structure.grid), field_of(structure).float()
    target = {"s2": 0.9 * loss.descriptor(field)}
    exact = loss(field, target)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert loss(field, target) == exact
        assert loss(field.bfloat16(), target).dtype == torch.float32


def test_refusals():
    grid = Grid(THREE, (1, 1, 1))
    for params in ({"directions": "axes", "pairs": "all"}, {"directions": "axes", "reach_um": 2.0}, {"lags_um": (1.0,)},
                   {"directions": "radial", "pairs": "directed"}):  # fmt: skip
        with pytest.raises(InputError):
            TwoPointProbability(grid, **params)
        with pytest.raises(InputError):
            two_point_probability(volume(), **({"directions": "ball"} | params))
    loss, large = TwoPointProbability(grid), field_of(volume((12, 12, 12)))
    target = {"s2": loss.descriptor(field_of(volume((8, 8, 8))))}
    with pytest.raises(InputError, match=r"the target has 387 values and this box 1389: their lags differ.*reach_um"):
        loss(large, target)
    fixed = TwoPointProbability(grid, reach_um=4.0)
    assert fixed(large, target) > 0
    with pytest.raises(InputError, match="measured with the estimator 'radial'"):
        loss(large, Targets({"s2": loss.descriptor(large)}, {"s2": "radial"}))


def test_more_phases_read_their_pairs():
    grid = Grid(tuple("abcd"), (1, 1, 1))
    assert TwoPointProbability(grid).pairs == "all"
    assert TwoPointProbability(Grid(THREE, (1, 1, 1))).pairs == "auto"
    keys = two_point_probability(volume(phases=tuple("abcd")), directions="radial", reach_um=1)
    assert [key for key in keys if key.endswith("@1um")][4:6] == ["a-b.radial@1um", "a-c.radial@1um"]


def test_a_stated_reach_has_the_same_lags_in_every_box():
    """Where a box is too short the metric is undefined, and the loss leaves them out."""
    thick, thin = volume((8, 8, 8)), volume((2, 8, 8), seed=1)
    loss = TwoPointProbability(thick.grid, reach_um=4.0)
    keys = [list(two_point_probability(each, **loss.twin_params)) for each in (thick, thin)]
    assert keys[0] == keys[1]
    measured = two_point_probability(thin, **loss.twin_params)
    assert isinstance(measured["a@(2,0,0)um"], Undefined)
    values = loss.descriptor(field_of(thin))[0].tolist()
    for value, known in zip(values, measured.values(), strict=True):
        assert math.isnan(value) if isinstance(known, Undefined) else value == pytest.approx(known, abs=1e-12)
    leaf = field_of(thin).requires_grad_()
    loss(leaf, {"s2": loss.descriptor(field_of(thick))}).sum().backward()
    assert leaf.grad.isfinite().all()
    assert leaf.grad.abs().max() > 0
    own = {"s2": loss.descriptor(field_of(thin))}
    assert loss(field_of(thin), own) == 0
    radial = TwoPointProbability(thick.grid, reach_um=4.0, directions="radial")
    assert radial.descriptor(field_of(thin))[0].tolist() == pytest.approx(
        list(two_point_probability(thin, **radial.twin_params).values()), abs=1e-12
    )
    with pytest.raises(InputError, match=r"more than 10,000,000 lags"):
        two_point_probability(thick, directions="ball", reach_um=1e9)


def test_a_box_without_such_lags_is_undefined():
    thin = volume((1, 1, 1))
    assert isinstance(two_point_probability(thin, directions="diagonals")["a.diagonals@0um"], Undefined)
    assert isinstance(two_point_probability(thin, directions="beyond", unlike=True)["a.unlike.beyond@0um"], Undefined)


def test_the_witness_of_the_axes_sees_diagonals():
    """Stripes along a diagonal have the S2 of white noise along the axes, far apart, and not along the diagonals."""
    rng = np.random.default_rng(0)
    noise = Volume(rng.integers(0, 2, (24, 24, 24)), Grid(("a", "b"), (1, 1, 1), AROUND))
    stripes = Volume(rng.integers(0, 2, 24)[np.indices((24, 24, 24)).sum(axis=0) % 24], noise.grid)
    axes, other = (two_point_probability(each, lags_um=(1.0, 2.0)) for each in (noise, stripes))
    assert axes == pytest.approx(other, abs=0.2)
    witness = TwoPointProbability(noise.grid, directions="axes").witness_params
    here, there = (two_point_probability(each, **witness)["a.unlike.diagonals@1um"] for each in (noise, stripes))
    assert here > 1.25 * there
