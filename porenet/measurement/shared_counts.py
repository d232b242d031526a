"""What the metrics of one measurement count of a volume, made known beforehand, so that one pass serves them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from porenet.errors import PorenetError
from porenet.registry import Component, Misbehaviour, quarantine

if TYPE_CHECKING:
    from porenet.interface import Volume


def expect_counts(volume: Volume, tasks: Iterable[tuple[Component, Mapping[str, Any]]]) -> None:
    """Tell a volume what metrics will need to be counted.

    Only what streams say is known. What is wrong with a task, or with the way to it, is left to its measurement.

    Args:
        volume: any labelled structure.
        tasks: the metrics, each with all its parameters.
    """
    from porenet.slabs.ledger import expect  # numba, which measuring needs and importing this does not
    from porenet.slabs.slab import about_of
    from porenet.slabs.stream import has_own_state, has_parts

    shape, needs = about_of(volume).shape, []
    with suppress(Misbehaviour), quarantine(lambda _printed: None):
        for component, params in tasks:
            try:
                component.load()
                stream = component.imported_stream()
                if stream is not None and not (has_own_state(stream) or has_parts(stream)):
                    needs.append(stream.need(volume.grid, shape, params))
            except PorenetError:
                continue
    expect(volume, needs)
