"""MATLAB files (``.mat``): one variable of version 5, 6, 7 or 7.3.

MATLAB's images are A(row, column, page), and its volumes stacks of images: rows are y, columns x, pages z. That is
how ``imread``, ``volshow`` and ``meshgrid`` have it, so A(i, j, k) is the voxel y = i, x = j, z = k. Rows are stored
fastest; each page is transposed when it is read.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from porenet.errors import InputError
from porenet.formats.interface import CHOOSE_ONE, DEFLATE_RATIO, UNSTATED, Options, Slabs, StoredArray
from porenet_formats.matlab import matlab5, matlab7

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger("porenet.formats")

_HDF5 = b"\x89HDF\r\n\x1a\n"
_USER_BLOCK = 512
_INTEGERS = ("logical", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64")
_FLOATS = ("double", "single")
_LISTED = 20
_BY_PYTHON = ("Platform: posix", "Platform: nt")
"""What scipy writes in the header; MATLAB writes PCWIN64, GLNXA64 or MACI64."""

V = TypeVar("V", matlab5.Variable, matlab7.Variable)


class Matlab:
    """MATLAB files of version 5 to 7.3."""

    def header(self, path: Path, options: Options) -> StoredArray:
        """Describe the variable of that name, or the only one that could be a volume of labels."""
        with path.open("rb") as file:
            start = file.read(_USER_BLOCK + len(_HDF5))
        if _HDF5 in (start[: len(_HDF5)], start[_USER_BLOCK:]):
            stored = _look_7(path, options)
        else:
            stored = _look_5(path, options, start)
        pages, columns, rows = stored.shape
        return replace(
            stored,
            shape=(pages, rows, columns),
            blocks=lambda: _turned(stored.blocks(), columns, rows),
            voxel_um=UNSTATED,
            slabs=_turned_slabs(stored.slabs),
        )


def _look_5(path: Path, options: Options, start: bytes) -> StoredArray:
    order = {b"IM": "<", b"MI": ">"}.get(start[126:128])
    if order is None or int.from_bytes(start[124:126], "little" if order == "<" else "big") != 0x0100:
        raise InputError("is not a MATLAB file of version 5 to 7.3", fix="Save it as version 7.")
    variable = _choose(matlab5.variables(path, order), options.dataset)
    dtype = matlab5.array_type(path, variable, order)
    if any(words.encode() in start[:116] for words in _BY_PYTHON):
        log.warning(
            "%s: Python wrote it, and it is read as MATLAB shows it: %r(y, x, z). If the array was (z, y, x) in "
            "Python, save it as NPY instead.",
            path,
            variable.name,
        )
    return StoredArray(
        shape=variable.dims[::-1],
        dtype=dtype,
        packed_bytes=variable.end - variable.start,
        expansion=float(DEFLATE_RATIO) if variable.packed else 1.0,
        blocks=lambda: matlab5.array_blocks(path, variable, order),
    )


def _look_7(path: Path, options: Options) -> StoredArray:
    from porenet_formats.hdf5.format import Hdf5

    variable = _choose(matlab7.variables(path), options.dataset)
    return Hdf5().header(path, replace(options, dataset=variable.name))


def _choose(contents: Sequence[V], dataset: str | None) -> V:
    words = [f"{variable.name} {'x'.join(map(str, variable.dims))} {variable.kind}" for variable in contents[:_LISTED]]
    more = f" and {len(contents) - _LISTED} more" if len(contents) > _LISTED else ""
    listed = f"{', '.join(words)}{more}" if words else "none"
    if dataset is not None:
        chosen = next((variable for variable in contents if variable.name == dataset), None)
        if chosen is None:
            raise InputError(f"no variable is called {dataset!r}; its variables are {listed}")
        if chosen.kind not in (*_INTEGERS, *_FLOATS) or len(chosen.dims) != 3:
            raise InputError(
                f"its variable {dataset!r} is of class {chosen.kind} and {len(chosen.dims)} axes, "
                "not numbers along three axes",
                fix="Save the labels as one array, rows y, columns x, pages z.",
            )
        return chosen
    volumes = [variable for variable in contents if len(variable.dims) == 3 and variable.kind in (*_INTEGERS, *_FLOATS)]
    volumes = [variable for variable in volumes if variable.kind in _INTEGERS] or volumes
    if len(volumes) == 1:
        return volumes[0]
    if volumes:
        raise InputError(f"several variables could hold the labels; its variables are {listed}", fix=CHOOSE_ONE)
    raise InputError(
        f"holds no array of three axes; its variables are {listed}",
        fix="Save the labels as one array, rows y, columns x, pages z.",
    )


def _turned_slabs(slabs: Slabs | None) -> Slabs | None:
    """Slabs of pages with columns fastest, from those of pages with rows fastest."""
    if slabs is None:
        return None
    pages, columns, rows = slabs.shape
    return Slabs((pages, rows, columns), slabs.chunk_depth, lambda z0, z1: slabs.read(z0, z1).transpose(0, 2, 1))


def _turned(blocks: Iterator[NDArray[Any]], columns: int, rows: int) -> Iterator[NDArray[Any]]:
    """The values with columns fastest, from values with rows fastest."""
    size = columns * rows
    waiting: list[NDArray[Any]] = []
    for block in blocks:
        waiting.append(block)
        count = sum(piece.size for piece in waiting)
        if count >= size:
            flat = np.concatenate(waiting, dtype=block.dtype)  # without it, the byte order is lost
            whole = count // size * size
            yield flat[:whole].reshape(-1, columns, rows).transpose(0, 2, 1).reshape(-1)
            waiting = [flat[whole:]]
    if any(piece.size for piece in waiting):
        yield np.concatenate(waiting, dtype=waiting[0].dtype)  # too few for a page; whoever counts them says so
