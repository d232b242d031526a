"""What was reached in a volume as arrays by name: an NPZ file without pickle, or what travels between machines."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from porenet.contacts import Lines
from porenet.slabs.census import Census
from porenet.slabs.fold import Folded, States
from porenet.slabs.need import Need, Supplied
from porenet.slabs.pieces import Pieces
from porenet.slabs.reading import Reached, ways_again
from porenet.slabs.second_reading import Trail
from porenet.slabs.slab import About
from porenet.slabs.summary import Summary

Arrays = Mapping[str, NDArray[Any]]

_COUNTS = ("voxels", "eighths", "totals", "first_layer", "last_layer")
_PIECES = [field.name for field in dataclasses.fields(Pieces)]


def arrays_of(folded: Folded) -> dict[str, NDArray[Any]]:
    """What some layers come to, before the box is closed, as arrays by name."""
    summary = folded.summary
    arrays = {f"summary.{name}": getattr(summary, name) for name in _COUNTS}
    asked = summary.need.triples_by_components
    for i, (wraps, triples) in enumerate(asked.items()):
        arrays |= {f"pieces.{i}.{name}": getattr(summary.pieces[wraps], name) for name in _PIECES}
        for j, triple in enumerate(triples):
            census = summary.censuses[wraps, triple]
            arrays |= {f"census.{i}.{j}.keys": census.keys, f"census.{i}.{j}.counts": _narrow(census.counts)}
    return arrays | _numbered("state", folded.states)


def folded_of(arrays: Arrays, about: About, need: Need) -> Folded:
    """What `arrays_of` wrote.

    Args:
        arrays: by name.
        about: the volume.
        need: what was counted.

    Raises:
        KeyError: an array is missing.
    """
    pieces, censuses = {}, {}
    for i, (wraps, triples) in enumerate(need.triples_by_components.items()):
        pieces[wraps] = Pieces(*(arrays[f"pieces.{i}.{name}"] for name in _PIECES))
        for j, triple in enumerate(triples):
            censuses[wraps, triple] = Census(
                arrays[f"census.{i}.{j}.keys"], arrays[f"census.{i}.{j}.counts"].astype(np.int64)
            )
    voxels, eighths, totals, first_layer, last_layer = (arrays[f"summary.{name}"] for name in _COUNTS)
    summary = Summary(about, need, voxels, eighths, totals, {}, {}, pieces, censuses, first_layer, last_layer)
    return Folded(summary, _by_place("state", arrays))


def arrays_of_reached(reached: Reached) -> dict[str, NDArray[Any]]:
    """How far a reading has come, after its first slab, as arrays by name."""
    assert reached.folded is not None  # after the first slab
    arrays = arrays_of(reached.folded)
    arrays["reached"] = np.array([reached.recounted, reached.rows], np.int64)
    arrays["counted"] = _numbers(reached.folded.summary.need.supplies)
    arrays["ends"] = np.array(reached.ends, np.int64)
    for i, wraps in enumerate(sorted(reached.trails)):
        trail = reached.trails[wraps]
        assert trail.state is not None  # after the first slab
        arrays |= {f"trail.{i}.{name}": getattr(trail.state, name) for name in _PIECES}
        arrays |= _joined(f"trail.{i}.slabs", trail.slabs) | _joined(f"trail.{i}.states", trail.states)
    for i, supplied in enumerate(_in_order(reached.lines)):
        arrays[f"lines.{i}"] = np.stack(dataclasses.astuple(reached.lines[supplied]))
    arrays |= _numbered("marked", reached.marked) | _numbered("part", reached.part_states)
    return arrays | row_arrays(reached.row_states)


def reached_of(arrays: Arrays, about: About, need: Need) -> Reached:
    """What `arrays_of_reached` wrote.

    Args:
        arrays: by name.
        about: the volume.
        need: of all metrics together.

    Raises:
        KeyError: an array is missing.
    """
    recounted, rows = arrays["reached"].tolist()
    numbers = arrays["counted"].tolist()
    first = frozenset(supplied for supplied in need.supplies if _numbers([supplied]).tolist()[0] in numbers)
    counted, again = dataclasses.replace(need, supplies=first), need.supplies - first
    return Reached(
        tuple(arrays["ends"].tolist()),
        folded_of(arrays, about, counted),
        {
            wraps: Trail(
                wraps,
                Pieces(*(arrays[f"trail.{i}.{name}"] for name in _PIECES)),
                _apart(f"trail.{i}.slabs", arrays),
                _apart(f"trail.{i}.states", arrays),
            )
            for i, wraps in enumerate(ways_again(need, counted))
        },
        recounted,
        {supplied: Lines(*arrays[f"lines.{i}"]) for i, supplied in enumerate(_in_order(again)) if recounted},
        _by_place("marked", arrays),
        rows,
        row_states_of(arrays),
        _by_place("part", arrays),
    )


def row_arrays(states: States) -> dict[str, NDArray[Any]]:
    """Counts of rows as arrays by name."""
    return _numbered("row", states)


def row_states_of(arrays: Arrays) -> States:
    """What `row_arrays` wrote."""
    return _by_place("row", arrays)


def _narrow(counts: NDArray[np.int64]) -> NDArray[Any]:
    """Counts in the smallest type that holds them: white noise has two keys of lines per voxel of a layer."""
    return counts.astype(np.min_scalar_type(int(counts.max(initial=0))))


def _numbered(kind: str, states: Mapping[int, Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
    return {
        f"{kind}.{place}.{name}": np.asarray(value) for place, state in states.items() for name, value in state.items()
    }


def _by_place(kind: str, arrays: Arrays) -> dict[int, dict[str, NDArray[Any]]]:
    states: dict[int, dict[str, NDArray[Any]]] = {}
    for whole in arrays:
        if whole.startswith(f"{kind}."):
            _, place, name = whole.split(".", 2)
            states.setdefault(int(place), {})[name] = arrays[whole]
    return states


def _in_order(supplies: Iterable[Supplied]) -> list[Supplied]:
    return sorted(supplies, key=dataclasses.astuple)


def _numbers(supplies: Iterable[Supplied]) -> NDArray[np.int64]:
    """``(N, 10)``: what the entries say."""
    rows = [[*item.triple, *item.supplied, item.possible, *item.wraps] for item in _in_order(supplies)]
    return np.array(rows, np.int64).reshape(-1, 10)


def _joined(name: str, codes: Sequence[NDArray[np.uint32]]) -> dict[str, NDArray[Any]]:
    """Arrays of several lengths as one, with the place behind each."""
    return {
        name: np.concatenate([np.zeros(0, np.uint32), *codes]),
        f"{name}.ends": np.cumsum([len(numbers) for numbers in codes], dtype=np.int64),
    }


def _apart(name: str, arrays: Arrays) -> list[NDArray[np.uint32]]:
    edges = [0, *arrays[f"{name}.ends"].tolist()]
    return [arrays[name][begin:end] for begin, end in itertools.pairwise(edges)]
