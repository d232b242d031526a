"""zarr stores of version 2 and 3, OME-Zarr among them: one array of a store.

The chunks are read and unpacked here, as those of HDF5 are; docs/decisions/0037 says why not by zarr-python.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from porenet.errors import InputError
from porenet.formats.interface import (
    DAMAGED,
    DEFLATE_RATIO,
    UNSTATED,
    Options,
    Slabs,
    StoredArray,
    WrittenLayers,
    with_noted_record,
)
from porenet.interface import Volume
from porenet_formats.zarr import ome_zarr
from porenet_formats.zarr.choice import Choice, chosen
from porenet_formats.zarr.chunks import Chunks, chunks_of
from porenet_formats.zarr.files import StoreFiles, paths_of
from porenet_formats.zarr.metadata import Layout, layout
from porenet_formats.zarr.nodes import nodes_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger("porenet.formats")

_SMALL = 1 << 26
"""Bytes of values that a small store may leave to its fill value."""


class Zarr:
    """zarr stores of version 2 and 3, OME-Zarr among them; of an image with several levels the first."""

    def files(self, path: Path) -> tuple[Path, ...]:
        """The files of a store, in the order of their names; an archive is one."""
        return paths_of(path) if path.is_dir() else (path,)

    def write(self, volume: Volume, path: Path, values: NDArray[np.uint8]) -> None:
        """Write OME-Zarr 0.5 in chunks of 64 voxels."""
        self.write_layers(WrittenLayers.of(volume), path, values)

    def write_layers(self, layers: WrittenLayers, path: Path, values: NDArray[np.uint8]) -> None:
        """The same of a volume that is not in memory; where 64 layers are too many, in flatter chunks."""
        from porenet_formats.zarr.ome_zarr_writer import write_store

        path.mkdir()
        write_store(layers, path, values)

    def header(self, path: Path, options: Options) -> StoredArray:
        """Describe the array of that name, or the only volume in the store."""
        if path.is_file() and not path.name.lower().endswith(".zip"):
            raise InputError("is a file, but a zarr store is a folder", fix="Give the folder, or zip it to *.zarr.zip.")
        files = StoreFiles.listed(path)
        choice = chosen(nodes_of(files), options.dataset)
        array = layout(choice.array.metadata)
        zyx = _zyx(choice, array)
        if zyx is None or not 0 < math.prod(array.shape) <= options.max_voxels:
            shape = array.shape if zyx is None else tuple(array.shape[axis] for axis in zyx)
            return StoredArray(shape, array.dtype, 0, 1.0, lambda: iter(()))
        chunks = chunks_of(files, choice.array.folder, array, zyx)
        left_out = _left_out(path, chunks, options)

        def blocks() -> Iterator[NDArray[Any]]:
            with files.reading() as read:
                for layer in chunks.layers(read):
                    yield layer.reshape(-1)

        def slab(z0: int, z1: int) -> NDArray[Any]:
            with files.reading() as read:
                return chunks.read(read, z0, z1)

        def slab_into(z0: int, values: NDArray[Any]) -> None:
            with files.reading() as read:
                chunks.read(read, z0, z0 + len(values), out=values)

        def rows(y0: int, y1: int) -> NDArray[Any]:
            with files.reading() as read:
                return chunks.read(read, 0, chunks.shape[0], (y0, y1))

        voxel_um, voxel_note = ome_zarr.voxel_of(choice.level, zyx) if choice.level else (UNSTATED, "")
        stored = StoredArray(
            shape=chunks.shape,
            dtype=array.dtype.newbyteorder("="),
            packed_bytes=chunks.stored_bytes + left_out,
            expansion=array.expansion,
            blocks=blocks,
            voxel_um=voxel_um,
            voxel_note=voxel_note,
            value_names=ome_zarr.value_names(choice.group),
            slabs=Slabs(chunks.shape, min(chunks.depth, chunks.shape[0]), slab, read_y=rows, read_into=slab_into),
        )
        own = choice.group.attributes.get(ome_zarr.OWN)
        return with_noted_record(stored, own if isinstance(own, Mapping) else None)


def _zyx(choice: Choice, array: Layout) -> tuple[int, int, int] | None:
    """Numbers of the axes z, y and x; None if the array has no names of axes, and not three axes."""
    dimensions = array.dimensions or choice.array.attributes.get("_ARRAY_DIMENSIONS", ())  # xarray, in version 2
    names = tuple(map(str, dimensions)) if isinstance(dimensions, list | tuple) else ()
    by_dimensions = ome_zarr.zyx_of(names, array.shape) if {name.lower() for name in names} & {*"zyx"} else None
    if choice.level is None:
        return by_dimensions or ((0, 1, 2) if len(array.shape) == 3 else None)
    zyx = ome_zarr.zyx_of([name for name, _ in choice.level.axes], array.shape)
    if by_dimensions not in (None, zyx):
        axes = ", ".join(name for name, _ in choice.level.axes)
        raise InputError(
            f"its image calls the axes {axes}, its array {', '.join(names)[:80]}", fix="Correct one of both."
        )
    return zyx


def _left_out(path: Path, chunks: Chunks, options: Options) -> int:
    """Bytes of the values that were never written, so that they are the fill value; a note counts them."""
    array = chunks.layout
    stored, present = chunks.stored_bytes, chunks.present
    if present * array.chunk_bytes > stored * array.expansion + 1024 * present:
        raise InputError(f"its {present} chunks have {stored} bytes in all, which cannot hold its voxels", fix=DAMAGED)
    missing = chunks.total - present
    if not missing:
        return 0
    total = math.prod(array.shape) * array.dtype.itemsize
    words = f"{missing} of its {chunks.total} chunks were never written"
    options.check_missing(words)
    if total > _SMALL + stored * DEFLATE_RATIO:  # of a large volume with hardly a byte, the writer was stopped
        raise InputError(words, fix="Its writer stopped early, or it is damaged; write it again.")
    log.warning("%s: %s; they are read as the fill value %s", path, words, array.fill)
    return min(total, missing * array.chunk_bytes)
