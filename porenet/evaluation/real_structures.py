"""Real structures to compare with: read, cut out of a volume, or taken from memory."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path
from typing import Any

from porenet.config import GridFile
from porenet.errors import InputError, Wording, argument, counted
from porenet.evaluation.grid_words import grid_words
from porenet.interface import Grid, Volume
from porenet.measurement import Job, Request, origins_of, read_volume


@dataclass(frozen=True, slots=True, eq=False)
class RealStructures:
    """Real structures of one grid.

    Attributes:
        name: what they are, in one line.
        volumes: the structures, at least one.
        names: of each, no two alike.
        origins: place that each was cut from, ``{"source": ..., "corner": [z, y, x]}`` (voxels), or None.
        grid_file: phases, their values in the files, voxel edges (um), reservoirs.
        files: path of each, by its name; empty where they are not in files of their own.
        reading: options that the files are read with.
    """

    name: str
    volumes: tuple[Volume, ...]
    names: tuple[str, ...]
    origins: tuple[Mapping[str, Any] | None, ...]
    grid_file: GridFile
    files: Mapping[str, Path] = field(default_factory=dict)
    reading: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        volumes: Sequence[Volume],
        *,
        names: Sequence[str] = (),
        origins: Sequence[Mapping[str, Any] | None] = (),
        name: str = "real structures",
        reservoirs: Mapping[str, Any] | None = None,
    ) -> RealStructures:
        """Structures in memory.

        Args:
            volumes: at least one, all of one grid.
            names: of each; default: ``real_0001``, ...
            origins: place that each was cut from, ``{"source": ..., "corner": [z, y, x]}`` in voxels, so that
                overlapping ones do not count as independent; default: they are independent.
            name: what they are, in one line.
            reservoirs: face that feeds each phase, see `porenet.config.GridFile`.

        Raises:
            InputError: no structure, structures of two grids, or not one name and origin per structure.
        """
        volumes = tuple(volumes)
        if not volumes or not all(isinstance(volume, Volume) for volume in volumes):
            raise InputError("at least one porenet.Volume was expected", where="RealStructures.of")
        names = tuple(names) or tuple(f"real_{number:04d}" for number in range(1, len(volumes) + 1))
        places = tuple(origins) or (None,) * len(volumes)
        if not len(names) == len(set(names)) == len(volumes) == len(places):
            raise InputError(
                f"different names and origins were expected, {len(volumes)} of each", where="RealStructures.of"
            )
        _refuse_mixture(volumes, names)
        return cls(name, volumes, names, places, GridFile(volumes[0].grid, {}, dict(reservoirs or {})))

    @property
    def grid(self) -> Grid:
        """Phases, voxel edges (um), boundaries."""
        return self.grid_file.grid

    @property
    def shape(self) -> tuple[int, ...] | None:
        """Voxels (Z, Y, X), of sections (Y, X), where all are alike."""
        shapes = {volume.shape for volume in self.volumes}
        return next(iter(shapes)) if len(shapes) == 1 else None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of labels and grid, in hexadecimal."""
        digest = hashlib.sha256(repr((self.grid.phases, self.grid.edges_um, self.grid.wraps)).encode())
        for volume in self.volumes:
            digest.update(repr(volume.shape).encode())
            digest.update(volume.labels.data)
        return digest.hexdigest()

    def job(self, requests: Sequence[Request], memory: int | None = None) -> Job:
        """Their measurement; they need to be in files."""
        origins = {name: place for name, place in zip(self.names, self.origins, strict=True) if place}
        return Job(self.files, self.grid_file, requests, self.reading, origins, memory)


def read_structures(
    files: Mapping[str, Path],
    grid_file: GridFile,
    *,
    roots: Sequence[Path] = (),
    reading: Mapping[str, Any] | None = None,
) -> RealStructures:
    """Structures of files.

    Args:
        files: name of each -> its path.
        grid_file: phases, their values in the files, voxel edges (um), boundaries, reservoirs.
        roots: folders whose ``origins.json`` may say where each was cut from.
        reading: further options of `porenet.formats.read`.

    Raises:
        InputError: one cannot be read, or is of another grid.
    """
    options = dict(reading or {})
    volumes = tuple(read_volume(path, grid_file, options) for path in files.values())
    names = tuple(files)
    _refuse_mixture(volumes, names)
    known = origins_of(files, roots)
    name = ", ".join(map(str, roots)) or counted(len(files), "file")
    origins = tuple(known.get(each) for each in names)
    return RealStructures(name, volumes, names, origins, grid_file, dict(files), options)


def cut_boxes(real: RealStructures, shape: Sequence[int], stride: Sequence[int] | None = None) -> RealStructures:
    """Boxes cut out of volumes, each with its origin.

    Args:
        real: the volumes, open on every axis.
        shape: voxels of a box along each axis.
        stride: voxels from one box to the next along each axis; default: the shape, so that no two overlap.

    Raises:
        InputError: sides that are not positive numbers, one per axis; a periodic volume, whose boxes would not be
            periodic; or none that holds a box.
    """
    steps = tuple(stride or shape)
    check_sides(shape, real.grid, "cut")
    check_sides(steps, real.grid, "stride")
    if any(real.grid.wraps):
        raise InputError("boxes cut out of a periodic volume are not periodic", where=real.name, fix=_OPEN)
    boxes = [
        box for volume, name in zip(real.volumes, real.names, strict=True) for box in _boxes(volume, name, shape, steps)
    ]
    if not boxes:
        sides = " x ".join(map(str, real.volumes[0].shape))
        raise InputError(
            f"no box of {' x '.join(map(str, shape))} voxels fits into {real.names[0]} of {sides}",
            where=argument("cut"),
            fix="Cut smaller boxes.",
        )
    volumes, names, origins = zip(*boxes, strict=True)
    text = f"{real.name}, cut into {counted(len(boxes), 'box', 'boxes')} of {' x '.join(map(str, shape))} voxels"
    grid_file = GridFile(real.grid, {}, real.grid_file.reservoirs)
    return RealStructures(text, volumes, names, origins, grid_file)


def check_sides(shape: Sequence[int], grid: Grid, name: str) -> None:
    """Refuse a shape that is not one positive number per axis.

    Args:
        shape: voxels along each axis.
        grid: of the structures.
        name: of the argument.
    """
    sides = tuple(shape) if isinstance(shape, Iterable) else ()
    if len(sides) != grid.dims or not all(isinstance(side, Integral) and side > 0 for side in sides):
        axes = ", ".join(grid.axes)
        raise InputError(
            f"one positive number of voxels per axis ({axes}) was expected, not {shape!r:.60}", where=argument(name)
        )


_OPEN = Wording(
    "State a grid that is open on every axis; override=True sets that of the file aside.",
    "State a grid that is open on every axis (--grid); --override sets that of the file aside.",
)


def _boxes(volume: Volume, name: str, shape: Sequence[int], stride: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    labels = volume.array
    ranges = [range(0, side - box + 1, step) for side, box, step in zip(labels.shape, shape, stride, strict=True)]
    for corner in itertools.product(*ranges):
        box = labels[tuple(slice(at, at + side) for at, side in zip(corner, shape, strict=True))]
        place = "_".join(f"{axis}{at}" for axis, at in zip(volume.grid.axes, corner, strict=True))
        yield Volume(box.copy(), volume.grid), f"{name}_{place}", {"source": name, "corner": list(corner)}


def _refuse_mixture(volumes: Sequence[Volume], names: Sequence[str]) -> None:
    first = volumes[0].grid
    for volume, name in zip(volumes, names, strict=True):
        if volume.grid != first:
            raise InputError(
                f"{grid_words(volume.grid)}, but {names[0]} has {grid_words(first)}",
                where=name,
                fix="Compare structures of one grid.",
            )
