"""How the files of a format are known, and what they hold: what porenet knows before it imports a reader."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    r"""Files of a format, in the `Spec` of a component of the kind ``format``.

    Attributes:
        title: name of the format in messages: ``TIFF``.
        suffixes: of its files, lower case, each with its dot: ``(".nii", ".nii.gz")``; of its folders, if it has
            ``marks``.
        first_bytes: (place, bytes) of what its files begin with, each byte written as the character of its number:
            ``((0, "\x89HDF"),)``; one of them is enough. A file without a known suffix is known by them.
        marks: names of files, one of which makes the folder that holds it one volume of this format.
        slices: suffixes of slices, a folder of which is one volume of this format.
        headers: those of ``suffixes`` whose files may name other files that hold the voxels.
        described: whether its files say nothing of themselves, so that the caller states shape and type.
        writes: those of ``suffixes`` that it also writes; an empty one is a folder without a suffix.
        extra: extra of the distribution that installs what it needs; empty for nothing.
        slabs: what can be read by slabs of layers, in words; the rest is read from its start only.
        voxel_um: what it says of the voxel size, in words.
        names: what it says of the names of phases, in words.
        checksums: what of it has checksums, all of which are verified, in words.
        remarks: what else to know, in words.
    """

    title: str
    suffixes: tuple[str, ...] = ()
    first_bytes: tuple[tuple[int, str], ...] = ()
    marks: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    described: bool = False
    writes: tuple[str, ...] = ()
    extra: str = ""
    slabs: str = "nothing"
    voxel_um: str = "nothing"
    names: str = "nothing"
    checksums: str = "nothing"
    remarks: str = ""
