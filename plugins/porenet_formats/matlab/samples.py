"""Small files for the laws, made from the description of the format alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from porenet_formats.cases import Edges


def write_matlab7(path: Path, values: NDArray[Any], _: Edges) -> None:
    """A variable as ``save -v7.3`` writes it: A(y, x, z)."""
    import h5py

    if values.dtype.kind == "f" or values.dtype.byteorder == ">":
        raise NotImplementedError
    with h5py.File(path, "w", userblock_size=512) as file:
        variable = file.create_dataset("im", data=values.transpose(0, 2, 1))
        variable.attrs["MATLAB_class"] = np.bytes_(values.dtype.name)
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")


def write_matlab5(path: Path, values: NDArray[Any], _: Edges) -> None:
    """A compressed variable as ``save -v7`` writes it."""
    import scipy.io

    scipy.io.savemat(path, {"im": values.transpose(1, 2, 0)}, do_compression=True)
