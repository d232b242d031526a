"""The variables of a MATLAB file of version 7.3, which is an HDF5 file with its axes in reverse."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from porenet.errors import InputError
from porenet.formats.interface import library

_MOST_VARIABLES = 10_000


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable.

    Attributes:
        name: its name.
        kind: class in MATLAB: ``uint8``, ``logical``, ``struct``, ...; ``complex`` for complex numbers.
        dims: rows, columns, pages, ...; empty for what is not an array.
    """

    name: str
    kind: str
    dims: tuple[int, ...]


def variables(path: Path) -> list[Variable]:
    """What the variables of a file are; links are not followed.

    Raises:
        InputError: it is not a MATLAB file.
    """
    h5py = library("h5py", extra="hdf5", title="MATLAB 7.3")
    with h5py.File(path, "r", locking=False) as file:
        names = [name for name in islice(file, _MOST_VARIABLES) if not name.startswith("#")]
        own = [name for name in names if isinstance(file.get(name, getlink=True), h5py.HardLink)]
        contents = [variable for name in own if (variable := _variable(h5py, name, file[name])) is not None]
    if names and not contents:
        raise InputError(
            "is an HDF5 file that MATLAB did not write: without a MATLAB_class the order of its axes is not known",
            fix="Give it the suffix .h5 if its axes are (Z, Y, X).",
        )
    return contents


def _variable(h5py: Any, name: str, item: Any) -> Variable | None:
    kind = item.attrs.get("MATLAB_class")
    if kind is None:
        return None
    words = kind.decode("latin-1") if isinstance(kind, bytes) else str(kind)
    if not isinstance(item, h5py.Dataset) or "MATLAB_empty" in item.attrs:
        return Variable(name, words, ())
    if item.dtype.names is not None:
        words = "complex"
    return Variable(name, words, tuple(reversed(item.shape or ())))
