"""Formats of files: one folder per format, imported when a file of it is read or written.

``images`` is no format of its own: it reads the pixels of PNG, BMP and TIFF for ``slices`` and ``tiff``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from porenet.hookspecs import hookimpl
from porenet.interface import Spec, Storage

if TYPE_CHECKING:
    from porenet.testing import Case

_OWN = "as porenet writes it"


@hookimpl
def porenet_cases() -> Iterator[Case]:
    """Cases for the laws: a writer of each format."""
    from porenet_formats.cases import cases

    return cases()


@hookimpl
def porenet_specs() -> Iterator[Spec]:
    """One Spec per format."""
    yield Spec(
        api=1,
        kind="format",
        name="npy",
        target=f"{__name__}.numpy_files.format:Npy",
        summary="One array of numpy in a file.",
        source="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html",
        storage=Storage(
            title="NPY",
            suffixes=(".npy",),
            first_bytes=((0, "\x93NUMPY"),),
            slabs="C order",
            remarks="C or Fortran order",
        ),
    )
    yield Spec(
        api=1,
        kind="format",
        name="npz",
        target=f"{__name__}.numpy_files.format:Npz",
        summary="Arrays of numpy in an archive.",
        source="https://numpy.org/doc/stable/reference/generated/numpy.savez.html",
        storage=Storage(
            title="NPZ",
            suffixes=(".npz",),
            writes=(".npz",),
            voxel_um=_OWN,
            names=_OWN,
            checksums="CRC-32 of each array",
            remarks="of another program the array `im` or `labels`, or the only one",
        ),
    )
    yield Spec(
        api=1,
        kind="format",
        name="tiff",
        target=f"{__name__}.tiff.format:Tiff",
        summary="TIFF and BigTIFF, one page per slice.",
        source="https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf",
        storage=Storage(
            title="TIFF",
            suffixes=(".tif", ".tiff"),
            first_bytes=((0, "II*\0"), (0, "MM\0*"), (0, "II+\0"), (0, "MM\0+")),
            writes=(".tif", ".tiff"),
            extra="tiff",
            slabs="pages",
            names=_OWN,
            voxel_um="from ImageJ, OME, or pixels per cm",
            checksums="Adler-32 of zlib, CRC of LZMA, XXH64 of ZSTD",
            remarks="a page is a slice; plain or compressed without loss",
        ),
    )
    yield Spec(
        api=1,
        kind="format",
        name="hdf5",
        target=f"{__name__}.hdf5.format:Hdf5",
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
    yield Spec(
        api=1,
        kind="format",
        name="vti",
        target=f"{__name__}.vti.format:Vti",
        summary="VTK image data, as ParaView reads and writes it.",
        source="https://docs.vtk.org/en/latest/vtk_file_formats/vtkxml_file_format.html",
        storage=Storage(
            title="VTK image data",
            suffixes=(".vti",),
            first_bytes=((0, "<VTKFile"),),
            writes=(".vti",),
            slabs="appended as raw bytes, uncompressed",
            names=_OWN,
            voxel_um="spacing x, y, z",
            checksums="Adler-32 of zlib, CRC of LZMA",
            remarks="cells or points; ASCII, base64 or raw; plain, zlib, LZMA, LZ4 (extra tiff)",
        ),
    )
    yield Spec(
        api=1,
        kind="format",
        name="legacy_vtk",
        target=f"{__name__}.legacy_vtk.format:LegacyVtk",
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
    yield Spec(
        api=1,
        kind="format",
        name="nrrd",
        target=f"{__name__}.nrrd.format:Nrrd",
        summary="NRRD of Teem and 3D Slicer.",
        source="https://teem.sourceforge.net/nrrd/format.html",
        storage=Storage(
            title="NRRD",
            suffixes=(".nrrd", ".nhdr"),
            first_bytes=((0, "NRRD000"),),
            headers=(".nrrd", ".nhdr"),
            extra="nrrd",
            slabs="raw",
            voxel_um="spacings or space directions, with their units",
            checksums="CRC-32 of gzip and bzip2",
            remarks="axes x, y, z; raw, text, hex, gzip or bzip2",
        ),
    )
    yield Spec(
        api=1,
        kind="format",
        name="zarr",
        target=f"{__name__}.zarr.format:Zarr",
        summary="zarr stores of version 2 and 3, and OME-Zarr.",
        source="https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html",
        storage=Storage(
            title="zarr",
            suffixes=(".zarr", ".zarr.zip"),
            marks=("zarr.json", ".zarray", ".zgroup"),
            writes=(".zarr",),
            extra="zarr",
            slabs="layers of chunks",
            voxel_um="OME-Zarr: scale with its unit",
            names=f"{_OWN}; labels of OME-Zarr are offered",
            checksums="CRC-32C of sharding and crc32c, those of gzip, zlib and zstd",
            remarks="sharded, zipped; of several levels the first",
        ),
    )
    yield Spec(
        api=1,
        kind="format",
        name="amira",
        target=f"{__name__}.amira.format:Amira",
        summary="Amira and Avizo meshes with a uniform lattice.",
        source="https://assets.thermofisher.com/TFS-Assets/MSD/Product-Guides/user-guide-amira-software.pdf",
        storage=Storage(
            title="Amira",
            suffixes=(".am",),
            first_bytes=((0, "# AmiraMesh"), (0, "# Avizo")),
            slabs="binary, uncompressed",
            voxel_um="bounding box, with its unit",
            names="materials, where their Ids leave no doubt; else they are offered",
            checksums="Adler-32 of HxZip",
            remarks="uniform lattice; text, binary, HxByteRLE, HxZip",
        ),
    )
    yield Spec(
        api=1,
        kind="format",
        name="metaimage",
        target=f"{__name__}.metaimage.format:MetaImage",
        summary="MetaImage of ITK and Elastix.",
        source="https://itk.org/Wiki/ITK/MetaIO/Documentation",
        storage=Storage(
            title="MetaImage",
            suffixes=(".mha", ".mhd"),
            first_bytes=((0, "ObjectType"), (0, "NDims")),
            headers=(".mhd", ".mha"),
            writes=(".mha",),
            slabs="uncompressed, in one file",
            voxel_um="ElementSpacing, DistanceUnits",
            names=_OWN,
            checksums="Adler-32 of zlib",
            remarks="voxels behind the header, in one file or one per slice; plain, text or zlib; `.mha` is written",
        ),
    )
    yield Spec(
        api=1,
        kind="format",
        name="nifti",
        target=f"{__name__}.nifti.format:Nifti",
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
    yield Spec(
        api=1,
        kind="format",
        name="mrc",
        target=f"{__name__}.mrc.format:Mrc",
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
    yield Spec(
        api=1,
        kind="format",
        name="matlab",
        target=f"{__name__}.matlab.format:Matlab",
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
    yield Spec(
        api=1,
        kind="format",
        name="raw",
        target=f"{__name__}.raw.format:Raw",
        summary="Voxels and nothing else.",
        storage=Storage(
            title="raw voxels",
            suffixes=(".raw",),
            described=True,
            slabs="all",
            remarks="`--shape Z,Y,X --dtype uint8`, `--offset BYTES`; x fastest; so any suffix will do",
        ),
    )
    yield Spec(
        api=1,
        kind="format",
        name="slices",
        target=f"{__name__}.slices.format:Slices",
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
