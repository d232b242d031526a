"""Write a volume as OME-Zarr 0.5: zarr version 3, one level, chunks of 64 voxels, zstd with a checksum.

A layer of chunks is in memory at a time; where that is too much, chunks have fewer layers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.formats.interface import WrittenLayers, library, record_data
from porenet.interface import AXES
from porenet_formats.zarr.ome_zarr import OWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EDGE = 64
_LEVEL = 3
_VERSION = "0.5"


def write_store(layers: WrittenLayers, draft: Path, table: NDArray[np.uint8]) -> None:
    """Write a store; the same volume in chunks of the same depth gives the same bytes.

    The fill value is one that no phase has, so that a chunk that gets lost is an error and no phase.

    Args:
        layers: volume to write.
        draft: an empty folder.
        table: (256,) value of each label.
    """
    encoder = library("numcodecs.zstd", extra="zarr", title="OME-Zarr").Zstd(level=_LEVEL, checksum=True)
    fill = max({*range(256)} - {*table[: len(layers.grid.phases)].tolist()})
    depth = 1 << (min(_EDGE, layers.most).bit_length() - 1)
    edges = tuple(min(edge, length) for edge, length in zip((depth, _EDGE, _EDGE), layers.box, strict=True))
    _write_json(draft, {"zarr_format": 3, "node_type": "group", "attributes": _attributes(layers, table)})
    (draft / "0").mkdir()
    _write_json(draft / "0", _array(layers.box, edges, fill))
    for z0, slab in layers.slabs(depth):
        counts = (range(-(-length // edge)) for length, edge in zip(slab.shape, edges, strict=True))
        for z, y, x in product(*counts):
            part = slab[
                z * edges[0] : (z + 1) * edges[0], y * edges[1] : (y + 1) * edges[1], x * edges[2] : (x + 1) * edges[2]
            ]
            chunk = np.full(edges, fill, np.uint8)
            chunk[: part.shape[0], : part.shape[1], : part.shape[2]] = table[part]
            folder = draft / f"0/c/{z0 // depth + z}/{y}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / str(x)).write_bytes(encoder.encode(chunk))


def _attributes(layers: WrittenLayers, table: NDArray[np.uint8]) -> dict[str, Any]:
    grid = layers.grid
    image = {
        "name": "phases",
        "axes": [{"name": axis, "type": "space", "unit": "micrometer"} for axis in AXES],
        "datasets": [
            {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": list(grid.voxel_um)}]},
        ],
    }
    names = [{"label-value": int(table[label]), "name": phase} for label, phase in enumerate(grid.phases)]
    return {
        "ome": {"version": _VERSION, "multiscales": [image], "image-label": {"version": _VERSION, "properties": names}},
        OWN: record_data(layers, table),
    }


def _array(shape: tuple[int, ...], edges: tuple[int, ...], fill: int) -> dict[str, Any]:
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(shape),
        "data_type": "uint8",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(edges)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": fill,
        "codecs": [{"name": "bytes"}, {"name": "zstd", "configuration": {"level": _LEVEL, "checksum": True}}],
        "dimension_names": list(AXES),
        "attributes": {},
        "storage_transformers": [],
    }


def _write_json(draft: Path, content: Mapping[str, Any]) -> None:
    (draft / "zarr.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
