"""Cases for the laws: the parameters and phases with which each loss and metric is tested, and exact answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from porenet.interface import faces_of
from porenet.testing import Answer, Body, Case, bodies
from porenet_transport import porenet_specs

TWO = ("solid", "pore")
ACROSS = ("pore", *faces_of("z"))
ALONG_X = ("pore", *faces_of("x"))
TINY = 1e-12
"""Conductivity of the other phases: small enough for the metric's 0 although voxels of the laws are up to 54 times as
long as wide, which makes leaks across their long sides 3,000 times as large."""
SOLVED = 1e-4
"""Relative error of the metric at a tolerance of 1e-6, in float32."""
TIGHT: dict[str, Any] = {"tolerance": 1e-6}
COMPOSITE: dict[str, Any] = TIGHT | {"conductivities": {"Ni": 4.0, "YSZ": 2.0, "pore": 0.5}}
"""Conductors of which the values on some of the kit's bodies are known, S/m."""


def cases() -> Iterator[Case]:
    """At least one case per component."""
    specs = {(spec.kind, spec.name): spec for spec in porenet_specs()}
    pore = {"phase": "pore", "kmin": TINY}
    conductance = specs["loss", "conductance"]
    yield Case(conductance, params=pore, rtol=SOLVED, percolates=ACROSS)
    yield Case(conductance, params=pore | {"target": "structures"}, rtol=SOLVED)
    yield Case(conductance, params=pore | {"target": 0.3, "axis": "x"}, phases=TWO, rtol=SOLVED, percolates=ALONG_X)
    loss = specs["loss", "tortuosity"]
    yield Case(loss, params=pore, rtol=SOLVED, percolates=ACROSS)
    yield Case(loss, params=pore | {"target": "structures"}, rtol=SOLVED)
    yield Case(loss, params=pore | {"target": 2.0, "axis": "x"}, phases=TWO, rtol=SOLVED, percolates=ALONG_X)

    tortuosity = specs["metric", "tortuosity"]
    # Two values that are each within the solver's tolerance agree within twice that.
    yield Case(tortuosity, rtol=2e-3)
    yield Case(tortuosity, params={"axis": "x", "boundary": "cell"}, rtol=2e-3)
    yield Case(tortuosity, params=TIGHT, phases=TWO, rtol=2e-6)
    yield Case(tortuosity, params=TIGHT | {"axis": "all"}, rtol=2e-6)

    bounds = specs["metric", "tortuosity_bounds"]
    cut = {"flips_change_nothing": "a box of an odd number of layers is cut beside its middle"}
    yield Case(bounds, params={"slabs": 2, "columns": 2}, phases=TWO, rtol=2e-3, expected_failures=cut)

    answered = tuple(_with_answers())
    composite = specs["metric", "effective_conductivity"]
    yield Case(composite, params=COMPOSITE, rtol=4e-6, bodies=answered)
    yield Case(composite, params=COMPOSITE | {"axis": "all"}, rtol=4e-6, bodies=answered)
    yield Case(composite, params={"conductivities": {"solid": 1e6, "pore": 1.0}, "axis": "x"}, phases=TWO, rtol=2e-3)
    tensor = specs["metric", "conductivity_tensor"]
    yield Case(tensor, params=COMPOSITE, rtol=4e-6, bodies=answered)
    yield Case(tensor, params=TIGHT | {"conductivities": {"solid": 0.0, "pore": 1.0}}, phases=TWO, rtol=4e-6)
    geodesic = specs["metric", "geodesic_tortuosity"]
    yield Case(geodesic, bodies=answered)
    yield Case(geodesic, params={"axis": "all", "neighbours": 26}, phases=TWO)
    permeability = specs["metric", "permeability_katz_thompson"]
    yield Case(permeability, params=TIGHT, rtol=4e-6, bodies=answered)
    yield Case(permeability, params={"axis": "x"}, phases=TWO, rtol=2e-3)


def _with_answers() -> Iterator[Body]:
    """Bodies of the kit, with their exact values by the metrics that it does not know."""
    ni, ysz, pore = COMPOSITE["conductivities"].values()
    for body in (*bodies(), *bodies((0.5, 0.5, 0.5))):
        widths = body.volume.grid.voxel_um[1:]
        answers: dict[str, tuple[Answer, ...]] = {
            # Two layers of YSZ and four of pore: in series along z, side by side along y and x.
            "slab": (
                *_composite(6 / (2 / ysz + 4 / pore), *2 * [(2 * ysz + 4 * pore) / 6]),
                Answer("permeability_katz_thompson", {"YSZ": 0.0, "pore": 0.0}, TIGHT),
            ),
            "three prisms on a line": (
                *_composite(ni / 2 + ysz / 4 + pore / 4),
                Answer("geodesic_tortuosity", _shortest("Ni", "YSZ", "pore")),
            ),
            "straight channels": (
                *_composite(3 * ysz / 4 + pore / 4),
                Answer("geodesic_tortuosity", _shortest("YSZ", "pore")),
                Answer("permeability_katz_thompson", {"Ni": 0.0, "pore": min(widths) ** 2 / 4 / 226}, TIGHT),
            ),
        }
        yield Body(body.name, body.volume, answers.get(body.name, ()))


def _composite(*along: float) -> tuple[Answer, ...]:
    """Effective conductivities along z, and along y and x where they are given, S/m."""
    by_axis = dict(zip("zyx", along, strict=False))
    effective = {f"effective.{axis}": value for axis, value in by_axis.items()}
    return (
        Answer("effective_conductivity", {"effective": along[0]}, COMPOSITE),
        Answer("effective_conductivity", effective, COMPOSITE | {"axis": "all"}),
        Answer("conductivity_tensor", {2 * axis: value for axis, value in by_axis.items()}, COMPOSITE),
    )


def _shortest(*phases: str) -> dict[str, float]:
    """Geodesic tortuosity of phases that straight lines along z cross from every voxel of the end layers."""
    return {f"{phase}.{name}": 1.0 for phase in phases for name in ("mean", "shortest")}
