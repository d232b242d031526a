"""The whole contract between porenet and a plugin.

Plain frozen values and protocols: importing this module imports neither numpy, torch nor numba.
Fields of probabilities are ``(B, P, Z, Y, X)``, labels are ``(Z, Y, X)``; z is the thickness of the
electrode and the direction of transport, z = 0 the gas-channel side. Lengths are in um.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

from porenet.errors import InputError
from porenet.interface.volume import AXES, FACES, Axis, Face, Grid, Volume

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "API", "AXES", "FACES", "Axis", "Face", "Grid", "InputError", "Kind", "Loss", "Metric", "OneOfGrid",
    "Phase", "Score", "Similarity", "Spec", "Undefined", "Value", "Volume",
]  # fmt: skip

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


@dataclass(frozen=True, slots=True)
class Undefined:
    """A value that does not exist, and why; never a silent NaN."""

    reason: str


Value = float | Undefined


class Loss(Protocol):
    """A differentiable penalty: an ``nn.Module`` built as ``cls(grid=grid, **params)``.

    It knows mathematics only: not its weight, schedule, averaging, device or label. Where it drives a measurable
    quantity it also has ``descriptor(probabilities) -> (B, K)``, which on one-hot fields equals its twin metric, called
    with the loss's ``twin_params`` (none unless given), under the result keys ``twin_keys`` (all unless given). Where
    the target that a structure makes is more than that descriptor, it has ``target_of(probabilities)`` too.
    """

    def __call__(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value a sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, sums to 1 over P, dimensionless.
            targets: the keys that the Spec ``needs``: ``vf`` (B, P) fractions, ``ssa`` (B, P) um^-1,
                ``tpb`` (B,) um^-2, any other keyed by a term's label; NaN means undefined and is masked.

        Returns:
            ``(B,)``, or ``(1,)`` if the Spec says ``batchwise``; finite, >= 0.
        """
        ...


class Metric(Protocol):
    """A measurement: ``f(volume, **params) -> {key: value}`` in the units of its Spec."""

    def __call__(self, volume: Volume, /, **params: Any) -> Mapping[str, Value]:
        """Measure one volume."""
        ...


@dataclass(frozen=True, slots=True)
class Similarity:
    """What a score returns.

    Attributes:
        value: the score, dimensionless, or why there is none.
        components: its named parts, dimensionless.
        n_valid: number of defined values, both samples together.
        n_total: number of all values, both samples together.
        attainable: lowest and highest value that the formula can give.
    """

    value: Value
    components: Mapping[str, float]
    n_valid: int
    n_total: int
    attainable: tuple[float, float]


class Score(Protocol):
    """How alike two samples of one metric are: ``f(reference, generated, **params) -> Similarity``."""

    def __call__(self, reference: Sequence[Value], generated: Sequence[Value], /, **params: Any) -> Similarity:
        """Compare two samples."""
        ...


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
