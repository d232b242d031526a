"""The table ``[data]`` of a run: where structures come from. What it says is made, or read and cut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from pydantic import Field

from porenet import formats, synthetic
from porenet.config import Findings, Run, Table
from porenet.errors import InputError
from porenet.generation.cubes import CubeRules, cut_cubes
from porenet.generation.structures import Structures, structures_of, structures_of_cubes
from porenet.interface import Grid, Volume

Count = Annotated[int, Ge(1)]
Seed = Annotated[int, Ge(0), Lt(2**63)]
Positive = Annotated[float, Gt(0)]


class SyntheticData(Table):
    """Plurigaussian electrodes: ``source = "synthetic"``.

    Attributes:
        size: edge of the cubes, voxels.
        count: number of training structures.
        held_out: number of structures kept for the comparison, never trained on.
        length_um: correlation length of the fields, um.
        fractions: expected volume fraction of each phase; equal ones unless given.
        seed: of the first structure; its own, so that runs with different training seeds see the same data.
        symmetries: whether training structures are flipped along y and x (and transposed where y and x are alike).
    """

    source: Literal["synthetic"]
    size: Annotated[int, Ge(8)]
    count: Count = 128
    held_out: Count = 50
    length_um: Positive
    fractions: list[Positive] | None = None
    seed: Seed = 0
    symmetries: bool = True


class VolumeData(Table):
    """Cubes cut from volumes: ``source = "volumes"``.

    Attributes:
        path: a file, a folder of volumes, or several of them; relative to the run's folder.
        size: edge of the cubes after coarsening, voxels.
        stride: from one training cube to the next, voxels; ``size`` (no overlap) unless given.
        coarsen: n^3 voxels become one by majority; ``[grid]`` is that of the cubes, the file's is n times finer.
        split: axis along which the far end is held out, or ``volumes``: whole volumes, the last ones.
        held_out: share of that axis, or of the volumes.
        guard: layers between the two parts that belong to neither, voxels after coarsening.
        symmetries: as for synthetic data.
        dataset: name of the array, where a file holds several.
        shape: of raw files, (Z, Y, X) voxels.
        dtype: of raw files: ``uint8``, ``<u2``, ...
        offset: of raw files, bytes before the voxels.
    """

    source: Literal["volumes"]
    path: Annotated[str, Field(min_length=1)] | Annotated[list[str], Field(min_length=1)]
    size: Annotated[int, Ge(8)]
    stride: Count | None = None
    coarsen: Annotated[int, Ge(1), Le(16)] = 1
    split: Literal["z", "y", "x", "volumes"] = "x"
    held_out: Annotated[float, Gt(0), Lt(1)] = 0.3
    guard: Annotated[int, Ge(0)] = 8
    symmetries: bool = True
    dataset: str | None = None
    shape: Annotated[list[Count], Field(min_length=3, max_length=3)] | None = None
    dtype: str | None = None
    offset: Annotated[int, Ge(0)] = 0


SOURCES: Mapping[str, type[Table]] = {"synthetic": SyntheticData, "volumes": VolumeData}
"""Tables that ``[data]`` can be, by their ``source``."""


def data_table(
    tables: Mapping[str, Any], run: Run | None, findings: Findings, sources: Mapping[str, type[Table]] = SOURCES
) -> Any:
    """The table ``[data]`` of a run, validated; None, with its problems among the findings, if it is wrong.

    Relative paths in its key ``path`` are made absolute: they are relative to the file that they stand in.

    Args:
        tables: of the run.
        run: the run, if it is sound.
        findings: problems so far.
        sources: the tables that it can be, by their key ``source``.
    """
    table = tables.get("data")
    source = table.get("source") if isinstance(table, dict) else None
    if isinstance(table, dict) and source not in list(sources):
        wrong = "is required" if source is None else f"must be {' or '.join(map(repr, sources))}, not {source!r}"
        kinds = (f"{name!r} for {str(kind.__doc__).partition(':')[0].lower()}" for name, kind in sources.items())
        findings.add("data.source", f"{wrong}: {', '.join(kinds)}")
        return None
    data: Any = findings.required(sources[source] if source else Table, "data", tables)
    if isinstance(data, SyntheticData) and run is not None:
        _check_fractions(data, len(run.grid.phases), findings)
    written = getattr(data, "path", None)
    if written is not None and run is not None and run.document is not None:
        folder = run.document.file_of("data.path").parent
        paths = [written] if isinstance(written, str) else written
        data.path = [str((folder / path).resolve()) for path in paths]
    return data


def load_structures(data: SyntheticData | VolumeData, run: Run, beside: Path | str | None = None) -> Structures:
    """Make or read the structures of a run.

    Args:
        data: the table ``[data]``, see `data_table`.
        run: the run, for its grid.
        beside: a run folder that may have been copied from another machine: what is no longer where the run says is
            looked for in it, by its name. `porenet.generation.RunFolder.refuse_other_data` says if it is another.

    Raises:
        InputError: a volume is missing, cannot be read, does not match ``[grid]``, or is too small.
    """
    if isinstance(data, SyntheticData):
        return _synthetic(data, run.grid)
    written = [data.path] if isinstance(data.path, str) else data.path
    return _cut(data, run, [path if beside is None else _path_or_copy(path, Path(beside)) for path in written])


def _path_or_copy(path: str, folder: Path) -> str:
    """A path, or that of the same name in a folder.

    Raises:
        InputError: there is neither.
    """
    if Path(path).exists():
        return path
    copy = folder / Path(path).name
    if not copy.exists():
        raise InputError("the data of the run is not there", where=path, fix=f"Put it back, or a copy of it at {copy}.")
    return str(copy)


def _check_fractions(data: SyntheticData, phases: int, findings: Findings) -> None:
    if phases not in (2, 3):
        findings.add("data.source", f"plurigaussian electrodes have two or three phases, and [grid] names {phases}")
    elif data.fractions is None:
        data.fractions = [1 / phases] * phases
    elif len(data.fractions) != phases or abs(sum(data.fractions) - 1) > 1e-6:
        findings.add("data.fractions", f"needs {phases} numbers that add up to 1, not {data.fractions}")


def _synthetic(data: SyntheticData, grid: Grid) -> Structures:
    cubes = [
        synthetic.plurigaussian(
            (data.size,) * 3,
            voxel_um=grid.voxel_um,
            length_um=data.length_um,
            fractions=data.fractions,
            periodic=grid.periodic,
            phases=grid.phases,
            seed=data.seed + number,
        )[0].labels
        for number in range(data.count + data.held_out)
    ]
    name = f"synthetic plurigaussian electrodes, l = {data.length_um:g} um, seed {data.seed}"
    training, held_out = np.stack(cubes[: data.count]), np.stack(cubes[data.count :])
    return structures_of(training, held_out, grid, name, symmetries=data.symmetries)


def _cut(data: VolumeData, run: Run, written: list[str]) -> Structures:
    if any(run.grid.periodic):
        raise InputError("cubes cut from a volume do not wrap", where="grid.periodic", fix="Leave it out.")
    paths = [volume for path in written for volume in formats.find(path).volumes]
    if not paths:
        raise InputError("no volume is there", where=", ".join(written), fix="Set data.path to files or folders.")
    rules = CubeRules(data.size, data.stride, data.coarsen, data.split, data.held_out, data.guard)
    training, held_out = cut_cubes(_volumes(paths, data, run), [str(path) for path in paths], rules)
    for cubes in (training, held_out):
        for origin in cubes.origins:
            origin["source"] = Path(origin["source"]).name
    names = [path.name for path in paths]
    return structures_of_cubes(training, held_out, names, rules, run.grid, symmetries=data.symmetries)


def _volumes(paths: list[Path], data: VolumeData, run: Run) -> Iterator[Volume]:
    grid = run.grid
    for path in paths:
        volume = formats.read(
            path,
            phases=dict(run.values) or None,
            voxel_um=[edge / data.coarsen for edge in grid.voxel_um],
            dataset=data.dataset,
            shape=(data.shape[0], data.shape[1], data.shape[2]) if data.shape else None,
            dtype=data.dtype,
            offset=data.offset,
        )
        if volume.grid.phases != grid.phases:
            raise InputError(
                f"its phases are {', '.join(volume.grid.phases)}, and [grid] names {', '.join(grid.phases)}",
                where=str(path),
                fix="Name them alike and in that order, or give [grid.values].",
            )
        yield volume
