"""Whether a format keeps to its contract: what it describes and hands out is checked before it counts as labels.

A fault of the file is an InputError; a fault here is one of the format, a PluginError that names it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from porenet.errors import InputError, PluginError
from porenet.formats.interface import Cuts, Slabs, StoredArray

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EMPTY_BLOCKS = 1000
"""Blocks without a value, one behind the other, of a format that never ends."""


def checked_array(stored: object, name: str) -> StoredArray:
    """What a format describes, with blocks and slabs that are checked as they are read.

    Args:
        stored: what its ``header`` returned.
        name: full name of the format.

    Raises:
        PluginError: it is not a StoredArray, or a field of it is not what the contract says.
    """
    if not isinstance(stored, StoredArray):
        raise _fault(name, f"its header() returns {type(stored).__name__}, not a StoredArray")
    for field, (is_sound, allowed) in _FIELDS.items():
        if not is_sound(getattr(stored, field)):
            raise _fault(name, f"its header() says {field} = {getattr(stored, field)!r:.80}, not {allowed}")
    shape = tuple(int(length) for length in stored.shape)
    slabs = None if stored.slabs is None else _checked_slabs(stored.slabs, shape, stored.dtype, name)
    blocks = _checked_blocks(stored.blocks, stored.dtype, name)
    return dataclasses.replace(stored, shape=shape, blocks=blocks, slabs=slabs)


def checked_files(files: object, title: str, name: str) -> tuple[Path, ...]:
    """The files of a volume, as a format names them.

    Args:
        files: what its ``files`` returned.
        title: of the format.
        name: full name of the format.

    Raises:
        InputError: one of them does not exist.
        PluginError: they are not paths, or none.
    """
    paths = tuple(files) if isinstance(files, list | tuple) else ()
    if not paths or not all(isinstance(path, Path) for path in paths):
        raise _fault(name, f"its files() returns {files!r:.80}, not the paths of at least one file")
    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None:
        raise InputError(f"its file {missing.name!r} is missing, as {title} says")
    return paths


def check_written(draft: Path, name: str, *, of_folders: bool) -> None:
    """Check that a format wrote the file or folder that it was asked for.

    Args:
        draft: path that it was given.
        name: full name of the format.
        of_folders: whether it may be a folder.

    Raises:
        PluginError: nothing is there, or something else.
    """
    if draft.is_symlink() or not (draft.is_file() or draft.is_dir()):
        raise _fault(name, "its write() wrote neither a file nor a folder")
    if draft.is_dir() and not of_folders:
        raise _fault(name, "its write() made a folder, not a file")


def _checked_blocks(
    blocks: Callable[[], Iterator[NDArray[Any]]], dtype: np.dtype[Any], name: str
) -> Callable[[], Iterator[NDArray[Any]]]:
    def checked() -> Iterator[NDArray[Any]]:
        empty = 0
        for block in blocks():
            _check_values(block, dtype, name, "blocks()")
            if block.ndim != 1:
                raise _fault(name, f"its blocks() yields an array of {block.ndim} axes, not flat values")
            empty = 0 if block.size else empty + 1
            if empty > _EMPTY_BLOCKS:
                raise _fault(name, f"its blocks() yields nothing {empty} times")
            yield block

    return checked


def _checked_slabs(slabs: object, shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> Slabs:
    if not isinstance(slabs, Slabs):
        raise _fault(name, f"its slabs are {slabs!r:.80}, not Slabs")
    for field, (is_sound, allowed) in _SLAB_FIELDS.items():
        if not is_sound(getattr(slabs, field)):
            raise _fault(name, f"its slabs say {field} = {getattr(slabs, field)!r:.80}, not {allowed}")
    if tuple(slabs.shape) != shape:
        raise _fault(name, f"its slabs have the shape {tuple(slabs.shape)}, but its header says {shape}")
    depth, rows, columns = slabs.shape
    read, read_y = slabs.read, slabs.read_y

    def checked(values: NDArray[Any], expected: tuple[int, int, int], what: str) -> NDArray[Any]:
        _check_values(values, dtype, name, what)
        if values.shape != expected:
            raise _fault(name, f"its {what} gives values of the shape {values.shape}, not {expected}")
        return values

    return dataclasses.replace(
        slabs,
        read=lambda z0, z1: checked(read(z0, z1), (z1 - z0, rows, columns), f"slabs.read({z0}, {z1})"),
        read_y=read_y
        and (lambda y0, y1: checked(read_y(y0, y1), (depth, y1 - y0, columns), f"slabs.read_y({y0}, {y1})")),
    )


def _check_values(values: object, dtype: np.dtype[Any], name: str, what: str) -> None:
    if not isinstance(values, np.ndarray) or isinstance(values, np.ma.MaskedArray):
        raise _fault(name, f"its {what} gives {type(values).__name__}, not a plain array of numpy")
    if not np.can_cast(values.dtype, dtype, "equiv"):  # another byte order is turned, another type is not guessed
        raise _fault(name, f"its {what} gives values of type {values.dtype}, but its header says {dtype}")


def _fault(name: str, what: str) -> PluginError:
    return PluginError(what, where=f"format {name}")


def _is_whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _are_lengths(value: object) -> bool:
    return isinstance(value, tuple | list) and all(map(_is_whole, value))


def _are_edges(value: object) -> bool:
    return isinstance(value, tuple | list) and len(value) == 3 and all(n is None or _is_number(n) for n in value)


def _are_names(value: object) -> bool:
    return value is None or (
        isinstance(value, Mapping)
        and all(isinstance(text, str) and _is_whole(number) for text, number in value.items())
    )


def _are_wraps(value: object) -> bool:
    return value is None or (
        isinstance(value, tuple | list) and len(value) == 3 and all(isinstance(wraps, bool) for wraps in value)
    )


_FIELDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "shape": (_are_lengths, "a tuple of whole numbers"),
    "dtype": (lambda value: isinstance(value, np.dtype), "a numpy.dtype"),
    "packed_bytes": (_is_whole, "a number of bytes"),
    "expansion": (lambda value: _is_number(value) and 0 < value < math.inf, "a finite number above 0"),
    "blocks": (callable, "a function"),
    "voxel_um": (_are_edges, "three lengths in um, or None for those that the file does not state"),
    "voxel_note": (lambda value: isinstance(value, str), "a text"),
    "fortran": (lambda value: isinstance(value, bool), "true or false"),
    "periodic": (_are_wraps, "three booleans or None"),
    "value_names": (_are_names, "a mapping from names to whole numbers or None"),
    "record_note": (lambda value: isinstance(value, str), "a text"),
}
_SLAB_FIELDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "shape": (_are_lengths, "a tuple of whole numbers"),
    "chunk_depth": (lambda value: _is_whole(value) and value > 0, "a number of layers"),
    "read": (callable, "a function"),
    "cuts": (lambda value: value in get_args(Cuts), " or ".join(get_args(Cuts))),
    "read_y": (lambda value: value is None or callable(value), "a function or None"),
    "read_into": (lambda value: value is None or callable(value), "a function or None"),
}
