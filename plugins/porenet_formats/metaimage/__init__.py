"""MetaImage."""

from __future__ import annotations

from porenet.interface import Spec, Storage
from porenet_formats.own_words import OWN

SPEC = Spec(
    api=1,
    kind="format",
    name="metaimage",
    target=f"{__name__}.format:MetaImage",
    summary="MetaImage of ITK and Elastix.",
    source="https://itk.org/Wiki/ITK/MetaIO/Documentation",
    storage=Storage(
        title="MetaImage",
        suffixes=(".mha", ".mhd"),
        first_bytes=((0, "ObjectType"), (0, "NDims")),
        headers=(".mhd", ".mha"),
        writes=(".mha",),
        slabs="uncompressed, in one file",
        voxel_um="ElementSpacing, DistanceUnits",
        names=OWN,
        checksums="Adler-32 of zlib",
        remarks="voxels behind the header, in one file or one per slice; plain, text or zlib; `.mha` is written",
    ),
)
