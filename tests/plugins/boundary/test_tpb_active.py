"""Which of the triple-phase boundary is active, unknown or inactive."""

import itertools
import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from porenet_boundary.metrics.tpb import triple_phase_boundary
from scipy import ndimage

from porenet.errors import InputError
from porenet.interface import Grid, Undefined, Volume
from porenet.testing import grids, volumes

PHASES = ("Ni", "YSZ", "pore")
NI, YSZ, PORE = range(3)
OPEN = (False, False, False)
CUBE = (1.0, 1.0, 1.0)
ELECTRODE = {"Ni": ("z_min",), "YSZ": ("z_max",), "pore": ("z_min",)}


def lengths(labels, voxel_um=CUBE, periodic=OPEN, **params):
    """Lengths, um, rather than per volume."""
    volume = Volume(np.asarray(labels, np.uint8), Grid(PHASES, voxel_um, periodic))
    found = triple_phase_boundary(volume, **params)
    return {key: value * volume.labels.size * math.prod(voxel_um) for key, value in found.items()}


def columns(depth=4):
    """Four columns along z: Ni beside YSZ, pore beside pore; one line of ``depth`` edges up the middle."""
    labels = np.empty((depth, 2, 2), np.uint8)
    labels[:, 0, 0], labels[:, 0, 1], labels[:, 1] = NI, YSZ, PORE
    return labels


def by_hand(volume, active):
    """Edge by edge in plain Python, on components that scipy labels; for open boxes."""
    labels, shape, edges = volume.labels, volume.labels.shape, volume.grid.voxel_um
    supplied, possible = np.zeros(shape, bool), np.zeros(shape, bool)
    for label, phase in enumerate(PHASES):
        parts, count = ndimage.label(labels == label)
        for one in range(1, count + 1):
            part = parts == one
            ends = {"z_min": part[0].any(), "z_max": part[-1].any()}
            needed = ends if active == "spanning" else ELECTRODE[phase]
            supplied[part] = all(ends[face] for face in needed)
            possible[part] = part[:, 0].any() | part[:, -1].any() | part[:, :, 0].any() | part[:, :, -1].any()
    found = dict.fromkeys(("total", "active", "unknown", "inactive"), 0.0)
    for direction, place in itertools.product(range(3), np.ndindex(shape)):
        corners = [tuple(np.add(place, step)) for step in np.ndindex(2, 2, 2) if step[direction] == 0]
        if any(index >= size for corner in corners for index, size in zip(corner, shape, strict=True)):
            continue
        if {labels[corner] for corner in corners} != {NI, YSZ, PORE}:
            continue
        kind = "active"
        for label in (NI, YSZ, PORE):
            mine = [corner for corner in corners if labels[corner] == label]
            if not any(supplied[corner] for corner in mine):
                maybe = any(possible[corner] for corner in mine)
                kind = "inactive" if kind == "inactive" or not maybe else "unknown"
        found["total"] += edges[direction]
        found[kind] += edges[direction]
    return {key: length / (labels.size * math.prod(edges)) for key, length in found.items()}


def test_a_line_is_active_where_all_its_phases_span():
    assert lengths(columns()) == {"total": 4, "active": 4, "unknown": 0, "inactive": 0}


def test_a_phase_cut_short_at_the_side_of_the_box_leaves_it_unknown():
    labels = columns()
    labels[3, 0, 0] = PORE  # the Ni ends below the top: 3 edges up the middle, and one around its end along y
    assert lengths(labels, (1.0, 2.0, 5.0)) == pytest.approx({"total": 5, "active": 0, "unknown": 5, "inactive": 0})
    reached = lengths(labels, (1.0, 2.0, 5.0), active="reachable")
    assert reached == pytest.approx({"total": 5, "active": 5, "unknown": 0, "inactive": 0})


def test_a_phase_that_no_side_touches_makes_it_inactive():
    labels = np.full((5, 5, 5), PORE)
    labels[:, 2:, :] = YSZ
    labels[2, 1, 2] = NI  # one voxel of Ni on a floor of YSZ, in the pore
    around = {"total": 4.0, "active": 0.0, "unknown": 0.0, "inactive": 4.0}
    assert lengths(labels) == around
    labels[:, 1, :2] = NI  # a wall beside it, which joins it to everything
    assert lengths(labels)["inactive"] == 0


def test_a_dead_phase_outweighs_one_that_may_go_on():
    labels = np.full((5, 5, 5), PORE)
    labels[1:4, 3:, :] = YSZ  # touches the sides, does not span
    labels[2, 2, 2] = NI  # touches nothing
    assert lengths(labels) == {"total": 4, "active": 0, "unknown": 0, "inactive": 4}


def test_one_supplied_voxel_of_a_phase_is_enough():
    # Ni at two opposite corners of the line, in two columns; one of them is cut.
    labels = np.empty((4, 2, 2), np.uint8)
    labels[:, 0, 0] = labels[:, 1, 1] = NI
    labels[:, 0, 1], labels[:, 1, 0] = YSZ, PORE
    labels[3, 0, 0] = YSZ
    # Up the middle 4 edges, supplied by the column that is whole; around the end of the cut one, 1 that has it alone.
    assert lengths(labels) == {"total": 5, "active": 4, "unknown": 1, "inactive": 0}


def test_reservoirs_are_those_of_the_user():
    labels = columns()
    labels[3, 0, 0] = PORE
    away = lengths(labels, active="reachable", reservoirs={"Ni": "z_max", "YSZ": "z_max", "pore": "z_min"})
    assert (away["active"], away["unknown"]) == (0, away["total"])
    # Supplied along y: the faces of y are no side faces then, those of z are.
    across = lengths(labels, active="reachable", reservoirs={"Ni": "y_max", "YSZ": "y_min", "pore": "y_max"})
    assert (across["active"], across["unknown"]) == (0, across["total"])


def test_around_a_periodic_axis_there_is_no_side_and_no_supply():
    labels = columns()
    labels[3, 0, 0] = PORE
    # Each of the 4 lines along z sees all columns, 3 edges high; 2 edges along y run over the end of the Ni.
    wrapped = lengths(labels, periodic=(False, True, True))
    assert wrapped == {"total": 14, "active": 0, "unknown": 0, "inactive": 14}
    # Ni that spans only by going around z does not span.
    labels = columns()
    labels[2, 0, 0] = YSZ
    assert lengths(labels, periodic=(True, False, False))["active"] == 0


@pytest.mark.parametrize("active", ["spanning", "reachable"])
@given(st.tuples(*[st.integers(2, 5)] * 3), st.integers(0, 2**31), st.sampled_from([CUBE, (0.5, 1.0, 2.0)]))
def test_equals_the_sum_over_edges(active, shape, seed, voxel_um):
    # Blocky labels: in pure noise nothing spans.
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, [-(-n // 2) for n in shape]).repeat(2, 0).repeat(2, 1)[: shape[0], : shape[1]]
    labels = labels.repeat(2, 2)[:, :, : shape[2]].astype(np.uint8)
    labels[rng.random(shape) < 0.1] = rng.integers(0, 3)
    volume = Volume(labels, Grid(PHASES, voxel_um))
    assert triple_phase_boundary(volume, active=active) == pytest.approx(by_hand(volume, active), rel=1e-12)


@given(
    grids(PHASES).flatmap(partial(volumes, min_side=2)),
    st.sampled_from(["spanning", "reachable"]),
    st.sampled_from(["edges", "coarea", "triple"]),
)
def test_the_kinds_add_up(volume, active, estimator):
    found = triple_phase_boundary(volume, active=active, estimator=estimator)
    if isinstance(found["total"], Undefined):  # of features too fine for coarea
        assert {found[kind] for kind in ("active", "unknown", "inactive")} == {found["total"]}
        return
    assert found["active"] + found["unknown"] + found["inactive"] == pytest.approx(found["total"], rel=1e-12)
    assert min(found.values()) >= 0
    if len(np.unique(volume.labels)) < 3:
        assert set(found.values()) == {0.0}


def test_other_phase_names_have_no_reservoirs_of_their_own():
    volume = Volume(columns(), Grid(("LSM", "YSZ", "pore"), CUBE))
    with pytest.raises(InputError, match="no face is known to supply LSM"):
        triple_phase_boundary(volume, active="reachable")
    faces = {"LSM": "z_min", "YSZ": "z_max", "pore": "z_min"}
    assert triple_phase_boundary(volume, active="reachable", reservoirs=faces)["active"] == 0.25
    assert triple_phase_boundary(volume, reservoirs={"LSM": "z_min"})["active"] == 0.25  # not read for spanning
