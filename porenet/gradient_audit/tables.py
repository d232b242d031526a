"""An audit as people read it: tables of text, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from porenet.gradient_audit.records import Audit, OnState, TermAudit

WIDTH = 80
BETWEEN = 3
"""Spaces between two columns."""
ABOUT_TERMS = """\
reached: voxels whose gradient tells one phase from another, as a softmax needs.
The published rule of thumb is a weight x value of 10 to 25."""
ABOUT_STATES = """\
Values as read, and after ! another one on the argmax. met: counts as met there;
no gradient: none arrives; closes, widens: the gap, with the gradient's share."""


class AuditTable(NamedTuple):
    """A table of text.

    Attributes:
        columns: headings.
        rows: one cell per column.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def heading(audit: Audit) -> str:
    """What was audited with, in two lines."""
    generator = audit.generator
    count = sum(generator.groups.values())
    fractions = ", ".join(
        f"{phase} {soft:.2f} -> {generator.hard_fractions[phase]:.2f}" for phase, soft in generator.fractions.items()
    )
    shape = " x ".join(map(str, generator.shape))
    return f"{generator.name}, {count} parameters, fields {shape}\nprobability -> argmax: {fractions}"


def term_table(audit: Audit) -> AuditTable:
    """One line a term: sizes, and whether it trains."""
    rows = [
        [
            term.label,
            _number(term.value),
            _number(term.weighted_value),
            _number(term.weighted_gradient),
            "-" if term.error or not term.finite else _share(term.reached),
            word(term),
        ]
        for term in audit.terms
    ]
    return AuditTable(["term", "value", "x weight", "gradient x w", "reached", "verdict"], rows)


def group_tables(audit: Audit) -> list[AuditTable]:
    """Weight x gradient norm of each term at each group of parameters."""
    columns = []
    for name in audit.generator.groups:
        norms = [(term.weight, term.groups.get(name)) for term in audit.terms]
        columns.append([name, *("-" if one is None else _number(weight * one) for weight, one in norms)])
    return _packed(["gradient x w at", *(term.label for term in audit.terms)], columns)


def cosine_tables(audit: Audit) -> list[AuditTable]:
    """Cosines between the terms' gradients at the logits; none for a single term."""
    found = {(one.first, one.second): f"{one.cosine:+.2f}" for one in audit.cosines}
    labels = list(dict.fromkeys(label for pair in found for label in pair))
    columns = [[other, *(found.get((one, other), "") for one in labels[:-1])] for other in labels[1:]]
    return _packed(["cosine", *labels[:-1]], columns)


def state_tables(audit: Audit) -> list[AuditTable]:
    """One line a state, one column a term, the generator's batch first."""
    columns = [
        [term.label, _batch_cell(term), *(_cell(term.states.get(name)) for name in audit.states)]
        for term in audit.terms
    ]
    return _packed(["state", "batch", *audit.states], columns)


def fields_read(audit: Audit) -> list[str]:
    """Which terms read which field."""
    reads: dict[str, list[str]] = {}
    for term in audit.terms:
        reads.setdefault(term.reads, []).append(term.label)
    return [f"{name}: {', '.join(labels)}" for name, labels in reads.items()]


def word(term: TermAudit) -> str:
    """The verdict on a term in a word."""
    if term.error:
        return "broken"
    if not term.finite or not all(one.finite for one in term.states.values()):
        return "not finite"
    if term.dead:
        return "dead"
    if term.fooled:
        return "fooled"
    return "met" if term.met else "trains"


def _batch_cell(term: TermAudit) -> str:
    if term.error:
        return "error"
    without = not term.met and term.reached == 0
    return _words(_reading(term.value, term.hard_value), "met" if term.met else "no gradient" if without else "")


def _cell(one: OnState | None) -> str:
    if one is None:
        return "-"
    if one.error:
        return "error"
    if not one.finite:
        return "not finite"
    if one.met:
        state = "met"
    elif one.reached == 0:
        state = "no gradient"
    elif one.gap_push in ("closes", "widens") and one.gap_gradient is not None:
        state = f"{one.gap_push} {one.gap_gradient:.0%}"
    else:
        state = ""
    return _words(_reading(one.value, one.hard), state)


def _reading(value: float | None, hard: float | None) -> str:
    differs = value is None or hard is None or abs(value - hard) > 1e-3 * max(abs(value), abs(hard))
    return f"{_number(value)} ! {_number(hard)}" if differs else _number(value)


def _words(*words: str) -> str:
    return " ".join(one for one in words if one)


def _number(value: float | None) -> str:
    if value is None:
        return "not finite"
    return f"{value:.0f}" if 100 <= abs(value) < 1e6 else f"{value:.2g}"


def _share(value: float) -> str:
    return "0" if value == 0 else f"{value:.0%}" if value >= 0.005 else "<1%"


def _packed(names: Sequence[str], columns: Sequence[Sequence[str]]) -> list[AuditTable]:
    """The columns beside the names, as many a table as fit."""
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
        rows = zip(*(one[1:] for one in block), strict=True)
        tables.append(AuditTable([one[0] for one in block], [row for row in rows if any(row[1:])]))
    return tables
