"""The Spec: what porenet knows of a component before it imports it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from porenet.interface.storage import Storage

API = 1
"""Version of this contract; a plugin writes the one it was built for into each Spec."""

Kind = Literal["loss", "metric", "score", "format"]

DeadState = Literal["flat", "half", "one_hot"]


@dataclass(frozen=True, slots=True)
class OneOfGrid:
    """Marks a parameter whose value must be one of the grid's names, so that it is checked before use."""

    what: Literal["phases"]


Phase = Annotated[str, OneOfGrid("phases")]
"""Annotation of a parameter that takes the name of a phase of the grid."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A metric that shares no filter with a loss's descriptor, and so sees what the descriptor cannot.

    A loss that is met by a structure whose witness differs from that of real structures is met by the wrong structure:
    voxel-fine speckle, for one, has no area for a Gaussian filter, and ten times the area by counts of crossings.

    Attributes:
        metric: name of the metric.
        params: its parameters; those that depend on the loss are its attribute ``witness_params``.
        factor: ratio to the reference, either way, up to which a met loss is believed; above 1.
    """

    metric: str
    params: Mapping[str, Any] = field(default_factory=dict)
    factor: float = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """Description of a component, yielded by its plugin: all that porenet knows before it imports the component.

    Attributes:
        name: short, as in the field: ``face_hinge``.
        kind: ``loss``, ``metric``, ``score`` or ``format``.
        target: import string ``package.module:attribute``, resolved at first use.
        summary: one line for the listing.
        unit: unit of the value, or one unit per result key: ``1``, ``um``, ``um^-1``, ``um^-2``; checked by rescaling.
            A format has none.
        api: version of the contract for which the component was written: 1.
        dims: of the grids on which a loss or a metric is defined, and of the arrays that a format holds: ``(3,)``, or
            ``(2, 3)`` if it is meant for sections too, whose fields and labels have one layer along z.
        unit_2d: unit of a metric on sections, where that is another one; as ``unit``.
        note_2d: of a loss or a metric: what its values on sections do not say, one line; `porenet measure` and
            ``porenet show`` print it.
        source: DOI or URL of the definition; empty if it is unpublished.
        weight: default weight in an objective (losses), > 0; None if a run must choose.
        needs: target keys that the loss reads.
        needs_when: those of ``needs`` that it reads only where a parameter has a value other than its default, as
            key -> (parameter, value): ``{"first_passage": ("target", "structures")}``.
        optional: target keys that the loss reads where they are there, each ``NEED.PART`` of a key of ``needs``.
        reads: relaxation in which a loss reads the field: that of the run, or always ``soft`` or ``straight_through``.
        batchwise: whether the loss returns one value for the whole batch, ``(1,)``.
        twin: name of the metric that the descriptor of the loss equals on one-hot fields.
        tolerance: at or below this value the loss counts as met, in ``unit``.
        witness: metric that is asked whether a met loss is met by the right structure; None where there is none. The
            loss may have ``witness_params``, more parameters of the metric; ``witness_keys``, the result keys that
            stand for the first columns of its descriptor (by default the metric's, in their order); ``witness_range``,
            the lowest and highest witness / descriptor of real structures; and ``witness_as``, the name of another loss
            whose witness it takes.
        blind_when: what the loss does not see where a parameter has a value, as text -> (parameter, value):
            ``{"speckle as fine as a voxel": ("estimator", "tv")}``. The kit checks that it is so.
        deviations: law of the conformance kit -> why the component breaks it on purpose; if the component obeys that
            law, the check fails.
        dead_states: fields on which the loss is above 0 while no gradient reaches the logits -> why: ``flat`` (the same
            probabilities in every voxel), ``half`` (flat, and a phase at exactly 0.5), ``one_hot``.
        storage: of a format, how its files are known and what they hold.
        limits: of a score: from which value it reads OK, and from which Marginal, below which it reads Fail; None: it
            is a number without a verdict.
        transform: of a metric: ``log`` if its values are compared by their logarithms, which suits positive values of
            heavy tails; None: as they are.
        resolution: of a metric: the smallest difference of two values that matters, in ``unit``; one for all result
            keys, or one per key. A key of the mapping also stands for every result key that ends in it after a dot:
            ``isolated`` for ``pore.isolated``. 0: any difference may matter.
        on_request: of a metric of porenet's own: whether it is measured only where it is named, or a preset names it.
            So is what follows from other metrics, costs much, or answers a question that few ask; of other providers
            every metric.
        streamed: of a metric: import string of the `porenet.slabs.Stream` by which it is measured slab by slab, where a
            volume does not fit into memory; empty if it needs the whole volume. The kit checks that both are equal.
    """

    name: str
    kind: Kind
    target: str
    summary: str
    unit: str | Mapping[str, str] = ""
    api: int
    dims: tuple[int, ...] = (3,)
    unit_2d: str | Mapping[str, str] = ""
    note_2d: str = ""
    source: str = ""
    weight: float | None = None
    needs: tuple[str, ...] = field(default=())
    needs_when: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    optional: tuple[str, ...] = field(default=())
    reads: Literal["run", "soft", "straight_through"] = "run"
    batchwise: bool = False
    twin: str | None = None
    tolerance: float | None = None
    witness: Witness | None = None
    blind_when: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    deviations: Mapping[str, str] = field(default_factory=dict)
    dead_states: Mapping[str, str] = field(default_factory=dict)
    storage: Storage | None = None
    limits: tuple[float, float] | None = None
    transform: Literal["log"] | None = None
    resolution: float | Mapping[str, float] = 0.0
    on_request: bool = False
    streamed: str = ""

    def unit_in(self, dims: int) -> str | Mapping[str, str]:
        """The unit on grids of 2 or 3 dimensions; one, or one per result key."""
        return self.unit_2d if dims == 2 and self.unit_2d else self.unit

    def resolution_of(self, key: str) -> float:
        """The smallest difference of two values under a result key that matters, in the unit of the key."""
        if isinstance(self.resolution, Mapping):
            return self.resolution.get(key, self.resolution.get(key.rpartition(".")[2], 0.0))
        return self.resolution

    def needs_with(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        """The target keys that the loss reads when it is built with these parameters."""
        return tuple(
            key
            for key in self.needs
            if key not in self.needs_when or params.get(self.needs_when[key][0]) == self.needs_when[key][1]
        )

    def blind_with(self, params: Mapping[str, Any]) -> str:
        """What the loss does not see when it is built with these parameters; empty if it does not say."""
        return next((what for what, (name, value) in self.blind_when.items() if params.get(name) == value), "")

    def resolve(self) -> Callable[..., Any]:
        """Import the target and return the object behind it."""
        return _imported(self.target)  # type: ignore[no-any-return]

    def resolve_stream(self) -> Any:
        """Import what ``streamed`` names and return the object behind it; None if it names nothing."""
        return _imported(self.streamed) if self.streamed else None


def _imported(path: str) -> Any:
    module, _, attributes = path.partition(":")
    target: Any = importlib.import_module(module)
    for attribute in attributes.split("."):
        target = getattr(target, attribute)
    return target
