"""Cases for the laws: the parameters and phases with which each loss and metric is tested."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from porenet.interface import faces_of
from porenet.testing import Case
from porenet_transport import porenet_specs

TWO = ("solid", "pore")
ACROSS = ("pore", *faces_of("z"))
ALONG_X = ("pore", *faces_of("x"))
COMPOSITE: dict[str, Any] = {"conductivities": {"Ni": 4.0, "YSZ": 2.0, "pore": 0.5}, "tolerance": 1e-6}
"""Conductors of which the exact bodies of the kit have the values."""
TINY = 1e-12
"""Conductivity of the other phases: small enough for the metric's 0 although voxels of the laws are up to 54 times as
long as wide, which makes leaks across their long sides 3,000 times as large."""
SOLVED = 1e-4
"""Relative error of the metric at a tolerance of 1e-6, in float32."""


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
    yield Case(tortuosity, params={"tolerance": 1e-6}, phases=TWO, rtol=2e-6)
    yield Case(tortuosity, params={"axis": "all"}, rtol=2e-3)

    composite = specs["metric", "effective_conductivity"]
    yield Case(composite, params=COMPOSITE, rtol=4e-6)
    yield Case(composite, params=COMPOSITE | {"axis": "all"}, rtol=4e-6)
    yield Case(composite, params={"conductivities": {"solid": 1e6, "pore": 1.0}, "axis": "x"}, phases=TWO, rtol=2e-3)
    tensor = specs["metric", "conductivity_tensor"]
    yield Case(tensor, params=COMPOSITE, rtol=4e-6)
    yield Case(tensor, params={"conductivities": {"solid": 0.0, "pore": 1.0}, "tolerance": 1e-6}, phases=TWO, rtol=4e-6)
    yield Case(specs["metric", "geodesic_tortuosity"])
    yield Case(specs["metric", "geodesic_tortuosity"], params={"axis": "all"}, phases=TWO)
    permeability = specs["metric", "permeability_katz_thompson"]
    yield Case(permeability, params={"tolerance": 1e-6}, rtol=4e-6)
    yield Case(permeability, params={"axis": "x"}, phases=TWO, rtol=2e-3)
