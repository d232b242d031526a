"""Arguments and results of losses, metrics and scores, and values that may be undefined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from porenet.interface.volume import Volume

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Undefined:
    """A value that does not exist, with the reason; it replaces a silent NaN."""

    reason: str


Value = float | Undefined


class Loss(Protocol):
    """A differentiable penalty: an ``nn.Module`` built as ``cls(grid=grid, **params)``.

    It holds mathematics only: neither weight, schedule, averaging, device nor label. A loss that drives a measurable
    quantity also has ``descriptor(probabilities) -> (B, K)``, which on one-hot fields equals its twin metric, called
    with the loss's ``twin_params`` (none by default), under the result keys ``twin_keys`` (all by default). If the
    target of a structure is more than that descriptor, the loss also has ``target_of(probabilities)``, which returns a
    tensor, or one per target key where the Spec names ``optional`` ones. ``target_estimators`` (key -> name) says by
    which estimator each is measured; by default ``twin_params["estimator"]``. The last ``guards`` columns of a
    descriptor (0 by default) only bound their target from above. A loss may have
    ``from_descriptor(values, targets)``, its value for descriptors ``(B, K)``: with it a loss can be evaluated on
    slices, by their mean descriptor, and of a batchwise one the ranks of a distributed run exchange descriptors and not
    whole fields. If the columns of its descriptor are not those of its targets, ``descriptor_of_targets(targets)``
    gives the descriptor of a structure that has them. If its columns are distances in multiples of a voxel edge,
    ``lag_unit_um`` is that edge, um (None where they are stated in um): columns are compared only where it is equal.
    ``crossed_axes`` names the axes along which it measures what leads from face to face: fields of a single layer along
    them are refused.
    """

    def __call__(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value per sample.

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
    """Result of a score.

    Attributes:
        value: the score, dimensionless, or `Undefined` with the reason.
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
    """The similarity of two samples of one metric: ``f(reference, generated, **params) -> Similarity``."""

    def __call__(self, reference: Sequence[Value], generated: Sequence[Value], /, **params: Any) -> Similarity:
        """Compare a reference sample with a generated one, both values of one metric."""
        ...
