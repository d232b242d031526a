"""The laws that every porenet component obeys: shape, finiteness, gradients that arrive and are right, units, ..."""

from porenet.testing import conformance


@conformance("porenet-persistence")
def test_conformance(check):
    check()
