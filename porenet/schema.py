"""A component's parameters, read from its signature and validated. There is no second place to keep in step."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    WithJsonSchema,
    create_model,
)
from pydantic_core import ErrorDetails

from porenet.errors import ConfigError, PluginError, Problem
from porenet.interface import Grid, Kind, OneOfGrid
from porenet.suggestion import did_you_mean

GIVEN: dict[Kind, tuple[str, ...]] = {"loss": ("grid",), "metric": ("volume",), "score": ("reference", "generated")}
"""Parameters that porenet itself passes, in this order; everything else belongs to the user."""


@functools.cache
def parameters(component: Callable[..., Any], kind: Kind) -> type[BaseModel]:
    """The model of a component's parameters.

    Args:
        component: the class of a loss, or the function of a metric or score.
        kind: what it is.

    Returns:
        A pydantic model with one field a keyword of the signature; strict, unknown keys refused.

    Raises:
        PluginError: the signature has ``*args``, ``**kwargs``, a parameter without annotation or with one that
            cannot be resolved, or lacks what porenet passes.
    """
    where = f"{component.__module__}.{component.__qualname__}"
    signature = inspect.signature(component)
    names = list(signature.parameters)
    given = GIVEN[kind]
    if tuple(names[: len(given)]) != given:
        raise PluginError(
            f"a {kind} takes {' and '.join(given)} first, not {', '.join(names[: len(given)]) or 'nothing'}",
            where=where,
        )
    fields: dict[str, Any] = {}
    hints = _hints(component, names[len(given) :], where)
    for name in names[len(given) :]:
        parameter = signature.parameters[name]
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise PluginError(
                f"the signature has {str(parameter)!r}; options must be knowable, so *args, **kwargs and "
                "positional-only parameters are refused",
                where=where,
                fix="Write each parameter as an explicit keyword with an annotation.",
            )
        if name not in hints:
            raise PluginError(f"parameter {name!r} has no annotation", where=where, fix="Annotate it.")
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[name] = (_translated(hints[name]), default)
    try:
        return create_model(component.__name__, __config__=_STRICT, **fields)
    except Exception as error:  # pydantic refuses the annotation itself
        raise PluginError(f"its parameters cannot be described: {error}", where=where) from error


def validated(
    component: Callable[..., Any], kind: Kind, params: Mapping[str, object], *, grid: Grid | None = None, path: str
) -> dict[str, Any]:
    """Check parameters against the signature.

    Args:
        component: as for `parameters`.
        kind: as for `parameters`.
        params: what the user wrote; lists are taken for tuples.
        grid: the grid whose phases a `Phase` must name; None leaves that unchecked.
        path: key path of the parameters, for messages.

    Returns:
        Every parameter with its value, defaults filled in.

    Raises:
        ConfigError: with every problem at once.
        PluginError: the component's signature is not acceptable.
    """
    model = parameters(component, kind)
    try:
        found = model.model_validate(dict(params), context={"grid": grid})
    except ValidationError as error:
        raise ConfigError(problems(error, model, path)) from None
    return {name: getattr(found, name) for name in model.model_fields}


def problems(error: ValidationError, model: type[BaseModel], path: str) -> list[Problem]:
    """A pydantic error in porenet's words: key path, what was wrong, what is allowed, did you mean."""
    return [Problem(_join(path, detail["loc"]), _in_words(detail, model)) for detail in error.errors()]


def _in_words(detail: ErrorDetails, model: type[BaseModel]) -> str:
    context = detail.get("ctx", {})
    given = f"not {detail['input']!r:.60}"
    match detail["type"]:
        case "extra_forbidden":
            known = _fields_at(model, detail["loc"][:-1])
            hint = did_you_mean(str(detail["loc"][-1]), known)
            allowed = f"allowed: {', '.join(known)}" if known else "nothing is allowed here"
            return f"unknown key{hint or f'; {allowed}'}"
        case "missing":
            return "is required"
        case "too_short":
            return f"needs at least {context['min_length']}, {given}"
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"must be a table of keys and values, {given}"
        case "literal_error":
            words = [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
            hint = did_you_mean(detail["input"], words) if isinstance(detail["input"], str) else ""
            return f"must be {context['expected']}, {given}{hint}"
        case "value_error":
            return str(context["error"])
        case _:
            expected = detail["msg"].removeprefix("Input should be ").removeprefix("a valid ")
            article = "" if expected.split(" ")[0] in ("a", "an", "greater", "less") else "a "
            return f"must be {article}{expected}, {given}"


def _fields_at(model: Any, location: tuple[int | str, ...]) -> list[str]:
    """Field names of the nested model that a location points into."""
    for key in location:
        if isinstance(key, str) and isinstance(model, type) and issubclass(model, BaseModel):
            field = model.model_fields.get(key)
            model = _model_in(field.annotation) if field else None
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def _model_in(annotation: Any) -> Any:
    for part in (annotation, *typing.get_args(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


def _join(path: str, location: tuple[int | str, ...]) -> str:
    for key in location:
        path += f"[{key}]" if isinstance(key, int) else f".{key}" if path else key
    return path


def _hints(component: Callable[..., Any], names: list[str], where: str) -> dict[str, Any]:
    function = component.__init__ if isinstance(component, type) else component  # type: ignore[misc]
    function = inspect.unwrap(function)
    # Only the user's parameters are evaluated: `volume: Volume` may live under TYPE_CHECKING.
    wanted = types.SimpleNamespace(__annotations__={k: v for k, v in function.__annotations__.items() if k in names})
    try:
        return typing.get_type_hints(wanted, globalns=function.__globals__, include_extras=True)
    except NameError as error:
        raise PluginError(
            f"an annotation cannot be resolved: {error}",
            where=where,
            fix="Import it at run time, not under TYPE_CHECKING.",
        ) from error


def _translated(hint: Any) -> Any:
    """A hint with porenet's markers turned into checks, and lists accepted where a tuple is meant."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        inner, *extras = arguments
        translated: Any = _translated(inner)
        for extra in extras:
            for check in _PHASE if isinstance(extra, OneOfGrid) else (extra,):
                translated = Annotated[translated, check]
        return translated
    if not arguments or origin is typing.Literal:
        return hint
    inside = tuple(_translated(argument) for argument in arguments)
    if origin in (typing.Union, types.UnionType):
        return typing.Union[inside]  # noqa: UP007 -- built at run time
    rebuilt = origin[inside]
    return Annotated[rebuilt, BeforeValidator(_tuple_from_list)] if origin is tuple else rebuilt


def _tuple_from_list(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _name_of_phase(value: str, info: Any) -> str:
    grid: Grid | None = (info.context or {}).get("grid")
    if grid is not None and value not in grid.phases:
        hint = did_you_mean(value, grid.phases)
        raise ValueError(f"must be a phase of the grid ({', '.join(grid.phases)}), not {value!r}{hint}")
    return value


_PHASE = (
    AfterValidator(_name_of_phase),
    WithJsonSchema({"type": "string", "description": "a phase of the grid"}),
)
_STRICT = ConfigDict(
    extra="forbid", strict=True, validate_default=True, frozen=True, allow_inf_nan=False, protected_namespaces=()
)
