"""What the Specs of metrics and scores declare for a comparison: resolutions, transforms, published scores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from porenet import registry
from porenet.comparison.samples import Quantity
from porenet.errors import PluginError, UnknownComponent
from porenet.interface import Spec

PUBLISHED = ("s_value", "s_value_scaled")
"""Scores that every comparison computes, where they are installed."""


@dataclass(frozen=True)
class Declared:
    """What the metrics of the compared quantities declare.

    Attributes:
        resolution: smallest difference that matters, in the unit of the quantity; quantities without one are left out.
        transform: ``log`` for quantities that are compared by their logarithms.
        notes: metrics of which nothing is known, in words.
    """

    resolution: dict[Quantity, float] = field(default_factory=dict)
    transform: dict[Quantity, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def declared_for(quantities: Iterable[Quantity]) -> Declared:
    """What the metrics of these quantities declare; of a metric that is not installed, nothing."""
    resolution, transform, unknown = {}, {}, set()
    for quantity in quantities:
        spec = _spec(quantity)
        if spec is None:
            unknown.add(quantity.metric)
            continue
        if smallest := spec.resolution_of(quantity.key):
            resolution[quantity] = float(smallest)
        if spec.transform:
            transform[quantity] = str(spec.transform)
    notes = (f"not installed, so compared as measured: {', '.join(sorted(unknown))}",) if unknown else ()
    return Declared(resolution, transform, notes)


def published_scores() -> tuple[str, ...]:
    """Names of the published scores that are installed."""
    names = {component.spec.name for component in registry.installed().components if component.spec.kind == "score"}
    return tuple(name for name in PUBLISHED if name in names)


def _spec(quantity: Quantity) -> Spec | None:
    name = f"{quantity.provider}:{quantity.metric}" if quantity.provider else quantity.metric
    try:
        return registry.installed().find("metric", name).spec
    except (UnknownComponent, PluginError):
        return None
