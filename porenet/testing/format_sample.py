"""Small files of a format under test, with known voxels: written by its case, or by the format itself."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.formats.file_guard import guard
from porenet.formats.installed_formats import InstalledFormat
from porenet.formats.interface import Options, StoredArray
from porenet.formats.label_slabs import LabelSlabs, label_slabs
from porenet.formats.phases import labels as labels_of
from porenet.formats.reading import described
from porenet.interface import Grid, Volume
from porenet.interface.phase_values import values_of_phases
from porenet.registry import REGISTERED, Component
from porenet.testing.case import Case, LawBroken

if TYPE_CHECKING:
    from numpy.typing import NDArray

VOXEL_UM = (0.25, 0.125, 0.0625)
"""Voxel edges (z, y, x), um, that every format of decimal or binary numbers can hold exactly."""

SHAPES = ((5, 4, 7), (1, 3, 2), (3, 1, 1))
TYPES = {
    "u1": (0, 127, 255), "i1": (-128, 0, 127), "<u2": (0, 300, 65535), ">u2": (0, 300, 65535), "<i2": (-300, 0, 32767),
    ">i2": (-300, 0, 32767), "<i4": (-70000, 0, 1 << 30), ">i4": (-70000, 0, 1 << 30), "<u4": (0, 1, (1 << 32) - 1),
    "<i8": (-(1 << 40), 0, 1 << 40), "<f4": (0, 1, 1 << 20), ">f8": (0, 1, 1 << 40),
}  # fmt: skip
"""Types of values in both byte orders, with three values that only the right type and order gives."""

FOLDER = "porenet-law-"
GRID = Grid(("first", "second", "third"), VOXEL_UM)
SECTION_GRID = Grid(GRID.phases, VOXEL_UM[1:])  # type: ignore[arg-type]


@dataclass(frozen=True)
class Sample:
    """A file of the format, and what it holds.

    Attributes:
        path: the file or folder.
        array: its values, (Z, Y, X); of a format of sections (Y, X).
        named: value of each phase.
        labels: the same as labels.
    """

    path: Path
    array: NDArray[Any]
    named: dict[str, int]
    labels: NDArray[np.uint8]


@contextmanager
def sample_of(case: Case, shape: tuple[int, int, int], codes: Iterable[str]) -> Iterator[Sample | None]:
    """A sample in a folder of its own, of the first type that the format can hold; None where it can hold none.

    Args:
        case: of the format.
        shape: (Z, Y, X); of a format that holds sections only, its (Y, X) is taken.
        codes: of types in the order in which they are tried.
    """
    labels = np.random.default_rng(3).integers(0, 3, shape if holds_volumes(case) else shape[1:]).astype(np.uint8)
    with tempfile.TemporaryDirectory(prefix=FOLDER) as folder:
        for code in codes:
            array = np.array(TYPES[code], code)[labels]
            path = _written(case, Path(folder), array, labels)
            if path is not None:
                yield Sample(path, array, dict(zip(GRID.phases, TYPES[code], strict=True)), labels)
                return
        yield None


@contextmanager
def any_sample(case: Case, shape: tuple[int, int, int] = SHAPES[0]) -> Iterator[Sample]:
    """A sample of any type.

    Raises:
        LawBroken: none can be written.
    """
    with sample_of(case, shape, TYPES) as sample:
        if sample is None:
            raise LawBroken(f"{case}: no sample could be written")
        yield sample


def _written(case: Case, folder: Path, array: NDArray[Any], labels: NDArray[np.uint8]) -> Path | None:
    storage = case.spec.storage
    assert storage is not None  # `applies`
    path = folder / f"volume{case.suffix or next(iter((*storage.writes, *storage.suffixes)), '')}"
    try:
        if case.sample is not None:
            case.sample(path, array, VOXEL_UM)
            return path
    except NotImplementedError:
        return None
    if array.dtype != np.uint8 or not storage.writes:
        return None
    values = TYPES["u1"]
    table = np.array([*values, *(value for value in range(256) if value not in values)], np.uint8)
    installed(case).writer.write(Volume(labels, GRID if holds_volumes(case) else SECTION_GRID), path, table)
    return path


def holds_volumes(case: Case) -> bool:
    """Whether the format holds volumes, and not sections alone."""
    return 3 in case.spec.dims


def installed(case: Case) -> InstalledFormat:
    """The format of a case."""
    return InstalledFormat(Component(case.spec, REGISTERED))


def header_of(case: Case, sample: Sample, **options: Any) -> StoredArray:
    """What the format says of a sample."""
    stated = case.reading(sample.array) if case.reading else {}
    choice = installed(case)
    return guard(sample.path, choice.title, lambda: described(choice, sample.path, Options(**stated, **options)))


def labels_in(case: Case, sample: Sample) -> NDArray[np.uint8]:
    """The labels that the format reads from a sample."""
    stored = header_of(case, sample)
    values = values_of_phases(sample.named)
    return guard(sample.path, case.spec.name, lambda: labels_of(stored, values))


def slabs_in(case: Case, sample: Sample, stored: StoredArray) -> LabelSlabs:
    """The labels of a sample by slabs."""
    return label_slabs(sample.path, case.spec.name, stored, values_of_phases(sample.named), GRID)
