"""Measure one volume by slabs: its values are those of the volume in memory."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from porenet import registry
from porenet.errors import InputError, PluginError, PorenetError, Wording
from porenet.measurement.slab_plan import SlabPlan, size_text, slab_plan
from porenet.registry import Component, Misbehaviour, quarantine
from porenet.slabs import About, Task, values_of
from porenet.slabs.fold import need_of

if TYPE_CHECKING:
    from porenet.formats import LabelSlabs
    from porenet.measurement.requests import Request

log = logging.getLogger("porenet")

WHOLE = 24
"""Bytes per voxel of a metric that needs the whole volume: tortuosity."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of one volume.

    Attributes:
        values: the requests that were measured: component, parameters, values.
        refused: the requests that need the whole volume, with the reason of each.
        plan: the slabs in which it was read; None if nothing was.
    """

    values: list[tuple[Request, tuple[Component, Mapping[str, Any], Mapping[str, Any]]]]
    refused: list[tuple[Request, InputError]]
    plan: SlabPlan | None


def measured_by_slabs(
    layers: LabelSlabs,
    requests: Sequence[tuple[Request, Component, Mapping[str, Any]]],
    memory: int | None,
    *,
    progress: Callable[[str], object] = lambda _: None,
) -> Measured:
    """Read a volume once, and measure every metric that can be measured so.

    Args:
        layers: the volume.
        requests: metrics, each with all of its parameters.
        memory: bytes that the process may take; None for no limit.
        progress: called after each slab with the layers read so far, in words.

    Raises:
        InputError: the volume cannot be read, or the memory is too little.
        PluginError: a metric broke its contract.
    """
    about = About(layers.grid, layers.shape)
    tasks: list[Task] = []
    asked: list[tuple[Request, Component, Mapping[str, Any]]] = []
    refused: list[tuple[Request, InputError]] = []
    for request, component, params in requests:
        task = Task(component.load_stream(), params)
        try:
            if task.stream is None:
                raise _needs_it_whole(layers)
            need = _guarded(component, lambda task=task: need_of([task], about))  # type: ignore[misc]
            if need.rows and layers.slabs.read_y is None:
                raise _needs_lines(layers)
        except InputError as error:
            refused.append((request, error))
            continue
        tasks.append(task)
        asked.append((request, component, params))
    if not tasks:
        return Measured([], refused, None)
    plan = slab_plan(layers, need_of(tasks, about), memory)
    names = ", ".join(component.full_name for _, component, _ in asked)
    depth = layers.shape[0]

    def advance(layer: int) -> None:
        progress(f"reading: {layer} of {depth} layers")

    results = _guarded(names, lambda: values_of(layers, tasks, plan.thickness, plan.rows, progress=advance))
    values = [
        (request, (component, params, result))
        for (request, component, params), result in zip(asked, results, strict=True)
    ]
    return Measured(values, refused, plan)


def _guarded(component: Component | str, step: Callable[[], Any]) -> Any:
    """Run what plugins wrote; anything but an error of porenet becomes one that names the metrics."""
    where = f"metric {component if isinstance(component, str) else component.full_name}"
    try:
        with quarantine(lambda text: log.warning("%s prints: %.80r", where, text)):
            return step()
    except Misbehaviour as error:
        if isinstance(error.__cause__, PorenetError):
            raise error.__cause__ from None
        raise PluginError(f"failed: {error}", where=where) from error


def _needs_lines(layers: LabelSlabs) -> InputError:
    return InputError(
        "reads whole lines along z, for which this format would be decoded once per line",
        fix=Wording(
            "Write it as .zarr with porenet.formats.write.",
            f"Convert it: porenet convert {layers.path.name} NAME.zarr; or take other axes, -p s2.axis=x.",
        ),
    )


def _needs_it_whole(layers: LabelSlabs) -> InputError:
    depth, height, width = layers.shape
    needed = size_text(depth * height * width * WHOLE)
    able = [
        component.spec.name
        for component in registry.installed().components
        if component.spec.kind == "metric" and component.spec.streamed
    ]
    return InputError(
        f"needs the whole volume in memory, about {needed}",
        fix=Wording(
            f"Read it with porenet.formats.read. Metrics by slabs: {', '.join(able)}.",
            f"Allow more with --memory. Metrics by slabs: {', '.join(able)}.",
        ),
    )
