"""What a run's folder tells beside its structures: its losses, and how they went.

Files of a trainer, which may be of any version or half written: what cannot be used is left out, with a note.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from porenet import registry
from porenet.errors import PluginError, PorenetError, UnknownComponent
from porenet.interface import Spec
from porenet.page.sources import LOG_FILE, RUN_FILE
from porenet.page.training_log import curves_of, first_not_finite, records_of
from porenet.page.unit_text import written


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a run tells of itself.

    Attributes:
        steps: that are done; None if it kept no log.
        losses: one a term: label, loss, weight, unit, summary, caveats.
        curves: the log, JSON-ready; None if there is none.
        notes: what could not be used, and why.
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
        there = (folder / LOG_FILE).exists()
        notes.append(f"{LOG_FILE} holds no step" if there else f"no log of its training ({LOG_FILE})")
    broken = first_not_finite(records)
    if broken is not None:
        notes.append(f"its losses are not finite from step {broken} on (NaN or infinite); the curves leave that out")
    losses = [_described(term, audit) for term in terms]
    curves = curves_of(records, [term["label"] for term in terms], _relax(folder))
    return RunRecord(records[-1]["step"] + 1 if records else None, losses, curves, notes)


def _terms(folder: Path, notes: list[str]) -> list[dict[str, Any]]:
    """Label, loss, weight and field of each term: as the trainer resolved them, else from the run's TOML."""
    if (folder / "resolved.json").exists():
        data = _json(folder / "resolved.json", notes)
        config = data.get("config") if isinstance(data, dict) else None
        written = config.get("terms") if isinstance(config, dict) else None
        terms = [one for one in written if _is_term(one)] if isinstance(written, list) else []
        if terms:
            return terms
    if not (folder / RUN_FILE).exists():
        notes.append(f"its losses are not known: no {RUN_FILE}")
        return []
    from porenet.config import load_run  # imports the losses, and torch with them

    try:
        run = load_run(folder / RUN_FILE)
    except PorenetError as error:
        notes.append(f"its losses are not known: {error}")
        return []
    return [term.as_data() for term in run.terms]


def _is_term(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and isinstance(one.get("label"), str)
        and isinstance(one.get("loss"), str)
        and isinstance(one.get("weight"), int | float)
    )


def _described(term: Mapping[str, Any], audit: Any) -> dict[str, Any]:
    """A term in words: what the registry says of its loss, and what the run's audit found."""
    spec, caveats = _spec(term["loss"]), []
    if spec is None:
        caveats.append("its plugin is not installed here")
    elif spec.deviations or spec.dead_states:
        caveats += spec.deviations.values()
        caveats += [f"no gradient where {state}: {reason}" for state, reason in spec.dead_states.items()]
    if term.get("reads") == "soft" and (spec is None or spec.reads == "run"):
        caveats.append("it is shown the probabilities, not the structure: the run's choice (relax)")
    caveats += _findings(term["label"], audit)
    unit = spec.unit if spec else ""
    return {
        "label": term["label"],
        "loss": term["loss"],
        "weight": term["weight"],
        "unit": written(unit if isinstance(unit, str) else ", ".join(sorted(set(unit.values())))),
        "summary": spec.summary if spec else "",
        "caveats": list(dict.fromkeys(caveats)),
    }


def _spec(loss: str) -> Spec | None:
    try:
        return registry.installed().find("loss", loss).spec
    except (UnknownComponent, PluginError):
        return None


def _findings(label: str, audit: Any) -> Iterable[str]:
    found = audit.get("findings") if isinstance(audit, dict) else None
    for one in found if isinstance(found, list) else ():
        if not isinstance(one, dict) or one.get("level") not in ("fault", "warning"):
            continue
        terms, text = one.get("terms"), one.get("text")
        if isinstance(terms, list) and isinstance(text, str) and label in terms:
            yield f"audit before training: {text}"


def _relax(folder: Path) -> str:
    """How the run shows the field to its losses, as its TOML says."""
    try:
        tables = tomllib.loads((folder / RUN_FILE).read_text(encoding="utf-8-sig"))
        relax = tables["objective"].get("relax", "straight_through")
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return ""
    return str(relax)


def _json(path: Path, notes: list[str]) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        notes.append(f"{path.name} cannot be read: {' '.join(str(error).split())}")
        return None
