"""Fitted fields as a generator of structures for conditions, as an evaluation asks for them."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from porenet.errors import InputError
from porenet.interface import Grid
from porenet.synthetic import FittedFields, field_generator, stored_fields

NAN = float("nan")
FIT = FittedFields(
    ("a", "b", "c"), (0.5, 0.5, 0.5), (1.5, 1.5, 1.5), (0.0, 0.5, 0.5), (12, 12, 12), "z", ((0.4, 0.4, 0.2),),
    ((0.6, 0.6, 0.3),), ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0)), (1.0, 1.0, 1.0), 0,
)  # fmt: skip


def condition(**changes):
    usual = {
        "grid": Grid(("a", "b", "c"), 0.5),
        "shape": (14, 12, 13),
        "vf": {"a": 0.5, "b": 0.3, "c": 0.2},
        "ssa": {"a": 0.5, "b": 0.5, "c": 0.4},
    }
    return SimpleNamespace(**(usual | changes))


def without_fingerprint(about):
    return {name: value for name, value in about.items() if name != "fingerprint"}


def faces_per_um(labels, phase):
    """Faces between the phase and others, per volume of voxels of half a um: counted pair by pair."""
    mask = labels == phase
    unlike = sum(np.count_nonzero(np.diff(mask, axis=axis)) for axis in range(3))
    return unlike / 0.5 / labels.size


def test_a_structure_meets_its_condition():
    plain, chosen = field_generator(FIT, candidates=1), field_generator(FIT, candidates=6)
    off = []
    for generate in (plain, chosen):
        volumes = [generate(seed, condition()) for seed in range(6)]
        assert {volume.shape for volume in volumes} == {(14, 12, 13)}
        for volume in volumes:
            shares = np.bincount(volume.labels.ravel()) / volume.labels.size
            assert shares == pytest.approx([0.5, 0.3, 0.2], abs=1e-3)
        areas = [[faces_per_um(volume.labels, phase) for phase in range(3)] for volume in volumes]
        off.append((np.square(np.array(areas) / [0.5, 0.5, 0.4] - 1)).sum(axis=1).mean())
    assert off[1] < off[0]
    np.testing.assert_array_equal(plain(3, condition()).labels, plain(3, condition()).labels)
    assert not np.array_equal(plain(3, condition()).labels, plain(4, condition()).labels)


def test_a_condition_may_lack_a_phase():
    lacking = condition(vf={"a": 0.5, "b": 0.5, "c": 0.0}, ssa={"a": 0.5, "b": 0.5, "c": 0.0})
    assert set(np.unique(field_generator(FIT, 2)(0, lacking).labels)) == {0, 1}


def test_a_structure_wraps_where_the_condition_does():
    periodic = Grid(("a", "b", "c"), 0.5, (True, True, True))
    assert field_generator(FIT)(0, condition(grid=periodic, shape=(18, 18, 18))).grid == periodic


@pytest.mark.parametrize(
    "grid",
    [Grid(("a", "b"), 0.5), Grid(("a", "c", "b"), 0.5), Grid(("a", "b", "c"), 0.1), Grid(("a", "b", "c"), 0.5, dims=2)],
)
def test_a_condition_of_another_grid_is_refused(grid):
    with pytest.raises(InputError, match=r"fitted to a, b, c in voxels of 0\.5 x 0\.5 x 0\.5 um"):
        field_generator(FIT)(0, condition(grid=grid))


@pytest.mark.parametrize(
    "vf",
    [
        {"a": 0.5, "b": 0.5},
        {"a": NAN, "b": 0.5, "c": 0.5},
        {"a": -0.2, "b": 0.6, "c": 0.6},
        {"a": 0.9, "b": 0.9, "c": 0.9},
    ],
)
def test_fractions_that_no_structure_has_are_refused_and_not_scaled(vf):
    with pytest.raises(InputError, match="volume fractions of a, b, c that add up to 1 were expected in the condition"):
        field_generator(FIT)(0, condition(vf=vf))


def test_stored_fields_draw_what_the_fit_draws(tmp_path):
    path = tmp_path / "fields.json"
    path.write_text(json.dumps({"request": {"candidates": 2}, "fit": FIT.to_dict()}))
    generate = stored_fields(path)
    assert without_fingerprint(generate.about) == {"fields": FIT.to_dict(), "candidates": 2}
    expected = field_generator(FIT, 2)(5, condition())
    np.testing.assert_array_equal(generate(5, condition()).labels, expected.labels)
    for bare in (FIT.to_dict(), {"fit": FIT.to_dict()}):  # of a training, which asked for no candidates
        path.write_text(json.dumps(bare))
        assert without_fingerprint(stored_fields(path).about) == {"fields": FIT.to_dict(), "candidates": 8}
        assert stored_fields(path).about["fingerprint"] != generate.about["fingerprint"]
    for text in ("", "[]", "{}", "3", '{"fit": {}}', '{"fit": null}', '{"request": {"candidates": 2}}'):
        path.write_text(text)
        with pytest.raises(InputError, match="no whole fit of fields"):
            stored_fields(path)
    path.write_text(json.dumps({"request": {"candidates": "8"}, "fit": FIT.to_dict()}))
    with pytest.raises(InputError, match=r"fields\.json: candidates: a whole number above 0"):
        stored_fields(path)
    with pytest.raises(InputError, match=r"nowhere\.json: cannot be read"):
        stored_fields(tmp_path / "nowhere.json")
