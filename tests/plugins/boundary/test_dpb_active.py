"""Active interfaces and active shares of triple lines: by hand, and face by face in plain Python."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from porenet_boundary.metrics.dpb import interface_densities
from porenet_boundary.metrics.dpb_active import active_interface_densities
from porenet_boundary.metrics.tpb import triple_phase_boundary
from porenet_boundary.metrics.tpb_active_share import active_share
from scipy import ndimage

from porenet.errors import InputError
from porenet.interface import Grid, Undefined, Volume
from porenet.testing import volumes

PHASES = ("LSCF", "pore")
GRID = Grid(("Ni", "YSZ", "pore"), (0.5, 0.25, 1.0))
FED = {"Ni": "z_min", "YSZ": "z_max", "pore": "z_min"}
KINDS = ("active", "unknown", "inactive")


def structure(labels, phases=PHASES):
    return Volume(np.asarray(labels, np.uint8), Grid(phases, (1.0, 1.0, 1.0)))


def test_a_wall_and_a_closed_pore_by_hand():
    # 6 x 7 x 7 of LSCF with an open channel of 1 x 1, whose 24 faces count, and a closed pore of one voxel, with 6.
    labels = np.zeros((6, 7, 7))
    labels[:, 1, 1] = 1
    labels[3, 4, 4] = 1
    areas = active_interface_densities(structure(labels), estimator="faces")
    assert areas == pytest.approx(
        {"LSCF-pore.active": 24 / 294, "LSCF-pore.unknown": 0.0, "LSCF-pore.inactive": 6 / 294}
    )
    labels[3, 4, 4:] = 1  # out to a side face
    areas = active_interface_densities(structure(labels), estimator="faces")
    assert areas["LSCF-pore.unknown"] == pytest.approx(13 / 294)
    assert areas["LSCF-pore.inactive"] == 0.0


def test_a_mixed_conductor_that_is_cut_is_not_active():
    labels = np.zeros((5, 4, 4))
    labels[2] = 1  # a layer of pore cuts LSCF, and does not span
    areas = active_interface_densities(structure(labels), estimator="faces")
    assert areas["LSCF-pore.active"] == 0.0
    assert areas["LSCF-pore.unknown"] == pytest.approx(32 / 80)  # all touch the sides
    fed = active_interface_densities(
        structure(labels), estimator="faces", active="reachable", reservoirs={"LSCF": "z_max", "pore": "y_min"}
    )
    assert fed["LSCF-pore.active"] == pytest.approx(16 / 80)


def supplied_by_hand(volume, label, active):
    pieces, number = ndimage.label(volume.labels == label)
    walls = {"z_min": pieces[0], "z_max": pieces[-1]}
    sides = {*pieces[:, 0].flat, *pieces[:, -1].flat, *pieces[:, :, 0].flat, *pieces[:, :, -1].flat}
    if active == "spanning":
        supplied = set(walls["z_min"].flat) & set(walls["z_max"].flat)
    else:
        supplied = set(walls[FED[volume.grid.phases[label]]].flat)
    table = np.array([0 if piece in supplied else 1 if piece in sides else 2 for piece in range(number + 1)])
    return table[pieces]


@settings(max_examples=15)
@given(volumes(GRID, min_side=2), st.sampled_from(["spanning", "reachable"]))
def test_equals_a_count_face_by_face(volume, active):
    kinds = np.choose(volume.labels, [supplied_by_hand(volume, label, active) for label in range(3)])
    areas = {f"{p}-{q}.{kind}": 0.0 for p, q in itertools.combinations(GRID.phases, 2) for kind in KINDS}
    for place in np.ndindex(volume.labels.shape):
        for axis in range(3):
            beside = list(place)
            beside[axis] += 1
            if beside[axis] == volume.labels.shape[axis]:
                continue
            pair = sorted((volume.labels[place], volume.labels[tuple(beside)]))
            if pair[0] != pair[1]:
                kind = KINDS[max(kinds[place], kinds[tuple(beside)])]
                key = f"{GRID.phases[pair[0]]}-{GRID.phases[pair[1]]}.{kind}"
                areas[key] += 1 / GRID.voxel_um[axis] / volume.labels.size
    measured = active_interface_densities(volume, estimator="faces", active=active)
    assert measured == pytest.approx(areas)
    for estimator in ("faces", "crofton"):
        parts = active_interface_densities(volume, estimator=estimator, active=active)
        for pair, area in interface_densities(volume, estimator=estimator).items():
            kinds_of_pair = [parts[f"{pair}.{kind}"] for kind in KINDS]
            if isinstance(area, Undefined):
                assert kinds_of_pair == [area] * len(KINDS)
            else:
                assert sum(kinds_of_pair) == pytest.approx(area, abs=1e-12)


@settings(max_examples=10)
@given(volumes(GRID, min_side=2), st.sampled_from(["spanning", "reachable"]))
def test_shares_are_those_of_the_lengths(volume, active):
    shares, lengths = active_share(volume, active=active), triple_phase_boundary(volume, active=active)
    if lengths["total"] == 0:
        assert set(shares.values()) == {Undefined("there is no triple line")}
        return
    assert shares == pytest.approx({kind: lengths[kind] / lengths["total"] for kind in KINDS})
    assert sum(shares.values()) == pytest.approx(1)


def test_two_phases_have_no_share_and_coarea_may_have_none():
    assert isinstance(active_share(structure(np.eye(4)[None]))["active"], Undefined)
    noise = structure(np.random.default_rng(0).integers(0, 3, (8, 8, 8)), GRID.phases)
    assert isinstance(active_share(noise, estimator="coarea")["active"], Undefined)


def test_an_unknown_reservoir_is_an_error():
    with pytest.raises(InputError, match="no face is known to supply LSCF"):
        active_interface_densities(structure(np.eye(4)[None]), active="reachable")


def test_a_mixed_conductor_needs_both_of_its_faces():
    # LSCF that hangs from z_min, LSCF that stands on z_max, and a column between both; pore all around.
    labels = np.ones((6, 3, 7))
    labels[:3, 1, 1] = labels[3:, 1, 3] = labels[:, 1, 5] = 0
    volume = structure(labels)
    pore = {"pore": "z_min"}

    def active(faces):
        areas = active_interface_densities(
            volume, estimator="faces", active="reachable", reservoirs={"LSCF": faces, **pore}
        )
        assert sum(areas.values()) == pytest.approx(50 / 126)
        return areas["LSCF-pore.active"] * 126

    assert active(("z_min", "z_max")) == pytest.approx(24)
    assert active("z_min") == active(("z_min",)) == pytest.approx(24 + 13)
    assert active("z_max") == pytest.approx(24 + 13)
    spanning = active_interface_densities(volume, estimator="faces")
    assert spanning["LSCF-pore.active"] * 126 == pytest.approx(24)
    with pytest.raises(InputError, match="no face is known to supply LSCF"):
        active(())


def test_more_phases_than_can_be_divided():
    phases = tuple(f"p{i}" for i in range(86))
    with pytest.raises(InputError, match="at most 85 phases"):
        active_interface_densities(structure(np.zeros((2, 2, 2)), phases))
