"""Families of formats: the module that reads each suffix, and the import of optional libraries."""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from porenet.errors import InputError, Wording
from porenet.formats.stored import Options, StoredArray
from porenet.formats.zarr_files import SUFFIX, ZIP_SUFFIX, is_store


class Reader(Protocol):
    """Interface of the module of a family."""

    def look(self, path: Path, options: Options) -> StoredArray:
        """Describe the array in the file; reads headers only."""
        ...


class DetachedReader(Reader, Protocol):
    """Interface of the module of a family whose voxels may be in other files than the header."""

    def files(self, path: Path) -> tuple[Path, ...]:
        """The header file, and the files that hold its voxels if they are others."""
        ...


@dataclass(frozen=True, slots=True)
class Family:
    """One family of formats.

    Attributes:
        title: name of the format in messages.
        module: name of the module in this package.
        suffixes: suffixes of its files, lower case; empty for folders.
    """

    title: str
    module: str
    suffixes: tuple[str, ...]

    def reader(self) -> Reader:
        """The module, imported at first use."""
        return cast(Reader, importlib.import_module(f"porenet.formats.{self.module}"))


SLICES = Family("a folder of slices", "slices", ())
ZARR = Family("zarr", "zarr_store", (SUFFIX, ZIP_SUFFIX))
RAW = Family("raw voxels", "raw", (".raw",))
FAMILIES = (
    Family("NPY", "numpy_files", (".npy",)),
    Family("NPZ", "numpy_files", (".npz",)),
    Family("TIFF", "tiff", (".tif", ".tiff")),
    Family("HDF5", "hdf5", (".h5", ".hdf5", ".dream3d")),
    Family("VTK image data", "vti", (".vti",)),
    Family("legacy VTK", "legacy_vtk", (".vtk",)),
    Family("NRRD", "nrrd", (".nrrd", ".nhdr")),
    ZARR,
    Family("Amira", "amira", (".am",)),
    Family("MetaImage", "metaimage", (".mha", ".mhd")),
    Family("NIfTI", "nifti", (".nii", ".nii.gz")),
    Family("MRC", "mrc", (".mrc", ".map", ".rec")),
    Family("MATLAB", "matlab", (".mat",)),
    RAW,
)
DOUBLE_SUFFIXES = tuple(suffix for family in FAMILIES for suffix in family.suffixes if suffix.count(".") > 1)
SLICE_SUFFIXES = (".bmp", ".png", ".tif", ".tiff")
JPEG_SUFFIXES = (".jpeg", ".jpg", ".jfif")
LOSSY = (
    "JPEG is lossy and changes labels, most of all at the boundaries of phases. Save the original as PNG or TIFF; if "
    "only JPEG is left, segment it again."
)
"""What to do about JPEG."""


def suffix_of(name: str) -> str:
    """The suffix of a file name, lower case, by which its family is known."""
    lower = name.lower()
    double = next((suffix for suffix in DOUBLE_SUFFIXES if lower.endswith(suffix)), "")
    return double or os.path.splitext(lower)[1]


def family_of(path: Path, options: Options) -> Family:
    """The family that reads a path.

    Raises:
        InputError: the path does not exist, or no family reads it.
    """
    if not path.exists():
        raise InputError("there is no such file or folder")
    if path.is_dir() and not is_store(path):
        return SLICES
    if options.pattern is not None:
        raise InputError(
            "is one volume, not a folder of slices",
            fix=Wording("Leave pattern out, or give the folder.", "Leave --pattern out, or give the folder."),
        )
    if path.is_dir():
        return ZARR
    suffix = suffix_of(path.name)
    if not path.is_file():
        raise InputError("is neither a regular file nor a folder")
    described = options.shape is not None or options.dtype is not None or options.offset != 0
    for family in FAMILIES:
        if suffix in family.suffixes:
            if described and family is not RAW:
                own = f"are for raw files; {family.title} files state their own"
                raise InputError(
                    Wording(f"shape, dtype and offset {own}", f"--shape, --dtype and --offset {own}"),
                    fix="Leave them out, or give the file the suffix .raw if it is one.",
                )
            return family
    if described:
        return RAW
    if suffix in SLICE_SUFFIXES:
        raise InputError("one slice is not a volume", fix="Give the folder that holds the slices.")
    if suffix in JPEG_SUFFIXES:
        raise InputError("is a JPEG image", fix=LOSSY)
    known = " ".join(suffix for family in FAMILIES for suffix in family.suffixes)
    read = f"These are read: {known}, folders of .png .bmp .tif slices, and raw voxels of any suffix"
    raise InputError(
        f"no format has the suffix {suffix!r}" if suffix else "the file has no suffix",
        fix=Wording(f"{read} if their shape and dtype are given.", f"{read} with --shape and --dtype."),
    )


def library(name: str, *, extra: str, title: str) -> Any:
    """Import an optional library.

    Args:
        name: name of its module.
        extra: extra of porenet that installs it.
        title: format that needs it.

    Raises:
        InputError: the library is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(
            f"{title} needs the package {name.partition('.')[0]}, which cannot be imported ({error})",
            fix=f"pip install porenet[{extra}]",
        ) from error
