"""Which voxels of three phases are supplied, and which may be supplied from outside the box."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from porenet.interface import (
    AXES,
    FACES,
    USUAL_RESERVOIRS,
    Face,
    Grid,
    InputError,
    Undefined,
    Volume,
    axis_of,
    faces_of,
    opened,
    sides,
    thin_along,
)
from porenet.slabs import Supplied, bits_of, components_of

Active = Literal["spanning", "reachable"]

KINDS = ("active", "unknown", "inactive")

Faces = TypeVar("Faces", bound=Face | tuple[Face, ...])

POSSIBLE, SUPPLIED = np.uint8(0b01_000), np.uint8(0b10_000)


def supply_marks(
    volume: Volume, triple: tuple[int, int, int], active: Active, reservoirs: Mapping[str, Face] | None, where: str
) -> NDArray[np.uint8]:
    """Which voxels of three phases are supplied, and which may be.

    Args:
        volume: any labelled structure.
        triple: labels of the three phases.
        active: ``spanning`` or ``reachable``, see `tpb`.
        reservoirs: face that supplies each phase; read for ``reachable`` only.
        where: name of the metric, for messages.

    Returns:
        ``(Z, Y, X)``: bit i is set in the voxels of the i-th phase, `POSSIBLE` in those of them that are supplied or
        may be, `SUPPLIED` in those that are; 0 in other phases.

    Raises:
        InputError: ``reachable``, and the face of a phase is not known.
    """
    supply = supply_by_faces(volume.grid, triple, active, reservoirs, where)
    components = components_of(volume, supply.wraps)
    may_go_on = (components.touches & supply.possible) != 0
    marks = np.zeros(len(components), np.uint8)
    for i, (label, faces) in enumerate(zip(triple, supply.supplied, strict=True)):
        supplied = (components.touches & faces) == faces
        bits = np.uint8(1 << i) | (supplied | may_go_on) * POSSIBLE | supplied * SUPPLIED
        np.copyto(marks, bits, where=components.phases == label)
    return components.spread(marks)


@dataclass(frozen=True, slots=True)
class FacesOfSupply:
    """What a component must touch to be supplied, and what if it may be.

    Attributes:
        supplied: for each phase in question the faces, all of them, as bits (`porenet.slabs.bits_of`).
        possible: faces beyond which a component may join a supplied one, as bits.
        wraps: per axis (z, y, x), whether components continue round the box; axes of supply count as open.
    """

    supplied: tuple[int, ...]
    possible: int
    wraps: tuple[bool, bool, bool]


def supply_by_faces(
    grid: Grid,
    labels: Sequence[int],
    active: Active,
    reservoirs: Mapping[str, Face] | Mapping[str, Face | tuple[Face, ...]] | None,
    where: str,
) -> FacesOfSupply:
    """Which components are supplied, and which may be, by the faces that they touch.

    Args:
        grid: phases, voxel edges (um) and boundaries.
        labels: of the phases in question.
        active: ``spanning`` or ``reachable``, see `tpb`.
        reservoirs: face that supplies each phase, or several, each of which a component must touch to be supplied; read
            for ``reachable`` only.
        where: name of the metric, for messages.

    Raises:
        InputError: ``reachable``, and the face of a phase is not known.
    """
    faces: list[tuple[Face, ...]] = [faces_of("z")] * len(labels)
    if active == "reachable":
        names = [grid.phases[label] for label in labels]
        faces = [_several(named) for named in supplying_faces(names, reservoirs, where)]
    transport = {axis_of(face) for named in faces for face in named}
    possible = bits_of(sides(grid.periodic, *transport))
    return FacesOfSupply(tuple(map(bits_of, faces)), possible, opened(grid.periodic, *transport))


def supplied_lines(
    grid: Grid, triple: tuple[int, int, int], active: Active, reservoirs: Mapping[str, Face] | None, where: str
) -> Supplied:
    """Which triple lines are active, and which may be, by the faces that the components of their phases touch.

    Args:
        grid: phases, voxel edges (um) and boundaries.
        triple: labels of the three phases.
        active: ``spanning`` or ``reachable``, see `tpb`.
        reservoirs: face that supplies each phase; read for ``reachable`` only.
        where: name of the metric, for messages.

    Raises:
        InputError: ``reachable``, and the face of a phase is not known.
    """
    if active == "spanning":
        return _spanning_lines(grid, triple)
    return _lines_by(supply_by_faces(grid, triple, active, reservoirs, where), triple)


@functools.lru_cache(maxsize=64)
def _spanning_lines(grid: Grid, triple: tuple[int, int, int]) -> Supplied:
    """`supplied_lines` of many volumes alike."""
    return _lines_by(supply_by_faces(grid, triple, "spanning", None, ""), triple)


def _lines_by(supply: FacesOfSupply, triple: tuple[int, int, int]) -> Supplied:
    first, second, third = supply.supplied
    return Supplied(triple, (first, second, third), supply.possible, supply.wraps)


def supply_across_one_layer(
    grid: Grid,
    shape: Sequence[int],
    labels: Sequence[int],
    active: Active,
    reservoirs: Mapping[str, Face] | Mapping[str, Face | tuple[Face, ...]] | None,
    where: str,
) -> Undefined | None:
    """Why no part of a structure can be called active, if an axis of supply has a single voxel: all touch its faces.

    Args:
        grid: phases, voxel edges (um) and boundaries.
        shape: ``(Z, Y, X)``, voxels.
        labels: of the phases in question.
        active: ``spanning`` or ``reachable``, see `tpb`.
        reservoirs: faces that supply each phase; read for ``reachable`` only.
        where: name of the metric, for messages.

    Raises:
        InputError: ``reachable``, and the face of a phase is not known.
    """
    faces: list[tuple[Face, ...]] = [faces_of("z")]
    if active == "spanning" and 1 not in shape:
        return None
    if active == "reachable":
        named = supplying_faces([grid.phases[label] for label in labels], reservoirs, where)
        faces = [_several(each) for each in named]
    along = {axis_of(face) for each in faces for face in each}
    return thin_along(grid, shape, [axis for axis in AXES if axis in along])


def supplying_faces(names: Sequence[str], reservoirs: Mapping[str, Faces] | None, where: str) -> list[Faces]:
    """What supplies each phase, as the reservoirs say it: a face, or several.

    Args:
        names: names of the phases.
        reservoirs: of each phase, and of others if wanted; `porenet.interface.USUAL_RESERVOIRS` if None.
        where: name of the component, for messages.

    Returns:
        Those of each phase, in their order.

    Raises:
        InputError: the face of a phase is not known.
    """
    known: Mapping[str, Any] = USUAL_RESERVOIRS if reservoirs is None else reservoirs
    missing = [name for name in names if not known.get(name)]
    if missing:
        faces = (f"{json.dumps(name, ensure_ascii=False)} = {json.dumps(known.get(name) or 'z_min')}" for name in names)
        example = f"{{{', '.join(faces)}}}"
        raise InputError(
            f"no face is known to supply {', '.join(missing)}",
            where=f"{where}.reservoirs",
            fix=f"Name one for each phase, such as {example}, out of {', '.join(FACES)}.",
        )
    return [known[name] for name in names]


def _several(named: Face | tuple[Face, ...]) -> tuple[Face, ...]:
    return (named,) if isinstance(named, str) else named
