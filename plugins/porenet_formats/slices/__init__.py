"""Folders of slices."""

from __future__ import annotations

from porenet.interface import Spec, Storage

SPEC = Spec(
    api=1,
    kind="format",
    name="slices",
    target=f"{__name__}.format:Slices",
    summary="A folder of numbered slices.",
    storage=Storage(
        title="a folder of slices",
        slices=(".bmp", ".png", ".tif", ".tiff"),
        writes=("",),
        extra="images",
        slabs="slices",
        voxel_um="`grid.toml` in it",
        names="`grid.toml` in it",
        checksums="CRC-32 of PNG; TIFF as above",
        remarks="PNG, BMP, one-page TIFF (extra tiff); z by the last number or `--pattern`",
    ),
)
