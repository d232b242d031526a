"""Cases of the formats for the laws: every format, in the ways of writing that are read by code of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import porenet_formats
from porenet.testing import Case
from porenet_formats.amira.samples import write_amira
from porenet_formats.hdf5.samples import write_contiguous_hdf5, write_hdf5
from porenet_formats.legacy_vtk.samples import write_legacy_vtk
from porenet_formats.matlab.samples import write_matlab5, write_matlab7
from porenet_formats.metaimage.samples import write_metaimage
from porenet_formats.mrc.samples import write_mrc
from porenet_formats.nifti.samples import write_gzip_nifti, write_nifti
from porenet_formats.nrrd.samples import write_detached_nrrd, write_gzip_nrrd, write_nrrd
from porenet_formats.numpy_files.samples import write_fortran_npy, write_npy, write_npz
from porenet_formats.raw.samples import write_raw
from porenet_formats.single_image.samples import write_palette_png
from porenet_formats.slices.samples import write_png_slices
from porenet_formats.tiff.samples import write_tiff
from porenet_formats.vti.samples import write_vti
from porenet_formats.zarr.samples import write_zarr2

if TYPE_CHECKING:
    from numpy.typing import NDArray

Edges = tuple[float, float, float]
"""Voxel edges (z, y, x), um."""


def cases() -> Iterator[Case]:
    """One case per format and way of writing it."""
    specs = {spec.name: spec for spec in porenet_formats.porenet_specs()}
    yield Case(specs["npy"], sample=write_npy)
    yield Case(specs["npy"], sample=write_fortran_npy, variant="in Fortran order")
    yield Case(specs["npz"], sample=write_npz)
    yield Case(specs["tiff"], variant="of porenet")
    yield Case(specs["tiff"], sample=write_tiff)
    yield Case(specs["hdf5"], sample=write_hdf5, variant="in chunks")
    yield Case(specs["hdf5"], sample=write_contiguous_hdf5)
    yield Case(specs["vti"], variant="of porenet")
    yield Case(specs["vti"], sample=write_vti)
    yield Case(specs["legacy_vtk"], sample=write_legacy_vtk)
    yield Case(specs["nrrd"], sample=write_nrrd)
    yield Case(specs["nrrd"], sample=write_gzip_nrrd, variant="gzip")
    yield Case(specs["nrrd"], sample=write_detached_nrrd, suffix=".nhdr", variant="in two files")
    yield Case(specs["zarr"], variant="of porenet")
    yield Case(specs["zarr"], sample=write_zarr2, variant="version 2")
    yield Case(specs["amira"], sample=write_amira)
    yield Case(specs["metaimage"], variant="of porenet")
    yield Case(
        specs["metaimage"],
        sample=write_metaimage,
        suffix=".mhd",
        variant="in two files",
    )
    yield Case(specs["nifti"], sample=write_nifti)
    yield Case(specs["nifti"], sample=write_gzip_nifti, suffix=".nii.gz", variant="gzip")
    yield Case(specs["mrc"], sample=write_mrc)
    yield Case(specs["matlab"], sample=write_matlab5)
    yield Case(specs["matlab"], sample=write_matlab7, variant="7.3")
    yield Case(specs["raw"], sample=write_raw, reading=_described)
    yield Case(specs["image"], variant="of porenet")
    yield Case(specs["image"], sample=write_palette_png, variant="palette")
    yield Case(specs["slices"], variant="of porenet")
    yield Case(specs["slices"], sample=write_png_slices, variant="PNG")


def _described(values: NDArray[Any]) -> Mapping[str, Any]:
    """What the caller states of raw voxels."""
    return {"shape": values.shape, "dtype": values.dtype.str.replace("|", "")}
