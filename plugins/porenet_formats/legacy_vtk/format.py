"""Legacy VTK structured points (``.vtk``), ASCII or binary (big-endian).

Read here and not with VTK for the reasons in `vti`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import (
    CHOOSE_ONE,
    DAMAGED,
    Options,
    StoredArray,
    bit,
    bit_blocks,
    flat_blocks,
    plain_slabs,
    spacing_without_unit,
    text_blocks,
    text_expansion,
)
from porenet_formats.legacy_vtk.header import BIT, FRACTION, TYPES, Array, Header, read_header

if TYPE_CHECKING:
    from numpy.typing import NDArray


class LegacyVtk:
    """VTK files of version 1 to 5 with structured points."""

    def header(self, path: Path, options: Options) -> StoredArray:
        """Describe the cell or point data of structured points, one voxel per cell or point."""
        with path.open("rb") as file:
            header = read_header(file)
            end = file.seek(0, 2)
        array = _choose(header, options.dataset)
        if array.components != 1:
            raise InputError(f"its array {array.name!r} has {array.components} components, not one label per voxel")
        cells = array.section == "CELL_DATA"
        shape = tuple(n - 1 if cells and n > 1 else n for n in reversed(header.dimensions))
        if array.size != math.prod(shape):
            raise InputError(f"{array.size} values for {'x'.join(map(str, shape))} voxels", fix=DAMAGED)
        dtype = np.dtype(TYPES[array.type])
        expansion = text_expansion(dtype) if header.ascii else 8.0 if array.type == BIT else 1.0
        voxel = spacing_without_unit(header.spacing[::-1])
        plain = not header.ascii and array.type != BIT
        return StoredArray(
            shape,
            dtype,
            end - array.start,
            expansion,
            lambda: _blocks(path, array, dtype, text=header.ascii),
            voxel,
            slabs=plain_slabs(path, array.start, shape, dtype) if plain else None,
        )


def _blocks(path: Path, array: Array, dtype: np.dtype[Any], *, text: bool) -> Iterator[NDArray[Any]]:
    with path.open("rb") as file:
        file.seek(array.start)
        if text:
            parse = {FRACTION: _grey, BIT: bit}.get(array.type)
            yield from text_blocks(file.read, dtype, array.size, parse=parse)
        elif array.type == BIT:
            yield from bit_blocks(file.read, array.size)
        else:
            yield from flat_blocks(file.read, dtype, array.size)


def _choose(header: Header, dataset: str | None) -> Array:
    if dataset is None:
        single = [array for array in header.arrays if array.components == 1]
        fitting = [array for array in single if np.dtype(TYPES[array.type]).kind != "f"] or single
    else:
        fitting = [array for array in header.arrays if dataset in (array.name, f"{array.section}/{array.name}")]
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(f"{array.section}/{array.name} {array.type}" for array in header.arrays[:20]) or "none"
    if fitting:
        raise InputError(f"several arrays could hold the labels; its arrays are {listed}", fix=CHOOSE_ONE)
    if dataset is not None:
        raise InputError(f"no array is called {dataset!r}; its arrays are {listed}")
    raise InputError(f"no array has one number per voxel; its arrays are {listed}")


def _grey(word: bytes) -> int:
    grey = 255 * float(word)
    if not (0 <= grey < 255.5 and abs(grey - round(grey)) < 0.01):  # six digits are written
        raise ValueError(word)
    return round(grey)
