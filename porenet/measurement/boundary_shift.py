"""Move the interfaces of a phase by steps of half a voxel, on a grid of doubled resolution."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.errors import InputError
from porenet.interface import Volume

Labels = NDArray[np.uint8]
Mask = NDArray[np.bool_]

SIDES = [(axis, step) for axis in range(3) for step in (-1, 1)]


def doubled(volume: Volume) -> Volume:
    """The same structure with every voxel in two along each axis; an axis of one voxel stays as it is.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.

    Returns:
        ``(2 Z, 2 Y, 2 X)`` with voxel edges half as long: eight times the memory; of a section ``(2 Y, 2 X)``.
    """
    labels, shape = volume.labels, volume.labels.shape
    for axis, size in enumerate(shape):
        if size > 1:
            labels = labels.repeat(2, axis=axis)
    halves: Any = tuple(edge / min(size, 2) for edge, size in zip(volume.grid.voxel_um, shape, strict=True))
    return Volume(labels, dataclasses.replace(volume.grid, voxel_um=halves[-volume.grid.dims :]))


def shifted(volume: Volume, phase: str, steps: int) -> Volume:
    """Move every interface of a phase by a number of voxels.

    A step outwards gives the phase every voxel of another phase that shares a face with it. A step inwards takes from
    it every voxel that shares a face with another phase; that voxel goes to the phase that it shares most faces with,
    and of several to the first in the order of the grid. There is no interface at an open face of the box, whose
    outside is unknown; a periodic axis wraps. Interfaces between two other phases stay.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``; for steps of half a voxel from `doubled`.
        phase: its name.
        steps: voxels of this volume by which the phase grows; below 0 it shrinks.

    Returns:
        A volume of the same grid; the same one where nothing moves.

    Raises:
        InputError: no such phase.
    """
    label = volume.grid.index(phase)
    if isinstance(steps, bool) or not isinstance(steps, int):
        raise InputError(f"a whole number of steps was expected, not {steps!r}", where="shifted.steps")
    labels = volume.labels
    for _ in range(abs(steps)):
        labels = _grown(labels, label, volume.grid.periodic) if steps > 0 else _shrunk(labels, label, volume)
    return volume if labels is volume.labels else Volume(labels, volume.grid)


def _grown(labels: Labels, label: int, periodic: tuple[bool, ...]) -> Labels:
    grown = labels.copy()
    _mark_beside(grown, labels == label, label, periodic)
    return grown


def _shrunk(labels: Labels, label: int, volume: Volume) -> Labels:
    edge = np.zeros(labels.shape, np.bool_)
    _mark_beside(edge, labels != label, True, volume.grid.periodic)
    edge &= labels == label
    places = np.nonzero(edge)
    contacts = np.zeros((len(volume.grid.phases), len(places[0])), np.uint8)
    for neighbours, there in _neighbours(labels, places, volume.grid.periodic):
        np.add.at(contacts, (neighbours[there], np.flatnonzero(there)), 1)
    contacts[label] = 0
    shrunk = labels.copy()
    shrunk[places] = contacts.argmax(axis=0)
    return shrunk


def _mark_beside(target: NDArray[np.generic], mask: Mask, value: int, periodic: tuple[bool, ...]) -> None:
    """Set the value at every voxel that shares a face with the mask."""
    for axis, step in SIDES:
        beyond, marked = target.swapaxes(0, axis)[::step], mask.swapaxes(0, axis)[::step]
        beyond[1:][marked[:-1]] = value
        if periodic[axis]:
            beyond[0][marked[-1]] = value


def _neighbours(
    labels: Labels, places: tuple[NDArray[np.intp], ...], periodic: tuple[bool, ...]
) -> Iterator[tuple[Labels, Mask]]:
    """For each of six sides the labels of the neighbours of voxels, and where there is one."""
    for axis, step in SIDES:
        size = labels.shape[axis]
        beside = places[axis] + step
        there = np.ones(len(beside), np.bool_) if periodic[axis] else (beside >= 0) & (beside < size)
        index = (*places[:axis], beside % size, *places[axis + 1 :])
        yield labels[index], there
