"""Small files for the laws, made from the description of the format alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from porenet_formats.cases import Edges


def write_npy(path: Path, values: NDArray[Any], _: Edges) -> None:
    """NPY in C order."""
    np.save(path, values)


def write_fortran_npy(path: Path, values: NDArray[Any], _: Edges) -> None:
    """NPY in Fortran order."""
    np.save(path, np.asfortranarray(values))


def write_npz(path: Path, values: NDArray[Any], _: Edges) -> None:
    """NPZ of another program."""
    np.savez_compressed(path, im=values)
