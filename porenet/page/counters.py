"""The numbers beside a structure: values of metrics, and counts of the edges that the metric ``tpb`` measures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from porenet import registry
from porenet.config import GridFile
from porenet.formats import LabelSlabs
from porenet.interface import Undefined, Volume
from porenet.measurement import Request, Row, measure, requests_for, rows_of
from porenet.measurement.slab_plan import MOST_BYTES, fits, size_text, whole_budget
from porenet.page.supply import Supply
from porenet.page.triple_sites import KINDS, TripleSites, blocked_inlet
from porenet.page.unit_text import readable_unit
from porenet.slabs import About

Counter = dict[str, Any]

WHOLE = {"tortuosity": ("tortuosity_factor", "relative_diffusivity")}
"""Metrics that need the whole volume in memory, and those of their values that are shown."""
_NEEDS_IT_WHOLE = "it needs the whole volume in memory (--memory)"

METRICS = ("percolates", "connectivity", "vf", "ssa", "tortuosity")
"""Metrics shown for every structure; ``tpb`` is added where three phases meet."""

NETWORKS, INLET, BOUNDARY, VOLUME, TRANSPORT = "Networks", "Inlet", "Triple-phase boundary", "Volume", "Transport"

_LENGTHS = {
    "total": "Triple-phase boundary",
    "active": "of it active",
    "unknown": "of it unknown: may be fed from outside",
    "inactive": "of it inactive",
}


def requests_of(grid: GridFile, supply: Supply) -> tuple[Request, ...]:
    """The requests for each structure of a grid, as ``porenet measure`` makes them."""
    params: dict[str, Any] = {}
    if supply.triple:
        params["tpb"] = {"active": supply.active, "phase_triple": list(supply.triple)}
    fed = GridFile(grid.grid, grid.values, supply.reservoirs)
    return requests_for((*METRICS, *params), params, fed)


def measure_rows(
    volume: Volume | LabelSlabs,
    requests: Iterable[Request],
    progress: Callable[[str], object],
    *,
    memory: int | None = None,
) -> list[Row]:
    """Measure one structure; one larger than memory is read slab by slab, once for all metrics.

    Args:
        volume: the structure, at full size.
        requests: from `requests_of`.
        progress: called with the name of each metric once it is measured.
        memory: bytes that the process may take; None: half of what is free, for slabs. A section is in memory whole,
            and what would not fit beside it is undefined.

    Returns:
        One row per value.
    """
    rows: list[Row] = []
    if isinstance(volume, LabelSlabs):
        return _rows_by_slabs(volume, list(requests), progress, memory)
    left_out = _too_large(volume, memory)
    for request in requests:
        keys = WHOLE.get(_name(request), ()) if left_out else ()
        rows += _undefined(volume, request, keys, left_out) if keys else measure(volume, [request])
        progress(_name(request))
    return rows


def _too_large(volume: Volume, memory: int | None) -> str:
    """Why the metrics of `WHOLE` are left out of a section; empty if they fit, as they do for a volume in memory."""
    if volume.grid.dims == 3 or fits(volume.shape, whole_budget(memory), MOST_BYTES):
        return ""
    return f"it needs up to {size_text(volume.labels.size * MOST_BYTES)} of memory (--memory)"


def _name(request: Request) -> str:
    return request.name.rpartition(":")[2]


def _rows_by_slabs(
    layers: LabelSlabs, requests: list[Request], progress: Callable[[str], object], memory: int | None
) -> list[Row]:
    able = [request for request in requests if _name(request) not in WHOLE]
    rows: list[Row] = [*measure(layers, able, memory=memory)]
    for request in requests:
        rows += _undefined(layers, request, WHOLE.get(_name(request), ()), _NEEDS_IT_WHOLE)
        progress(_name(request))
    return rows


def _undefined(volume: Volume | LabelSlabs, request: Request, keys: Iterable[str], reason: str) -> list[Row]:
    """The rows of a metric that is left out."""
    component = registry.installed().find("metric", request.name)
    names = [f"{phase}.{key}" for phase in volume.grid.phases for key in keys]
    about = volume if isinstance(volume, Volume) else About(volume.grid, volume.shape)
    return rows_of(component, request.params, dict.fromkeys(names, Undefined(reason)), about)


def counters_of(
    rows: Iterable[Row], volume: Volume | LabelSlabs, supply: Supply, sites: TripleSites | None
) -> list[Counter]:
    """The counters of one structure, in the order in which the page shows them.

    Args:
        rows: from `measure_rows`.
        volume: the structure, at full size.
        supply: reservoirs and roles of its phases.
        sites: its triple-phase boundary, at full size; None if there is none, or if the volume is not in memory.
    """
    by_key = {(row["metric"], row["key"]): row for row in rows}
    counters = [*_networks(by_key, volume.grid.phases)]
    if supply.triple:
        counters += _inlets(volume, supply, supply.triple, sites)
        counters += _boundary(by_key, volume, sites)
    counters += _volume_and_surface(by_key, volume.grid.phases)
    counters += _transport(by_key, volume.grid.phases)
    return counters


def _networks(rows: Mapping[tuple[str, str], Row], phases: Iterable[str]) -> Iterator[Counter]:
    for phase in phases:
        row = rows["percolates", f"{phase}.z"]
        label = f"{phase}: a network from z = 0 to z = max"
        if row["value"] is None:
            yield counter_of_row(row, NETWORKS, label)
            continue
        crosses = bool(row["value"])
        yield counter_of_row(row, NETWORKS, label, "good" if crosses else "bad") | {
            "value": crosses, "text": "yes" if crosses else "no"
        }  # fmt: skip
    for phase in phases:
        row = rows["connectivity", phase]
        yield counter_of_row(
            row, NETWORKS, f"{phase}: share in that network", "bad" if row["value"] == 0 else "neutral"
        )
        yield counter_of_row(
            rows["connectivity", f"{phase}.isolated"], NETWORKS, f"{phase}: share touching no outer face"
        )
        yield counter_of_row(
            rows["connectivity", f"{phase}.unknown"], NETWORKS, f"{phase}: share that may go on outside"
        )


def _boundary(
    rows: Mapping[tuple[str, str], Row], volume: Volume | LabelSlabs, sites: TripleSites | None
) -> Iterator[Counter]:
    box_um3 = math.prod(volume.shape) * math.prod(volume.grid.voxel_um)
    total, active = rows["tpb", "total"], rows["tpb", "active"]
    for key, label in _LENGTHS.items():
        dead = key == "active" and active["value"] == 0
        yield counter_of_row(rows["tpb", key], BOUNDARY, label, "bad" if dead else "neutral")
    defined = bool(total["value"]) and active["value"] is not None
    share = active["value"] / total["value"] if defined else None
    reason = None if defined else active["undefined"] or "there is no triple-phase boundary"
    tone = "bad" if share == 0 else "neutral"
    yield derived_counter("tpb.active_share", BOUNDARY, "Active share of the length", share, "1", tone, reason)
    for key in ("total", "active"):
        length = None if rows["tpb", key]["value"] is None else rows["tpb", key]["value"] * box_um3
        label = "Length in this volume" if key == "total" else "Active length in this volume"
        yield derived_counter(f"tpb.length.{key}", BOUNDARY, label, length, "um", reason=rows["tpb", key]["undefined"])
    if sites is None:
        return
    for key in ("total", *KINDS):
        count = sites.count(key)
        label = "Sites: voxel edges where the three phases meet" if key == "total" else f"Sites, {key}"
        yield derived_counter(f"tpb.sites.{key}", BOUNDARY, label, count, "sites")


def _inlets(
    volume: Volume | LabelSlabs, supply: Supply, triple: tuple[str, str, str], sites: TripleSites | None
) -> Iterator[Counter]:
    for phase in triple:
        share, reason, tone = None, "at least one of the three phases has no reservoir", "neutral"
        if isinstance(volume, LabelSlabs) or sites is None:
            reason = _NEEDS_IT_WHOLE
        elif supply.active == "reachable":
            face = supply.reservoirs[phase]
            share, reason = blocked_inlet(volume, sites, phase, face), f"no voxel of {phase} on {face}"
            tone = "bad" if share in (None, 1.0) else "good" if share == 0 else "neutral"
        label = f"{phase}: share of the inlet that leads to no active site"
        yield derived_counter(f"tpb.blocked_inlet.{phase}", INLET, label, share, "1", tone, reason)


def _volume_and_surface(rows: Mapping[tuple[str, str], Row], phases: Iterable[str]) -> Iterator[Counter]:
    for phase in phases:
        yield counter_of_row(rows["vf", phase], VOLUME, f"{phase}: volume fraction")
    for phase in phases:
        yield counter_of_row(rows["ssa", phase], VOLUME, f"{phase}: surface per volume")


def _transport(rows: Mapping[tuple[str, str], Row], phases: Iterable[str]) -> Iterator[Counter]:
    for phase in phases:
        factor = rows["tortuosity", f"{phase}.tortuosity_factor"]
        yield counter_of_row(
            factor, TRANSPORT, f"{phase}: tortuosity factor", "bad" if factor["value"] is None else "neutral"
        )
        yield counter_of_row(
            rows["tortuosity", f"{phase}.relative_diffusivity"], TRANSPORT, f"{phase}: relative diffusivity"
        )


def counter_of_row(row: Row, group: str, label: str, tone: str = "neutral") -> Counter:
    """A counter with the unchanged value of a metric."""
    counter = derived_counter(
        f"{row['metric']}.{row['key']}", group, label, row["value"], row["unit"], tone, row["undefined"]
    )
    return counter | {"metric": row["metric"], "key": row["key"]}


def derived_counter(
    name: str, group: str, label: str, value: float | None, unit: str, tone: str = "neutral", reason: str | None = None
) -> Counter:
    """A counter; ``reason`` explains a missing value."""
    share = name.startswith(("vf.", "connectivity.", "tpb.active_share", "tpb.blocked_inlet."))
    return {
        "id": name,
        "group": group,
        "label": label,
        "value": value,
        "unit": unit,
        "text": f"undefined: {reason}" if value is None else _text(value, unit, share=share),
        "tone": tone,
        "metric": name.partition(".")[0],
        "key": None,
    }


def _text(value: float, unit: str, *, share: bool) -> str:
    """A number with its unit, to three digits; 0 % and 100 % are printed for exactly these values only."""
    if unit in ("sites", "points"):
        return f"{value:,}"
    if share:
        return _percent(value)
    whole = abs(value) >= 1000
    number = f"{value:,.0f}" if whole else f"{value:.3g}"
    return number if unit == "1" else f"{number} {readable_unit(unit)}"


def _percent(value: float) -> str:
    rounded = float(f"{100 * value:.3g}")
    if rounded == 100 and value < 1:
        rounded = math.floor(1e5 * value) / 1e3
    return f"{rounded:g} %"
