"""Folders of numbered slices (PNG, BMP or TIFF); the lowest number is z = 0."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats import images, tiff
from porenet.formats.families import SLICE_SUFFIXES, library
from porenet.formats.stored import Options, StoredArray
from porenet.interface import Volume

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NUMBERED = re.compile(r"(?P<prefix>.*?)(?P<number>\d+)\Z", re.DOTALL)
_LISTED = 5


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """Key that sorts names by the numbers in them: slice_9 before slice_10."""
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", name) if part)


def slices_of(folder: Path) -> tuple[Path, ...]:
    """The slices of a folder in the order of their numbers.

    Args:
        folder: folder of one stack; hidden files and files of other kinds are skipped.

    Raises:
        InputError: no slices, two kinds or two stacks of slices, a slice without a number, or numbers with a gap or
            a duplicate.
    """
    files = sorted(
        (
            path
            for path in folder.iterdir()
            if path.suffix.lower() in SLICE_SUFFIXES and not path.name.startswith(".") and path.is_file()
        ),
        key=lambda path: natural(path.name),
    )
    if not files:
        raise InputError(
            "the folder holds no slices", fix="Slices are .png, .bmp or .tif files; name other volumes one by one."
        )
    kinds = sorted({path.suffix.lower() for path in files})
    if len(kinds) > 1:
        raise InputError(f"slices of several kinds in one folder: {' '.join(kinds)}", fix="Keep one stack per folder.")
    numbers: dict[int, Path] = {}
    prefixes: dict[str, Path] = {}
    for path in files:
        parts = _NUMBERED.match(path.stem)
        if parts is None:
            raise InputError(
                f"{path.name!r} has no number at the end of its name",
                fix="Move it elsewhere, or number it if it is a slice.",
            )
        number = int(parts["number"])
        prefixes.setdefault(parts["prefix"], path)
        if number in numbers and len(prefixes) == 1:
            raise InputError(f"two slices have the number {number}: {numbers[number].name!r} and {path.name!r}")
        numbers[number] = path
    if len(prefixes) > 1:
        first, second = list(prefixes.values())[:2]
        raise InputError(
            f"slices of several stacks in one folder: {first.name!r} and {second.name!r}",
            fix="Keep one stack per folder.",
        )
    _no_gaps(sorted(numbers))
    return tuple(numbers[number] for number in sorted(numbers))


def look(path: Path, options: Options) -> StoredArray:
    """Describe the stack in a folder; every slice must match the first one in shape and type."""
    options.refuse_dataset()
    files = slices_of(path)
    if files[0].suffix.lower() in (".tif", ".tiff"):
        look_at: Callable[[Path], Any] = tiff.look_slice
        read: Callable[[Path], NDArray[Any]] = tiff.read_slice
    else:
        look_at, read = images.look_image, images.read_image
    first = _with_name(files[0], look_at)
    packed_bytes = sum(file.stat().st_size for file in files)

    def blocks() -> Iterator[NDArray[Any]]:
        for file in files:
            header = _with_name(file, look_at)
            if (header.shape, header.dtype) != (first.shape, first.dtype):
                raise InputError(
                    f"{file.name!r} is {_words(header)}, but {files[0].name!r} is {_words(first)}",
                    fix="All slices of a stack have one size and one type.",
                )
            yield np.ascontiguousarray(_with_name(file, read)).reshape(-1)

    return StoredArray((len(files), *first.shape), first.dtype, packed_bytes, first.expansion, blocks)


def write_bmp(volume: Volume, folder: Path, values: NDArray[np.uint8]) -> None:
    """Write slices ``slice_0000.bmp`` and so on, 8-bit grey, index = z, as GAN-PH names them.

    Args:
        volume: volume to write.
        folder: an empty folder.
        values: (256,) grey value of each label.
    """
    pillow = library("PIL.Image", extra="images", title="a BMP stack")
    digits = max(4, len(str(len(volume.labels) - 1)))
    for z, labels in enumerate(volume.labels):
        pillow.fromarray(values[labels]).save(folder / f"slice_{z:0{digits}}.bmp", format="BMP")


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


def _with_name(path: Path, step: Callable[[Path], Any]) -> Any:
    try:
        return step(path)
    except InputError as error:
        raise InputError(error.what, where=error.where or str(path), fix=error.fix) from error
    except Exception as error:  # Pillow and tifffile raise exceptions of many types on damaged files
        raise InputError(
            f"cannot be read as a slice: {error or type(error).__name__}",
            where=str(path),
            fix="It is truncated or damaged; copy it again.",
        ) from error


def _words(header: Any) -> str:
    return f"{'x'.join(map(str, header.shape))} {header.dtype}"
