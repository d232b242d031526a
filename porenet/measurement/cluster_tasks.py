"""What the workers of a Dask cluster do for one volume: plain functions of values that can be sent."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from porenet import formats
from porenet.config import GridFile
from porenet.errors import InputError, PluginError, Wording
from porenet.measurement.by_slabs import Asked, asked_of, needs_lines
from porenet.measurement.measured_files import contents_stamp
from porenet.measurement.one_volume import measure_source
from porenet.measurement.outcome import Outcome
from porenet.measurement.reading_notes import reading_notes
from porenet.measurement.requests import Request
from porenet.measurement.row import Source
from porenet.measurement.slab_plan import (
    BASE_BYTES,
    SlabPlan,
    is_read_whole,
    peak_bytes,
    share_of,
    slab_plan,
    usual_budget,
    whole_budget,
)
from porenet.slabs.fold import join_apart, row_states
from porenet.slabs.reading import ends_of, stretch
from porenet.slabs.stored import arrays_of, folded_of, row_arrays

if TYPE_CHECKING:
    from porenet.formats import LabelSlabs

Arrays = Mapping[str, NDArray[Any]]
"""What some layers come to, by name, and ``peak``, bytes that a worker took at most."""


_CHECKED: set[tuple[Path, str]] = set()
"""Paths and stamps of the volumes that this process was found to see as the client does."""


@dataclass(frozen=True, slots=True)
class SharedVolume:
    """A volume that several workers read.

    Attributes:
        path: a file, or a folder that holds one volume, for all of them.
        grid: phases, their file values, voxel edges (um), boundaries.
        requests: metrics, checked.
        options: further keywords of `porenet.formats.open_slabs`.
        stamp: of its files, as the client sees them; empty if it sees none.
        porenet: version of the client.
    """

    path: Path
    grid: GridFile
    requests: Sequence[Request]
    options: Mapping[str, Any]
    stamp: str
    porenet: str

    @classmethod
    def seen_here(
        cls, path: Path, grid: GridFile, requests: Sequence[Request], options: Mapping[str, Any]
    ) -> SharedVolume:
        """The volume as this machine sees it."""
        try:
            stamp = contents_stamp(path, file_format=options.get("file_format"))
        except (InputError, PluginError):  # reading it says why
            stamp = ""
        return cls(path.absolute(), grid, requests, options, stamp, version("porenet"))

    def check(self) -> None:
        """Refuse a worker that sees other files, or is of another version.

        Each worker looks once for a volume: a store may have 30,000 files. The client looks again at the end.

        Raises:
            InputError: that is so; the message names the worker.
        """
        if (self.path, self.stamp) in _CHECKED:
            return
        self.check_version()
        if self.stamp and self.stamp_here() != self.stamp:
            raise self._refused(
                "the files have another size or time there, or changed meanwhile",
                "Workers must see the same files, and nothing may write to them.",
            )
        _CHECKED.add((self.path, self.stamp))

    def check_version(self) -> None:
        """Refuse a worker of another version, which may count otherwise.

        Raises:
            InputError: that is so; the message names the worker.
        """
        if self.porenet != version("porenet"):
            raise self._refused(f"it has porenet {version('porenet')}, not {self.porenet}", "Install the same there.")

    def stamp_here(self) -> str:
        """The stamp of the files as this worker sees them.

        Raises:
            InputError: it sees none; the message names the worker.
        """
        try:
            return contents_stamp(self.path, file_format=self.options.get("file_format"))
        except InputError as error:
            raise self._refused(error.what, "Workers must see the same path.") from error

    def opened(self) -> tuple[LabelSlabs, Asked]:
        """The volume by slabs, and what is measured of it."""
        with reading_notes():  # the client has them
            layers = formats.open_slabs(self.path, **self.grid.reading, **self.options)
        return layers, asked_of(layers, self.requests, no_rows=needs_lines(layers))

    def _refused(self, what: str, fix: str) -> InputError:
        from distributed import get_worker

        return InputError(what, where=f"{self.path}: worker {get_worker().address}", fix=fix)


def measured_or_planned(volume: SharedVolume, source: Source, memory: int | None) -> Outcome | SlabPlan:
    """Measure a volume that fits into the memory of this worker; of a larger one say how it can be read.

    Args:
        volume: the volume.
        source: its name in the table, and the place it was cut from.
        memory: bytes that a worker may take; None: half of its limit.
    """
    from distributed import get_worker

    volume.check_version()
    if volume.stamp:
        volume.stamp_here()  # a copy may have another time: of what it reads itself, the worker computes the hash
    worker = get_worker()
    limit, threads = worker.memory_manager.memory_limit, worker.state.nthreads
    most = (limit or whole_budget(None)) if memory is None else memory
    if memory is None:
        memory = BASE_BYTES + (limit - BASE_BYTES) // 2 if limit else usual_budget()
    share = share_of(memory, threads)
    task = source, volume.path, volume.grid, volume.requests, volume.options, share
    with reading_notes():  # measuring it notes them
        whole = is_read_whole(volume.path, volume.options, share)
    if whole:
        return measure_source(*task, whole_memory=share_of(most, threads))
    volume.check()
    layers, asked = volume.opened()
    if asked.need.reads_again:
        return measure_source(*task)
    if layers.cuts == "forwards" and layers.is_short:  # reading it says where it ends
        return measure_source(*task)
    if layers.cuts == "forwards":
        raise InputError(
            "cannot be entered in the middle, as workers of a cluster do",
            where=str(volume.path),
            fix=Wording(
                "Write it as .zarr with porenet.formats.write.",
                f"Convert it: porenet convert {volume.path.name} NAME.zarr.",
            ),
        )
    return slab_plan(layers, asked.need, memory, threads)


def stretch_arrays(volume: SharedVolume, begin: int, end: int, thickness: int) -> Arrays:
    """What some layers come to, that share none with others.

    Args:
        volume: the volume.
        begin: first layer.
        end: the layer behind the last.
        thickness: layers that are read at a time.
    """
    volume.check()
    layers, asked = volume.opened()
    folded = asked.guarded(lambda: stretch(layers, asked.tasks, begin, end, thickness))
    return arrays_of(folded) | {"peak": np.array(peak_bytes())}


def joined_arrays(volume: SharedVolume, first: Arrays, second: Arrays, end: int) -> Arrays:
    """What two neighbours come to.

    Args:
        volume: the volume.
        first: the layers up to ``end``.
        second: those from there on.
        end: the place.
    """
    _, asked = volume.opened()
    first_part, second_part = (folded_of(arrays, asked.about, asked.need) for arrays in (first, second))
    folded = asked.guarded(lambda: join_apart(first_part, second_part, end, asked.tasks))
    peak = max(int(first["peak"]), int(second["peak"]), peak_bytes())
    return arrays_of(folded) | {"peak": np.array(peak)}


def summed_rows(volume: SharedVolume, begin: int, end: int, rows: int) -> Arrays:
    """What some rows of all layers come to, for metrics that count along whole lines along z.

    Args:
        volume: the volume.
        begin: first row.
        end: the row behind the last.
        rows: rows that are read at a time.
    """
    volume.check()
    layers, asked = volume.opened()
    edges = [begin, *ends_of(begin, end, rows)]
    blocks = (layers.read_y(y0, y1) for y0, y1 in itertools.pairwise(edges))
    states = asked.guarded(lambda: row_states(blocks, asked.tasks, asked.about))
    return row_arrays(states) | {"peak": np.array(peak_bytes())}


def hashed(volume: SharedVolume) -> str:
    """The fingerprint of the files."""
    volume.check()
    return formats.fingerprint(volume.path, file_format=volume.options.get("file_format"))
