"""Small files for the laws, made from the description of the format alone."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from porenet_formats.cases import Edges


def write_zarr2(path: Path, values: NDArray[Any], _: Edges) -> None:
    """An array of version 2 in chunks, compressed with zlib."""
    import json
    from itertools import product

    edges = tuple(min(3, length) for length in values.shape)
    path.mkdir()
    array = {
        "zarr_format": 2, "shape": values.shape, "chunks": edges, "dtype": values.dtype.str, "order": "C",
        "compressor": {"id": "zlib", "level": 1}, "fill_value": 0, "filters": None,
    }  # fmt: skip
    (path / ".zarray").write_text(json.dumps(array))
    for index in product(*(range(-(-length // edge)) for length, edge in zip(values.shape, edges, strict=True))):
        start = [i * edge for i, edge in zip(index, edges, strict=True)]
        part = values[tuple(slice(s, s + edge) for s, edge in zip(start, edges, strict=True))]
        chunk = np.zeros(edges, values.dtype)
        chunk[tuple(slice(length) for length in part.shape)] = part
        (path / ".".join(map(str, index))).write_bytes(zlib.compress(chunk.tobytes()))
