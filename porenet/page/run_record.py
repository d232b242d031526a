"""Record of a run's folder beside its structures: its losses and their curves.

The files come from a trainer and may be of any version or half written: unusable parts are omitted, with a note.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from porenet import formats, registry
from porenet.errors import InputError, PluginError, PorenetError, UnknownComponent
from porenet.interface import Spec
from porenet.page.sources import LOG_FILE, RUN_FILE
from porenet.page.training_log import curves_of, first_not_finite, records_of
from porenet.page.unit_text import readable_unit


@dataclass(frozen=True, slots=True)
class RunRecord:
    """Losses and training curves of a run.

    Attributes:
        steps: number of steps done; None if there is no log.
        losses: one entry per term: label, loss, weight, unit, summary, caveats.
        curves: the log, JSON-ready; None if there is none.
        notes: parts that could not be used, with the reason.
    """

    steps: int | None
    losses: list[dict[str, Any]]
    curves: dict[str, Any] | None
    notes: list[str]


def record_of(folder: Path) -> RunRecord:
    """Read a run's folder."""
    notes: list[str] = []
    terms = _terms(folder, notes)
    audit = _json(folder / "audit.json", notes) if (folder / "audit.json").exists() else None
    records = records_of(folder / LOG_FILE)
    if not records:
        exists = (folder / LOG_FILE).exists()
        notes.append(f"{LOG_FILE} holds no step" if exists else f"no training log ({LOG_FILE})")
    broken = first_not_finite(records)
    if broken is not None:
        notes.append(f"the losses are not finite (NaN or infinite) from step {broken} on; the curves omit such values")
    losses = [_loss_entry(term, audit) for term in terms]
    curves = curves_of(records, [term["label"] for term in terms], _relax(folder))
    return RunRecord(records[-1]["step"] + 1 if records else None, losses, curves, notes)


def _terms(folder: Path, notes: list[str]) -> list[dict[str, Any]]:
    """Label, loss, weight and field of each term: as the trainer resolved them, else from the run's TOML."""
    if (folder / "resolved.json").exists():
        data = _json(folder / "resolved.json", notes)
        config = data.get("config") if isinstance(data, dict) else None
        entries = config.get("terms") if isinstance(config, dict) else None
        terms = [entry for entry in entries if _is_term(entry)] if isinstance(entries, list) else []
        if terms:
            return terms
    if not (folder / RUN_FILE).exists():
        notes.append(f"the losses are unknown: no {RUN_FILE}")
        return []
    from porenet.config import load_run  # imports the losses, and torch with them where it is installed

    try:
        run = load_run(folder / RUN_FILE)
    except PorenetError as error:
        notes.append(f"the losses are unknown: {error}")
        return []
    return [term.as_data() for term in run.terms]


def _is_term(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("label"), str)
        and isinstance(entry.get("loss"), str)
        and isinstance(entry.get("weight"), int | float)
    )


def _loss_entry(term: Mapping[str, Any], audit: Any) -> dict[str, Any]:
    """A term with the registry's description of its loss and the findings of the run's audit."""
    spec, caveats = _spec(term["loss"]), []
    if spec is None:
        caveats.append("the plugin of this loss is not installed")
    elif spec.deviations or spec.dead_states:
        caveats += spec.deviations.values()
        caveats += [f"no gradient where {state}: {reason}" for state, reason in spec.dead_states.items()]
    if term.get("reads") == "soft" and (spec is None or spec.reads == "run"):
        caveats.append("the loss reads the probabilities, not the structure: set by the run (relax)")
    caveats += _findings(term["label"], audit)
    unit = spec.unit if spec else ""
    return {
        "label": term["label"],
        "loss": term["loss"],
        "weight": term["weight"],
        "unit": readable_unit(unit if isinstance(unit, str) else ", ".join(sorted(set(unit.values())))),
        "summary": spec.summary if spec else "",
        "caveats": list(dict.fromkeys(caveats)),
    }


def _spec(loss: str) -> Spec | None:
    try:
        return registry.installed().find("loss", loss).spec
    except (UnknownComponent, PluginError):
        return None


def _findings(label: str, audit: Any) -> Iterable[str]:
    findings = audit.get("findings") if isinstance(audit, dict) else None
    for finding in findings if isinstance(findings, list) else ():
        if not isinstance(finding, dict) or finding.get("level") not in ("fault", "warning"):
            continue
        terms, text = finding.get("terms"), finding.get("text")
        if isinstance(terms, list) and isinstance(text, str) and label in terms:
            yield f"audit before training: {text}"


def _relax(folder: Path) -> str:
    """The relaxation named in the run's TOML: how its losses read the field; empty if unknown."""
    try:
        tables = tomllib.loads(formats.read_text(folder / RUN_FILE))
        relax = tables["objective"].get("relax", "straight_through")
    except (InputError, ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return ""
    return str(relax)


def _json(path: Path, notes: list[str]) -> Any:
    try:
        return formats.read_json(path)
    except InputError as error:
        notes.append(f"{path.name}: {' '.join(error.what.split())}")
        return None
