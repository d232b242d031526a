"""One image: a section."""

from __future__ import annotations

from porenet.interface import Spec, Storage
from porenet_formats.own_words import OWN

SPEC = Spec(
    api=1,
    kind="format",
    dims=(2,),
    name="image",
    target=f"{__name__}.format:SingleImage",
    summary="One image, a section.",
    source="https://www.w3.org/TR/png-3/",
    storage=Storage(
        title="an image",
        suffixes=(".png", ".bmp"),
        first_bytes=((0, "\x89PNG\r\n\x1a\n"),),
        writes=(".png",),
        extra="images",
        voxel_um=OWN,
        names=OWN,
        checksums="CRC-32 of PNG",
        remarks="PNG or BMP, grey or with a palette; a section",
    ),
)
