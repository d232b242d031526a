"""Tasks under way on a Dask cluster."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from typing import Any

from porenet.errors import InputError, PorenetError

PATIENCE_S = 30.0
"""Seconds without a finished task after which the workers are counted; an error if there are none twice in a row."""


class SchedulerGone(InputError):
    """The scheduler does not answer any more, so that nothing else can be measured either."""

    def __init__(self, client: Any) -> None:
        super().__init__(
            "the Dask scheduler does not answer any more",
            where=str(client.scheduler.address),
            fix="Start it, and the same command again.",
        )


class WorkerFailed(InputError):
    """A task ended with its worker, or with an error that is none of porenet."""


class DataLost(WorkerFailed):
    """What a task needed was sent by the client, and is gone with the worker that had it."""


class Flights:
    """Tasks that were sent and have not come back.

    Args:
        client: of the scheduler.
    """

    def __init__(self, client: Any) -> None:
        self.client = client
        self._landed: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._under_way: dict[str, Any] = {}

    @property
    def threads(self) -> int:
        """Number of tasks that the cluster works on at a time."""
        return max(1, sum(self._nthreads().values()))

    @property
    def workers(self) -> int:
        """Number of worker processes."""
        return len(self._nthreads())

    def send(self, function: Callable[..., Any], *args: Any, priority: int = 0) -> Any:
        """Send a task; returns its future.

        Args:
            function: of a module.
            *args: its arguments; futures stand for their results.
            priority: what is higher is done first.
        """
        future = self.submit(function, *args, priority=priority)
        self._under_way[future.key] = future  # a future that nothing refers to is cancelled
        future.add_done_callback(self._landed.put)
        return future

    def submit(self, function: Callable[..., Any], *args: Any, priority: int = 0) -> Any:
        """Send a task that `landed` does not yield; arguments are those of `send`."""
        try:
            # pure=False: the same volume, changed on disk, must be read again
            return self.client.submit(function, *args, pure=False, priority=priority)
        except Exception as error:
            self._refuse_gone(error)
            raise

    def landed(self) -> Iterator[Any]:
        """Yield the futures of tasks as they end, also of those that are sent meanwhile.

        Raises:
            InputError: no worker is left.
        """
        while self._under_way:
            future = self._patiently(lambda: self._landed.get(timeout=PATIENCE_S))
            del self._under_way[future.key]
            yield future

    def result(self, future: Any) -> Any:
        """The result of a future, also of one that `landed` does not yield.

        Raises:
            PorenetError: the task raised it, or no worker is left.
            SchedulerGone: the scheduler does not answer any more.
            DataLost: what it needed is gone.
            WorkerFailed: anything else went wrong.
        """
        try:
            return self._patiently(lambda: future.result(timeout=PATIENCE_S))
        except PorenetError:
            raise
        except Exception as error:  # KilledWorker, or whatever else Dask raises
            self._refuse_gone(error)
            kind = DataLost if isinstance(error, CancelledError) else WorkerFailed
            reason = " ".join(str(error).split())
            raise kind(f"its Dask worker failed: {type(error).__name__}: {reason}") from error

    def sent_data(self, data: Any) -> Any:
        """The future of data that a task needs.

        Raises:
            SchedulerGone: the scheduler does not answer any more.
            DataLost: the worker that was to have it is gone.
        """

        def scatter() -> Any:
            # in a list: of a mapping, each value would be sent under its own name, the same for every state
            (future,) = self.client.scatter([data], hash=False, timeout=PATIENCE_S)
            return future

        try:
            return self._patiently(scatter)
        except OSError as error:
            self._refuse_gone(error)
            raise DataLost(f"its Dask worker failed: {error}") from error

    def check(self, future: Any) -> None:
        """Raise what a task raised, as `result` does, but leave its result where it is."""
        if future.status != "finished":
            self.result(future)

    def _patiently(self, step: Callable[[], Any]) -> Any:
        """Wait as long as there are workers; those of a cluster that starts them anew may be gone for a while."""
        deserted = False
        while True:
            try:
                return step()
            except (queue.Empty, TimeoutError):
                pass
            if self._nthreads():
                deserted = False
            elif deserted:
                raise InputError(
                    "the Dask scheduler has no worker",
                    where=str(self.client.scheduler.address),
                    fix="Start workers, and the same command again.",
                )
            else:
                deserted = True

    def _refuse_gone(self, error: Exception) -> None:
        """Raise if it is the scheduler that was lost, with which Dask cancels all that is under way."""
        if self.client.status != "running":
            raise SchedulerGone(self.client) from error

    def _nthreads(self) -> Mapping[str, int]:
        """Number of threads of each worker."""
        try:
            return dict(self.client.nthreads())
        except Exception as error:  # OSError, or whatever else Dask raises without its scheduler
            raise SchedulerGone(self.client) from error
