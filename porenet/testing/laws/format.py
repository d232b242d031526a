"""Laws of every format: what its reader says of files with known voxels, whole, cut and damaged.

The files come from the case's ``sample`` or from the format's own writer. Each law takes a case.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from porenet.errors import InputError
from porenet.formats.file_guard import guard
from porenet.formats.interface import Options, WrittenLayers
from porenet.formats.phases import labels as labels_of
from porenet.formats.reading import described
from porenet.interface import Grid, Volume
from porenet.interface.phase_values import values_of_phases
from porenet.testing.case import Case, LawBroken
from porenet.testing.format_sample import (
    FOLDER,
    GRID,
    SECTION_GRID,
    SHAPES,
    TYPES,
    VOXEL_UM,
    Sample,
    any_sample,
    header_of,
    holds_volumes,
    installed,
    labels_in,
    sample_of,
    slabs_in,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

Law = Callable[..., str | None]

_CUTS, _FLIPS = 12, 24
_SAME = 1e-5
_WRAPPED = Grid(GRID.phases, VOXEL_UM, (True, False, True))
_WRAPPED_SECTION = Grid(GRID.phases, VOXEL_UM[1:], (False, True))  # type: ignore[arg-type]


def values_come_back(case: Case) -> str | None:
    """Files of every type and byte order that the format holds give their values, in the order (z, y, x)."""
    held = []
    for code in TYPES:
        for shape in SHAPES:
            with sample_of(case, shape, (code,)) as sample:
                if sample is not None:
                    right = np.array_equal(labels_in(case, sample), sample.labels)
                    case.expect(right, f"gives other values than were written as {code} {shape}")
                    held.append(code)
    case.expect(held, "no sample could be written")
    return f"of {' '.join(dict.fromkeys(held))}"


def voxel_size_is_right_or_unstated(case: Case) -> str | None:
    """The voxel edges of a header are those that were written, along the right axes and in um, or none at all."""
    with any_sample(case) as sample:
        stored = header_of(case, sample)
        grid = GRID if holds_volumes(case) else SECTION_GRID
        stated_edges = stored.voxel_um[-grid.dims :]
        for axis, edge, written in zip(grid.axes, stated_edges, grid.edges_um, strict=True):
            close = edge is None or abs(edge - written) <= _SAME * written
            case.expect(close, f"says an edge of {edge} um along {axis}, where {written} was written")
    stated = sum(edge is not None for edge in stated_edges)
    return {0: "it states none", grid.dims: None}.get(stated, "it states some")


def slabs_are_the_volume(case: Case) -> str | None:
    """Slabs of any layers, and blocks of rows, hold what the whole volume holds."""
    with any_sample(case, (9, 6, 5)) as sample:
        stored = header_of(case, sample)
        if stored.fortran:
            return "z runs fastest: not by slabs"
        slabs = slabs_in(case, sample, stored)
        case.expect(slabs.shape == sample.labels.shape, f"has slabs of {slabs.shape}, not {sample.labels.shape}")
        cuts = [(0, 2), (2, 3), (3, 9), (0, 9)] + [(8, 9), (1, 7), (4, 5)] * (slabs.cuts == "anywhere")
        ways = [slabs]
        if stored.slabs is not None and stored.slabs.read_into is not None:
            ways.append(slabs_in(case, sample, replace(stored, slabs=replace(stored.slabs, read_into=None))))
        for way in ways:
            for z0, z1 in cuts:
                same = np.array_equal(way.read(z0, z1), sample.labels[z0:z1])
                case.expect(same, f"gives other values for the layers {z0} to {z1}")
        if stored.slabs is not None and stored.slabs.read_y is not None:
            for y0, y1 in ((0, 6), (1, 2), (4, 6)):
                same = np.array_equal(slabs.read_y(y0, y1), sample.labels[:, y0:y1])
                case.expect(same, f"gives other values for the rows {y0} to {y1}")
    return slabs.cuts


def a_size_above_the_limit_is_refused(case: Case) -> None:
    """A volume of more voxels than allowed is refused before its voxels are read."""
    with any_sample(case) as sample:
        try:
            header_of(case, sample, max_voxels=sample.labels.size - 1)
        except InputError:
            return
        case.expect(False, f"describes {sample.labels.size} voxels where {sample.labels.size - 1} are allowed")


def cut_files_are_refused(case: Case) -> None:
    """A file that ends early is refused, or gives the same voxels where nothing of them is missing."""
    with any_sample(case) as sample:
        for file in _first_and_last(sample.path):
            whole = file.read_bytes()
            for length in sorted({len(whole) * part // _CUTS for part in range(_CUTS)} | {max(0, len(whole) - 1)}):
                file.write_bytes(whole[:length])
                _expect_same_or_refused(case, sample, f"of {len(whole)} bytes cut to {length}")
            file.write_bytes(whole)


def longer_files_are_refused(case: Case) -> None:
    """A file with bytes behind its end is refused, or gives the same voxels."""
    with any_sample(case) as sample:
        for file in _first_and_last(sample.path):
            whole = file.read_bytes()
            for extra in (b"\0", b"\xff" * 7, bytes(1000)):
                file.write_bytes(whole + extra)
                _expect_same_or_refused(case, sample, f"with {len(extra)} bytes behind it")
            file.write_bytes(whole)


def damage_is_refused_in_words(case: Case) -> None:
    """A file with a byte changed or cut out gives a volume or an InputError, by slabs as at once."""
    rng = np.random.default_rng(5)
    with any_sample(case) as sample:
        for file in _first_and_last(sample.path):
            whole = file.read_bytes()
            places = rng.integers(0, min(len(whole), 512), _FLIPS // 2).tolist()
            for place in [*places, *rng.integers(0, len(whole), _FLIPS // 2).tolist()]:
                changed = bytearray(whole)
                changed[place] ^= 1 << int(rng.integers(8))
                file.write_bytes(bytes(changed))
                _labels_or_none(case, sample, f"with another byte at {place}")
                file.write_bytes(whole[:place] + whole[place + 1 :])
                _labels_or_none(case, sample, f"without its byte at {place}")
            file.write_bytes(whole)


def written_volumes_come_back(case: Case) -> None:
    """What the format writes, it reads: labels where phases are absent too, and the grid as far as it states it."""
    for shape, present in (((4, 3, 5), 3), ((1, 2, 3), 1), ((3, 3, 3), 2)):
        _expect_what_is_written(case, _WRAPPED, shape, present)


def written_sections_come_back(case: Case) -> None:
    """A section comes back as one, with its two edges and boundaries, and not as a volume of one layer."""
    for shape, present in (((3, 5), 3), ((1, 4), 2), ((4, 1), 1)):
        _expect_what_is_written(case, _WRAPPED_SECTION, shape, present)


def files_are_what_is_read(case: Case) -> None:
    """Every file of a volume is named, exists and matters: without it there is no volume, or another."""
    with any_sample(case) as sample:
        files = installed(case).detached.files(sample.path)
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
    if law in (written_volumes_come_back, written_sections_come_back):
        return bool(storage.writes) and (3 if law is written_volumes_come_back else 2) in case.spec.dims
    if law is slabs_are_the_volume:
        return holds_volumes(case)
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
    written_sections_come_back,
    files_are_what_is_read,
)


def _labels_or_none(case: Case, sample: Sample, what: str) -> NDArray[np.uint8] | None:
    """Labels of a spoilt file, or None where it is refused; the same by slabs."""
    labels = _result_or_none(case, lambda: labels_in(case, sample), what)
    slabs = _result_or_none(case, lambda: _by_slabs(case, sample), f"{what}, by slabs")
    right = sample.labels if labels is None else labels
    same = slabs is None or np.array_equal(slabs, right)
    case.expect(same, f"gives voxels by slabs that it refuses, or gives otherwise, as a whole for a file {what}")
    return labels


def _by_slabs(case: Case, sample: Sample) -> NDArray[np.uint8] | None:
    """Labels by the slabs of the format itself; None where it has none."""
    stored = header_of(case, sample)
    if stored.slabs is None:
        return None
    slabs = slabs_in(case, sample, stored)
    return np.concatenate([slabs.read(z, z + 1) for z in range(slabs.shape[0])])


def _result_or_none(case: Case, step: Callable[[], NDArray[np.uint8] | None], what: str) -> NDArray[np.uint8] | None:
    try:
        return step()
    except InputError:
        return None
    except Exception as error:
        raise LawBroken(f"{case}: raises {type(error).__name__} for a file {what}: {error}") from error


def _content_or_none(case: Case, sample: Sample, what: str) -> tuple[Any, ...] | None:
    """Labels and grid of a spoilt file, or None where it is refused."""
    labels = _labels_or_none(case, sample, what)
    if labels is None:
        return None
    stored = header_of(case, sample)
    return labels.shape, labels.tobytes(), stored.voxel_um, stored.phases, stored.periodic


def _expect_same_or_refused(case: Case, sample: Sample, what: str) -> None:
    labels = _labels_or_none(case, sample, what)
    case.expect(labels is None or np.array_equal(labels, sample.labels), f"gives other voxels for a file {what}")


def _expect_what_is_written(case: Case, grid: Grid, shape: tuple[int, ...], present: int) -> None:
    """A structure of random labels, of which some phases are absent, comes back from every suffix that is written."""
    content = np.random.default_rng(7).integers(3 - present, 3, shape).astype(np.uint8)
    for suffix in case.spec.storage.writes if case.spec.storage else ():
        with tempfile.TemporaryDirectory(prefix=FOLDER) as folder:
            path = Path(folder) / f"volume{suffix}"
            volume, values = Volume(content, grid), np.arange(256, dtype=np.uint8)
            installed(case).writer.write(volume, path, values)
            _expect_written(case, path, content, grid)
            writer, again = installed(case).layer_writer, Path(folder) / f"again{suffix}"
            if writer is not None and grid.dims == 3:
                writer.write_layers(replace(WrittenLayers.of(volume), most=2), again, values)
                _expect_written(case, again, content, grid)


def _expect_written(case: Case, path: Path, content: NDArray[np.uint8], grid: Grid) -> None:
    choice = installed(case)
    options = case.reading(content) if case.reading else {}
    stored = guard(path, choice.title, lambda: described(choice, path, Options(**options)))
    stated = values_of_phases(stored.phases or GRID.phases)
    case.expect(list(stated) == list(GRID.phases), f"writes the phases {list(stated)}")
    case.expect(len(stored.shape) == grid.dims, f"reads {len(stored.shape)} axes where {grid.dims} were written")
    case.expect(np.array_equal(labels_of(stored, stated), content), f"reads other labels than it wrote {content.shape}")
    case.expect(stored.periodic in (None, grid.periodic), f"says periodic = {stored.periodic}")
    for edge, written in zip(stored.voxel_um[-grid.dims :], grid.edges_um, strict=True):
        case.expect(edge is None or abs(edge - written) <= _SAME * written, f"says the edges {stored.voxel_um}")


def _first_and_last(path: Path) -> list[Path]:
    """The file, or the first and the last of a folder, without empty ones."""
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    return [file for file in {files[0]: None, files[-1]: None} if file.stat().st_size]
