"""NRRD."""

from __future__ import annotations

from porenet.interface import Spec, Storage

SPEC = Spec(
    api=1,
    kind="format",
    name="nrrd",
    target=f"{__name__}.format:Nrrd",
    summary="NRRD of Teem and 3D Slicer.",
    source="https://teem.sourceforge.net/nrrd/format.html",
    storage=Storage(
        title="NRRD",
        suffixes=(".nrrd", ".nhdr"),
        first_bytes=((0, "NRRD000"),),
        headers=(".nrrd", ".nhdr"),
        extra="nrrd",
        slabs="raw",
        voxel_um="spacings or space directions, with their units",
        checksums="CRC-32 of gzip and bzip2",
        remarks="axes x, y, z; raw, text, hex, gzip or bzip2",
    ),
)
