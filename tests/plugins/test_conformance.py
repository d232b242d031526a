"""Every component of porenet's own plugins obeys the laws that bind strangers."""

from porenet_statistics import porenet_specs as statistics
from porenet_topology import porenet_specs as topology

from porenet.testing import Case, conformance

SPECS = {(spec.kind, spec.name): spec for plugin in (statistics, topology) for spec in plugin()}
PHASE = {"phase": "pore"}

CASES = {
    ("loss", "vf"): [Case(SPECS["loss", "vf"], twin=SPECS["metric", "vf"])],
    ("metric", "vf"): [Case(SPECS["metric", "vf"])],
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
