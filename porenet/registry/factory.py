"""Make a component from its name and parameters."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, cast

from porenet.errors import InputError, PluginError, PorenetError
from porenet.interface import Grid, Kind, Loss, Similarity, Value, Volume
from porenet.registry import registry, schema
from porenet.registry.component import Component


def create_loss(name: str, grid: Grid, **params: Any) -> Loss:
    """A loss by name, an ``nn.Module``.

    Args:
        name: as ``porenet list-plugins`` shows it, or ``provider:name``.
        grid: phases, voxel edges (um) and boundaries of the fields that it will see.
        **params: its parameters; ``porenet show NAME`` lists them.

    Returns:
        A module called as ``loss(probabilities, targets)``, giving one value a sample.

    Raises:
        UnknownComponent: no loss of that name, or several.
        ConfigError: a parameter is wrong; every problem at once.
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
        **params: its parameters.

    Returns:
        A function from a `Volume` to ``{key: value}``; ``porenet show NAME`` gives the unit.

    Raises:
        UnknownComponent, ConfigError, PluginError: as for `create_loss`.
    """
    return cast("Callable[[Volume], Mapping[str, Value]]", _bound("metric", name, params))


def create_score(name: str, **params: Any) -> Callable[..., Similarity]:
    """A score by name, with its parameters bound.

    Args:
        name: as ``porenet list-plugins`` shows it, or ``provider:name``.
        **params: its parameters.

    Returns:
        A function from two samples ``(reference, generated)`` to a `Similarity`.

    Raises:
        UnknownComponent, ConfigError, PluginError: as for `create_loss`.
    """
    return cast("Callable[..., Similarity]", _bound("score", name, params))


def build_loss(component: Component, grid: Grid, values: Mapping[str, Any]) -> Loss:
    """A loss from a component that is already found, and parameters that are already checked.

    Args:
        component: from `Registry.find`.
        grid: as for `create_loss`.
        values: every parameter with its value, as `schema.validated` returns them.

    Raises:
        InputError: what the loss itself refuses.
        PluginError: it cannot be imported or built.
    """
    try:
        return cast("Loss", component.load()(grid=grid, **values))
    except PorenetError:
        raise
    except Exception as error:
        raise PluginError(
            f"cannot be built: {type(error).__name__}: {error}", where=f"loss {component.full_name}"
        ) from error


def parameters_of(component: Component) -> Any:
    """The model of a component's parameters; see `schema.parameters`."""
    return schema.parameters(component.load(), component.spec.kind)


def _bound(kind: Kind, name: str, params: Mapping[str, Any]) -> Callable[..., Any]:
    component = registry.installed().find(kind, name)
    function = component.load()
    return functools.partial(function, **schema.validated(function, kind, params, path=name))
