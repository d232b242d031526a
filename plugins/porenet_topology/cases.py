"""Cases for the laws: the parameters and phases with which each loss and metric is tested."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any

from porenet.interface import FACES, faces_of
from porenet.testing import Answer, Body, Case, bodies
from porenet_topology import porenet_specs

TWO = ("solid", "pore")
FIVE = ("Ni", "YSZ", "GDC", "crack", "pore")
ENDS = faces_of("z")
ACROSS = ("pore", *ENDS)


def cases() -> Iterator[Case]:
    """At least one case per component; losses are tried on the last phase of a grid and on others."""
    specs = {(spec.kind, spec.name): spec for spec in porenet_specs()}
    pore = {"phase": "pore"}

    isolation = specs["loss", "isolation"]
    yield Case(isolation, params=pore)
    yield Case(isolation, params=pore | {"boundary": "replicate"})
    yield Case(isolation, params=pore, phases=FIVE)

    face_hinge = specs["loss", "face_hinge"]
    yield Case(face_hinge, params=pore)
    yield Case(face_hinge, params={"phase": "Ni", "faces": ("z_min",)})
    yield Case(face_hinge, params=pore | {"faces": FACES}, phases=FIVE)
    yield Case(face_hinge, params=pore, phases=TWO)
    yield Case(
        face_hinge,
        params=pore | {"target": 0.3},
        expected_failures={
            "not_met_by_flat_probabilities": "an area fraction is a mean of probabilities, which 0.3 everywhere meets "
            "without a voxel of the phase; straight_through shows it the structure"
        },
    )
    yield Case(face_hinge, params={"phase": "YSZ", "faces": ("x_max", "y_min"), "target": 0.9}, phases=FIVE)

    slice_floor = specs["loss", "slice_floor"]
    yield Case(slice_floor, params=pore | {"floor": 0.3})
    yield Case(slice_floor, params=pore | {"floor": 0.1, "axis": "x"}, phases=FIVE)
    yield Case(slice_floor, params=pore | {"floor": 0.3}, phases=TWO)

    connectivity = specs["loss", "connectivity"]
    yield Case(connectivity, params=pore)
    yield Case(connectivity, params={"phase": "Ni", "faces": ("y_min", "x_max"), "boundary": "replicate"})
    yield Case(connectivity, params=pore, phases=FIVE)
    yield Case(
        connectivity,
        params=pore,
        phases=TWO,
        expected_failures={
            "declared_dead_states_are_dead": "with two phases at 0.5 neither leads, so the hinge has a gradient"
        },
    )

    first_passage = specs["loss", "first_passage"]
    yield Case(first_passage, params=pore, percolates=ACROSS)
    yield Case(first_passage, params=pore | {"form": "through"}, percolates=ACROSS)
    yield Case(first_passage, params=pore | {"form": "reachable"})
    yield Case(first_passage, params=pore | {"target": "structures"})
    yield Case(first_passage, params={"phase": "YSZ", "form": "reachable", "target": 0.5, "inlet": "x_max"})
    yield Case(
        first_passage,
        params={"phase": "Ni", "inlet": "y_max", "outlet": "x_min", "margin": 0.5},
        phases=FIVE,
        percolates=("Ni", "y_max", "x_min"),
    )
    yield Case(first_passage, params={"phase": "solid"}, phases=TWO, percolates=("solid", *ENDS))

    maximin = specs["loss", "maximin"]
    yield Case(maximin, params=pore, percolates=ACROSS)
    yield Case(maximin, params=pore | {"target": "structures"})
    yield Case(
        maximin,
        params={"phase": "GDC", "inlet": "x_max", "outlet": "z_min", "margin": 0.5},
        phases=FIVE,
        percolates=("GDC", "x_max", "z_min"),
    )
    yield Case(maximin, params={"phase": "solid"}, phases=TWO, percolates=("solid", *ENDS))

    yield Case(specs["metric", "connectivity"])
    yield Case(specs["metric", "connectivity"], params={"axis": "x"})
    # Five phases, so that for some of them crossing depends on where a periodic volume is cut.
    yield Case(specs["metric", "percolates"], phases=FIVE)
    yield Case(specs["metric", "first_passage"], phases=FIVE)
    yield Case(
        specs["metric", "first_passage"],
        params={"inlet": "x_max", "outlet": "y_min"},
    )
    yield Case(specs["metric", "breakthrough_diameter"])
    yield Case(specs["metric", "breakthrough_diameter"], params={"axis": "x"}, phases=TWO)
    yield Case(specs["metric", "euler_number"])
    yield Case(specs["metric", "euler_number"], params={"connectivity": 26})
    yield Case(specs["metric", "euler_number"], params={"connectivity": 14}, bodies=whole_bodies())
    corrected = {"edge_correction": True}
    yield Case(specs["metric", "euler_number"], params=corrected, phases=FIVE, bodies=cut_bodies(corrected))
    corrected_by_14 = corrected | {"connectivity": 14}
    yield Case(specs["metric", "euler_number"], params=corrected_by_14, phases=TWO, bodies=cut_bodies(corrected_by_14))
    for name in ("phase_size", "intrusion_size", "constrictivity", "neck_diameter", "neck_density"):
        yield Case(specs["metric", name])
    yield Case(specs["metric", "phase_size"], phases=TWO)
    yield Case(specs["metric", "intrusion_size"], params={"inlet": "x_max"}, phases=TWO)
    for name in ("neck_diameter", "neck_density"):
        yield Case(specs["metric", name], params={"ratio": 0.9, "smallest": 0.0}, phases=TWO)
    for name in ("connectivity", "euler_number"):
        yield Case(specs["metric", name], phases=FIVE)


def whole_bodies() -> tuple[Body, ...]:
    """Bodies without voxels that meet at an edge: with 14 neighbours they have the number that they have with 6."""
    by_14 = {"connectivity": 14}
    return _bodies_with({"slab": {"Ni": 0, "YSZ": 1, "pore": 2}, "cube": {"Ni": 1, "YSZ": 0, "pore": 2}}, by_14)


def cut_bodies(params: Mapping[str, Any]) -> tuple[Body, ...]:
    """Bodies that go on beyond the box: what does not change along an axis has 0."""
    numbers = {
        "slab": {"Ni": 0, "YSZ": 0, "pore": 0},
        "cube": {"Ni": 1, "YSZ": 0, "pore": 1},
        "straight channels": {"YSZ": 0, "pore": 0},
    }
    return _bodies_with(numbers, params)


def _bodies_with(numbers: Mapping[str, Mapping[str, int]], params: Mapping[str, Any]) -> tuple[Body, ...]:
    """Bodies by their names, of bricks and of cubes, with these Euler numbers."""
    chosen = []
    for body in (*bodies(), *bodies((0.5, 0.5, 0.5))):
        if body.name in numbers:
            total_um3 = body.volume.labels.size * math.prod(body.volume.grid.voxel_um)
            densities = {phase: number / total_um3 for phase, number in numbers[body.name].items()}
            answers = (Answer("euler_number", densities, params),)
            chosen.append(dataclasses.replace(body, answers=answers))
    return tuple(chosen)
