"""The losses as functions, the attributes of `porenet.losses`. Importing this does not import torch."""

from __future__ import annotations

import inspect
from inspect import Parameter
from typing import Any, Literal

from porenet.interface import Grid
from porenet.interface.relaxation_name import USUAL
from porenet.registry import Component
from porenet.registry.call_signature import call_signature
from porenet.registry.component_functions import ComponentFunctions

_GRID = Parameter("grid", Parameter.POSITIONAL_OR_KEYWORD, annotation=Grid)
_RELAX = Parameter("relax", Parameter.KEYWORD_ONLY, annotation=str, default=USUAL)
_REDUCTION = Parameter("reduction", Parameter.KEYWORD_ONLY, annotation=Literal["mean", "none"], default="mean")


def signature_of(component: Component) -> inspect.Signature:
    """The signature of a loss as a function; of a loss that always reads one relaxation, without ``relax``.

    Raises:
        PluginError: the loss cannot be imported, or its signature is not acceptable.
    """
    last = (_RELAX, _REDUCTION) if component.spec.reads == "run" else (_REDUCTION,)
    return call_signature(component.described(), "loss", _GRID, last, "DirectLoss")


def _direct_loss(component: Component, grid: Grid, **options: Any) -> Any:
    component.load()  # says in words if torch is missing, which the next line needs
    from porenet.objective.direct_loss import direct_loss

    return direct_loss(component, grid, **options)


_FUNCTIONS = ComponentFunctions(
    "loss", "porenet.losses", _direct_loss, signature_of, {"DirectLoss": "porenet.objective.direct_loss"}
)
attribute, names = _FUNCTIONS.attribute, _FUNCTIONS.names
