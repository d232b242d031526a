"""One weighted, scheduled loss of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from porenet.registry import Component


@dataclass(frozen=True, slots=True)
class Term:
    """One weighted, scheduled loss.

    Attributes:
        label: unique in the run; by default the name of the loss.
        component: the loss.
        params: parameters of the loss, validated, defaults filled in.
        weight: > 0.
        start: first step at which the term counts.
        stop: first step at which it no longer counts; None for never.
        ramp: number of steps from ``start`` over which the weight grows linearly to its full value.
        reads: the field that the loss reads: ``soft``, ``straight_through``, ``sharpen(T)`` or ``gumbel(T)``.
        place: key path at which it is written, for messages.
        planes: normals of the families of slices that the loss is evaluated on, such as ``zyx``; empty: on the volume.
        slices: number of slices of each family that are drawn at each call; None: all.
    """

    label: str
    component: Component
    params: Mapping[str, Any]
    weight: float
    start: int
    stop: int | None
    ramp: int
    reads: str
    place: str = field(default="", compare=False)
    planes: str = ""
    slices: int | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """The keys of the targets that the loss reads."""
        return self.component.spec.needs_with(self.params)

    @property
    def target_keys(self) -> tuple[str, ...]:
        """The keys of the targets that the loss reads, the optional ones of these included."""
        needs = self.needs
        parts = tuple(f"{need}." for need in needs)
        return *needs, *(key for key in self.component.spec.optional if key.startswith(parts))

    def as_data(self) -> dict[str, Any]:
        """The term as JSON-ready data, under the keys of ``[[objective.terms]]``, with ``reads`` and ``needs``."""
        return {
            "label": self.label,
            "loss": self.component.full_name,
            "weight": self.weight,
            "start": self.start,
            "stop": self.stop,
            "ramp": self.ramp,
            "reads": self.reads,
            **({"planes": self.planes, "slices": self.slices} if self.planes else {}),
            "needs": list(self.needs),
            "params": dict(self.params),
        }
