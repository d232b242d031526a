"""The laws that every porenet component obeys: shape, finiteness, gradients that arrive and are right, units, ..."""

from porenet_persistence import porenet_specs

from porenet.testing import Case, conformance

(SPEC,) = porenet_specs()


@conformance(Case(SPEC, params={"phase": "pore"}), Case(SPEC, params={"phase": "pore", "keep": 3}))
def test_conformance(check):
    check()
