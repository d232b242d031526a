"""NIfTI."""

from __future__ import annotations

from porenet.interface import Spec, Storage

SPEC = Spec(
    api=1,
    kind="format",
    name="nifti",
    target=f"{__name__}.format:Nifti",
    summary="NIfTI of version 1 and 2.",
    source="https://nifti.nimh.nih.gov/nifti-1/",
    storage=Storage(
        title="NIfTI",
        suffixes=(".nii", ".nii.gz"),
        first_bytes=((344, "n+1\0"), (4, "n+2\0")),
        slabs="not packed, not scaled",
        voxel_um="pixdim, with its unit",
        checksums="CRC-32 of gzip",
        remarks="one file, version 1 or 2; i, j, k are x, y, z",
    ),
)
