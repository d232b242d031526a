"""The laws that every component obeys, porenet's own and a stranger's alike.

A plugin's whole conformance test::

    from porenet.testing import Case, conformance
    from my_plugin import porenet_specs

    @conformance(*(Case(spec, params={"phase": "pore"}) for spec in porenet_specs()))
    def test_conformance(check):
        check()
"""

from porenet.testing.case import Case, LawBroken
from porenet.testing.conformance import conformance, laws_for
from porenet.testing.electrodes import electrodes
from porenet.testing.strategies import grids, probability_fields, score_samples, volumes

__all__ = [
    "Case",
    "LawBroken",
    "conformance",
    "electrodes",
    "grids",
    "laws_for",
    "probability_fields",
    "score_samples",
    "volumes",
]
