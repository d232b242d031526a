"""Cases for the laws: the parameters and phases with which the loss is tested."""

from __future__ import annotations

from collections.abc import Iterator

from porenet.testing import Case
from porenet_persistence import porenet_specs


def cases() -> Iterator[Case]:
    """Two numbers of pieces to keep, three phases and two."""
    (spec,) = porenet_specs()
    yield Case(spec, params={"phase": "pore"})
    yield Case(spec, params={"phase": "pore", "keep": 3})
    yield Case(spec, params={"phase": "solid"}, phases=("solid", "pore"))
