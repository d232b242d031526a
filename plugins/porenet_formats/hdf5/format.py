"""HDF5 and DREAM.3D: one data set of a file.

h5py reads what describes the data set; the voxels are read and inflated here. libhdf5 ends the whole process on
some damaged chunks (a chunk shorter than its header says is copied out of bounds), and follows links into other
files; neither can happen to bytes that Python reads.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import (
    DEFLATE_RATIO,
    UNSTATED,
    Options,
    Slabs,
    StoredArray,
    Voxel,
    library,
    plain_slabs,
    spacing_without_unit,
)
from porenet_formats.hdf5.chunks import Chunked, Contiguous, Corners
from porenet_formats.hdf5.filters import Filter, check_filters, expansion
from porenet_formats.hdf5.search import child, chosen

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger("porenet.formats")

_SMALL = 1 << 26
"""Bytes of values that a small file may leave to its fill value."""


class Hdf5:
    """HDF5 files and DREAM.3D containers."""

    def header(self, path: Path, options: Options) -> StoredArray:
        """Describe the data set of that name, or the only volume in the file."""
        h5py = library("h5py", extra="hdf5", title="HDF5")
        with h5py.File(path, "r", locking=False) as file:  # readers need no lock, and network disks have none
            name = chosen(h5py, file, options.dataset, dream3d=path.suffix.lower() == ".dream3d")
            dataset = file[name]
            if dataset.is_virtual or dataset.external:
                raise InputError(
                    f"the voxels of {name!r} are in another file, which is not opened",
                    fix="Copy them into one file, for example with h5repack.",
                )
            dtype: np.dtype[Any] = dataset.dtype
            shape: tuple[int, ...] = dataset.shape or ()
            _check_type(h5py, dataset)
            if len(shape) == 4 and shape[-1] == 1:  # DREAM.3D adds an axis of components
                shape = shape[:3]
            if len(shape) != 3 or not 0 < math.prod(shape) <= options.max_voxels:  # check() says so
                return StoredArray(shape, dtype, 0, 1.0, lambda: iter(()))
            voxel = _voxel(h5py, file, dataset, name)
            place = _place(h5py, dataset)
            stored_bytes = min(path.stat().st_size, dataset.id.get_storage_size())
            left_out, fill = _left_out(path, h5py, dataset, place, stored_bytes, options)
        if isinstance(place, bytes):
            return StoredArray(shape, dtype, len(place), 1.0, lambda: iter((np.frombuffer(place, dtype),)), voxel)

        def blocks() -> Iterator[NDArray[Any]]:
            if place is None:
                yield from (np.full(math.prod(shape[1:]), fill) for _ in range(shape[0]))
            elif isinstance(place, Contiguous):
                yield from place.blocks(path, dtype, math.prod(shape))
            else:
                with h5py.File(path, "r", locking=False) as file:
                    yield from place.blocks(file[name], shape, fill)

        ratio = expansion(place.filters) if isinstance(place, Chunked) else 1.0
        slabs = _slabs(h5py, path, name, place, shape, dtype, fill)
        return StoredArray(shape, dtype, stored_bytes + left_out, ratio, blocks, voxel, slabs=slabs)


def _slabs(
    h5py: Any,
    path: Path,
    name: str,
    place: Contiguous | Chunked | None,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    fill: NDArray[Any],
) -> Slabs | None:
    """Slabs of a data set in one piece, or in boxes; whole layers of boxes are decoded."""
    if isinstance(place, Contiguous):
        return plain_slabs(path, place.offset, shape, dtype)
    if place is None:
        return None
    depth = place.chunk[0]
    corners: Corners = {}

    def read_into(z0: int, values: NDArray[Any]) -> None:
        with h5py.File(path, "r", locking=False) as file:
            dataset = file[name]
            if not corners:
                corners.update(place.corners(dataset, shape))
            place.read_into(dataset, fill, corners, z0, values, z)

    def read(z0: int, z1: int) -> NDArray[Any]:
        values = np.empty((z1 - z0, y, x), dtype)
        read_into(z0, values)
        return values

    z, y, x = shape
    return Slabs((z, y, x), min(depth, z), read, read_into=read_into)


def _check_type(h5py: Any, dataset: Any) -> None:
    """Check that the bytes in the file are those of the dtype: HDF5 has integers of any bits at any place."""
    kind = dataset.id.get_type()
    if isinstance(kind, h5py.h5t.TypeEnumID):
        kind = kind.get_super()
    if not isinstance(kind, h5py.h5t.TypeAtomicID):
        return  # check() refuses what is no number
    plain = kind.get_size() == dataset.dtype.itemsize
    if isinstance(kind, h5py.h5t.TypeFloatID):
        plain = plain and kind.equal(h5py.h5t.py_create(dataset.dtype))
    elif dataset.dtype.kind in "iub":
        plain = plain and kind.get_precision() == 8 * kind.get_size() and kind.get_offset() == 0
    if not plain:
        raise InputError(
            f"its values are of {kind.get_size()} bytes in a layout that numpy does not have",
            fix="Save them as plain integers, such as uint8.",
        )


def _left_out(
    path: Path, h5py: Any, dataset: Any, place: Any, stored_bytes: int, options: Options
) -> tuple[int, NDArray[Any]]:
    """Bytes of the values that were never written, and the fill value, which they are; a note counts them."""
    total = dataset.size * dataset.dtype.itemsize
    left_out, words = 0, ""
    if place is None:
        left_out, words = total, "none of its voxels were written"
    elif isinstance(place, Chunked):
        chunks = math.prod(math.ceil(length / edge) for length, edge in zip(dataset.shape, place.chunk, strict=True))
        missing = max(0, chunks - dataset.id.get_num_chunks())
        left_out = min(total, missing * math.prod(place.chunk) * dataset.dtype.itemsize)
        words = f"{missing} of its {chunks} chunks were never written"
    if not left_out:
        return 0, np.zeros((), dataset.dtype)
    options.check_missing(words)
    if total > _SMALL + stored_bytes * DEFLATE_RATIO:  # of a large volume with hardly a byte, the writer was stopped
        raise InputError(words, fix="Its writer stopped early, or it is damaged; write it again.")
    fill = _fill_value(h5py, dataset)
    if fill is None:
        raise InputError(f"{words}, and it has no fill value for them", fix="Write the file again.")
    log.warning("%s: %s; they are read as the fill value %s", path, words, fill)
    return int(left_out), fill


def _fill_value(h5py: Any, dataset: Any) -> NDArray[Any] | None:
    """The fill value; None where reading what was never written gives anything."""
    properties = dataset.id.get_create_plist()
    status = properties.fill_value_defined()  # raises where it is damaged; reading the value itself would crash
    if status == h5py.h5d.FILL_VALUE_UNDEFINED or properties.get_fill_time() == h5py.h5d.FILL_TIME_NEVER:
        return None
    if status == h5py.h5d.FILL_VALUE_DEFAULT:
        return np.zeros((), dataset.dtype)
    return np.asarray(dataset.fillvalue, dataset.dtype)


def _place(h5py: Any, dataset: Any) -> Chunked | Contiguous | bytes | None:
    """Where the values are; None if they were never written."""
    properties = dataset.id.get_create_plist()
    layout = properties.get_layout()
    if layout == h5py.h5d.CHUNKED:
        numbers = [properties.get_filter(i) for i in range(properties.get_nfilters())]
        filters = tuple(Filter(number, tuple(values)) for number, _, values, _ in numbers)
        check_filters(filters)
        return Chunked(dataset.chunks, filters)
    if layout == h5py.h5d.CONTIGUOUS:
        offset = dataset.id.get_offset()
        return None if offset is None else Contiguous(offset)
    if dataset.id.get_storage_size() > 1 << 16:  # a compact data set lies in its header, at most 64 KB
        raise InputError("its compact data set is above 64 KB", fix="It is damaged; write it again.")
    return bytes(dataset[()].tobytes())


def _voxel(h5py: Any, file: Any, dataset: Any, name: str) -> Voxel:
    """Edges (z, y, x) that the file states: DREAM.3D keeps them as x, y, z and without a unit."""
    stated = dataset.attrs.get("element_size_um")  # Fiji and ilastik; z, y, x
    if stated is not None and np.shape(stated) == (3,):
        z, y, x = (float(edge) for edge in stated)
        return z, y, x
    parts = name.split("/")
    if len(parts) < 3:
        return UNSTATED
    geometry = file["/".join(parts[:-2])]
    spacing = geometry.attrs.get("_SPACING")  # DREAM.3D 7
    stored = child(h5py, child(h5py, geometry, "_SIMPL_GEOMETRY"), "SPACING")  # DREAM.3D 6
    if spacing is None and isinstance(stored, h5py.Dataset) and stored.shape == (3,):
        spacing = None if stored.is_virtual or stored.external else stored[()]
    if spacing is None or np.shape(spacing) != (3,):
        return UNSTATED
    return spacing_without_unit([float(edge) for edge in reversed(spacing)])
