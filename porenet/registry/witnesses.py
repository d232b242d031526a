"""What the witness of a loss says of structures: a metric that shares no filter with the loss's descriptor."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from porenet.errors import PluginError, PorenetError
from porenet.interface import Grid, Undefined, Value, Volume, Witness
from porenet.registry import registry
from porenet.registry.component import Component
from porenet.registry.factory import create_metric

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class BoundWitness:
    """The witness of one loss, its metric with parameters bound.

    Attributes:
        name: of the metric and its parameters in the Spec: ``ssa by crofton``.
        metric: from a volume to its values.
        keys: result keys that stand for the first columns of the loss's descriptor; None: all of the metric.
        factor: ratio to the reference, either way, up to which a met loss is believed.
        usual: lowest and highest witness / descriptor of real structures; None if the loss does not say.
    """

    name: str
    metric: Callable[[Volume], Mapping[str, Value]]
    keys: tuple[str, ...] | None
    factor: float
    usual: tuple[float, float] | None

    def values(self, labels: Tensor, grid: Grid) -> Tensor:
        """The witness of each structure.

        Args:
            labels: ``(B, Z, Y, X)``, integers in the order of the grid's phases, on any device.
            grid: their grid.

        Returns:
            ``(B, K)`` float64, in the unit of the metric; NaN where it is undefined, or where the metric refuses the
            structure.

        Raises:
            PluginError: the metric fails, or lacks a key.
        """
        import torch

        rows = [self._row(Volume(structure, grid)) for structure in labels.cpu().numpy()]
        return torch.tensor(rows, dtype=torch.float64)

    def believes(self, ratio: float) -> bool:
        """Whether a ratio to the reference lies within the factor."""
        return 1 / self.factor <= ratio <= self.factor

    def _row(self, volume: Volume) -> list[float]:
        try:
            measured = self.metric(volume)
        except PorenetError:  # Crofton's formula refuses voxels too flat for it, and the loss does not
            return [math.nan] * len(self.keys or ("",))
        except Exception as error:
            raise PluginError(
                f"fails on a structure: {type(error).__name__}: {error}", where=f"witness {self.name}"
            ) from error
        keys = tuple(measured) if self.keys is None else self.keys
        if missing := [key for key in keys if key not in measured]:
            raise PluginError(
                f"has no {missing}, which the loss names as its witness_keys; it has {list(measured)}",
                where=f"witness {self.name}",
            )
        return [_number(measured[key]) for key in keys]


def witness_of(component: Component, loss: Any) -> BoundWitness | None:
    """The witness of a loss; None if it names none, or none that is installed.

    Args:
        component: the loss's component, whose plugin's metrics go before others of the same name.
        loss: the loss itself.
    """
    known = registry.installed()
    taken = getattr(loss, "witness_as", None)
    try:
        witness = known.find("loss", taken).spec.witness if taken else component.spec.witness
        if witness is None:
            return None
        params = {**witness.params, **getattr(loss, "witness_params", {})}
        return bound(witness, loss, create_metric(_full_name(witness.metric, component, known), **params))
    except PorenetError:  # a witness is an addition: without its metric the loss trains as well
        return None


def bound(witness: Witness, loss: Any, metric: Callable[[Volume], Mapping[str, Value]]) -> BoundWitness:
    """A witness with its metric at hand.

    Args:
        witness: from the loss's Spec.
        loss: the loss, whose ``witness_keys``, ``witness_params`` and ``witness_range`` are read.
        metric: the metric, all parameters bound.
    """
    chosen = getattr(loss, "witness_params", {})
    by = ", ".join(str(chosen.get(key, value)) for key, value in witness.params.items())
    keys = getattr(loss, "witness_keys", None)
    usual = getattr(loss, "witness_range", None)
    name = f"{witness.metric} by {by}" if by else witness.metric
    return BoundWitness(name, metric, None if keys is None else tuple(keys), witness.factor, usual)


def farthest_ratio(values: Tensor, reference: Tensor) -> float | None:
    """The ratio of two batches' means that is farthest from 1, over the columns.

    Args:
        values: ``(B, K)``, any unit; NaN where undefined.
        reference: ``(N, K)``, the same unit.

    Returns:
        Dimensionless, 0 to infinity; None where no column is defined in both. Nothing of nothing is 1.
    """
    pairs = zip(values.double().nanmean(dim=0).tolist(), reference.double().nanmean(dim=0).tolist(), strict=True)
    ratios = [_ratio(value, wanted) for value, wanted in pairs if not (math.isnan(value) or math.isnan(wanted))]
    return max(ratios, key=_distance, default=None)


def _ratio(value: float, wanted: float) -> float:
    if wanted:
        return value / wanted
    return math.inf if value else 1.0


def _distance(ratio: float) -> float:
    return abs(math.log(ratio)) if 0 < ratio < math.inf else math.inf


def _number(value: Value) -> float:
    return math.nan if isinstance(value, Undefined) else float(value)


def _full_name(metric: str, component: Component, known: registry.Registry) -> str:
    own = f"{component.provider.name}:{metric}"
    return own if any(other.full_name == own and other.spec.kind == "metric" for other in known.components) else metric
