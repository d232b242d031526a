"""Write a volume as OME-Zarr 0.5: zarr version 3, one level, chunks of 64 voxels, zstd with a checksum."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.formats.interface import library, record_data
from porenet.interface import AXES, Volume
from porenet_formats.zarr.ome_zarr import OWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EDGE = 64
_LEVEL = 3
_VERSION = "0.5"


def write_store(volume: Volume, draft: Path, table: NDArray[np.uint8]) -> None:
    """Write a store; the same volume gives the same bytes.

    The fill value is one that no phase has, so that a chunk that gets lost is an error and no phase.

    Args:
        volume: volume to write.
        draft: an empty folder.
        table: (256,) value of each label.
    """
    encoder = library("numcodecs.zstd", extra="zarr", title="OME-Zarr").Zstd(level=_LEVEL, checksum=True)
    labels = volume.labels
    fill = max({*range(256)} - {*table[: len(volume.grid.phases)].tolist()})
    edges = tuple(min(_EDGE, length) for length in labels.shape)
    _write_json(draft, {"zarr_format": 3, "node_type": "group", "attributes": _attributes(volume, table)})
    (draft / "0").mkdir()
    _write_json(draft / "0", _array(labels.shape, edges, fill))
    for z, y, x in product(*(range(-(-length // edge)) for length, edge in zip(labels.shape, edges, strict=True))):
        part = labels[
            z * edges[0] : (z + 1) * edges[0], y * edges[1] : (y + 1) * edges[1], x * edges[2] : (x + 1) * edges[2]
        ]
        chunk = np.full(edges, fill, np.uint8)
        chunk[: part.shape[0], : part.shape[1], : part.shape[2]] = table[part]
        (draft / f"0/c/{z}/{y}").mkdir(parents=True, exist_ok=True)
        (draft / f"0/c/{z}/{y}/{x}").write_bytes(encoder.encode(chunk))


def _attributes(volume: Volume, table: NDArray[np.uint8]) -> dict[str, Any]:
    grid = volume.grid
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
        OWN: record_data(volume, table),
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
