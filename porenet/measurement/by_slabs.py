"""Measure one volume by slabs: its values are those of the volume in memory."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from porenet.errors import InputError, PluginError, PorenetError, Wording, counted
from porenet.measurement.guarded_stream import GuardedStream
from porenet.measurement.kept_states import KeptStates
from porenet.measurement.pace import Pace
from porenet.measurement.requests import Request, prepared
from porenet.measurement.scratch_rows import ScratchRows
from porenet.measurement.slab_plan import BASE_BYTES, SlabPlan, peak_text, size_text, slab_plan
from porenet.measurement.whole_volume import needs_it_whole
from porenet.registry import Component, Misbehaviour, quarantine
from porenet.slabs import About, Need, Reached, Task, values_of
from porenet.slabs.failure import error_of, has_failed
from porenet.slabs.fold import need_of
from porenet.slabs.parts import jobs_of, parts_in
from porenet.slabs.stored import arrays_of_reached, reached_of

if TYPE_CHECKING:
    from porenet.formats import LabelSlabs

log = logging.getLogger("porenet")


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of one volume.

    Attributes:
        values: the requests that were measured: component, parameters, values.
        refused: the requests that need the whole volume, or whose metric failed, with the reason of each.
        reading: how it was read, in words; empty if it was not.
    """

    values: list[tuple[Request, tuple[Component, Mapping[str, Any], Mapping[str, Any]]]]
    refused: list[tuple[Request, PorenetError]]
    reading: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What can be measured by slabs of what was asked for.

    Attributes:
        about: the volume.
        tasks: the metrics, for the fold.
        requests: the same, each with its component and all its parameters.
        refused: the requests that need the whole volume, or whose metric failed, with the reason of each.
    """

    about: About
    tasks: list[Task]
    requests: list[tuple[Request, Component, Mapping[str, Any]]]
    refused: list[tuple[Request, PorenetError]]

    @property
    def need(self) -> Need:
        """What all tasks need together."""
        return need_of(self.tasks, self.about)

    def guarded(self, step: Callable[[], Any]) -> Any:
        """Run the counting of all metrics; anything but an error of porenet becomes one that names them."""
        where = f"metric {', '.join(component.full_name for _, component, _ in self.requests)}"
        try:
            with quarantine(lambda text: log.warning("%s prints: %.80r", where, text)):
                return step()
        except Misbehaviour as error:
            if isinstance(error.__cause__, PorenetError):
                raise error.original() from None
            raise PluginError(f"failed: {error}", where=where) from error

    def measured(self, values: Sequence[Mapping[str, Any]], reading: str) -> Measured:
        """What was measured, from the values of each task and how the volume was read, in words."""
        measured = Measured([], [*self.refused], reading)
        for (request, component, params), result in zip(self.requests, values, strict=True):
            if has_failed(result):
                measured.refused.append((request, error_of(result)))
            else:
                measured.values.append((request, (component, params, result)))
        return measured


def asked_of(
    layers: LabelSlabs,
    requests: Sequence[Request],
    memory: int | None = None,
    *,
    no_rows: InputError | None = None,
) -> Asked:
    """What can be measured by slabs.

    Args:
        layers: the volume.
        requests: metrics, checked.
        memory: bytes that the process may take; None for no limit.
        no_rows: why no rows can be read, where the format cannot give them; None: they are read from a scratch file.
    """
    asked = Asked(About(layers.grid, layers.shape), [], [], [])
    for request in requests:
        component, params = prepared(request, layers.grid)
        try:
            stream = component.load_stream()
            if stream is None:
                raise needs_it_whole(layers.shape, component.spec.name if request.explicit else "", memory)
            task = Task(GuardedStream(component, stream), params)
            need = need_of([task], asked.about)
            jobs_of([task], asked.about)  # what refuses its parts does so before anything is read
            if need.rows and layers.slabs.read_y is None and no_rows:
                raise no_rows
            if need.parts and memory is not None and need.part_bytes > memory - BASE_BYTES:
                raise _needs_smaller_parts(need.part_bytes, memory)
        except PorenetError as error:
            asked.refused.append((request, error))
            continue
        asked.tasks.append(task)
        asked.requests.append((request, component, params))
    return asked


def measured_by_slabs(
    layers: LabelSlabs,
    requests: Sequence[Request],
    memory: int | None,
    *,
    kept_states: KeptStates | None = None,
    progress: Callable[[str], object] = lambda _: None,
) -> Measured:
    """Read a volume once, and measure every metric that can be measured so.

    Args:
        layers: the volume.
        requests: metrics, checked.
        memory: bytes that the process may take; None for no limit.
        kept_states: states of an earlier process, and of this one for a later.
        progress: called after each slab with what was read so far, in words.

    Raises:
        InputError: the volume cannot be read, or the memory is too little.
    """
    states, asked = kept_states or KeptStates(None, "state"), asked_of(layers, requests, memory)
    if not (asked.need.rows and layers.slabs.read_y is None):
        return _measured(layers, layers, asked, memory, states, progress)
    try:
        scratch = ScratchRows(layers, states.scratch_folder)
    except InputError as error:
        asked = asked_of(layers, requests, memory, no_rows=error)
        return _measured(layers, layers, asked, memory, states, progress)
    with closing(scratch):
        return _measured(layers, scratch, asked, memory, states, progress)


def _measured(
    layers: LabelSlabs,
    source: LabelSlabs | ScratchRows,
    asked: Asked,
    memory: int | None,
    states: KeptStates,
    progress: Callable[[str], object],
) -> Measured:
    """What was measured, of layers and rows of the source."""
    if not asked.tasks:
        return asked.measured([], "")
    plan = slab_plan(layers, asked.need, memory)
    reached = _reached_before(states, asked, plan) if layers.cuts == "anywhere" else None
    pace = Pace(asked.about, asked.need, layers.value_bytes, reached or Reached())
    twice = bool(reached and reached.trails)

    def watch(now: Reached) -> None:
        nonlocal twice
        twice = bool(now.trails)
        progress(pace.words(now))
        if states.is_due and layers.cuts == "anywhere":
            number = now.layers + now.recounted + now.rows + parts_in(now.part_states)
            if states.keep((number,), arrays_of_reached(now)):
                states.drop(lambda other: other != (number,))

    begun = f", from layer {reached.layers} on, where an earlier process stopped" if reached else ""
    values = asked.guarded(
        lambda: values_of(source, asked.tasks, plan.thickness, plan.rows, reached=reached, watch=watch)
    )
    again = ", all of them twice" if twice else ""
    rows = f", then in blocks of {counted(plan.rows, 'row')}" if asked.need.rows else ""
    rows += f" from a scratch file of {size_text(source.size)}" if isinstance(source, ScratchRows) else ""
    return asked.measured(values, f"{plan}{again}{rows}{begun}{peak_text()}")


def _reached_before(states: KeptStates, asked: Asked, plan: SlabPlan) -> Reached | None:
    """How far an earlier process came; slabs that are read twice must fit into the memory of now."""
    for _, reached in states.read(lambda arrays: reached_of(arrays, asked.about, asked.need)):
        thickest = max(end - begin for begin, end in itertools.pairwise((0, *reached.ends)))
        if not reached.trails or thickest <= plan.thickness:
            return reached
    return None


def needs_lines(layers: LabelSlabs) -> InputError:
    """The refusal of whole lines along z by workers of a cluster, who have no scratch file in common.

    Args:
        layers: the volume.
    """
    return InputError(
        "reads whole lines along z, for which this format would be decoded once per line",
        fix=Wording(
            "Write it as .zarr with porenet.formats.write.",
            f"Convert it: porenet convert {layers.path.name} NAME.zarr; or take other axes, -p s2.axis=x.",
        ),
    )


def _needs_smaller_parts(part_bytes: int, memory: int) -> InputError:
    allowed = size_text(max(memory - BASE_BYTES, 0))
    return InputError(
        f"takes {size_text(part_bytes)} for one of its parts, and {allowed} are left of {size_text(memory)}",
        fix=Wording(
            f"Make its parts smaller, or allow memory={BASE_BYTES + part_bytes} and what slabs take.",
            f"Make its parts smaller with -p, or allow more than --memory {(BASE_BYTES + part_bytes) // 10**6}MB.",
        ),
    )
