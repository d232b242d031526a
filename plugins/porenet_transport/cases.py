"""What each metric is tried with by the laws."""

from __future__ import annotations

from collections.abc import Iterator

from porenet.testing import Case
from porenet_transport import porenet_specs

TWO = ("solid", "pore")


def cases() -> Iterator[Case]:
    """At least one case a component."""
    specs = {(spec.kind, spec.name): spec for spec in porenet_specs()}
    tortuosity = specs["metric", "tortuosity"]
    # Two values that are each within the solver's tolerance agree within twice that.
    yield Case(tortuosity, rtol=2e-3)
    yield Case(tortuosity, params={"axis": "x", "boundary": "cell"}, rtol=2e-3)
    yield Case(tortuosity, params={"tolerance": 1e-6}, phases=TWO, rtol=2e-6)
