"""A component's parameters, read from its signature, their only definition, and validated."""

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
    Field,
    ValidationError,
    create_model,
)

from porenet.errors import ConfigError, PluginError, did_you_mean
from porenet.interface import Grid, Kind, OneOfGrid
from porenet.registry.dimensions import in_plane, out_of_plane
from porenet.registry.messages import problems
from porenet.registry.plain_data import plain

PASSED: dict[Kind, tuple[str, ...]] = {
    "loss": ("grid",),
    "metric": ("volume",),
    "score": ("reference", "generated"),
    "format": (),
}
"""Parameters that porenet itself passes, in this order; everything else belongs to the user."""


RESERVED = ("phases", "voxel_um", "periodic", "dims", "relax", "reduction", "grid")
"""Keywords of `porenet.losses`, `porenet.metrics` and `porenet.measure` themselves: no component may have them."""


@functools.cache
def parameters(component: Callable[..., Any], kind: Kind) -> type[BaseModel]:
    """The model of a component's parameters.

    Args:
        component: the class of a loss, or the function of a metric or score.
        kind: kind of the component.

    Returns:
        A pydantic model with one field per keyword of the signature, which is the field's alias; strict, unknown keys
        refused.

    Raises:
        PluginError: the signature has ``*args``, ``**kwargs``, a parameter without annotation, with an unusable
            annotation or with a default that violates it, or lacks a parameter that porenet passes.
    """
    where = _name(component)
    try:
        signature = inspect.signature(component)
    except (TypeError, ValueError) as error:
        raise PluginError(f"its signature cannot be read: {error}", where=where) from error
    names = list(signature.parameters)
    passed = PASSED[kind]
    if tuple(names[: len(passed)]) != passed:
        raise PluginError(
            f"a {kind} takes {' and '.join(passed)} first, not {', '.join(names[: len(passed)]) or 'nothing'}",
            where=where,
        )
    fields = {}
    for number, name in enumerate(names[len(passed) :]):
        parameter = signature.parameters[name]
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise PluginError(
                f"the signature has {str(parameter)!r}; options must be knowable, so *args, **kwargs and "
                "positional-only parameters are refused",
                where=where,
                fix="Write each parameter as an explicit keyword with an annotation.",
            )
        if name in RESERVED:
            raise PluginError(
                f"the parameter name {name!r} is reserved for porenet itself, as are {', '.join(RESERVED)}",
                where=where,
                fix="Give the parameter another name.",
            )
        default = ... if parameter.default is parameter.empty else parameter.default
        hint = _translated(hint_of(component, name))
        # Under an alias, because pydantic reserves names such as `copy` or `schema`.
        fields[f"field_{number}"] = (hint, Field(default, alias=name))
        _check_field(hint, name, default, where)
    return create_model(where.rpartition(".")[2], __config__=_STRICT, **fields)  # type: ignore[call-overload, no-any-return]


def validated(
    component: Callable[..., Any], kind: Kind, params: Mapping[str, object], *, grid: Grid | None = None, path: str
) -> dict[str, Any]:
    """Check parameters against the signature.

    Args:
        component: as for `parameters`.
        kind: as for `parameters`.
        params: parameters written by the user; any sequence is accepted for a tuple or a list (OmegaConf's).
        grid: grid of which a `Phase` must name a phase, and whose axes there are; None leaves that unchecked.
        path: key path of the parameters, for messages.

    Returns:
        Every parameter with its value, defaults filled in.

    Raises:
        ConfigError: a parameter is wrong, or names an axis that the grid does not have; all problems at once.
        PluginError: the component's signature is not acceptable.
    """
    written = tuple([(name, type(value), value) for name, value in params.items()])
    if all([scalar in _SCALARS for _, scalar, _ in written]):  # noqa: C419 - as quick as it gets, for each volume
        return dict(_validated_scalars(component, kind, written, grid, path))
    return _validated(component, kind, params, grid, path)


_SCALARS = (str, int, float, bool, type(None))


@functools.lru_cache(maxsize=256)
def _validated_scalars(
    component: Callable[..., Any],
    kind: Kind,
    written: tuple[tuple[str, type, Any], ...],
    grid: Grid | None,
    path: str,
) -> dict[str, Any]:
    """Many volumes are measured with the same parameters; 1, 1.0 and True, which are equal, come with their types."""
    return _validated(component, kind, {name: value for name, _, value in written}, grid, path)


def _validated(
    component: Callable[..., Any], kind: Kind, params: Mapping[str, object], grid: Grid | None, path: str
) -> dict[str, Any]:
    model = parameters(component, kind)
    # Defaults are inserted here: a default phase must be a phase of this grid too, and a message must name its key.
    fields = [(str(field.alias), field) for field in model.model_fields.values()]
    defaults = {name: field.default for name, field in fields if not field.is_required()}
    chosen = plain(params)
    if grid is not None and grid.dims == 2:
        hints = {name: field.annotation for name, field in fields}
        if absent := out_of_plane(chosen, hints, path):
            raise ConfigError(absent)
        defaults = {name: in_plane(default, hints[name]) for name, default in defaults.items()}
    written = defaults | chosen
    try:
        values = model.model_validate(written, context={"grid": grid})
    except ValidationError as error:
        raise ConfigError(problems(error, model, written, path)) from None
    return {field.alias or name: getattr(values, name) for name, field in model.model_fields.items()}


def _check_field(hint: Any, name: str, default: object, where: str) -> None:
    """Refuse an annotation that pydantic cannot use, and a default that breaks its own annotation."""
    try:
        if inspect.isroutine(hint):
            raise TypeError(f"{hint!r} is not a type")
        model = create_model("Default", __config__=_STRICT, value=(hint, Field(default)))
        model.model_json_schema()
    except Exception as error:
        raise PluginError(
            f"its parameters cannot be described: {name}: {' '.join(str(error).split()):.200}", where=where
        ) from error
    if default is ...:
        return
    try:
        model.model_validate({})
    except ValidationError as error:
        reasons = ", ".join(problem.message for problem in problems(error, model, {}, ""))
        raise PluginError(
            f"the default of {name}, {default!r:.60}, breaks its own rule: {reasons}", where=where
        ) from error


def hint_of(component: Callable[..., Any], name: str) -> Any:
    """The annotation of one parameter; the others may live under TYPE_CHECKING.

    Args:
        component: the class of a loss, or a function.
        name: of the parameter.

    Raises:
        PluginError: it has no annotation, or one that cannot be resolved.
    """
    where = _name(component)
    function: Any = component
    if isinstance(component, type):
        function = component.__init__  # type: ignore[misc]
    elif isinstance(component, functools.partial):
        function = component.func
    elif not inspect.isroutine(component):
        function = type(component).__call__
    function = inspect.unwrap(function)
    annotations = getattr(function, "__annotations__", {})
    if name not in annotations:
        raise PluginError(f"parameter {name!r} has no annotation", where=where, fix="Annotate it.")
    written = annotations[name]
    try:
        wanted = types.SimpleNamespace(__annotations__={name: written})
        return typing.get_type_hints(wanted, globalns=function.__globals__, include_extras=True)[name]
    except Exception as error:
        if not isinstance(written, str):
            return written
        raise PluginError(
            f"an annotation cannot be resolved: {error} ({name}: {written})",
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
    try:
        rebuilt = origin[inside]
    except TypeError:
        return hint
    return Annotated[rebuilt, BeforeValidator(_tuple_from_list)] if origin is tuple else rebuilt


def _tuple_from_list(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _name_of_phase(value: str, info: Any) -> str:
    grid: Grid | None = (info.context or {}).get("grid")
    if grid is not None and value not in grid.phases:
        hint = did_you_mean(value, grid.phases)
        raise ValueError(f"must be a phase of the grid ({', '.join(grid.phases)}), not {value!r}{hint}")
    return value


def _name(component: Callable[..., Any]) -> str:
    named = component if hasattr(component, "__qualname__") else type(component)
    return f"{named.__module__}.{named.__qualname__}"


class _PhaseInJson:
    """JSON schema of a phase; new for each parameter, because pydantic 2.8 writes their defaults into it."""

    def __get_pydantic_json_schema__(self, _core: object, _handler: object) -> dict[str, str]:
        return {"type": "string", "description": "a phase of the grid"}


_PHASE = (AfterValidator(_name_of_phase), _PhaseInJson())
_STRICT = ConfigDict(
    extra="forbid", strict=True, validate_default=True, frozen=True, allow_inf_nan=False, protected_namespaces=()
)
