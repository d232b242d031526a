"""Measure one large volume with all workers of a Dask cluster."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from porenet import formats
from porenet.errors import InputError, PorenetError, counted
from porenet.measurement.by_slabs import Asked, Measured
from porenet.measurement.cluster_tasks import SharedVolume, hashed
from porenet.measurement.flights import Flights, SchedulerGone
from porenet.measurement.kept_states import KeptStates
from porenet.measurement.large_volume import failed, outcome_of
from porenet.measurement.outcome import Outcome
from porenet.measurement.pace import pace_words
from porenet.measurement.reading_notes import reading_notes
from porenet.measurement.slab_plan import SlabPlan, size_text
from porenet.measurement.stretches import Spread, joined_stretches, spread_rows
from porenet.slabs.fold import finish
from porenet.slabs.stored import folded_of

if TYPE_CHECKING:
    from porenet.formats import LabelSlabs
    from porenet.measurement.worker_pool import Task

FRESH_NS = 2_000_000_000
"""A file younger than that may change without a new time, ns: it is hashed before and after."""


def measured_spread(
    flights: Flights, volume: SharedVolume, task: Task, plan: SlabPlan, watch: Callable[[str], object]
) -> Outcome:
    """Measure a volume larger than the memory of a worker: stretches of layers, joined as a tree.

    Args:
        flights: to the cluster, with nothing under way.
        volume: the volume.
        task: its name, and where states are kept for a process that goes on if this one is killed.
        plan: how a worker reads a stretch.
        watch: called with how far it was read, in words.

    Returns:
        Its rows, or what kept it from them.

    Raises:
        SchedulerGone: no other volume can be measured either.
    """
    source, path, *_, place = task
    stretches, rows = KeptStates(place, "stretch"), KeptStates(place, "rows")
    try:
        before = _files(volume)
        try:
            with reading_notes() as warned:
                layers, asked = volume.opened()
            measured, sha256 = _measured(flights, volume, layers, asked, plan, (stretches, rows), watch)
        finally:
            if _files(volume) != before:  # whatever else it was that failed
                raise _changed(volume)
    except SchedulerGone:
        raise
    except PorenetError as error:
        return failed(path, error, [*stretches.notes, *rows.notes])
    outcome = outcome_of(measured, dataclasses.replace(source, sha256=sha256), path, layers)
    outcome.notes[:0] = warned
    outcome.notes.extend([*stretches.notes, *rows.notes])
    return outcome


def _files(volume: SharedVolume) -> Mapping[Path, tuple[int, ...]]:
    return formats.states_of(volume.path, file_format=volume.options.get("file_format"))


def _changed(volume: SharedVolume) -> InputError:
    fix = "Measure it again when nothing writes to it."
    return InputError("changed while it was read", where=str(volume.path), fix=fix)


def _measured(
    flights: Flights,
    volume: SharedVolume,
    layers: LabelSlabs,
    asked: Asked,
    plan: SlabPlan,
    kept_states: tuple[KeptStates, KeptStates],
    watch: Callable[[str], object],
) -> tuple[Measured, str]:
    """The values, and the hash of the files, which a task of its own computes meanwhile."""
    hashing, early = flights.submit(hashed, volume), ""
    if any(max(state[-2:]) > time.time_ns() - FRESH_NS for state in _files(volume).values()):
        early = flights.result(hashing)
        hashing = None
    measured = Measured([], asked.refused, "")
    if asked.tasks:
        spread = Spread(flights, volume, asked.about.shape, layers.chunk_depth, plan, _Clock(layers, watch))
        arrays = joined_stretches(spread, kept_states[0])
        sums, row_peak = spread_rows(spread, kept_states[1]) if asked.need.rows else ({}, 0)
        folded = folded_of(arrays, asked.about, asked.need)
        values = asked.guarded(lambda: finish(folded, asked.tasks, sums))
        peak = max(int(arrays["peak"]), row_peak)
        stretches, workers = counted(spread.count, "stretch", "stretches"), counted(flights.workers, "worker")
        reading = f"read in {stretches} by {workers}, {counted(plan.thickness, 'layer')} at a time"
        reading += f", at most {size_text(peak)} each" if peak else ""
        if spread.before:
            reading += f"; {spread.before} of {counted(layers.shape[0], 'layer')} were read by an earlier process"
        measured = asked.measured(values, reading)
    hashing = hashing or flights.submit(hashed, volume)
    watch("its hash")
    sha256: str = flights.result(hashing)
    if early not in ("", sha256):
        raise _changed(volume)
    return measured, sha256


class _Clock:
    """Says how far a volume was read, and how fast."""

    def __init__(self, layers: LabelSlabs, watch: Callable[[str], object]) -> None:
        self._watch = watch
        self._bytes = math.prod(layers.shape) * layers.value_bytes
        self._begun: dict[str, float] = {}

    def __call__(self, what: str, done: int, total: int, here: int) -> None:
        """Before the first stretch and after each.

        Args:
            what: ``layers`` or ``rows``.
            done: how many of them were read.
            total: how many there are.
            here: how many of them were read since the first call.
        """
        seconds = time.monotonic() - self._begun.setdefault(what, time.monotonic())
        if not here:
            return
        speed = here / total * self._bytes / max(seconds, 1e-9)
        left = (total - done) / here * seconds
        self._watch(f"reading: {done} of {total} {what}, {pace_words(speed, left)}")
