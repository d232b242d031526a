"""What a plugin says of a component before porenet imports it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

API = 1
"""Version of this contract; a plugin writes the one it was built for into each Spec."""

Kind = Literal["loss", "metric", "score"]

DeadState = Literal["flat", "half", "one_hot"]


@dataclass(frozen=True, slots=True)
class OneOfGrid:
    """Marks a parameter whose value must be one of the grid's names, so that it is checked before use."""

    what: Literal["phases"]


Phase = Annotated[str, OneOfGrid("phases")]
"""Annotation of a parameter that takes the name of a phase of the grid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What a plugin yields: everything porenet knows of a component before it imports it.

    Attributes:
        name: short, as in the field: ``face_hinge``.
        kind: ``loss``, ``metric`` or ``score``.
        target: import string ``package.module:attribute``, resolved at first use.
        summary: one line for the listing.
        unit: of the value, one or one per result key: ``1``, ``um``, ``um^-1``, ``um^-2``; checked by rescaling.
        api: the contract it was built for: write 1.
        source: DOI or URL of the definition; empty if it is nobody's but yours.
        weight: default weight in an objective (losses), > 0; None if a run must choose.
        needs: target keys that the loss reads.
        needs_when: of those, the keys that it reads only where a parameter has a value other than its default, as
            key -> (parameter, value): ``{"first_passage": ("target", "structures")}``.
        reads: the field a loss is shown: the run's relaxation, or always the soft or the straight-through one.
        batchwise: the loss is one value of the whole batch, ``(1,)``.
        twin: name of the metric that its descriptor equals on one-hot fields.
        tolerance: at or below this value the loss counts as met, in ``unit``.
        deviations: law of the conformance kit -> why the component breaks it on purpose; fails once it no longer does.
        dead_states: fields on which the loss is above 0 while no gradient reaches the logits -> why: ``flat`` (the same
            probabilities in every voxel), ``half`` (flat, and a phase at exactly 0.5), ``one_hot``.
    """

    name: str
    kind: Kind
    target: str
    summary: str
    unit: str | Mapping[str, str]
    api: int
    source: str = ""
    weight: float | None = None
    needs: tuple[str, ...] = field(default=())
    needs_when: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    reads: Literal["run", "soft", "straight_through"] = "run"
    batchwise: bool = False
    twin: str | None = None
    tolerance: float | None = None
    deviations: Mapping[str, str] = field(default_factory=dict)
    dead_states: Mapping[str, str] = field(default_factory=dict)

    def needs_with(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        """The target keys that the loss reads when it is built with these parameters."""
        return tuple(
            key
            for key in self.needs
            if key not in self.needs_when or params.get(self.needs_when[key][0]) == self.needs_when[key][1]
        )

    def resolve(self) -> Callable[..., Any]:
        """Import the target and return the object behind it."""
        module, _, attributes = self.target.partition(":")
        found: Any = importlib.import_module(module)
        for attribute in attributes.split("."):
            found = getattr(found, attribute)
        return found  # type: ignore[no-any-return]
