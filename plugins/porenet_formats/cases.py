"""Cases of the formats for the laws."""

from __future__ import annotations

from collections.abc import Iterator

from porenet.testing import Case


def cases() -> Iterator[Case]:
    """One case per format and way of writing it."""
    return iter(())
