"""Formats of files: one folder per format, imported when a file of it is read or written.

``images`` is not a format of its own: it reads the pixels of PNG, BMP and TIFF for ``slices``, ``image`` and ``tiff``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from porenet.hookspecs import hookimpl
from porenet.interface import Spec
from porenet_formats import (
    amira,
    hdf5,
    legacy_vtk,
    matlab,
    metaimage,
    mrc,
    nifti,
    nrrd,
    numpy_files,
    raw,
    single_image,
    slices,
    tiff,
    vti,
    zarr,
)

if TYPE_CHECKING:
    from porenet.testing import Case


@hookimpl
def porenet_cases() -> Iterator[Case]:
    """Cases for the laws: a writer of each format."""
    from porenet_formats.cases import cases

    return cases()


@hookimpl
def porenet_specs() -> Iterator[Spec]:
    """The Spec of each format, which stands in its folder; its reader is imported when it is first used."""
    yield numpy_files.NPY_SPEC
    yield numpy_files.NPZ_SPEC
    yield tiff.SPEC
    yield hdf5.SPEC
    yield vti.SPEC
    yield legacy_vtk.SPEC
    yield nrrd.SPEC
    yield zarr.SPEC
    yield amira.SPEC
    yield metaimage.SPEC
    yield nifti.SPEC
    yield mrc.SPEC
    yield matlab.SPEC
    yield raw.SPEC
    yield slices.SPEC
    yield single_image.SPEC
