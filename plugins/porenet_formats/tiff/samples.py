"""Small files for the laws, made from the description of the format alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from porenet_formats.cases import Edges


def write_tiff(path: Path, values: NDArray[Any], _: Edges) -> None:
    """Plain pages of tifffile, in the byte order of the values."""
    import tifffile

    if len(values) == 1:  # one page is a slice
        raise NotImplementedError
    with tifffile.TiffWriter(path, byteorder=">" if values.dtype.byteorder == ">" else "<") as tif:
        for page in values:
            tif.write(page, photometric="minisblack", metadata=None)
