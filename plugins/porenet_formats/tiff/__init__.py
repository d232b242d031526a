"""TIFF."""

from __future__ import annotations

from porenet.interface import Spec, Storage
from porenet_formats.own_words import OWN

SPEC = Spec(
    api=1,
    kind="format",
    dims=(2, 3),
    name="tiff",
    target=f"{__name__}.format:Tiff",
    summary="TIFF and BigTIFF, one page per slice.",
    source="https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf",
    storage=Storage(
        title="TIFF",
        suffixes=(".tif", ".tiff"),
        first_bytes=((0, "II*\0"), (0, "MM\0*"), (0, "II+\0"), (0, "MM\0+")),
        writes=(".tif", ".tiff"),
        extra="tiff",
        slabs="pages",
        names=OWN,
        voxel_um="from ImageJ, OME, or pixels per cm",
        checksums="Adler-32 of zlib, CRC of LZMA, XXH64 of ZSTD",
        remarks="a page is a slice; plain or compressed without loss",
    ),
)
