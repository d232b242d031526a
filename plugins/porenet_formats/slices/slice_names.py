"""Names of the slices in a folder: which files are slices, and the number in each name."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from porenet.errors import InputError, Wording, argument
from porenet.formats.interface import JPEG_SUFFIXES, LOSSY, natural

_NUMBERED = re.compile(r"(?P<prefix>.*?)(?P<number>[0-9]+)\.[^.]*\Z", re.DOTALL)
SUFFIXES = (".bmp", ".png", ".tif", ".tiff")
"""Of images that may be slices."""

_LISTED = 5
_ONE_STACK = Wording(
    "Keep one stack per folder, or name the slices of one: pattern='scan_*.png'.",
    "Keep one stack per folder, or name the slices of one: --pattern 'scan_*.png'.",
)


def slice_files(folder: Path) -> tuple[Path, ...]:
    """The images of a folder in natural order; hidden files and files of other kinds are skipped.

    Raises:
        InputError: there are none.
    """
    paths = [path for path in folder.iterdir() if not path.name.startswith(".") and path.is_file()]
    files = [path for path in paths if path.suffix.lower() in SUFFIXES]
    if files:
        return tuple(sorted(files, key=lambda path: natural(path.name)))
    if any(path.suffix.lower() in JPEG_SUFFIXES for path in paths):
        raise InputError("the folder holds JPEG images", fix=LOSSY)
    raise InputError(
        "the folder holds no slices", fix="Slices are .png, .bmp or .tif files; name other volumes one by one."
    )


def slices_of(folder: Path, pattern: str | None = None) -> tuple[Path, ...]:
    """The slices of a folder in the order of their numbers.

    Args:
        folder: folder of one stack.
        pattern: names of the slices, with ``*`` where the number stands; files of other names are passed over.
            Default: the number ends the name, and every image is a slice.

    Raises:
        InputError: no slices, two kinds or two stacks of slices, a slice without a number, or numbers with a gap or
            a duplicate.
    """
    files = slice_files(folder)
    parts = _parts_by_pattern(files, pattern) if pattern is not None else [_parts(path, files) for path in files]
    kinds = sorted({path.suffix.lower() for path, _, _ in parts})
    if len(kinds) > 1:
        raise InputError(f"slices of several kinds in one folder: {' '.join(kinds)}", fix=_ONE_STACK)
    numbers: dict[int, Path] = {}
    prefixes: dict[str, Path] = {}
    for path, prefix, number in parts:
        prefixes.setdefault(prefix, path)
        if number in numbers and len(prefixes) == 1:
            raise InputError(f"two slices have the number {number}: {numbers[number].name!r} and {path.name!r}")
        numbers[number] = path
    if len(prefixes) > 1:
        first, second = list(prefixes.values())[:2]
        raise InputError(f"slices of several stacks in one folder: {first.name!r} and {second.name!r}", fix=_ONE_STACK)
    _no_gaps(sorted(numbers))
    return tuple(numbers[number] for number in sorted(numbers))


def _parts(path: Path, files: tuple[Path, ...]) -> tuple[Path, str, int]:
    """The file, the name before its number, and the number at the end of its name."""
    match = _NUMBERED.match(path.name)
    if match is None:
        pattern = _common_pattern(path, files)
        fix = Wording(
            f"Say where the number stands: pattern={pattern!r}.", f"Say where the number stands: --pattern {pattern!r}."
        )
        raise InputError(
            f"{path.name!r} has no number at the end of its name",
            fix=fix
            if pattern
            else "Move it elsewhere, or number it if it is a slice; sections are named file by file.",
        )
    return path, match["prefix"], int(match["number"])


def _common_pattern(path: Path, files: tuple[Path, ...]) -> str:
    """A pattern that every name of the folder meets, one of whose numbers counts the slices; empty if there is none."""
    names = {file.name for file in files}
    for number in re.finditer(r"[0-9]+", path.stem):
        before, after = path.name[: number.start()], path.name[number.end() :]
        alike = re.compile(re.escape(before) + "[0-9]+" + re.escape(after))
        if "*" not in before + after and all(alike.fullmatch(name) for name in names):
            return f"{before}*{after}"
    return ""


def _parts_by_pattern(files: tuple[Path, ...], pattern: str) -> list[tuple[Path, str, int]]:
    before, star, after = pattern.partition("*")
    if not star or "*" in after:
        raise InputError(
            f"{pattern!r} must hold one * where the number stands",
            where=argument("pattern"),
            fix="Write scan_*_seg.png for scan_000_seg.png.",
        )
    alike = re.compile(f"{re.escape(before)}([0-9]+){re.escape(after)}")
    matches = [(path, alike.fullmatch(path.name)) for path in files]
    parts = [(path, before, int(match[1])) for path, match in matches if match]
    if not parts:
        raise InputError(
            f"no slice of the folder is called {pattern!r}, with a number for the *; its first is {files[0].name!r}",
            where=argument("pattern"),
        )
    return parts


def _no_gaps(numbers: list[int]) -> None:
    missing: list[str] = []
    count = 0
    for before, after in pairwise(numbers):
        if after > before + 1:
            count += after - before - 1
            missing.append(str(before + 1) if after == before + 2 else f"{before + 1} to {after - 1}")
    if missing:
        more = f" and {len(missing) - _LISTED} more gaps" if len(missing) > _LISTED else ""
        raise InputError(
            f"the numbering has gaps: {count} slices are missing ({', '.join(missing[:_LISTED])}{more})"
            if count > 1
            else f"the numbering has a gap: slice {missing[0]} is missing",
            fix="A missing slice would join separate parts; restore it, or renumber the slices if none is missing.",
        )
