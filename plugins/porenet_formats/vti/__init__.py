"""VTK image data."""

from __future__ import annotations

from porenet.interface import Spec, Storage
from porenet_formats.own_words import OWN

SPEC = Spec(
    api=1,
    kind="format",
    name="vti",
    target=f"{__name__}.format:Vti",
    summary="VTK image data, as ParaView reads and writes it.",
    source="https://docs.vtk.org/en/latest/vtk_file_formats/vtkxml_file_format.html",
    storage=Storage(
        title="VTK image data",
        suffixes=(".vti",),
        first_bytes=((0, "<VTKFile"),),
        writes=(".vti",),
        slabs="appended as raw bytes, uncompressed",
        names=OWN,
        voxel_um="spacing x, y, z",
        checksums="Adler-32 of zlib, CRC of LZMA",
        remarks="cells or points; ASCII, base64 or raw; plain, zlib, LZMA, LZ4 (extra tiff)",
    ),
)
