"""Laws of every format: what its reader says of files with known voxels, whole, cut and damaged.

The files come from the case's ``sample`` or from the format's own writer. Each law takes a case.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.file_guard import guard
from porenet.formats.installed_formats import InstalledFormat
from porenet.formats.interface import Options, StoredArray
from porenet.formats.label_slabs import label_slabs
from porenet.formats.phases import labels as labels_of
from porenet.formats.reading import described
from porenet.interface import Grid, Volume
from porenet.interface.phase_values import values_of_phases
from porenet.registry import REGISTERED, Component
from porenet.testing.case import Case, LawBroken

if TYPE_CHECKING:
    from numpy.typing import NDArray

Law = Callable[..., str | None]

VOXEL_UM = (0.25, 0.125, 0.0625)
"""Voxel edges (z, y, x), um, that every format of decimal or binary numbers can hold exactly."""

_SHAPES = ((5, 4, 7), (1, 3, 2), (3, 1, 1))
_TYPES = {
    "u1": (0, 127, 255), "i1": (-128, 0, 127), "<u2": (0, 300, 65535), ">u2": (0, 300, 65535), "<i2": (-300, 0, 32767),
    ">i2": (-300, 0, 32767), "<i4": (-70000, 0, 1 << 30), ">i4": (-70000, 0, 1 << 30), "<u4": (0, 1, (1 << 32) - 1),
    "<i8": (-(1 << 40), 0, 1 << 40), "<f4": (0, 1, 1 << 20), ">f8": (0, 1, 1 << 40),
}  # fmt: skip
"""Types of values in both byte orders, with three values that only the right type and order gives."""

_CUTS, _FLIPS = 12, 40
_SAME = 1e-5
_FOLDER = "porenet-law-"
_GRID = Grid(("first", "second", "third"), VOXEL_UM)
_WRAPPED = Grid(_GRID.phases, VOXEL_UM, (True, False, True))


def values_come_back(case: Case) -> str | None:
    """Files of every type and byte order that the format holds give their values, in the order (z, y, x)."""
    held = []
    for code in _TYPES:
        for shape in _SHAPES:
            with _sample(case, shape, (code,)) as sample:
                if sample is not None:
                    right = np.array_equal(_labels(case, sample), sample.labels)
                    case.expect(right, f"gives other values than were written as {code} {shape}")
                    held.append(code)
    case.expect(held, "no sample could be written")
    return f"of {' '.join(dict.fromkeys(held))}"


def voxel_size_is_right_or_unstated(case: Case) -> str | None:
    """The voxel edges of a header are those that were written, along the right axes and in um, or none at all."""
    with _any_sample(case) as sample:
        stored = _header(case, sample)
        for axis, edge, written in zip("zyx", stored.voxel_um, VOXEL_UM, strict=True):
            close = edge is None or abs(edge - written) <= _SAME * written
            case.expect(close, f"says an edge of {edge} um along {axis}, where {written} was written")
    stated = sum(edge is not None for edge in stored.voxel_um)
    return {0: "it states none", 3: None}.get(stated, "it states some")


def slabs_are_the_volume(case: Case) -> str | None:
    """Slabs of any layers, and blocks of rows, hold what the whole volume holds."""
    with _any_sample(case, (9, 6, 5)) as sample:
        stored = _header(case, sample)
        if stored.fortran:
            return "z runs fastest: not by slabs"
        slabs = label_slabs(sample.path, case.spec.name, stored, values_of_phases(sample.named), _GRID)
        case.expect(slabs.shape == sample.labels.shape, f"has slabs of {slabs.shape}, not {sample.labels.shape}")
        cuts = [(0, 2), (2, 3), (3, 9), (0, 9)] + [(8, 9), (1, 7), (4, 5)] * (slabs.cuts == "anywhere")
        for z0, z1 in cuts:
            same = np.array_equal(slabs.read(z0, z1), sample.labels[z0:z1])
            case.expect(same, f"gives other values for the layers {z0} to {z1}")
        if stored.slabs is not None and stored.slabs.read_y is not None:
            for y0, y1 in ((0, 6), (1, 2), (4, 6)):
                same = np.array_equal(slabs.read_y(y0, y1), sample.labels[:, y0:y1])
                case.expect(same, f"gives other values for the rows {y0} to {y1}")
    return slabs.cuts


def a_size_above_the_limit_is_refused(case: Case) -> None:
    """A volume of more voxels than allowed is refused before its voxels are read."""
    with _any_sample(case) as sample:
        try:
            _header(case, sample, max_voxels=sample.labels.size - 1)
        except InputError:
            return
        case.expect(False, f"describes {sample.labels.size} voxels where {sample.labels.size - 1} are allowed")


def cut_files_are_refused(case: Case) -> None:
    """A file that ends early is refused, or gives the same voxels where nothing of them is missing."""
    with _any_sample(case) as sample:
        for file in _first_and_last(sample.path):
            whole = file.read_bytes()
            for length in sorted({len(whole) * part // _CUTS for part in range(_CUTS)} | {max(0, len(whole) - 1)}):
                file.write_bytes(whole[:length])
                _expect_same_or_refused(case, sample, f"of {len(whole)} bytes cut to {length}")
            file.write_bytes(whole)


def longer_files_are_refused(case: Case) -> None:
    """A file with bytes behind its end is refused, or gives the same voxels."""
    with _any_sample(case) as sample:
        for file in _first_and_last(sample.path):
            whole = file.read_bytes()
            for extra in (b"\0", b"\xff" * 7, bytes(1000)):
                file.write_bytes(whole + extra)
                _expect_same_or_refused(case, sample, f"with {len(extra)} bytes behind it")
            file.write_bytes(whole)


def damage_is_refused_in_words(case: Case) -> None:
    """A file with changed bytes gives a volume or an InputError, and nothing else."""
    rng = np.random.default_rng(5)
    with _any_sample(case) as sample:
        for file in _first_and_last(sample.path):
            whole = file.read_bytes()
            places = rng.integers(0, min(len(whole), 512), _FLIPS // 2).tolist()
            for place in [*places, *rng.integers(0, len(whole), _FLIPS // 2).tolist()]:
                changed = bytearray(whole)
                changed[place] ^= 1 << int(rng.integers(8))
                file.write_bytes(bytes(changed))
                _labels_or_none(case, sample, f"with another byte at {place}")
            file.write_bytes(whole)


def written_volumes_come_back(case: Case) -> None:
    """What the format writes, it reads: labels where phases are absent too, and the grid as far as it states it."""
    rng = np.random.default_rng(7)
    for suffix in case.spec.storage.writes if case.spec.storage else ():
        for shape, present in (((4, 3, 5), 3), ((1, 2, 3), 1), ((3, 3, 3), 2)):
            content = rng.integers(3 - present, 3, shape).astype(np.uint8)
            with tempfile.TemporaryDirectory(prefix=_FOLDER) as folder:
                path = Path(folder) / f"volume{suffix}"
                _installed(case).writer.write(Volume(content, _WRAPPED), path, np.arange(256, dtype=np.uint8))
                _expect_written(case, path, content)


def files_are_what_is_read(case: Case) -> None:
    """Every file of a volume is named, exists and matters: without it there is no volume, or another."""
    with _any_sample(case) as sample:
        files = _installed(case).detached.files(sample.path)
        case.expect(files and all(file.is_file() for file in files), f"names files that are none: {files!r:.200}")
        before = _content_or_none(case, sample, "as it was written")
        for file in files:
            content = file.read_bytes()
            file.unlink()
            after = _content_or_none(case, sample, f"without {file.name}")
            case.expect(after != before, f"reads the same volume without {file.name}")
            file.write_bytes(content)


def applies(law: Law, case: Case) -> bool:
    """Whether a law applies to a case."""
    storage = case.spec.storage
    if storage is None:
        return False
    if law is written_volumes_come_back:
        return bool(storage.writes)
    if law is files_are_what_is_read:
        return bool(storage.headers or storage.marks or storage.slices)
    return True


LAWS: tuple[Law, ...] = (
    values_come_back,
    voxel_size_is_right_or_unstated,
    slabs_are_the_volume,
    a_size_above_the_limit_is_refused,
    cut_files_are_refused,
    longer_files_are_refused,
    damage_is_refused_in_words,
    written_volumes_come_back,
    files_are_what_is_read,
)


@dataclass(frozen=True)
class _Sample:
    """A file of the format, and what it holds.

    Attributes:
        path: the file or folder.
        array: its values, (Z, Y, X).
        named: value of each phase.
        labels: the same as labels.
    """

    path: Path
    array: NDArray[Any]
    named: dict[str, int]
    labels: NDArray[np.uint8]


@contextmanager
def _sample(case: Case, shape: tuple[int, int, int], codes: Iterable[str]) -> Iterator[_Sample | None]:
    """A sample in a folder of its own, of the first type that the format can hold; None where it can hold none."""
    labels = np.random.default_rng(3).integers(0, 3, shape).astype(np.uint8)
    with tempfile.TemporaryDirectory(prefix=_FOLDER) as folder:
        for code in codes:
            array = np.array(_TYPES[code], code)[labels]
            path = _written(case, Path(folder), array, labels)
            if path is not None:
                yield _Sample(path, array, dict(zip(_GRID.phases, _TYPES[code], strict=True)), labels)
                return
        yield None


@contextmanager
def _any_sample(case: Case, shape: tuple[int, int, int] = _SHAPES[0]) -> Iterator[_Sample]:
    """A sample of any type.

    Raises:
        LawBroken: none can be written.
    """
    with _sample(case, shape, _TYPES) as sample:
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
    values = _TYPES["u1"]
    table = np.array([*values, *(value for value in range(256) if value not in values)], np.uint8)
    _installed(case).writer.write(Volume(labels, _GRID), path, table)
    return path


def _installed(case: Case) -> InstalledFormat:
    return InstalledFormat(Component(case.spec, REGISTERED))


def _header(case: Case, sample: _Sample, **options: Any) -> StoredArray:
    stated = case.reading(sample.array) if case.reading else {}
    choice = _installed(case)
    return guard(sample.path, choice.title, lambda: described(choice, sample.path, Options(**stated, **options)))


def _labels(case: Case, sample: _Sample) -> NDArray[np.uint8]:
    stored = _header(case, sample)
    values = values_of_phases(sample.named)
    return guard(sample.path, case.spec.name, lambda: labels_of(stored, values))


def _labels_or_none(case: Case, sample: _Sample, what: str) -> NDArray[np.uint8] | None:
    """Labels of a spoilt file, or None where it is refused."""
    try:
        return _labels(case, sample)
    except InputError:
        return None
    except Exception as error:
        raise LawBroken(f"{case}: raises {type(error).__name__} for a file {what}: {error}") from error


def _content_or_none(case: Case, sample: _Sample, what: str) -> tuple[Any, ...] | None:
    """Labels and grid of a spoilt file, or None where it is refused."""
    labels = _labels_or_none(case, sample, what)
    if labels is None:
        return None
    stored = _header(case, sample)
    return labels.shape, labels.tobytes(), stored.voxel_um, stored.phases, stored.periodic


def _expect_same_or_refused(case: Case, sample: _Sample, what: str) -> None:
    labels = _labels_or_none(case, sample, what)
    case.expect(labels is None or np.array_equal(labels, sample.labels), f"gives other voxels for a file {what}")


def _expect_written(case: Case, path: Path, content: NDArray[np.uint8]) -> None:
    choice = _installed(case)
    stored = guard(path, choice.title, lambda: described(choice, path, Options()))
    stated = values_of_phases(stored.phases or _GRID.phases)
    case.expect(list(stated) == list(_GRID.phases), f"writes the phases {list(stated)}")
    case.expect(np.array_equal(labels_of(stored, stated), content), f"reads other labels than it wrote {content.shape}")
    case.expect(stored.periodic in (None, _WRAPPED.periodic), f"says periodic = {stored.periodic}")
    for edge, written in zip(stored.voxel_um, VOXEL_UM, strict=True):
        case.expect(edge is None or abs(edge - written) <= _SAME * written, f"says the edges {stored.voxel_um}")


def _first_and_last(path: Path) -> list[Path]:
    """The file, or the first and the last of a folder, without empty ones."""
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    return [file for file in {files[0]: None, files[-1]: None} if file.stat().st_size]
