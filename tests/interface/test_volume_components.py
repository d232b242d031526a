"""What a volume works out once and shares: masks, components, reachability and spanning by name."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from porenet import flood_fill
from porenet.errors import InputError
from porenet.flood_fill import runs
from porenet.interface import AXES, FACES, Grid, Volume
from porenet.testing import volumes

PHASES = ("Ni", "YSZ", "pore")
NOISE = np.random.default_rng(0).integers(0, 3, (6, 7, 8))


def noisy(periodic=(False, False, False)):
    return Volume(NOISE, Grid(PHASES, (0.1, 0.2, 0.3), periodic))


@given(volumes(), st.sets(st.sampled_from(FACES)), st.sampled_from(AXES))
def test_a_volume_knows_by_name_what_flood_fill_knows_by_label(volume, faces, axis):
    labels, periodic = volume.labels, volume.grid.periodic
    assert np.array_equal(volume.components.ids, flood_fill.components(labels, periodic=periodic).ids)
    for label, phase in enumerate(volume.grid.phases):
        assert np.array_equal(volume.mask(phase), labels == label)
        reached = flood_fill.reachable(labels, label, faces, periodic=periodic)
        assert np.array_equal(volume.reachable(phase, faces), reached)
        spanned = flood_fill.spanning(labels, label, axis, periodic=periodic)
        assert np.array_equal(volume.spanning(phase, axis), spanned)


def test_components_are_worked_out_once(monkeypatch):
    calls = []
    real = flood_fill.components
    monkeypatch.setattr(flood_fill, "components", lambda *a, **k: calls.append(k) or real(*a, **k))
    volume = noisy()
    for phase in PHASES:
        volume.reachable(phase, ("z_min", "x_max"))
        for axis in AXES:
            volume.spanning(phase, axis)
    assert volume.opened("y") is volume.components
    assert len(calls) == 1


def test_a_periodic_axis_is_opened_once_and_the_last_one_kept(monkeypatch):
    calls = []
    real = flood_fill.components
    monkeypatch.setattr(flood_fill, "components", lambda *a, **k: calls.append(k["periodic"]) or real(*a, **k))
    volume = noisy((True, False, True))
    for phase in PHASES:
        volume.spanning(phase, "z")
    for phase in PHASES:
        volume.spanning(phase, "x")
        volume.spanning(phase, "y")
    volume.spanning("Ni", "z")
    assert calls == [(False, False, True), (True, False, False), (True, False, True), (False, False, True)]


def test_what_a_volume_shares_is_read_only():
    volume = noisy()
    with pytest.raises(ValueError, match="read-only"):
        volume.components.ids[0, 0, 0] = 1


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda volume: pickle.loads(pickle.dumps(volume))])
def test_a_copy_is_the_same_volume_without_what_was_worked_out(copied):
    volume = noisy((True, False, False))
    fresh = len(pickle.dumps(volume))
    assert volume.components
    assert volume.opened("z")
    assert len(pickle.dumps(volume)) == fresh
    other = copied(volume)
    assert "components" not in vars(other)
    assert other.grid == volume.grid
    assert np.array_equal(other.components.ids, volume.components.ids)
    with pytest.raises(ValueError, match="read-only"):
        other.labels[0, 0, 0] = 1


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda volume: volume.mask("por"), "no phase 'por' on this grid; did you mean 'pore'?"),
        (lambda volume: volume.reachable("nickel", FACES), "no phase 'nickel' on this grid"),
        (lambda volume: volume.spanning("nickel", "z"), "no phase 'nickel' on this grid"),
        (lambda volume: volume.spanning("Ni", "t"), "an axis is z, y or x, not 't'"),
        (lambda volume: volume.opened("z_min"), "an axis is z, y or x, not 'z_min'"),
        (lambda volume: volume.reachable("Ni", ("top",)), "a face is one of z_min, z_max, y_min, y_max, x_min, x_max"),
        (lambda volume: volume.reachable("Ni", "z_min"), "must be a collection of names such as ('z_min',)"),
    ],
)
def test_bad_names_are_refused(call, complaint):
    with pytest.raises(InputError) as caught:
        call(noisy())
    assert complaint in str(caught.value)


def test_more_runs_than_can_be_numbered_are_refused(monkeypatch):
    volume = noisy()
    monkeypatch.setattr(runs, "MOST_RUNS", 3)
    with pytest.raises(InputError, match=r"Volume.labels: labels must have at most 3 runs of one label along x"):
        _ = volume.components


def test_numba_is_imported_by_the_first_component_only():
    code = """
import sys
import numpy as np
from porenet import Grid, Volume
volume = Volume(np.zeros((2, 2, 2), "uint8"), Grid(("Ni", "pore"), (1, 1, 1)))
volume.mask("Ni")
assert "numba" not in sys.modules
volume.components
assert "numba" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
