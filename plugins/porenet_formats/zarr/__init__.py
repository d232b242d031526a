"""zarr and OME-Zarr."""

from __future__ import annotations

from porenet.interface import Spec, Storage
from porenet_formats.own_words import OWN

SPEC = Spec(
    api=1,
    kind="format",
    name="zarr",
    target=f"{__name__}.format:Zarr",
    summary="zarr stores of version 2 and 3, and OME-Zarr.",
    source="https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html",
    storage=Storage(
        title="zarr",
        suffixes=(".zarr", ".zarr.zip"),
        marks=("zarr.json", ".zarray", ".zgroup"),
        writes=(".zarr",),
        extra="zarr",
        slabs="layers of chunks",
        voxel_um="OME-Zarr: scale with its unit",
        names=f"{OWN}; labels of OME-Zarr are offered",
        checksums="CRC-32C of sharding and crc32c, those of gzip, zlib and zstd",
        remarks="sharded, zipped; of several levels the first",
    ),
)
