"""NPY and NPZ: arrays of numpy, never unpickled and inflated no further than the header states."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO

import numpy as np

from porenet.errors import InputError, Wording
from porenet.formats.interface import (
    CHOOSE_ONE,
    DEFLATE_RATIO,
    Options,
    Record,
    StoredArray,
    WrittenLayers,
    flat_blocks,
    parsed_record,
    plain_slabs,
    record_data,
    with_record,
)
from porenet.interface import Volume

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HEADER = 1 << 14
_PREFERRED = ("im", "labels")


class Npy:
    """One array of numpy in a file, in C or Fortran order; Python objects in it are never loaded."""

    def header(self, path: Path, options: Options) -> StoredArray:
        """Describe the array of an NPY file."""
        options.refuse_dataset()
        with path.open("rb") as file:
            header = _header(file)
        stored = header.stored
        end = path.stat().st_size

        def blocks() -> Iterator[NDArray[Any]]:
            with path.open("rb") as file:
                file.seek(header.length)
                yield from flat_blocks(file.read, stored.dtype, stored.size)
                _refuse_more(file, "the file")

        slabs = None if stored.fortran else plain_slabs(path, header.length, stored.shape, stored.dtype, end=end)
        return replace(stored, packed_bytes=end - header.length, blocks=blocks, slabs=slabs)

    def write(self, volume: Volume, path: Path, values: NDArray[np.uint8]) -> None:
        """Write the values of the labels in C order; the format holds no names and no voxel size."""
        self.write_layers(WrittenLayers.of(volume), path, values)

    def write_layers(self, layers: WrittenLayers, path: Path, values: NDArray[np.uint8]) -> None:
        """The same of a volume that is not in memory."""
        with path.open("wb") as file:
            write_npy(layers, file, values)


class Npz:
    """Arrays of numpy in an archive: the labels and grid that porenet wrote, or the array of a name."""

    def header(self, path: Path, options: Options) -> StoredArray:
        """Describe the labels of an NPZ archive."""
        return _look_npz(path, options)

    def write(self, volume: Volume, path: Path, values: NDArray[np.uint8]) -> None:
        """Write labels and grid; the same volume gives the same bytes."""
        self.write_layers(WrittenLayers.of(volume), path, values)

    def write_layers(self, layers: WrittenLayers, path: Path, values: NDArray[np.uint8]) -> None:
        """The same of a volume that is not in memory."""
        with path.open("wb") as file:
            write_npz(layers, file, values)


def write_npz(layers: WrittenLayers, file: BinaryIO, values: NDArray[np.uint8]) -> None:
    """Write labels and grid; the same volume gives the same bytes.

    Args:
        layers: written as ``labels`` (Z, Y, X), of a section (Y, X), uint8 and ``grid``, a JSON text with phases,
            values, voxel_um, periodic, shape.
        file: a file open for writing.
        values: (256,) value of each label.
    """
    text = json.dumps(record_data(layers, values))
    with zipfile.ZipFile(file, "w") as archive:
        with archive.open(_entry("labels"), "w", force_zip64=True) as member:
            write_npy(layers, member, values)
        with archive.open(_entry("grid"), "w", force_zip64=True) as member:
            np.lib.format.write_array(member, np.array(text), allow_pickle=False)


def write_npy(layers: WrittenLayers, file: IO[bytes], values: NDArray[np.uint8]) -> None:
    """Write labels as one array, ``(Z, Y, X)``, of a section ``(Y, X)``, uint8.

    Args:
        layers: volume to write.
        file: a file open for writing.
        values: (256,) value of each label.
    """
    header = {"descr": "|u1", "fortran_order": False, "shape": layers.shape}
    np.lib.format.write_array_header_1_0(file, header)
    for layer in layers.layers():
        file.write(values[layer].data)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(f"{name}.npy")  # its default date is 1980, as reproducible bytes want
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


@dataclass(frozen=True, slots=True)
class _Header:
    stored: StoredArray
    length: int


def _header(file: IO[bytes]) -> _Header:
    # From a bounded copy: a lying length field in version 2 could ask for 4 GB.
    start = io.BytesIO(file.read(_HEADER))
    version = np.lib.format.read_magic(start)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    readers[3, 0] = readers[2, 0]  # differs in the encoding of names of fields, which arrays of numbers have none of
    if version not in readers:
        raise InputError(f"is of NPY version {version[0]}.{version[1]}, which is not for plain arrays of numbers")
    shape, fortran, dtype = readers[version](start)
    if dtype.hasobject:
        raise InputError(
            "it holds Python objects, which are never loaded: a file is data, not code",
            fix="Save an array of integers, such as uint8.",
        )
    stored = StoredArray(tuple(shape), dtype, 0, 1.0, lambda: iter(()), fortran=bool(fortran) and len(shape) > 1)
    return _Header(stored, start.tell())


def _refuse_more(file: IO[bytes], what: str) -> None:
    if file.read(1):
        raise InputError(
            f"{what} holds more than its header promises", fix="Its header is wrong, or it holds a second array."
        )


def _look_npz(path: Path, options: Options) -> StoredArray:
    with zipfile.ZipFile(path) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
        own = _own_grid(path, names) if options.dataset is None else None
        name = _choose(names, options.dataset, own)
        entry = archive.getinfo(f"{name}.npy")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InputError(
            "its archive uses a compression other than deflate", fix="Write it with numpy.savez_compressed."
        )
    with _member(path, name) as file:
        header = _header(file)

    def blocks() -> Iterator[NDArray[Any]]:
        with _member(path, name) as file:
            file.read(header.length)
            yield from flat_blocks(file.read, header.stored.dtype, header.stored.size)
            _refuse_more(file, repr(name))  # reaching the end is also what makes zipfile compare the checksum

    stored = replace(
        header.stored,
        packed_bytes=min(entry.compress_size, path.stat().st_size),
        expansion=float(DEFLATE_RATIO if entry.compress_type == zipfile.ZIP_DEFLATED else 1),
        blocks=blocks,
    )
    if own is None or name != "labels":
        return stored
    return with_record(stored, own)


@contextmanager
def _member(path: Path, name: str) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as file:
        yield file


def _choose(names: list[str], dataset: str | None, own: Record | None) -> str:
    listed = ", ".join(names) or "none"
    if dataset is not None:
        if dataset not in names:
            raise InputError(f"no array is called {dataset!r}; its arrays are {listed}")
        return dataset
    if own is not None:
        return "labels"
    preferred = [name for name in names if name in _PREFERRED]
    candidates = preferred or names
    if len(candidates) != 1:
        which = "several arrays" if candidates else "no array"
        raise InputError(f"{which} could hold the labels; its arrays are {listed}", fix=CHOOSE_ONE)
    return candidates[0]


def _own_grid(path: Path, names: list[str]) -> Record | None:
    """The record that `write_npz` wrote; None if another program wrote the archive."""
    if not {"labels", "grid"} <= set(names):
        return None
    with _member(path, "grid") as file:
        header = _header(file)
    if header.stored.shape or header.stored.dtype.kind != "U" or header.stored.dtype.itemsize > 1 << 20:
        return None
    with _member(path, "grid") as file:
        file.read(header.length)
        data = file.read(header.stored.dtype.itemsize)
    text = str(np.frombuffer(data, header.stored.dtype)[0])
    try:
        return parsed_record(text)
    except InputError as error:
        raise InputError(
            f"its 'grid' is not what porenet writes: {error.__cause__}",
            fix=Wording(
                "Name the array and the meaning of its values: dataset='labels', phases=..., voxel_um=...",
                "Name the array and the meaning of its values: --dataset labels, --phases and --voxel-um.",
            ),
        ) from error
