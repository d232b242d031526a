"""The metrics as functions, the attributes of `porenet.metrics`: of a volume, or of an array and what it means."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from inspect import Parameter
from typing import Any

from numpy.typing import ArrayLike

from porenet.interface import Undefined, Value, Volume
from porenet.interface.phase_values import PhaseValues
from porenet.measurement.array_volume import volume_of
from porenet.measurement.one_volume import values_of_metric
from porenet.registry import Component
from porenet.registry.call_signature import call_signature
from porenet.registry.component_functions import ComponentFunctions

_KEYWORD = Parameter.KEYWORD_ONLY
_VOLUME = Parameter("volume", Parameter.POSITIONAL_OR_KEYWORD, annotation="Volume | ArrayLike")
_LAST = (
    Parameter("phases", _KEYWORD, annotation=Sequence[str] | PhaseValues | None, default=None),
    Parameter("voxel_um", _KEYWORD, annotation=float | Sequence[float] | None, default=None),
    Parameter("periodic", _KEYWORD, annotation=Sequence[bool] | None, default=None),
    Parameter("dims", _KEYWORD, annotation=int | None, default=None),
)


def signature_of(component: Component) -> inspect.Signature:
    """The signature of a metric as a function.

    Raises:
        PluginError: the metric cannot be imported, or its signature is not acceptable.
    """
    return call_signature(component.described(), "metric", _VOLUME, _LAST, dict[str, Value])


def _values(
    component: Component,
    volume: Volume | ArrayLike,
    *,
    phases: Sequence[str] | PhaseValues | None = None,
    voxel_um: float | Sequence[float] | None = None,
    periodic: Sequence[bool] | None = None,
    dims: int | None = None,
    **params: Any,
) -> Mapping[str, float | Undefined]:
    measured = volume_of(volume, phases, voxel_um, periodic, dims, where=component.spec.name)
    return values_of_metric(component, measured, params)


_FUNCTIONS = ComponentFunctions("metric", "porenet.metrics", _values, signature_of, {})
attribute, names = _FUNCTIONS.attribute, _FUNCTIONS.names
