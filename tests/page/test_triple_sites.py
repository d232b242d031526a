"""Where three phases meet, against a walk over every edge, and against the lengths that the metric tpb measures."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

import porenet
from porenet.config import GridFile
from porenet.interface import FACES, Grid, Volume
from porenet.page import triple_sites as module
from porenet.page.supply import supply_of
from porenet.page.triple_sites import KINDS, blocked_inlet, triple_sites

PHASES = ("Ni", "YSZ", "pore")
EDGES = (0.1, 0.2, 0.35)


def looked_at(labels, *, reservoirs=None, periodic=(False, False, False), phases=PHASES, triple=None):
    volume = Volume(np.asarray(labels, np.uint8), Grid(phases, EDGES, periodic))
    supply = supply_of(GridFile(volume.grid, {}, reservoirs or {}), triple, {})
    return volume, supply, triple_sites(volume, supply, supply.triple)


def rows_of(sites):
    """The sites of a field, (N, 4): z, y, x and direction + 4 x kind; by direction, then place."""
    rows = []
    for direction in range(3):
        code = sites.field >> 2 * direction & 3
        places = np.argwhere(code)
        rows.append(np.c_[places, direction + 4 * (code[tuple(places.T)].astype(int) - 1)])
    return np.concatenate(rows)


@st.composite
def cases(draw):
    """Small volumes of three or four phases, one voxel thick among them, open and periodic, with any reservoirs."""
    shape = tuple(draw(st.integers(1, 6)) for _ in range(3))
    labels = np.random.default_rng(draw(st.integers(0, 10**6))).integers(0, draw(st.integers(3, 4)), shape)
    periodic = tuple(draw(st.booleans()) for _ in range(3))
    reservoirs = (
        {phase: draw(st.sampled_from(FACES)) for phase in PHASES} if draw(st.booleans()) else {"other": "z_min"}
    )
    return labels, reservoirs, periodic


@given(cases(), st.sampled_from([1, 2, 32]))
def test_they_add_up_to_the_lengths_of_the_metric(case, slab):
    labels, reservoirs, periodic = case
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "SLAB", slab)
        volume, supply, sites = looked_at(
            labels, reservoirs=reservoirs, periodic=periodic, phases=(*PHASES, "other"), triple=PHASES
        )
    assert supply.active == ("spanning" if "other" in reservoirs else "reachable")
    params = {"active": supply.active, "phase_triple": PHASES, "reservoirs": reservoirs}
    lengths = porenet.create_metric("tpb", **params)(volume)
    per_um2 = np.array(EDGES) / (labels.size * np.prod(EDGES))
    for kind, row in zip(KINDS, sites.counts, strict=True):
        if isinstance(lengths[kind], float):
            assert float(row @ per_um2) == pytest.approx(lengths[kind], rel=1e-12, abs=1e-12)
        else:  # an axis of supply is one voxel thick
            assert lengths["total"] == pytest.approx(float(sites.counts.sum(axis=0) @ per_um2), rel=1e-12, abs=1e-12)
    rows = rows_of(sites)
    assert sites.field.dtype == np.uint8
    assert sites.field.shape == labels.shape
    assert sites.count("total") == len(rows) == sum(map(sites.count, KINDS))
    direction, kind = rows[:, 3] & 3, rows[:, 3] >> 2
    for number in range(3):
        found = np.bincount(kind[direction == number], minlength=3)
        assert found.tolist() == sites.counts[:, number].tolist()


def walked(labels, faces):
    """Every edge of an open volume by its four voxels, as rows of the page; and the components that work."""
    side = {axis: [face for face in FACES if face[0] == axis] for axis in "zyx"}
    used = {face[0] for face in faces}
    joined, fed, outward = np.zeros(labels.shape, int), {}, {}
    for label in range(3):
        found, count = ndimage.label(labels == label)
        joined += np.where(found, found + 1000 * label, 0)
        for number in range(1, count + 1):
            touched = {
                face
                for axis, ends in enumerate(side.values())
                for face, layer in zip(ends, (0, -1), strict=True)
                if (np.take(found, layer, axis) == number).any()
            }
            fed[number + 1000 * label] = faces[label] in touched
            outward[number + 1000 * label] = any(face[0] not in used for face in touched)
    rows, working = [], set()
    for direction in range(3):
        one, other = (axis for axis in range(3) if axis != direction)
        for place in itertools.product(
            *(range(1 if axis != direction else 0, labels.shape[axis]) for axis in range(3))
        ):
            around = []
            for down, across in itertools.product((0, 1), (0, 1)):
                corner = list(place)
                corner[one] -= down
                corner[other] -= across
                around.append(tuple(corner))
            if {int(labels[one]) for one in around} != {0, 1, 2}:
                continue
            of = {label: [joined[one] for one in around if labels[one] == label] for label in range(3)}
            active = all(any(fed[one] for one in of[label]) for label in range(3))
            maybe = all(any(fed[one] or outward[one] for one in of[label]) for label in range(3))
            rows.append((*place, direction + 4 * (0 if active else 1 if maybe else 2)))
            working |= {one for ones in of.values() for one in ones} if active else set()
    return rows, working, joined


@given(st.tuples(*[st.integers(1, 5)] * 3), st.integers(0, 10**6), st.tuples(*[st.sampled_from(FACES)] * 3))
def test_places_and_kinds_and_blocked_inlets_as_a_walk_over_every_edge_finds_them(shape, seed, faces):
    labels = np.random.default_rng(seed).integers(0, 3, shape)
    volume, supply, sites = looked_at(labels, reservoirs=dict(zip(PHASES, faces, strict=True)))
    rows, working, joined = walked(labels, faces)
    assert sorted(map(tuple, rows_of(sites).tolist())) == sorted(rows)
    for label, (phase, face) in enumerate(supply.reservoirs.items()):
        axis, layer = "zyx".index(face[0]), 0 if face.endswith("min") else -1
        inlet = np.take(joined, layer, axis)[np.take(labels, layer, axis) == label]
        expected = None if not len(inlet) else float(np.mean([one not in working for one in inlet.tolist()]))
        assert blocked_inlet(volume, sites, phase, face) == expected


def test_one_edge_by_hand():
    # Seen along x: Ni and pore above (z = 0), YSZ below; the phases meet on the line between the four.
    labels = np.array([[0, 2], [1, 1]])[:, :, None].repeat(3, axis=2)
    volume, _, sites = looked_at(labels)
    assert rows_of(sites).tolist() == [[1, 1, 0, 2], [1, 1, 1, 2], [1, 1, 2, 2]]
    assert sites.field[1, 1].tolist() == [0b010000] * 3  # active, along x; nothing along y and z
    assert np.count_nonzero(sites.field) == 3
    assert [sites.count(kind) for kind in ("total", *KINDS)] == [3, 3, 0, 0]
    assert [blocked_inlet(volume, sites, *fed) for fed in (("Ni", "z_min"), ("YSZ", "z_max"))] == [0.0, 0.0]


def test_an_edge_of_wrapping_voxels_is_listed_at_index_0():
    labels = np.array([[0, 1], [1, 1], [2, 1]])[:, :, None]  # Ni on top, pore at the bottom: neighbours around z
    _, _, open_sites = looked_at(labels)
    _, _, wrapped = looked_at(labels, periodic=(True, False, False))
    assert open_sites.count("total") == 0
    assert [row[:3] for row in rows_of(wrapped).tolist()] == [[0, 1, 0]]


def test_a_blocked_pore():
    # Columns along z, 4 long: Ni to the left, YSZ to the right, and between them a pore: above the plug it is fed and
    # lies at no line with both; a second pore behind the plug lies at one, and is not fed.
    labels = np.full((4, 3, 1), 1)
    labels[:, 0] = 0
    labels[0, 2], labels[1, 2] = 2, 1
    labels[2:, 1] = 2
    volume, _, sites = looked_at(labels)
    assert sites.count("active") == 0
    assert sites.count("total") > 0
    assert blocked_inlet(volume, sites, "pore", "z_min") == 1.0
    assert blocked_inlet(volume, sites, "pore", "z_max") == 1.0
    assert blocked_inlet(volume, sites, "YSZ", "y_min") is None


def test_a_phase_that_is_absent_meets_nobody():
    volume, _, sites = looked_at(np.zeros((3, 4, 5), int))
    assert not sites.field.any()
    assert sites.count("total") == 0
    assert blocked_inlet(volume, sites, "Ni", "z_min") == 1.0
    assert blocked_inlet(volume, sites, "pore", "z_min") is None
