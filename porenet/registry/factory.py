"""Create a component from its name and parameters."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, cast

from porenet.errors import InputError, PluginError, PorenetError
from porenet.interface import Grid, Loss, Similarity, Value, Volume
from porenet.registry import registry, schema
from porenet.registry.component import Component
from porenet.registry.dimensions import refuse_dims


def create_loss(name: str, grid: Grid, **params: Any) -> Loss:
    """A loss by name, an ``nn.Module``.

    Args:
        name: as ``porenet list-plugins`` shows it, or ``provider:name``.
        grid: phases, voxel edges (um) and boundaries of the fields.
        **params: parameters of the loss; ``porenet show NAME`` lists them.

    Returns:
        A module called as ``loss(probabilities, targets)``, which returns one value per sample. It refuses with an
        InputError a field that is not a floating-point tensor ``(B, P, Z, Y, X)`` of the grid's phases; of a section
        ``(B, P, Y, X)``.

    Raises:
        UnknownComponent: no loss of that name, or several.
        ConfigError: a parameter is wrong; all problems at once.
        MissingExtra: torch is not installed.
        PluginError: the loss cannot be imported or built.

    Example:
        >>> import porenet
        >>> grid = porenet.Grid(phases=("Ni", "YSZ", "pore"), voxel_um=(0.1, 0.1, 0.1))
        >>> porenet.create_loss("isolation", grid, phase="pore")
        Isolation(phase='pore', boundary='zero')
    """
    component = registry.installed().find("loss", name)
    if not isinstance(grid, Grid):
        raise InputError(f"a porenet.Grid was expected, not {type(grid).__name__}", where=name)
    return build_loss(component, grid, schema.validated(component.load(), "loss", params, grid=grid, path=name))


def create_metric(name: str, **params: Any) -> Callable[[Volume], Mapping[str, Value]]:
    """A metric by name, with its parameters bound.

    Args:
        name: as ``porenet list-plugins`` shows it, or ``provider:name``.
        **params: parameters of the metric.

    Returns:
        A function from a `Volume` to ``{key: value}``; ``porenet show NAME`` gives the unit.

    Raises:
        UnknownComponent, ConfigError, MissingExtra, PluginError: as for `create_loss`.
    """
    component = registry.installed().find("metric", name)
    values = schema.validated(component.load(), "metric", params, path=name)
    return functools.partial(_measured, component, params, values)


def create_score(name: str, **params: Any) -> Callable[..., Similarity]:
    """A score by name, with its parameters bound.

    Args:
        name: as ``porenet list-plugins`` shows it, or ``provider:name``.
        **params: parameters of the score.

    Returns:
        A function from two samples ``(reference, generated)`` to a `Similarity`.

    Raises:
        UnknownComponent, ConfigError, MissingExtra, PluginError: as for `create_loss`.
    """
    component = registry.installed().find("score", name)
    function = component.load()
    bound = functools.partial(function, **schema.validated(function, "score", params, path=name))
    return cast("Callable[..., Similarity]", bound)


def build_loss(component: Component, grid: Grid, values: Mapping[str, Any]) -> Loss:
    """A loss from a component and its validated parameters.

    Args:
        component: a component, as `Registry.find` returns it.
        grid: as for `create_loss`.
        values: every parameter with its value, as `schema.validated` returns them.

    Raises:
        InputError: the loss is not defined in the dimensions of the grid, or itself refuses the grid or a parameter.
        PluginError: the loss cannot be imported or built.
    """
    from porenet.registry.field_guard import guarded  # torch, which a listing must not pay for

    refuse_dims(component, grid)
    try:
        return cast("Loss", guarded(component.load()(grid=grid, **values), grid, component.spec))
    except PorenetError:
        raise
    except Exception as error:
        raise PluginError(
            f"cannot be built: {type(error).__name__}: {error}", where=f"loss {component.full_name}"
        ) from error


def parameters_of(component: Component) -> Any:
    """The model of a component's parameters; see `schema.parameters`.

    It can be had without torch, of which the component itself may have need.
    """
    return schema.parameters(component.described(), component.spec.kind)


def _measured(
    component: Component, params: Mapping[str, Any], values: Mapping[str, Any], volume: Volume, /
) -> Mapping[str, Value]:
    """The values of a metric; on a section its parameters are checked, and filled in, for one.

    Raises:
        InputError: the metric is not defined in the dimensions of the volume.
        ConfigError: a parameter names an axis that a section does not have.
    """
    function = component.load()
    refuse_dims(component, volume.grid)
    if volume.grid.dims == 2:
        values = schema.validated(function, "metric", params, grid=volume.grid, path=component.spec.name)
    return cast("Mapping[str, Value]", function(volume, **values))
