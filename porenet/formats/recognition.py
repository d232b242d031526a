"""Which format a path has: by its suffix, its first bytes or the files in it, without importing a reader."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from porenet import registry
from porenet.errors import InputError, Wording
from porenet.formats.installed_formats import InstalledFormat, InstalledFormats
from porenet.formats.interface import JPEG_SUFFIXES, LOSSY, Options
from porenet.registry import OWN, Component

_HEAD = 2048
"""Bytes of a file that are looked at: the farthest place and the longest text of a Spec are within."""


def format_of(path: Path, options: Options, name: str | None = None) -> InstalledFormat:
    """The format that reads a path.

    Args:
        path: a file or folder.
        options: what the caller states about it.
        name: name of a format, if the caller says it; else it is found.

    Raises:
        InputError: the path does not exist, no format or several read it, or an option does not fit.
        UnknownComponent: there is no format of that name.
    """
    if not path.exists():
        raise InputError("there is no such file or folder")
    if not (path.is_dir() or path.is_file()):
        raise InputError("is neither a regular file nor a folder")
    formats = InstalledFormats.now()
    if name is not None:
        choice = InstalledFormat(registry.installed().find("format", name))
        _check_kind(path, choice)
    elif path.is_dir():
        choice = _of_folder(path, formats)
    else:
        choice = _of_file(path, formats, described=_is_described(options))
    _check_options(choice, options)
    return choice


def is_one_volume(path: Path, formats: InstalledFormats) -> InstalledFormat | None:
    """The format of which a folder is one volume by its suffix or by a file in it; None for other folders."""
    by_suffix = [entry for entry in formats.with_suffix(formats.suffix_of(path.name)) if entry.storage.marks]
    marks = {mark for entry in formats for mark in entry.storage.marks}
    named = formats.with_mark(mark for mark in marks if (path / mark).exists())
    return _preferred(named or by_suffix, f"a folder like {path.name!r}")


def _of_folder(path: Path, formats: InstalledFormats) -> InstalledFormat:
    choice = is_one_volume(path, formats)
    if choice is None:
        suffixes = {formats.suffix_of(entry.name) for entry in os.scandir(path)}
        fitting = formats.with_slices(suffixes) or formats.with_slices(formats.slice_suffixes)
        choice = _preferred(fitting, f"a folder like {path.name!r}")
    if choice is None:
        raise _without_format("is a folder, and no format of folders is installed", formats)
    return choice


def _of_file(path: Path, formats: InstalledFormats, *, described: bool) -> InstalledFormat:
    suffix = formats.suffix_of(path.name)
    fitting = formats.with_suffix(suffix)
    if not fitting and described:
        fitting = tuple(entry for entry in formats if entry.storage.described)
    by_bytes = _by_first_bytes(path, formats)
    if not fitting:
        fitting = formats.with_slices({suffix})  # an image by itself: a section
    if not fitting:
        if suffix in JPEG_SUFFIXES:
            raise InputError("is a JPEG image", fix=LOSSY)
        fitting = by_bytes
    both = [entry for entry in fitting if entry in by_bytes]
    what = f"the suffix {suffix!r}" if suffix in formats.suffixes else "files that begin as it does"
    choice = _preferred(both or fitting, what)
    if choice is None:
        what = f"no format has the suffix {suffix!r}" if suffix else "the file has no suffix"
        raise _without_format(what, formats)
    if by_bytes and choice not in by_bytes and _contradicts(choice, by_bytes):
        name = _name(by_bytes[0].component)
        rename = f"Rename it to {' or '.join(by_bytes[0].storage.suffixes)}"
        raise InputError(
            f"its suffix says {choice.title}, but it begins as {by_bytes[0].title} does",
            fix=Wording(f"{rename}, or pass file_format={name!r}.", f"{rename}, or add --format {name}."),
        )
    return choice


def _contradicts(choice: InstalledFormat, by_bytes: Sequence[InstalledFormat]) -> bool:
    """Whether first bytes of other formats speak against the one that the suffix says.

    Not of a stranger's alone, where files of this one may begin anyhow: they could be those of any archive.
    """
    storage = choice.storage
    known = storage.first_bytes or any(entry.component.provider.name == OWN for entry in by_bytes)
    return bool(known) and not storage.described


def _name(component: Component) -> str:
    """The name by which a user calls a format: with its provider where the bare one means another."""
    installed = registry.installed()
    return component.spec.name if installed.is_default(component) else component.full_name


def _by_first_bytes(path: Path, formats: InstalledFormats) -> tuple[InstalledFormat, ...]:
    with path.open("rb") as file:
        head = file.read(_HEAD).decode("latin-1")
    return tuple(
        entry for entry in formats if any(head.startswith(text, place) for place, text in entry.storage.first_bytes)
    )


def _preferred(formats: Sequence[InstalledFormat], what: str) -> InstalledFormat | None:
    """The only format, or porenet's own; None for none."""
    if not formats:
        return None
    if len(formats) > 1 and formats[0].component.provider.name != OWN:
        names = [entry.component.full_name for entry in formats]
        raise InputError(
            f"several formats have {what}",
            fix=Wording(
                f"Pass {' or '.join(f'file_format={name!r}' for name in names)}.",
                f"Add {' or '.join(f'--format {name}' for name in names)}.",
            ),
        )
    return formats[0]


def _is_described(options: Options) -> bool:
    return options.shape is not None or options.dtype is not None or options.offset != 0


def _check_kind(path: Path, choice: InstalledFormat) -> None:
    """Check that a format that the caller names is one of files, or of folders, as the path is."""
    of_folders = bool(choice.storage.marks or choice.storage.slices)
    if path.is_dir() and not of_folders:
        raise InputError(f"is a folder, and {choice.title} is a format of files")
    if not path.is_dir() and not choice.storage.suffixes:
        raise InputError(f"is a file, and {choice.title} is a format of folders")


def _check_options(choice: InstalledFormat, options: Options) -> None:
    if options.pattern is not None and not choice.storage.slices:
        raise InputError(
            "is one volume, not a folder of slices",
            fix=Wording("Leave pattern out, or give the folder.", "Leave --pattern out, or give the folder."),
        )
    if _is_described(options) and not choice.storage.described:
        own = f"are for raw files, and {choice.storage.title} states its own"
        raise InputError(
            Wording(f"shape, dtype and offset {own}", f"--shape, --dtype and --offset {own}"),
            fix="Leave them out, or give the file the suffix .raw if it is one.",
        )


def _without_format(what: str, formats: InstalledFormats) -> InputError:
    if not formats.formats:
        return InputError(
            f"{what}: no format is installed at all",
            fix="Install porenet again; porenet list-plugins says what is wrong with its formats.",
        )
    slices = " ".join(suffix for suffix in formats.slice_suffixes if suffix != ".tiff")
    read = f"These are read: {' '.join(formats.suffixes)}, folders of {slices} slices, and raw voxels of any suffix"
    named = "A file of another name is read with"
    return InputError(
        what,
        fix=Wording(
            f"{read} if their shape and dtype are given. {named} file_format=NAME.",
            f"{read} with --shape and --dtype. {named} --format NAME.",
        ),
    )
