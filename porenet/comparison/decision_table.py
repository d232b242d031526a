"""The table of decisions of a run: what differs first, then what is undecided, what matches in one line."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from porenet.comparison.comparison import Result
from porenet.comparison.decision import Decision, Label
from porenet.comparison.quantity_labels import label
from porenet.comparison.samples import Sample
from porenet.interface import Undefined

ORDER: tuple[Label, ...] = ("Fail", "undecided", "withheld", "OK")
MOST_NAMES = 8
"""Quantities that a line names."""


def columns_of(run: str, *, width: int | None = None) -> list[str]:
    """Headings of the table of a run.

    Args:
        run: its name.
        width: most characters of the name per line; None: in one line.
    """
    return ["quantity", "unit", "real", folded(run, width), "distance", "verdict", "needed"]


def folded(name: str, width: int | None) -> str:
    """A name in lines of at most ``width`` characters; None: in one line."""
    step = width or max(1, len(name))
    return "\n".join(name[start : start + step] for start in range(0, len(name), step))


def decision_lines(result: Result, run: str, *, everything: bool = False) -> list[list[str]]:
    """The table of a run, under `columns_of`: what differs first, then what is undecided.

    Args:
        result: of `compare`.
        run: name of the run.
        everything: whether to list what matches too, which `matching_line` folds otherwise.
    """
    rows = result.decisions[run].decisions.values()
    listed = [row for row in rows if everything or row.label != "OK"]
    listed.sort(key=lambda row: (ORDER.index(row.label), -row.distance))
    return [
        [
            label(row.quantity, result),
            row.quantity.unit,
            _spread(result.samples["reference"][row.quantity]),
            _spread(result.samples[run][row.quantity]),
            distance_text(row),
            row.word,
            _needed(row),
        ]
        for row in listed
    ]


def matching_line(result: Result, run: str) -> str:
    """What matches, in one line; empty if nothing does."""
    rows = result.decisions[run].labelled("OK")
    return f"Match: {names_of(result, rows)}" if rows else ""


def decision_notes(result: Result) -> list[str]:
    """Why verdicts are withheld, what the words mean, and the notes of the comparison."""
    notes = []
    for run, decision in result.decisions.items():
        reasons: dict[str, list[Decision]] = {}
        for row in decision.labelled("withheld"):
            reasons.setdefault(row.reason, []).append(row)
        notes += [f"withheld in {run} ({reason}): {names_of(result, rows, 3)}" for reason, rows in reasons.items()]
    needed = {_needed(row) for decision in result.decisions.values() for row in decision.decisions.values()}
    if needed - {""}:
        notes.append(
            "needed: how many generated structures would decide; each: as many real ones too; limit: at the limit of "
            "the tolerance, where more will not tell"
        )
    first = next(iter(result.decisions.values()), None)
    if first is not None:
        notes.append(
            "a match is proven to lie within the tolerance: on average within "
            f"{first.tolerance:g} standard deviations of the real structures (--tolerance), varying neither "
            f"{first.spread:g} times more nor less (--spread); a difference is proven to lie outside"
        )
    if "reference" in result.identities:
        notes += result.identities["reference"].texts("reference")
    return [*notes, *result.notes]


def distance_text(row: Decision) -> str:
    """The distance with its interval."""
    return f"{row.distance:.2f} [{row.lower:.2f}, {row.upper:.2f}]"


def names_of(result: Result, rows: Sequence[Decision], most: int = MOST_NAMES) -> str:
    """The names of the first quantities, and how many more there are."""
    more = f" and {len(rows) - most} more" if len(rows) > most else ""
    return ", ".join(label(row.quantity, result) for row in rows[:most]) + more


def _needed(row: Decision) -> str:
    """How many structures would decide, in one word."""
    if row.needed is None:
        return ""
    if row.needed.generated is not None:
        return str(row.needed.generated)
    return "limit" if row.needed.each is None else f"{row.needed.each} each"


def defined_values(sample: Sample) -> list[float]:
    """The values of a sample that are defined, in its unit."""
    return [value for value in sample.values if not isinstance(value, Undefined)]


def _spread(sample: Sample) -> str:
    """Mean and standard deviation; the share alone of zeros and ones."""
    values = defined_values(sample)
    if not values:
        return "undefined"
    mean = statistics.fmean(values)
    if set(values) <= {0.0, 1.0} or len(values) < 2:
        return _digits(mean, 3)
    return f"{_digits(mean, 3)} ± {_digits(statistics.stdev(values), 2)}"


def _digits(value: float, digits: int) -> str:
    """A number to so many significant digits, zeros at the end included."""
    return f"{value:#.{digits}g}".rstrip(".") if value else "0"
