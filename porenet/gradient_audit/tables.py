"""Tables of an audit for people, and what their columns mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from porenet.errors import counted
from porenet.gradient_audit.records import Audit, OnState, TermAudit

WIDTH = 80
BETWEEN = 3
"""Characters between two columns."""
ABOUT_TERMS = """\
reached: share of the voxels whose gradient differs between phases; a softmax
passes no other. Published rule of thumb: weight x value of 10 to 25."""
ABOUT_STATES = """\
Value on the field that the term reads, and after ! on its argmax if different.
met: the term counts as met; blind: met, although its witness (a metric with
another filter) tells the state from the channels; no gradient: not met, but no
gradient arrives; closes, widens: effect of a gradient step on the gap, with the
share of the gradient that lies in the gap."""


class AuditTable(NamedTuple):
    """A table of text.

    Attributes:
        columns: headings.
        rows: one cell per column.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def heading(audit: Audit) -> str:
    """Two lines on the generator: its size, and its phase fractions as probabilities and as argmax."""
    generator = audit.generator
    count = sum(generator.groups.values())
    fractions = ", ".join(
        f"{phase} {soft:.2f} -> {generator.hard_fractions[phase]:.2f}" for phase, soft in generator.fractions.items()
    )
    shape = " x ".join(map(str, generator.shape))
    return f"{generator.name}, {counted(count, 'parameter')}, fields {shape}\nprobability -> argmax: {fractions}"


def term_table(audit: Audit) -> AuditTable:
    """One row per term: value, gradient, share of the voxels reached, verdict."""
    rows = [
        [
            term.label,
            _number(term.value),
            _number(term.weighted_value),
            _number(term.weighted_gradient),
            "-" if term.error or not term.finite else _share(term.reached),
            verdict(term),
        ]
        for term in audit.terms
    ]
    return AuditTable(["term", "value", "x weight", "gradient x w", "reached", "verdict"], rows)


def group_tables(audit: Audit) -> list[AuditTable]:
    """Weight x gradient norm of each term, at each group of the generator's parameters."""
    columns = []
    for name in audit.generator.groups:
        norms = [(term.weight, term.groups.get(name)) for term in audit.terms]
        columns.append([name, *("-" if norm is None else _number(weight * norm) for weight, norm in norms)])
    return _packed(["gradient x w at", *(term.label for term in audit.terms)], columns)


def cosine_tables(audit: Audit) -> list[AuditTable]:
    """Cosines between the terms' gradients at the logits; none for a single term."""
    cosines = {(pair.first, pair.second): f"{pair.cosine:+.2f}" for pair in audit.cosines}
    labels = list(dict.fromkeys(label for pair in cosines for label in pair))
    columns = [[second, *(cosines.get((first, second), "") for first in labels[:-1])] for second in labels[1:]]
    return _packed(["cosine", *labels[:-1]], columns)


def state_tables(audit: Audit) -> list[AuditTable]:
    """One row per state, the generator's batch first; one column per term."""
    columns = [
        [term.label, _batch_cell(term), *(_cell(term.states.get(name)) for name in audit.states)]
        for term in audit.terms
    ]
    return _packed(["state", "batch", *audit.states], columns)


def fields_read(audit: Audit) -> list[str]:
    """One line per field: the terms that read it."""
    reads: dict[str, list[str]] = {}
    for term in audit.terms:
        slices = f" on slices across {', '.join(term.planes)}" if term.planes else ""
        reads.setdefault(f"{term.reads} field{slices}", []).append(term.label)
    return [f"read the {name}: {', '.join(labels)}" for name, labels in reads.items()]


def verdict(term: TermAudit) -> str:
    """The verdict on a term: broken, not finite, dead, fooled, blind, met or trains."""
    if term.error:
        return "broken"
    if not term.finite or not all(state.finite for state in term.states.values()):
        return "not finite"
    if term.dead:
        return "dead"
    if term.fooled:
        return "fooled"
    if term.blind or term.unseen:
        return "blind"
    return "met" if term.met else "trains"


def _batch_cell(term: TermAudit) -> str:
    if term.error:
        return "error"
    without = not term.met and term.reached == 0
    return _words(_values(term.value, term.hard_value), "met" if term.met else "no gradient" if without else "")


def _cell(reading: OnState | None) -> str:
    if reading is None:
        return "-"
    if reading.error:
        return "error"
    if not reading.finite:
        return "not finite"
    if reading.blind:
        remark = "blind"
    elif reading.met:
        remark = "met"
    elif reading.reached == 0:
        remark = "no gradient"
    elif reading.gap_push in ("closes", "widens") and reading.gap_gradient is not None:
        remark = f"{reading.gap_push} {reading.gap_gradient:.0%}"
    else:
        remark = ""
    return _words(_values(reading.value, reading.hard), remark)


def _values(value: float | None, hard: float | None) -> str:
    differs = value is None or hard is None or abs(value - hard) > 1e-3 * max(abs(value), abs(hard))
    return f"{_number(value)} ! {_number(hard)}" if differs else _number(value)


def _words(*words: str) -> str:
    return " ".join(word for word in words if word)


def _number(value: float | None) -> str:
    if value is None:
        return "not finite"
    return f"{value:.0f}" if 100 <= abs(value) < 1e6 else f"{value:.2g}"


def _share(value: float) -> str:
    return "0" if value == 0 else f"{value:.0%}" if value >= 0.005 else "<1%"


def _packed(names: Sequence[str], columns: Sequence[Sequence[str]]) -> list[AuditTable]:
    """The columns beside the row names, as many per table as fit into `WIDTH`."""
    blocks: list[list[Sequence[str]]] = []
    free = 0
    for column in columns:
        width = max(map(len, column)) + BETWEEN
        if not blocks or width > free:
            blocks.append([names])
            free = WIDTH - max(map(len, names))
        blocks[-1].append(column)
        free -= width
    tables = []
    for block in blocks:
        rows = zip(*(column[1:] for column in block), strict=True)
        tables.append(AuditTable([column[0] for column in block], [row for row in rows if any(row[1:])]))
    return tables
