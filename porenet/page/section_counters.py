"""The numbers beside a section: values of metrics, and the number of its triple points."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from porenet.config import GridFile
from porenet.interface import AXES, Volume
from porenet.measurement import Request, Row, requests_for
from porenet.page.counters import METRICS, Counter, counter_of_row, derived_counter
from porenet.page.supply import Supply

AREA, POINTS, NETWORKS, TRANSPORT = "Area", "Triple points", "Networks in the plane", "Transport in the plane"
IN_PLANE = AXES[1:]

RowsByKey = Mapping[tuple[str, str], Row]


def section_requests(grid: GridFile, supply: Supply) -> tuple[Request, ...]:
    """The requests for each section of a grid, as ``porenet measure`` makes them; connectivity along both axes."""
    params: dict[str, Any] = {"connectivity": {"axis": "all"}}
    if supply.triple:
        params["tpb"] = {"phase_triple": list(supply.triple)}
    names = (*METRICS, *(["tpb"] if supply.triple else []))
    return requests_for(names, params, GridFile(grid.grid, grid.values, {}))


def section_counters_of(rows: Iterable[Row], section: Volume) -> list[Counter]:
    """The counters of one section, in the order in which the page shows them.

    Args:
        rows: of the requests of `section_requests`.
        section: the section, at full size.
    """
    by_key = {(row["metric"], row["key"]): row for row in rows}
    phases = section.grid.phases
    counters = [counter_of_row(by_key["vf", phase], AREA, f"{phase}: area fraction") for phase in phases]
    counters += [counter_of_row(by_key["ssa", phase], AREA, f"{phase}: perimeter per area") for phase in phases]
    if ("tpb", "total") in by_key:
        per_area = by_key["tpb", "total"]
        points = round(per_area["value"] * math.prod(section.shape) * math.prod(section.grid.edges_um))
        counters.append(counter_of_row(per_area, POINTS, "Triple points per area"))
        counters.append(derived_counter("tpb.points", POINTS, "Points where the three phases meet", points, "points"))
    return [*counters, *_networks(by_key, phases), *_transport(by_key, phases)]


def _networks(rows: RowsByKey, phases: Iterable[str]) -> Iterator[Counter]:
    for axis in IN_PLANE:
        for phase in phases:
            row = rows["percolates", f"{phase}.{axis}"]
            counter = counter_of_row(row, NETWORKS, f"{phase}: joins both ends of {axis}")
            if row["value"] is not None:
                counter |= {"value": bool(row["value"]), "text": "yes" if row["value"] else "no"}
            yield counter
        for phase in phases:
            label = f"{phase}: share joined to both ends of {axis}"
            yield counter_of_row(rows["connectivity", f"{phase}.{axis}"], NETWORKS, label)


def _transport(rows: RowsByKey, phases: Iterable[str]) -> Iterator[Counter]:
    for phase in phases:
        factor = rows["tortuosity", f"{phase}.tortuosity_factor"]
        yield counter_of_row(factor, TRANSPORT, f"{phase}: tortuosity factor along y")
        diffusivity = rows["tortuosity", f"{phase}.relative_diffusivity"]
        yield counter_of_row(diffusivity, TRANSPORT, f"{phase}: relative diffusivity along y")
