"""Amira and Avizo meshes."""

from __future__ import annotations

from porenet.interface import Spec, Storage

SPEC = Spec(
    api=1,
    kind="format",
    name="amira",
    target=f"{__name__}.format:Amira",
    summary="Amira and Avizo meshes with a uniform lattice.",
    source="https://assets.thermofisher.com/TFS-Assets/MSD/Product-Guides/user-guide-amira-software.pdf",
    storage=Storage(
        title="Amira",
        suffixes=(".am",),
        first_bytes=((0, "# AmiraMesh"), (0, "# Avizo")),
        slabs="binary, uncompressed",
        voxel_um="bounding box, with its unit",
        names="materials, where their Ids leave no doubt; else they are offered",
        checksums="Adler-32 of HxZip",
        remarks="uniform lattice; text, binary, HxByteRLE, HxZip",
    ),
)
