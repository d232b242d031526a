"""The tables that ``[data]`` of a run can be: where structures come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt
from pydantic import Field

from porenet.config import Table

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
