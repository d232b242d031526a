"""Every component of porenet's own plugins obeys the laws that bind strangers."""

from porenet_boundary import porenet_specs as boundary
from porenet_similarity import porenet_specs as similarity
from porenet_statistics import porenet_specs as statistics
from porenet_topology import porenet_specs as topology
from porenet_transport import porenet_specs as transport

from porenet.testing import Case, conformance

SPECS = {
    (spec.kind, spec.name): spec
    for plugin in (boundary, similarity, statistics, topology, transport)
    for spec in plugin()
}
PHASE = {"phase": "pore"}

CASES = {
    ("loss", "vf"): [Case(SPECS["loss", "vf"], twin=SPECS["metric", "vf"])],
    ("metric", "vf"): [Case(SPECS["metric", "vf"])],
    ("metric", "connectivity"): [
        Case(SPECS["metric", "connectivity"]),
        Case(SPECS["metric", "connectivity"], params={"axis": "x"}),
    ],
    ("metric", "percolates"): [Case(SPECS["metric", "percolates"])],
    ("metric", "euler_number"): [
        Case(SPECS["metric", "euler_number"]),
        Case(SPECS["metric", "euler_number"], params={"connectivity": 26}),
    ],
    ("metric", "ssa"): [
        Case(SPECS["metric", "ssa"], params={"estimator": estimator, "per": per})
        for estimator in ("crofton", "faces", "tv")
        for per in ("volume", "phase")
    ],
    ("metric", "dpb"): [
        Case(
            SPECS["metric", "dpb"],
            params={"estimator": estimator},
            expected_failures={"phases_may_be_reordered": "its keys name the phases in the grid's order"},
        )
        for estimator in ("crofton", "faces")
    ],
    ("metric", "tpb"): [
        *(
            Case(SPECS["metric", "tpb"], params={"estimator": estimator, "active": active})
            for estimator in ("edges", "coarea")
            for active in ("spanning", "reachable")
        ),
        Case(SPECS["metric", "tpb"], params={"phases": ("pore", "a", "c")}, phases=("a", "b", "c", "pore")),
        Case(SPECS["metric", "tpb"], phases=("a", "b")),
    ],
    ("metric", "tpb_voxel_count"): [Case(SPECS["metric", "tpb_voxel_count"])],
    ("metric", "s2"): [
        Case(
            SPECS["metric", "s2"],
            params={"lags_um": (0.5, 1.0)},
            expected_failures={"unit_is_true": "a lag keeps its um while the voxels grow; test_s2.py doubles both"},
        )
    ],
    ("metric", "chord_length"): [
        Case(SPECS["metric", "chord_length"]),
        Case(SPECS["metric", "chord_length"], params={"axis": "z", "include_cut": True}),
    ],
    ("metric", "representative_volume"): [Case(SPECS["metric", "representative_volume"])],
    ("metric", "tortuosity"): [
        Case(SPECS["metric", "tortuosity"]),
        Case(SPECS["metric", "tortuosity"], params={"axis": "x", "boundary": "cell"}),
    ],
    ("score", "s_value"): [
        Case(
            SPECS["score", "s_value"],
            expected_failures={
                "unit_does_not_matter": "f_sigma is in the unit of the values, as published",
                "undefined_values_count": "undefined values are dropped, as published",
            },
        )
    ],
    ("score", "s_value_scaled"): [Case(SPECS["score", "s_value_scaled"])],
    ("loss", "isolation"): [
        Case(SPECS["loss", "isolation"], params=PHASE),
        Case(SPECS["loss", "isolation"], params=PHASE | {"boundary": "replicate"}),
    ],
}


def test_every_component_has_a_case():
    assert set(CASES) == set(SPECS)


@conformance(*(case for cases in CASES.values() for case in cases))
def test_conformance(check):
    check()
