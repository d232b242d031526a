"""MATLAB."""

from __future__ import annotations

from porenet.interface import Spec, Storage

SPEC = Spec(
    api=1,
    kind="format",
    name="matlab",
    target=f"{__name__}.format:Matlab",
    summary="MATLAB files of version 5 to 7.3.",
    source="https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf",
    storage=Storage(
        title="MATLAB",
        suffixes=(".mat",),
        first_bytes=((0, "MATLAB "),),
        extra="hdf5",
        slabs="version 7.3",
        checksums="Adler-32 of zlib; version 7.3 as HDF5",
        remarks="the extra is for version 7.3; a volume is A(y, x, z): row, column, page",
    ),
)
