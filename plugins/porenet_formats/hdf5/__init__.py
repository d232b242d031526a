"""HDF5 and DREAM.3D."""

from __future__ import annotations

from porenet.interface import Spec, Storage

SPEC = Spec(
    api=1,
    kind="format",
    name="hdf5",
    target=f"{__name__}.format:Hdf5",
    summary="HDF5, and DREAM.3D in it.",
    source="https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html",
    storage=Storage(
        title="HDF5",
        suffixes=(".h5", ".hdf5", ".dream3d"),
        first_bytes=((0, "\x89HDF\r\n\x1a\n"),),
        extra="hdf5",
        slabs="in one piece, or layers of chunks",
        voxel_um="`element_size_um`; DREAM.3D: spacing x, y, z",
        checksums="Fletcher-32; Adler-32 of gzip",
        remarks="`.dream3d`: the set `Phases`; LZF, and what hdf5plugin has",
    ),
)
