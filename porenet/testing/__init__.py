"""Conformance tests: the laws that every component obeys, whether of porenet or of another plugin.

The whole conformance test of a plugin, by the name of its distribution::

    from porenet.testing import conformance

    @conformance("porenet-corners")
    def test_conformance(check):
        check()

The cases come from the plugin's hook ``porenet_cases``, which ``porenet check`` reads too; a `Case` can also be passed
directly.
"""

from porenet.testing.case import Case, LawBroken
from porenet.testing.checks import Check, laws_for
from porenet.testing.conformance_tests import conformance
from porenet.testing.exact_bodies import Answer, Body, bodies
from porenet.testing.fields import probability_fields
from porenet.testing.random_electrodes import electrodes
from porenet.testing.strategies import grids, score_samples, volumes

__all__ = [
    "Answer",
    "Body",
    "Case",
    "Check",
    "LawBroken",
    "bodies",
    "conformance",
    "electrodes",
    "grids",
    "laws_for",
    "probability_fields",
    "score_samples",
    "volumes",
]
