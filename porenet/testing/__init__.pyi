from .case import Case, LawBroken
from .checks import Check, laws_for
from .conformance_tests import conformance
from .exact_bodies import Answer, Body, bodies
from .fields import probability_fields
from .random_electrodes import electrodes
from .strategies import grids, score_samples, volumes

__all__ = [
    "Answer", "Body", "Case", "Check", "LawBroken", "bodies", "conformance", "electrodes", "grids", "laws_for",
    "probability_fields", "score_samples", "volumes",
]  # fmt: skip
