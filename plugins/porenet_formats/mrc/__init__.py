"""MRC."""

from __future__ import annotations

from porenet.interface import Spec, Storage

SPEC = Spec(
    api=1,
    kind="format",
    name="mrc",
    target=f"{__name__}.format:Mrc",
    summary="MRC and CCP4 maps of labels.",
    source="https://www.ccpem.ac.uk/mrc-format/mrc2014/",
    storage=Storage(
        title="MRC",
        suffixes=(".mrc", ".map", ".rec"),
        first_bytes=((208, "MAP "), (208, "MAP\0")),
        slabs="all",
        voxel_um="cell, angstrom",
        remarks="columns, rows, sections are x, y, z; modes 0, 1, 2, 6, 12",
    ),
)
