"""Legacy VTK."""

from __future__ import annotations

from porenet.interface import Spec, Storage

SPEC = Spec(
    api=1,
    kind="format",
    name="legacy_vtk",
    target=f"{__name__}.format:LegacyVtk",
    summary="Legacy VTK files with structured points.",
    source="https://docs.vtk.org/en/latest/vtk_file_formats/vtk_legacy_file_format.html",
    storage=Storage(
        title="legacy VTK",
        suffixes=(".vtk",),
        first_bytes=((0, "# vtk DataFile"),),
        slabs="binary",
        voxel_um="spacing x, y, z",
        remarks="structured points, ASCII or binary; keywords in any case",
    ),
)
