"""What the page on other tools says: its numbers are porenet's of today, and the factors between conventions hold."""

import json

import numpy as np
import pytest
from checkout import ELECTRODE, ROOT

import porenet
from porenet import Grid, Volume

slow = pytest.mark.slow
RESULT = json.loads((ROOT / "docs" / "results" / "other_tools.json").read_text(encoding="utf-8"))
VOLUMES = RESULT["volumes"]


def values(quantity, call, volume="electrode"):
    """The values of the way whose tool and call begin like that, the shortest of them."""
    rows = {f"{row['tool']}: {row['call']}": row["values"] for row in VOLUMES[volume]["quantities"][quantity]}
    return rows[min((name for name in rows if name.startswith(call)), key=len)]


@pytest.fixture(scope="module")
def electrode():
    return Volume(np.load(ELECTRODE)["im"].astype(np.uint8), Grid(("a", "b", "c"), (0.1, 0.1, 0.1)))


@pytest.mark.parametrize(
    ("quantity", "call", "metric", "key", "params"),
    [
        ("ssa", "porenet: ssa, estimator=faces", "ssa", "{}", {"estimator": "faces"}),
        *(pytest.param("ssa", f"porenet: ssa, estimator={name}", "ssa", "{}", {"estimator": name}, marks=slow)
          for name in ("crofton", "tv", "heat")),
        pytest.param("tortuosity", "porenet: tortuosity, boundary=face", "tortuosity", "{}.tortuosity_factor", {},
                     marks=slow),
        pytest.param("sizes", "porenet: phase_size", "phase_size", "{}.d50", {}, marks=slow),
        pytest.param("sizes", "porenet: intrusion_size", "intrusion_size", "{}.d50", {}, marks=slow),
        ("euler", "porenet: euler_number (default)", "euler_number", "{}", {}),
        ("chords", "porenet: chord_length, axis=z", "chord_length", "{}.mean", {"axis": "z"}),
        pytest.param("paths", "porenet: geodesic_tortuosity (default)", "geodesic_tortuosity", "{}.mean", {},
                     marks=slow),
        pytest.param("necks", "porenet: neck_diameter", "neck_diameter", "{}.d50", {}, marks=slow),
    ],
)  # fmt: skip
def test_porenets_numbers_are_those_of_today(electrode, quantity, call, metric, key, params):
    measured = porenet.create_metric(metric, **params)(electrode)
    assert values(quantity, call) == pytest.approx({phase: measured[key.format(phase)] for phase in "abc"}, rel=1e-3)


def test_triple_lines_differ_by_the_stated_factor():
    share = values("tpb", "TauFactor: triple_phase_boundary")["all"]
    length = values("tpb", "porenet: tpb, estimator=edges")["all"]
    assert 3 * share * (1 - 1 / 62) ** 2 / 0.1**2 == pytest.approx(length, rel=1e-5)


@pytest.mark.parametrize("volume", VOLUMES)
def test_tortuosities_are_one_in_one_convention(volume):
    cell, face = (values("tortuosity", f"porenet: tortuosity, boundary={name}", volume) for name in ("cell", "face"))
    assert values("tortuosity", "PoreSpy: the same", volume) == pytest.approx(cell, rel=1e-3)
    assert values("tortuosity", "TauFactor: Solver", volume) == pytest.approx(face, rel=2e-4)


@pytest.mark.parametrize("volume", VOLUMES)
def test_distances_cut_to_whole_voxels_are_what_porespys_porosimetry_reads(volume):
    whole = values("sizes", "scipy: floods and openings at every whole", volume)
    assert values("sizes", "PoreSpy: porosimetry (default)", volume) == pytest.approx(whole)


def test_s2_of_porespy_is_over_phi():
    scaled, bare = (
        values("s2", f"PoreSpy: two_point_correlation, {name}") for name in ("probability_scaled", "probability")
    )
    phi = values("s2", "porenet: s2 (default)")["0"]
    assert scaled["0"] == pytest.approx(phi)
    assert {lag: value * phi for lag, value in bare.items()} == pytest.approx(scaled, rel=1e-4)


@pytest.mark.parametrize("volume", VOLUMES)
def test_interfaces_of_taufactor_are_numbers_of_faces(volume):
    faces = values("dpb", "porenet: dpb, estimator=faces", volume)
    numbers = values("dpb", "TauFactor: interfacial_areas", volume)
    assert {pair: number * 0.1**2 for pair, number in numbers.items()} == pytest.approx(faces, rel=1e-5)


@pytest.mark.parametrize("volume", VOLUMES)
@pytest.mark.parametrize("estimator", ["crofton (default)", "faces"])
def test_interfaces_add_up_to_surfaces(volume, estimator):
    areas = values("dpb", f"porenet: dpb, estimator={estimator}", volume)
    surfaces = values("ssa", f"porenet: ssa, estimator={estimator}", volume)
    for phase, surface in surfaces.items():
        assert sum(area for pair, area in areas.items() if phase in pair.split("-")) == pytest.approx(surface, rel=1e-5)


@pytest.mark.parametrize("volume", VOLUMES)
def test_a_segment_of_one_voxel_is_a_pair_of_points(volume):
    paths, pairs = (values(name, f"porenet: {name}", volume) for name in ("lineal_path", "s2"))
    assert [paths[lag] for lag in "01"] == [pairs[lag] for lag in "01"]
    assert all(paths[lag] <= pairs[lag] for lag in paths)


@pytest.mark.parametrize("volume", VOLUMES)
@pytest.mark.parametrize(("own", "other"), [("", "(axis=0), "), (", include_cut=True", "(axis=0, trim_edges=False), ")])
def test_chords_differ_by_the_rows_left_out(volume, own, other):
    theirs = values("chords", f"PoreSpy: apply_chords{other}", volume)
    assert values("chords", f"porenet: chord_length, axis=z{own}", volume) == pytest.approx(theirs, rel=0.02)


@pytest.mark.parametrize("volume", VOLUMES)
def test_euler_numbers_are_those_of_scikit_image(volume):
    for own, other in (("(default)", "connectivity=1"), (", connectivity=26", "connectivity=3")):
        theirs = values("euler", f"scikit-image: euler_number({other})", volume)
        assert values("euler", f"porenet: euler_number{' ' * (own[0] == '(')}{own}", volume) == pytest.approx(theirs)


@pytest.mark.parametrize("volume", VOLUMES)
def test_composites_differ_by_half_a_voxel_at_the_ends(volume):
    own, theirs = (values("conductivity", tool, volume)["all"] for tool in ("porenet", "TauFactor"))
    assert theirs == pytest.approx(own, rel=1e-2)
    assert theirs > own
