"""NPY and NPZ."""

from __future__ import annotations

from porenet.interface import Spec, Storage
from porenet_formats.own_words import OWN

NPY_SPEC = Spec(
    api=1,
    kind="format",
    dims=(2, 3),
    name="npy",
    target=f"{__name__}.format:Npy",
    summary="One array of numpy in a file.",
    source="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html",
    storage=Storage(
        title="NPY",
        suffixes=(".npy",),
        writes=(".npy",),
        first_bytes=((0, "\x93NUMPY"),),
        slabs="C order",
        remarks="C or Fortran order",
    ),
)

NPZ_SPEC = Spec(
    api=1,
    kind="format",
    dims=(2, 3),
    name="npz",
    target=f"{__name__}.format:Npz",
    summary="Arrays of numpy in an archive.",
    source="https://numpy.org/doc/stable/reference/generated/numpy.savez.html",
    storage=Storage(
        title="NPZ",
        suffixes=(".npz",),
        writes=(".npz",),
        voxel_um=OWN,
        names=OWN,
        checksums="CRC-32 of each array",
        remarks="of another program the array `im` or `labels`, or the only one",
    ),
)
