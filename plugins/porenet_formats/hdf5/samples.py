"""Small files for the laws, made from the description of the format alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from porenet_formats.cases import Edges


def write_hdf5(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """One data set in chunks, gzip and Fletcher-32."""
    import h5py

    with h5py.File(path, "w") as file:
        chunks = tuple(min(3, length) for length in values.shape)
        dataset = file.create_dataset("labels", data=values, chunks=chunks, compression="gzip", fletcher32=True)
        dataset.attrs["element_size_um"] = voxel_um


def write_contiguous_hdf5(path: Path, values: NDArray[Any], voxel_um: Edges) -> None:
    """One data set in one piece."""
    import h5py

    with h5py.File(path, "w") as file:
        file["labels"] = values
        file["labels"].attrs["element_size_um"] = voxel_um
