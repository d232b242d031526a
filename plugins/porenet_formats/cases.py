"""Cases of the formats for the laws: every format, in the ways of writing that are read by code of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import porenet_formats
from porenet.testing import Case
from porenet_formats import sample_writers as samples

if TYPE_CHECKING:
    from numpy.typing import NDArray


def cases() -> Iterator[Case]:
    """One case per format and way of writing it."""
    specs = {spec.name: spec for spec in porenet_formats.porenet_specs()}
    yield Case(specs["npy"], sample=samples.write_npy)
    yield Case(specs["npy"], sample=samples.write_fortran_npy, variant="in Fortran order")
    yield Case(specs["npz"], sample=samples.write_npz)
    yield Case(specs["tiff"], variant="of porenet")
    yield Case(specs["tiff"], sample=samples.write_tiff)
    yield Case(specs["hdf5"], sample=samples.write_hdf5, variant="in chunks")
    yield Case(specs["hdf5"], sample=samples.write_contiguous_hdf5)
    yield Case(specs["vti"], variant="of porenet")
    yield Case(specs["vti"], sample=samples.write_vti)
    yield Case(specs["legacy_vtk"], sample=samples.write_legacy_vtk)
    yield Case(specs["nrrd"], sample=samples.write_nrrd)
    yield Case(specs["nrrd"], sample=samples.write_gzip_nrrd, variant="gzip")
    yield Case(specs["nrrd"], sample=samples.write_detached_nrrd, suffix=".nhdr", variant="in two files")
    yield Case(specs["zarr"], variant="of porenet")
    yield Case(specs["zarr"], sample=samples.write_zarr2, variant="version 2")
    yield Case(specs["amira"], sample=samples.write_amira)
    yield Case(specs["metaimage"], variant="of porenet")
    yield Case(specs["metaimage"], sample=samples.write_metaimage, suffix=".mhd", variant="in two files")
    yield Case(specs["nifti"], sample=samples.write_nifti)
    yield Case(specs["nifti"], sample=samples.write_gzip_nifti, suffix=".nii.gz", variant="gzip")
    yield Case(specs["mrc"], sample=samples.write_mrc)
    yield Case(specs["matlab"], sample=samples.write_matlab5)
    yield Case(specs["matlab"], sample=samples.write_matlab7, variant="7.3")
    yield Case(specs["raw"], sample=samples.write_raw, reading=_described)
    yield Case(specs["slices"], variant="of porenet")
    yield Case(specs["slices"], sample=samples.write_png_slices, variant="PNG")


def _described(values: NDArray[Any]) -> Mapping[str, Any]:
    """What the caller states of raw voxels."""
    return {"shape": values.shape, "dtype": values.dtype.str.replace("|", "")}
