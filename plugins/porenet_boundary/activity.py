"""Which voxels of three phases are supplied, and which may be supplied from outside the box."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from porenet_estimators.slabs import slabs

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
    sides,
    thin_along,
)
from porenet.slabs import Supplied

if TYPE_CHECKING:
    from porenet.flood_fill import Components

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
    components, supplied, possible = supply_of_components(volume, triple, active, reservoirs, where)
    marks = np.zeros(len(components), np.uint8)
    for i, label in enumerate(triple):
        bits = np.uint8(1 << i) | possible * POSSIBLE | supplied * SUPPLIED
        np.copyto(marks, bits, where=components.phases == label)
    return components.spread(marks)


def supply_of_components(
    volume: Volume,
    labels: Sequence[int],
    active: Active,
    reservoirs: Mapping[str, Face] | Mapping[str, Face | tuple[Face, ...]] | None,
    where: str,
) -> tuple[Components, NDArray[np.bool_], NDArray[np.bool_]]:
    """Which components are supplied, and which may be.

    Args:
        volume: any labelled structure.
        labels: of the phases in question.
        active: ``spanning`` or ``reachable``, see `tpb`.
        reservoirs: face that supplies each phase, or several, each of which a component must touch to be supplied; read
            for ``reachable`` only.
        where: name of the metric, for messages.

    Returns:
        The components of the volume with the axes of supply open; of each whether it is supplied, and whether it is or
        may be. Components of other phases count as neither.

    Raises:
        InputError: ``reachable``, and the face of a phase is not known.
    """
    names = [volume.grid.phases[label] for label in labels]
    faces: list[tuple[Face, ...]] = [faces_of("z")] * len(names)
    if active == "reachable":
        faces = [_several(named) for named in supplying_faces(names, reservoirs, where)]
    transport = {axis_of(face) for named in faces for face in named}
    components = volume.opened(*transport)
    supplied = np.zeros(len(components), np.bool_)
    for label, named in zip(labels, faces, strict=True):
        joined = np.logical_and.reduce([components.touching((face,)) for face in named])
        supplied |= joined & (components.phases == label)
    may_go_on = components.touching(sides(volume.grid.periodic, *transport))
    return components, supplied, supplied | may_go_on & np.isin(components.phases, list(labels))


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
    faces: Sequence[tuple[Face, ...]] = [faces_of("z")] * 3
    if active == "reachable":
        faces = [(face,) for face in supplying_faces([grid.phases[label] for label in triple], reservoirs, where)]
    first, second, third = faces
    return Supplied.by_faces(triple, (first, second, third), grid.periodic)


def supply_across_one_layer(
    grid: Grid,
    shape: Sequence[int],
    labels: Sequence[int],
    active: Active,
    reservoirs: Mapping[str, Face] | Mapping[str, Face | tuple[Face, ...]] | None,
    where: str,
) -> Undefined | None:
    """Why no part of a structure is told to be active, if an axis of supply has a single voxel: all touch its faces.

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
    faces = [faces_of("z")]
    if active == "reachable":
        named = supplying_faces([grid.phases[label] for label in labels], reservoirs, where)
        faces = [_several(each) for each in named]
    along = {axis_of(face) for each in faces for face in each}
    return thin_along(grid, shape, [axis for axis in AXES if axis in along])


def supply_codes(marks: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Marks as codes: bit i for phase i of the three, bit 3 + i where it may be supplied, bit 6 + i where it is."""
    phase, possible, supplied = (np.arange(32, dtype=np.uint16) & bits for bits in (0b111, POSSIBLE, SUPPLIED))
    table = phase | np.where(possible, phase << 3, 0) | np.where(supplied, phase << 6, 0)
    codes = np.empty(marks.shape, np.uint16)
    for start, stop in slabs(codes.shape):
        codes[start:stop] = table[marks[start:stop]]
    return codes


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
