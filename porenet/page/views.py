"""The two views of the page: volumes in three dimensions, and sections as images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from porenet.config import GridFile
from porenet.errors import InputError
from porenet.measurement import Request
from porenet.page.counters import requests_of
from porenet.page.section_counters import section_requests
from porenet.page.section_structure import section_structure_of
from porenet.page.structure import StructureOptions, structure_of
from porenet.page.supply import Role, Supply, supply_of, supply_of_section

Triple = tuple[str, str, str] | None


@dataclass(frozen=True, slots=True)
class View:
    """How the structures of a grid are shown.

    Attributes:
        supply_of: their supply, from grid, ``--tpb`` and ``--roles``.
        requests_of: their metrics, from grid and supply.
        structure_of: the entry of the scene for one structure, a `Volume`, or slabs of a volume that is not a section.
        max_edge: largest number of voxels drawn per axis, if the user states none.
        largest_edge: largest number that the user can state.
    """

    supply_of: Callable[[GridFile, Triple, Mapping[str, Role]], Supply]
    requests_of: Callable[[GridFile, Supply], tuple[Request, ...]]
    structure_of: Callable[[Any, StructureOptions, Callable[[str], object]], dict[str, Any]]
    max_edge: int
    largest_edge: int


VIEWS: Mapping[int, View] = {
    3: View(supply_of, requests_of, structure_of, max_edge=128, largest_edge=512),
    2: View(supply_of_section, section_requests, section_structure_of, max_edge=2048, largest_edge=4096),
}
"""Dimensions of the grid -> view."""


def view_of(grids: Sequence[tuple[str, GridFile]], choice: str, max_edge: int | None) -> View:
    """The view of a page, which all its structures share.

    Args:
        grids: name and grid of each argument of the page.
        choice: which structures are shown.
        max_edge: largest number of voxels per axis that the user states, or None.

    Raises:
        InputError: sections beside volumes, the worst of sections, or an edge that is too long to draw.
    """
    flat = [name for name, grid in grids if grid.grid.dims == 2]
    solid = [name for name, grid in grids if grid.grid.dims == 3]
    if flat and solid:
        raise InputError(
            f"sections and volumes do not share a page: the grid of {', '.join(flat)} has two dimensions, "
            f"that of {', '.join(solid)} three",
            fix="Write one page of the sections and one of the volumes.",
        )
    if flat and choice == "worst":
        raise InputError(
            "the worst are those in which most is stopped, which a section does not show",
            where="--show",
            fix="Choose typical or first.",
        )
    view = VIEWS[2 if flat else 3]
    if max_edge is not None and max_edge > view.largest_edge:
        kind = "sections" if flat else "volumes"
        raise InputError(f"at most {view.largest_edge} for {kind}, not {max_edge}", where="--max-edge")
    return view
