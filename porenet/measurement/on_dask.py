"""Measure volumes on a Dask cluster: each by a worker, or a large one by all of them together."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from porenet.errors import InputError, PorenetError
from porenet.measurement.cluster_tasks import SharedVolume, measured_or_planned
from porenet.measurement.flights import Flights, SchedulerGone
from porenet.measurement.large_volume import failed
from porenet.measurement.outcome import Outcome
from porenet.measurement.scheduler_address import ADDRESS, check_address
from porenet.measurement.slab_plan import SlabPlan
from porenet.measurement.spread_volume import measured_spread
from porenet.registry import require

if TYPE_CHECKING:
    from porenet.measurement.worker_pool import Task, Watch


def measured_on_dask(tasks: Mapping[str, Task], address: str, watch: Watch) -> Generator[tuple[str, Outcome]]:
    """Measure volumes on the workers of a scheduler.

    Args:
        tasks: name of each volume -> what to measure.
        address: of the scheduler.
        watch: called with the name of a large volume and how far it was read.

    Yields:
        Name and outcome of each volume, those first that fit into the memory of a worker.

    Raises:
        InputError: that is not an address, no scheduler answers, or no worker is left.
    """
    distributed = require("distributed", "measuring with Dask", extra="dask")
    check_address(address)
    try:
        client = distributed.Client(address, timeout="30s")
    except (OSError, ValueError) as error:
        raise InputError(f"no Dask scheduler answers: {error}", where=address, fix=ADDRESS) from error
    with _quiet(), client:
        flights, names, large = Flights(client), dict[str, str](), dict[str, SlabPlan]()
        volumes = {name: SharedVolume.seen_here(*task[1:5]) for name, task in tasks.items()}
        waiting = list(tasks)[::-1]

        def send() -> None:
            name = waiting.pop()
            source, *_, memory, _ = tasks[name]
            names[flights.send(measured_or_planned, volumes[name], source, memory).key] = name

        for _ in range(min(2 * flights.threads, len(waiting))):
            send()
        for future in flights.landed():
            name = names.pop(future.key)
            try:
                result: Outcome | SlabPlan = flights.result(future)
            except SchedulerGone:
                raise
            except PorenetError as error:
                result = failed(tasks[name][1], error)
            if isinstance(result, SlabPlan):
                large[name] = result
            else:
                yield name, result
            if waiting:
                send()
        for name, plan in large.items():
            yield name, measured_spread(Flights(client), volumes[name], tasks[name], plan, partial(watch, name))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what Dask logs of a connection that breaks, tracebacks among it: porenet says so in a line."""
    logger = logging.getLogger("distributed.client")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
