"""Folders of numbered slices, z = 0 the lowest number: PNG, BMP or TIFF."""

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
from porenet.formats.stored import Options, Stored
from porenet.interface import Volume

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NUMBERED = re.compile(r"(?P<prefix>.*?)(?P<number>\d+)\Z", re.DOTALL)
_SHOWN = 5


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """Sort key that puts slice_9 before slice_10."""
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", name) if part)


def slices_of(folder: Path) -> tuple[Path, ...]:
    """The slices of a folder in the order of their numbers.

    Args:
        folder: holds one stack; hidden files and other kinds of files are passed over.

    Raises:
        InputError: no slices, two kinds or two stacks of them, a file without a number, a gap or a double.
    """
    files = sorted(
        (
            one
            for one in folder.iterdir()
            if one.suffix.lower() in SLICE_SUFFIXES and not one.name.startswith(".") and one.is_file()
        ),
        key=lambda one: natural(one.name),
    )
    if not files:
        raise InputError(
            "a folder without slices", fix="Slices are .png, .bmp or .tif files; other volumes are given one by one."
        )
    kinds = sorted({one.suffix.lower() for one in files})
    if len(kinds) > 1:
        raise InputError(f"slices of several kinds in one folder: {' '.join(kinds)}", fix="Keep one stack in a folder.")
    numbers: dict[int, Path] = {}
    prefixes: dict[str, Path] = {}
    for one in files:
        found = _NUMBERED.match(one.stem)
        if found is None:
            raise InputError(
                f"{one.name!r} has no number at the end of its name",
                fix="Move it elsewhere, or number it if it is a slice.",
            )
        number = int(found["number"])
        prefixes.setdefault(found["prefix"], one)
        if number in numbers and len(prefixes) == 1:
            raise InputError(f"two slices have the number {number}: {numbers[number].name!r} and {one.name!r}")
        numbers[number] = one
    if len(prefixes) > 1:
        first, second = list(prefixes.values())[:2]
        raise InputError(
            f"slices of several stacks in one folder: {first.name!r} and {second.name!r}",
            fix="Keep one stack in a folder.",
        )
    _no_gaps(sorted(numbers))
    return tuple(numbers[number] for number in sorted(numbers))


def look(path: Path, options: Options) -> Stored:
    """The stack in a folder; every slice must match the first one."""
    options.refuse_dataset()
    files = slices_of(path)
    if files[0].suffix.lower() in (".tif", ".tiff"):
        look_at: Callable[[Path], Any] = tiff.look_slice
        read: Callable[[Path], NDArray[Any]] = tiff.read_slice
    else:
        look_at, read = images.look_image, images.read_image
    first = _named(files[0], look_at)
    packed = sum(one.stat().st_size for one in files)

    def blocks() -> Iterator[NDArray[Any]]:
        for one in files:
            found = _named(one, look_at)
            if (found.shape, found.dtype) != (first.shape, first.dtype):
                raise InputError(
                    f"{one.name!r} is {_words(found)}, but {files[0].name!r} is {_words(first)}",
                    fix="All slices of a stack have one size and one type.",
                )
            yield np.ascontiguousarray(_named(one, read)).reshape(-1)

    return Stored((len(files), *first.shape), first.dtype, packed, first.expansion, blocks)


def write_bmp(volume: Volume, folder: Path, values: NDArray[np.uint8]) -> None:
    """Slices ``slice_0000.bmp`` and so on, 8-bit grey, index = z, as GAN-PH names them.

    Args:
        volume: what to write.
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
        more = f" and {len(missing) - _SHOWN} more gaps" if len(missing) > _SHOWN else ""
        raise InputError(
            f"the numbering has gaps: {count} slices are missing ({', '.join(missing[:_SHOWN])}{more})"
            if count > 1
            else f"the numbering has a gap: slice {missing[0]} is missing",
            fix="A missing slice would join what is apart; find it, or renumber the slices if there is none.",
        )


def _named(path: Path, step: Callable[[Path], Any]) -> Any:
    try:
        return step(path)
    except InputError as error:
        raise InputError(error.what, where=error.where or str(path), fix=error.fix) from error
    except Exception as error:  # Pillow and tifffile raise what they like on garbage
        raise InputError(
            f"cannot be read as a slice: {error or type(error).__name__}",
            where=str(path),
            fix="It is truncated or damaged; copy it again.",
        ) from error


def _words(found: Any) -> str:
    return f"{'x'.join(map(str, found.shape))} {found.dtype}"
