"""Sub-boxes lie side by side and fill the volume, and what they say of a quantity is what closed forms say."""

import numpy as np
import pytest

import porenet
from porenet.errors import InputError
from porenet.interface import Grid, Undefined, Volume
from porenet.measurement import SizeRow, box_sizes, representative, size_effect
from porenet.measurement.size_statistics import MISSING
from porenet.measurement.sub_boxes import cut
from porenet.registry import Registry, registry
from porenet.synthetic import plurigaussian

PAIR = ("solid", "pore")
T7 = 2.364624
"""Student's t of 95 % and 7 degrees of freedom."""


def volume(labels, edges=(0.1, 0.1, 0.1), periodic=(False, False, False)):
    return Volume(np.asarray(labels, np.uint8), Grid(PAIR, edges, periodic))


def random_volume(shape, share=0.3, seed=0, **options):
    return volume(np.random.default_rng(seed).random(shape) < share, **options)


@pytest.fixture
def register(monkeypatch):
    """Registers a metric in a registry of this test's own, without any plugin."""
    own = Registry.installed(environ={"PORENET_PLUGINS": "none"})
    for module in (porenet.registry, registry):
        monkeypatch.setattr(module, "installed", lambda: own)
    return lambda **fields: porenet.register(kind="metric", **fields)


@pytest.mark.parametrize(
    ("shape", "edges", "expected"),
    [
        ((48, 48, 48), (1, 1, 1), [(48, 48, 48), (24, 24, 24), (16, 16, 16), (12, 12, 12), (8, 8, 8)]),
        ((17, 17, 17), (1, 1, 1), [(17, 17, 17), (8, 8, 8)]),
        ((1, 33, 16), (1, 1, 1), [(1, 33, 16), (1, 16, 16), (1, 11, 16), (1, 8, 8)]),
        ((16, 64, 64), (2, 0.5, 0.5), [(16, 64, 64), (8, 32, 32)]),
        ((10, 40, 40), (1, 1, 1), [(10, 40, 40), (10, 20, 20), (10, 13, 13), (10, 10, 10)]),
    ],
)
def test_boxes_are_nearly_cubes_and_never_below_the_smallest(shape, edges, expected):
    sizes = box_sizes(volume(np.zeros(shape), edges))
    assert [size.shape for size in sizes] == expected
    assert [size.possible for size in sizes] == sorted(size.possible for size in sizes)


@pytest.mark.parametrize("shape", [(35, 50, 17), (1, 61, 40)])
def test_boxes_of_a_size_do_not_overlap_and_leave_a_margin_below_a_voxel_per_box(shape):
    for size in box_sizes(volume(np.zeros(shape)), boxes=10**6):
        counts = np.zeros(shape, int)
        for z, y, x in size.corners:
            counts[z : z + size.shape[0], y : y + size.shape[1], x : x + size.shape[2]] += 1
        assert counts.max() == 1
        assert len(size.corners) == size.possible
        filled = np.nonzero(counts)
        for axis, side in enumerate(size.shape):
            assert shape[axis] - (np.ptp(filled[axis]) + 1) < shape[axis] // side


def test_more_boxes_than_wanted_are_drawn_by_the_seed():
    first, same, other = (box_sizes(volume(np.zeros((32, 32, 32))), boxes=9, seed=seed)[-1] for seed in (1, 1, 2))
    assert len(set(first.corners)) == 9 < first.possible == 64
    assert first == same != other


@pytest.mark.parametrize("shape", [(15, 15, 15), (1, 1, 1), (1, 15, 8)])
def test_a_volume_too_small_for_two_sizes_says_so(shape):
    with pytest.raises(InputError, match="too few for boxes of two sizes"):
        size_effect(volume(np.zeros(shape)), "vf")


@pytest.mark.parametrize("boxes", [0, -1, 2.5, True])
def test_a_number_of_boxes_is_a_whole_one_above_0(boxes):
    with pytest.raises(InputError, match="whole number above 0"):
        box_sizes(volume(np.zeros((16, 16, 16))), boxes=boxes)


def test_an_axis_that_is_cut_is_open_and_another_stays_periodic():
    whole = random_volume((16, 16, 8), periodic=(True, False, True))
    part = cut(whole, (8, 0, 0), (8, 16, 8))
    assert part.grid.periodic == (False, False, True)
    assert (part.labels == whole.labels[8:]).all()
    assert cut(whole, (0, 0, 0), whole.labels.shape).grid.periodic == (True, False, True)


def test_scatter_of_noise_is_that_of_the_closed_form(register):
    @register(unit="1", name="share")
    def share(volume):
        return {"pore": float(volume.mask("pore").mean())}

    whole = random_volume((64, 64, 64), share=0.3)
    effect = size_effect(whole, "share")
    (rows,) = effect.sizes.values()
    for size in rows[1:]:
        assert size.sd == pytest.approx(np.sqrt(0.3 * 0.7 / np.prod(size.shape)), rel=0.6 if size.boxes < 20 else 0.3)
    (fit,) = effect.representative.values()
    assert fit.whole_error == pytest.approx(T7 * np.sqrt(0.7 / 0.3 / 64**3), rel=0.6)
    tenth = 1.96 * np.sqrt(0.7 / 0.3) / 0.1  # boxes of so many voxels to the power 1/2 have an error of 10 %
    small = [size for size in rows if np.sqrt(np.prod(size.shape)) > 1.5 * tenth]
    assert fit.edge_um <= small[-1].edge_um


@pytest.mark.slow
def test_the_error_of_the_whole_volume_holds_the_truth_as_often_as_it_says(register):
    @register(unit="1", name="share")
    def share(volume):
        return {"first": float((volume.labels == 0).mean())}

    held = 0
    for seed in range(100):
        fractions = (0.36, 0.34, 0.30)
        cube, _ = plurigaussian((48,) * 3, voxel_um=(1.0,) * 3, length_um=4.0, fractions=fractions, seed=seed)
        effect = size_effect(cube, "share", boxes=8)
        (rows,), (fit,) = effect.sizes.values(), effect.representative.values()
        held += abs(rows[0].mean - fractions[0]) <= fit.whole_error * rows[0].mean
    assert 85 <= held <= 100


def test_boxes_without_a_value_are_counted_with_their_reason(register):
    @register(unit="um", name="picky")
    def picky(volume):
        value = 1.0 if volume.mask("pore").any() else Undefined("phase absent")
        keys = {"pore": value}
        return keys | {"large": 2.0} if volume.labels.shape[0] > 8 else keys

    @register(unit="1", name="shy")
    def shy(volume):
        if volume.labels.shape[0] < 16:
            raise InputError("the box is too small", where="shy.lag", fix="Pass lag=1.")
        return {"all": 1.0}

    half = np.zeros((16, 16, 16))
    half[:8] = 1
    effect = size_effect(volume(half), ["picky", "shy"])
    by_key = {key[1:]: sizes[-1] for key, sizes in effect.sizes.items()}
    assert by_key["picky", "pore"].undefined == {"phase absent": 4}
    assert (by_key["picky", "pore"].defined, by_key["picky", "pore"].mean) == (4, 1.0)
    assert by_key["picky", "large"].undefined == {MISSING: 8}
    assert by_key["shy", "all"].undefined == {"the box is too small": 8}
    reasons = {key[1:]: fit.reason for key, fit in effect.representative.items()}
    assert reasons["picky", "pore"] == "4 of 8 boxes of 0.8 um have no value"
    assert effect.as_data()[0]["sizes"][1]["undefined"] == {"phase absent": 4}


def test_a_metric_that_refuses_the_whole_volume_is_an_error(register):
    @register(unit="1", name="never")
    def never(volume):
        raise InputError("no such phase")

    with pytest.raises(InputError, match="never: no such phase"):
        size_effect(random_volume((16, 16, 16)), "never")
    with pytest.raises(InputError, match="never is asked for twice"):
        size_effect(random_volume((16, 16, 16)), ["never", "never"])
    with pytest.raises(InputError, match=r"a porenet.Volume was expected"):
        size_effect(np.zeros((16, 16, 16)), "never")


def sizes_of(*rows):
    """Rows of sizes 16, 8, 4, ... voxels of 1 um, from (boxes, mean, sd)."""
    return [
        SizeRow((side,) * 3, (float(side),) * 3, boxes, boxes, {}, mean, sd)
        for side, (boxes, mean, sd) in zip((16, 8, 4, 2), rows, strict=False)
    ]


def test_the_rule_of_a_representative_size():
    whole = (1, 2.0, None)
    fit = representative(sizes_of(whole, (8, 2.0, 0.05), (64, 2.0, 0.1), (64, 2.0, 0.2)), 0.1)
    assert (fit.edge_um, fit.whole_error) == pytest.approx((4, T7 * 0.025 / 8**0.5))
    fit = representative(sizes_of(whole, (8, 2.0, 0.2), (64, 2.0, 0.01)), 0.1)  # a larger size that fails counts
    assert (fit.edge_um, fit.needed_um) == (None, pytest.approx(8 * 1.96 ** (2 / 3)))
    fit = representative(sizes_of(whole, (8, 1.5, 0.01)), 0.1)
    assert (fit.edge_um, fit.needed_um) == (None, None)
    assert "have the mean 1.5, the whole volume 2" in fit.reason
    fit = representative(sizes_of((1, 0.0, None), (8, 0.5, 0.1)), 0.1)
    assert (fit.edge_um, fit.whole_error) == (None, None)  # relative to 0 there is no error
    assert representative(sizes_of(whole, (4, 2.0, 0.0)), 0.1).reason == "no size has 8 boxes"
    assert representative(sizes_of((1, 0.0, None), (8, 0.0, 0.0)), 0.1).edge_um == pytest.approx(8)
    assert "without limit" in representative(sizes_of((1, 0.0, None), (8, 0.0, 0.1)), 0.1).reason
    nothing = SizeRow((16,) * 3, (16.0,) * 3, 1, 1, {"phase absent": 1}, None, None)
    assert "the whole volume has no value: phase absent" in representative([nothing, *sizes_of(whole)], 0.1).reason
