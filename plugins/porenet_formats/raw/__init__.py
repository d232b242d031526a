"""Raw voxels."""

from __future__ import annotations

from porenet.interface import Spec, Storage

SPEC = Spec(
    api=1,
    kind="format",
    name="raw",
    target=f"{__name__}.format:Raw",
    summary="Voxels and nothing else.",
    storage=Storage(
        title="raw voxels",
        suffixes=(".raw",),
        writes=(".raw",),
        described=True,
        slabs="all",
        remarks="`--shape Z,Y,X --dtype uint8`, `--offset BYTES`; x fastest; so any suffix will do",
    ),
)
