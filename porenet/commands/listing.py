"""Components, terms and values as JSON-ready data for scripts and as tables for people."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from porenet.commands.console import empty_table
from porenet.interface import API, Spec
from porenet.registry import Component, Fault, Registry

if TYPE_CHECKING:
    from rich.table import Table

    from porenet.config import Run

FAULTY = "published, faulty:"
"""How the summary of a component begins that is kept as published and should not be used; it is listed last."""


def catalogue(registry: Registry, kind: str | None, version: str) -> dict[str, Any]:
    """Every installed component and fault, as JSON-ready data: what ``list-plugins --json`` prints."""
    return {
        "porenet": version,
        "api": API,
        "components": [
            spec_data(component) | {"default": registry.is_default(component)}
            for component in in_order(registry)
            if _of(component, kind)
        ],
        "faults": [
            {
                "provider": fault.provider.name,
                "version": fault.provider.version,
                "place": fault.place,
                "cause": fault.cause,
                "level": fault.level,
            }
            for fault in faults(registry)
        ],
    }


def faults(registry: Registry) -> tuple[Fault, ...]:
    """Every fault of the installed plugins that is found without importing a component."""
    return (*registry.faults, *registry.dead_targets())


def in_order(registry: Registry) -> list[Component]:
    """Every component in the order of the registry, but those last of their kind that are published and faulty."""
    kinds = list(dict.fromkeys(component.spec.kind for component in registry.components))
    return sorted(
        registry.components,
        key=lambda component: (kinds.index(component.spec.kind), component.spec.summary.startswith(FAULTY)),
    )


def spec_data(component: Component) -> dict[str, Any]:
    """A component as JSON-ready data, without importing it."""
    spec = dataclasses.asdict(component.spec)
    provider = {"provider": component.provider.name, "version": component.provider.version}
    return {"kind": spec.pop("kind"), "name": spec.pop("name"), **provider, **spec, "missing": component.missing}


def full_data(component: Component) -> dict[str, Any]:
    """A component as JSON-ready data, with its docstring and the JSON schema of its parameters.

    Raises:
        MissingExtra: it needs torch, which is missing, and its source does not tell.
        PluginError: the component cannot be imported or its signature is not acceptable.
    """
    from porenet.registry import parameters_of

    return spec_data(component) | {
        "docstring": inspect.getdoc(component.described()) or "",
        "parameters": parameters_of(component).model_json_schema(),
    }


def catalogue_table(registry: Registry, kind: str | None) -> Table:
    """One row per component."""
    table = empty_table("kind", "name", "provider", "unit", "weight", "summary")
    for component in in_order(registry):
        if _of(component, kind):
            spec = component.spec
            name = spec.name if registry.is_default(component) else component.full_name
            summary = f"needs {component.missing}: {spec.summary}" if component.missing else spec.summary
            table.add_row(spec.kind, name, str(component.provider), _unit(spec), _weight(spec), summary)
    return table


def fault_lines(entries: Iterable[Fault]) -> list[str]:
    """One line per fault."""
    return [f"{fault.level}: {fault.provider}: {fault.place}: {fault.cause}" for fault in entries]


def facts_table(data: dict[str, Any]) -> Table:
    """The Spec of a component, one fact per row, without its parameters."""
    table = empty_table("", "", headers=False)
    unit = data["unit"]
    rows = {"provider": f"{data['provider']} {data['version']}"}
    if unit:
        rows["unit"] = unit if isinstance(unit, str) else ", ".join(f"{key}: {value}" for key, value in unit.items())
    if data["kind"] != "score":
        rows["dimensions"] = " and ".join(f"{dims}-D" for dims in data["dims"])
    if data["unit_2d"]:
        in_2d = data["unit_2d"]
        texts = [in_2d] if isinstance(in_2d, str) else [f"{key}: {value}" for key, value in in_2d.items()]
        rows["unit in 2-D"] = ", ".join(texts)
    if data["note_2d"]:
        rows["on sections"] = data["note_2d"]
    if data["missing"]:
        rows["needs"] = f"{data['missing']}, which is not installed: pip install 'porenet[{data['missing']}]'"
    rows |= {
        "source": data["source"] or "not stated",
        "target": data["target"],
    }
    if data["storage"] is not None:
        rows |= _storage(data["storage"])
    if data["kind"] == "loss":
        rows |= {
            "default weight": "none: a run must set it" if data["weight"] is None else f"{data['weight']:g}",
            "needs targets": _needs(data) or "none",
            "reads the field": "set by the run (relax)" if data["reads"] == "run" else f"always {data['reads']}",
            "values": "one per batch" if data["batchwise"] else "one per sample",
            "twin metric": data["twin"] or "none",
            "witness": _witness(data["witness"]) or "none: nothing tells whether a met loss is met rightly",
            "counts as met at": "no tolerance declared" if data["tolerance"] is None else f"<= {data['tolerance']:g}",
        }
    if data["kind"] == "score":
        rows["limits"] = _limits(data["limits"]) or "none: a number without a verdict"
    if data["kind"] == "metric":
        rows["compared"] = "by logarithms" if data["transform"] == "log" else "as measured"
        rows["resolution"] = _resolution(data["resolution"])
        rows["measured"] = "where it is named" if data["on_request"] else "by default"
    rows |= {f"blind where {name} = {value!r}": what for what, (name, value) in data["blind_when"].items()}
    rows |= {f"deviates from {law}": reason for law, reason in data["deviations"].items()}
    rows |= {f"no gradient on {state}": reason for state, reason in data["dead_states"].items()}
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _storage(data: dict[str, Any]) -> dict[str, str]:
    """What a format says of its files, one fact per row."""
    rows = {
        "files": " ".join(data["suffixes"]),
        "folders that hold": " or ".join(data["marks"]),
        "folders of slices": " ".join(data["slices"]),
        "written": " ".join(suffix or "a folder" for suffix in data["writes"]) or "no",
        "extra": data["extra"] or "none",
        "by slab": data["slabs"],
        "states the voxel size": data["voxel_um"],
        "states the phases": data["names"],
        "verified checksums": data["checksums"],
        "besides": data["remarks"],
    }
    return {name: text for name, text in rows.items() if text}


def _limits(limits: tuple[float, float] | None) -> str:
    return f"OK from {limits[0]:g}, Marginal from {limits[1]:g}, else Fail" if limits else ""


def _resolution(resolution: float | dict[str, float]) -> str:
    sizes = {"": resolution} if isinstance(resolution, int | float) else resolution
    texts = [f"{size:g} ({key})" if key else f"{size:g}" for key, size in sizes.items() if size]
    return f"differences below {', '.join(texts)} do not matter" if texts else "any difference may matter"


def _needs(data: dict[str, Any]) -> str:
    when = {key: f" (where {name} = {value!r})" for key, (name, value) in data["needs_when"].items()}
    needs = [key + when.get(key, "") for key in data["needs"]]
    return ", ".join([*needs, *(f"{key} (optional)" for key in data["optional"])])


def _witness(data: dict[str, Any] | None) -> str:
    if data is None:
        return ""
    params = ", ".join(f"{name} = {value!r}" for name, value in data["params"].items())
    return f"metric {data['metric']}{f' ({params})' if params else ''}, within a factor of {data['factor']:g}"


def parameter_table(schema: dict[str, Any]) -> Table:
    """One row per parameter: name, type, default; from their JSON schema."""
    table = empty_table("parameter", "type", "default")
    required = schema.get("required", [])
    for name, parameter in schema.get("properties", {}).items():
        default = "required" if name in required else repr(parameter.get("default"))
        table.add_row(name, parameter_type(parameter), default)
    return table


def term_table(run: Run) -> Table:
    """One row per term of a run."""
    table = empty_table("label", "loss", "weight", "steps", "reads", "needs", "parameters")
    for term in run.terms:
        until = "end" if term.stop is None else str(term.stop)
        ramp = f", ramp {term.ramp}" if term.ramp else ""
        table.add_row(
            term.label,
            term.component.full_name,
            f"{term.weight:g}",
            f"{term.start} to {until}{ramp}",
            term.reads + (f", planes {term.planes}" if term.planes else ""),
            ", ".join(term.needs) or "-",
            ", ".join(f"{key}={value!r}" for key, value in term.params.items()) or "-",
        )
    return table


def value_table(rows: Iterable[dict[str, Any]]) -> Table:
    """One row per measured value."""
    table = empty_table("volume", "metric", "key", "value", "unit", "parameters", whole=("metric", "key", "unit"))
    for row in rows:
        value = row["undefined"] if row["value"] is None else f"{row['value']:.6g}"
        params = ", ".join(f"{key}={value}" for key, value in row["params"].items())
        table.add_row(row["volume"], row["metric"], row["key"], value, row["unit"], params)
    return table


def parameter_type(schema: dict[str, Any]) -> str:
    """The type of a parameter in words, from its JSON schema."""
    if "enum" in schema:
        return " | ".join(repr(value) for value in schema["enum"])
    if "const" in schema:
        return repr(schema["const"])
    if "anyOf" in schema:
        return " | ".join(parameter_type(option) for option in schema["anyOf"])
    limits = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    bounds = [f"{sign} {schema[key]:g}" for key, sign in limits.items() if key in schema]
    word = schema.get("description") or schema.get("type", "any")
    if word == "array":
        if "prefixItems" in schema:
            kinds = list(dict.fromkeys(parameter_type(entry) for entry in schema["prefixItems"]))
            word = f"list of {len(schema['prefixItems'])} x ({' | '.join(kinds)})"
        else:
            word = f"list of ({parameter_type(schema['items'])})" if schema.get("items") else "list"
    if word == "object":
        inside = schema.get("additionalProperties")
        word = f"mapping to ({parameter_type(inside)})" if isinstance(inside, dict) else "mapping"
    return " ".join([word, ", ".join(bounds)]).strip()


def _of(component: Component, kind: str | None) -> bool:
    return kind in (None, component.spec.kind)


def _unit(spec: Spec) -> str:
    return spec.unit if isinstance(spec.unit, str) else ", ".join(sorted(set(spec.unit.values())))


def _weight(spec: Spec) -> str:
    return "" if spec.weight is None else f"{spec.weight:g}"
