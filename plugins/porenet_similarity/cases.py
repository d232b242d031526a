"""Cases for the laws: each score, which has no parameters."""

from __future__ import annotations

from collections.abc import Iterator

from porenet.testing import Case
from porenet_similarity import porenet_specs


def cases() -> Iterator[Case]:
    """At least one case per component."""
    for spec in porenet_specs():
        yield Case(spec)
