"""The contract of a metric that can be measured by slabs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from porenet.interface import Grid, Value, Volume
from porenet.slabs.need import Need
from porenet.slabs.slab import About, Bounds, Box, Slab, about_of
from porenet.slabs.summary import Summary

State = Mapping[str, Any]
"""What is kept of the layers that were read: arrays of numpy and numbers by name, ready for an NPZ file."""


class Stream(Protocol):
    """How a metric is measured by slabs; ``Spec.streamed`` names one. The methods get its parameters, all of them.

    A metric that needs only what porenet counts has no ``leaf`` and no ``join``: its state is the `Summary`.
    """

    def need(self, grid: Grid, shape: Box, params: Mapping[str, Any]) -> Need:
        """What it needs of each slab.

        Args:
            grid: phases, voxel edges (um) and boundaries.
            shape: (Z, Y, X), voxels.
            params: parameters of the metric.

        Raises:
            InputError: with these parameters the metric needs the whole volume in memory.
        """
        ...

    def finish(self, state: Any, about: About, params: Mapping[str, Any]) -> Mapping[str, Value]:
        """Values from the state of the whole box.

        Args:
            state: a `Summary`, or what ``join`` returned last. Where z is periodic the last slab that was joined holds
                the last layer of the box and the first.
            about: the volume.
            params: parameters of the metric.
        """
        ...


class OwnState(Stream, Protocol):
    """A `Stream` with a state of its own."""

    def leaf(self, slab: Slab, params: Mapping[str, Any]) -> State:
        """State of one slab. What lies in one layer is counted in ``slab.owned`` only."""
        ...

    def join(self, first: Any, second: Any) -> State:
        """State of two neighbours, which share one layer; associative."""
        ...


class RowState(OwnState, Protocol):
    """An `OwnState` that also counts along whole lines along z, which no slab holds; its `Need` says ``rows``."""

    def rows(self, labels: NDArray[np.uint8], about: About, params: Mapping[str, Any]) -> State:
        """Counts of some rows of the box, by other names than those of ``leaf``; those of all rows are added up.

        Args:
            labels: ``(Z, rows, X)`` uint8.
            about: the volume.
            params: parameters of the metric.
        """
        ...


class PartState(Stream, Protocol):
    """A `Stream` that measures parts of the box by themselves, one after the other; they may overlap."""

    def parts(self, about: About, params: Mapping[str, Any]) -> Sequence[Bounds]:
        """Where its parts lie; it depends on nothing but these arguments.

        Those that begin at z = 0 apart, each must begin at the end of one before it: some files are only read forwards.
        """
        ...

    def part(self, labels: NDArray[np.uint8], number: int, about: About, params: Mapping[str, Any]) -> State:
        """What one part comes to: ``finish`` gets those of all parts, stacked along a first axis.

        Args:
            labels: ``(z, y, x)`` uint8, of the part.
            number: of the part, from 0 on.
            about: the volume.
            params: parameters of the metric.
        """
        ...


def has_own_state(stream: Stream) -> TypeGuard[OwnState]:
    """Whether a stream keeps a state of its own."""
    return hasattr(stream, "leaf")


def has_rows(stream: Stream, need: Need) -> TypeGuard[RowState]:
    """Whether a stream counts along whole lines along z, with what it needs."""
    return need.rows and hasattr(stream, "rows")


def has_parts(stream: Stream) -> TypeGuard[PartState]:
    """Whether a stream measures parts of the box by themselves."""
    return hasattr(stream, "parts")


def in_memory(stream: Stream, volume: Volume, **params: Any) -> dict[str, Value]:
    """Measure a volume in memory: one slab that holds it all.

    Args:
        stream: of the metric.
        volume: any labelled structure.
        **params: parameters of the metric, all of them.

    Returns:
        The values of the metric.

    Raises:
        InputError: the metric refuses its parameters.
    """
    about = about_of(volume)
    need = stream.need(volume.grid, about.shape, params)
    state: Any
    if has_own_state(stream):
        slab = Slab.whole(volume)
        state = stream.leaf(slab, params)
        if volume.grid.periodic[0]:
            state = stream.join(state, stream.leaf(slab.own_seam(need.reached), params))
        if has_rows(stream, need):
            state = {**state, **stream.rows(volume.labels, about, params)}
    elif has_parts(stream):
        state = _stacked(stream, volume.labels, about, params)
    else:
        state = Summary.whole(volume, need)
    return dict(stream.finish(state, about, params))


def _stacked(stream: PartState, labels: NDArray[np.uint8], about: About, params: Mapping[str, Any]) -> State:
    states = [
        stream.part(labels[tuple(slice(*edges) for edges in bounds)], number, about, params)
        for number, bounds in enumerate(stream.parts(about, params))
    ]
    return {name: np.stack([state[name] for state in states]) for name in states[0]}
