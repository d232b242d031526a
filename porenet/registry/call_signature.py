"""The signature of a component that is called as a function: its parameters, and those that porenet adds."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from porenet.interface import Kind
from porenet.registry.schema import PASSED, hint_of, parameters

Parameter = inspect.Parameter


def call_signature(
    component: Callable[..., Any], kind: Kind, first: Parameter, last: Sequence[Parameter], returns: Any
) -> inspect.Signature:
    """The signature of a component as a function.

    Args:
        component: the class of a loss, or the function of a metric.
        kind: of the component.
        first: what is passed by place: the grid, or the volume.
        last: keywords that porenet adds.
        returns: annotation of the result.

    Returns:
        ``first``, the parameters of the component as keywords, annotated without porenet's marks, then ``last``.

    Raises:
        PluginError: the signature of the component is not acceptable.
    """
    parameters(component, kind)
    own = list(inspect.signature(component).parameters.values())[len(PASSED[kind]) :]
    keywords = [
        Parameter(
            parameter.name,
            Parameter.KEYWORD_ONLY,
            default=parameter.default,
            annotation=plain_hint(hint_of(component, parameter.name)),
        )
        for parameter in own
    ]
    return inspect.Signature([first, *keywords, *last], return_annotation=returns)


def plain_hint(hint: Any) -> Any:
    """An annotation without the checks that ``Annotated`` carries: ``Annotated[float, Gt(0)]`` is ``float``."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return plain_hint(arguments[0])
    if not arguments or origin is typing.Literal:
        return hint
    inside = tuple(plain_hint(argument) for argument in arguments)
    if origin in (typing.Union, types.UnionType):
        return typing.Union[inside]  # noqa: UP007 -- built at run time
    try:
        return origin[inside]
    except TypeError:
        return hint
