"""Stretches of one volume on the workers of a Dask cluster: cut, sent, joined as a tree, kept for a later process."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from porenet.measurement.cluster_tasks import Arrays, SharedVolume, joined_arrays, stretch_arrays, summed_rows
from porenet.measurement.flights import DataLost, Flights
from porenet.measurement.kept_states import KeptStates
from porenet.measurement.slab_plan import SlabPlan
from porenet.slabs.fold import States, added_rows
from porenet.slabs.stored import row_states_of

SHORTEST = 32
"""Fewest layers of a stretch: of less, joining takes more than a tenth of the time."""
PER_WORKER = 4
"""Stretches for each worker, so that the last one does not wait long."""
IN_FLIGHT = 2
"""Stretches under way for each worker: one in work, one at the door."""
ATTEMPTS = 3
"""How often what was lost is read anew, without a state kept meanwhile."""

Range = tuple[int, int]
State = TypeVar("State")


@dataclass
class Spread:
    """A volume that is spread over a cluster.

    Attributes:
        flights: to the cluster.
        volume: what its workers read.
        shape: (Z, Y, X), voxels.
        chunk_depth: layers that are decoded together.
        plan: how a worker reads a stretch.
        clock: called before the first stretch and after each: ``layers`` or ``rows``, those read, all, those read here.
        threads: stretches that the cluster reads at a time.
        count: number of stretches that were read.
        before: number of layers that an earlier process read.
    """

    flights: Flights
    volume: SharedVolume
    shape: tuple[int, int, int]
    chunk_depth: int
    plan: SlabPlan
    clock: Callable[[str, int, int, int], object]
    threads: int = field(init=False)
    count: int = 0
    before: int = 0

    def __post_init__(self) -> None:
        self.threads = self.flights.threads

    def ranges(self, length: int, chunk: int, done: Sequence[Range]) -> list[Range]:
        """What is left of some layers or rows, cut into stretches.

        Args:
            length: how many there are.
            chunk: how many of them are decoded together.
            done: ranges that were read before, which do not overlap.
        """
        step = max(-(-length // (PER_WORKER * self.threads)), SHORTEST)
        step = -(-step // chunk) * chunk
        edges = sorted({0, length, *range(0, length, step), *itertools.chain(*done)})
        return [part for part in itertools.pairwise(edges) if not any(_within(part, whole) for whole in done)]


@dataclass
class _Node:
    """Layers that were joined: their arrays are on a worker, or kept in a file."""

    layers: Range
    future: Any


def joined_stretches(spread: Spread, kept_states: KeptStates) -> Arrays:
    """What all layers come to.

    Args:
        spread: the volume.
        kept_states: states of an earlier process, and of this one for a later.

    Raises:
        PorenetError: a layer cannot be read, a metric failed, or no worker is left.
    """
    lost, covered = 0, -1
    while True:
        tree = _Tree(spread, kept_states)
        lost = lost + 1 if tree.begun == covered else 1
        covered = tree.begun
        if not spread.count:
            spread.before = tree.begun
        try:
            return tree.grown()
        except DataLost:
            # what was sent from here went with its worker, and what was joined from it: as after a kill here
            if lost == ATTEMPTS:
                raise
            spread.flights = Flights(spread.flights.client)


def spread_rows(spread: Spread, kept_states: KeptStates) -> tuple[States, int]:
    """What all rows come to, whole along z; and the bytes that a worker took at most.

    Args:
        spread: the volume.
        kept_states: as for `joined_stretches`.

    Raises:
        PorenetError: as for `joined_stretches`.
    """
    height, rows, peak = spread.shape[1], spread.plan.rows, 0
    before = _disjoint(kept_states.read(lambda arrays: arrays))
    sums: States = {}
    for arrays in before.values():
        sums = added_rows(sums, row_states_of(arrays))
    waiting, unsaved = spread.ranges(height, 1, list(before))[::-1], dict[Range, Arrays]()
    sent: dict[str, Range] = {}
    done = height - sum(end - begin for begin, end in waiting)
    begun = done
    spread.clock("rows", done, height, 0)

    def send() -> None:
        block = waiting.pop()
        sent[spread.flights.send(summed_rows, spread.volume, *block, rows).key] = block

    for _ in range(min(IN_FLIGHT * spread.threads, len(waiting))):
        send()
    for future in spread.flights.landed():
        block, arrays = sent.pop(future.key), spread.flights.result(future)
        if waiting:
            send()
        sums, peak = added_rows(sums, row_states_of(arrays)), max(peak, int(arrays["peak"]))
        unsaved[block] = arrays
        done += block[1] - block[0]
        spread.clock("rows", done, height, done - begun)
        if kept_states.is_due:
            for saved in list(unsaved):
                kept_states.keep(saved, unsaved.pop(saved))
    return sums, peak


class _Tree:
    """Stretches whose neighbours are joined as soon as both are there.

    Attributes:
        begun: layers of which a state was kept before.
    """

    def __init__(self, spread: Spread, kept_states: KeptStates) -> None:
        self._spread, self._kept = spread, kept_states
        depth = spread.shape[0]
        before = list(_disjoint(kept_states.read(lambda _: None)))
        stretches = spread.ranges(depth, spread.chunk_depth, before)
        self._leaves = sorted([*before, *stretches])
        self._waiting = stretches[::-1]
        self._place = {layers: place for place, layers in enumerate(self._leaves)}
        self.begun = self._done = sum(end - begin for begin, end in before)
        self._ready: dict[tuple[int, int], _Node] = {}
        self._reading: dict[str, Range] = {}
        self._joining: dict[str, tuple[tuple[int, int], _Node, _Node]] = {}
        for layers in before:
            self._add(0, self._place[layers], _Node(layers, None))

    def grown(self) -> Arrays:
        """Read and join all that is left."""
        flights = self._spread.flights
        self._spread.clock("layers", self._done, self._spread.shape[0], 0)
        for _ in range(min(IN_FLIGHT * self._spread.threads, len(self._waiting))):
            self._read_next()
        for future in flights.landed():
            if future.key in self._reading:
                self._has_read(future)
            else:
                self._has_joined(future)
            if self._kept.is_due:
                self._keep()
        (root,) = self._ready.values()
        return self._kept.arrays(root.layers) if root.future is None else flights.result(root.future)

    def _read_next(self) -> None:
        layers, spread = self._waiting.pop(), self._spread
        future = spread.flights.send(stretch_arrays, spread.volume, *layers, spread.plan.thickness)
        self._reading[future.key] = layers
        spread.count += 1

    def _has_read(self, future: Any) -> None:
        layers = self._reading.pop(future.key)
        self._spread.flights.check(future)
        if self._waiting:
            self._read_next()
        self._done += layers[1] - layers[0]
        self._spread.clock("layers", self._done, self._spread.shape[0], self._done - self.begun)
        self._add(0, self._place[layers], _Node(layers, future))

    def _add(self, level: int, place: int, node: _Node) -> None:
        """A node is there: join it with its sibling, or let it wait for that."""
        width = -(-len(self._leaves) // (1 << level))
        while width > 1 and place ^ 1 >= width:  # without a sibling it goes up as it is
            level, place, width = level + 1, place // 2, -(-width // 2)
        sibling = self._ready.pop((level, place ^ 1), None) if width > 1 else None
        if sibling is None:
            self._ready[level, place] = node
        else:
            first, second = sorted((node, sibling), key=lambda half: half.layers)
            self._join((level + 1, place // 2), first, second)

    def _join(self, place: tuple[int, int], first: _Node, second: _Node) -> None:
        arrays = [self._arrays_of(node) for node in (first, second)]
        send, volume = self._spread.flights.send, self._spread.volume
        future = send(joined_arrays, volume, *arrays, first.layers[1], priority=1)
        self._joining[future.key] = place, first, second

    def _has_joined(self, future: Any) -> None:
        place, first, second = self._joining.pop(future.key)
        self._spread.flights.check(future)
        self._add(*place, _Node((first.layers[0], second.layers[1]), future))

    def _arrays_of(self, node: _Node) -> Any:
        """The arrays of a node on the cluster; those that are kept are sent there."""
        if node.future is not None:
            return node.future
        return self._spread.flights.sent_data(self._kept.arrays(node.layers))

    def _keep(self) -> None:
        """Keep what waits for its sibling: if a worker is lost, what was joined before need not be read again."""
        flights = self._spread.flights
        for node in self._ready.values():
            if node.future is not None and self._kept.keep(node.layers, flights.result(node.future)):
                node.future = None
        whole = [node.layers for node in self._ready.values() if node.future is None]
        self._kept.drop(lambda layers: any(_within(layers, other) and layers != other for other in whole))


def _within(inner: Sequence[int], outer: Range) -> bool:
    return outer[0] <= inner[0] and inner[-1] <= outer[1]


def _disjoint(states: Iterable[tuple[tuple[int, ...], State]]) -> dict[Range, State]:
    """States of which none overlaps another, the long ones first: what was joined comes before its parts."""
    chosen: dict[Range, State] = {}
    for (begin, *_, end), state in sorted(states, key=lambda pair: pair[0][0] - pair[0][-1]):
        if not any(begin < other[1] and other[0] < end for other in chosen):
            chosen[begin, end] = state
    return chosen
