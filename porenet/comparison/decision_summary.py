"""What is decided about a run, in sentences: sizes, counts, what differs, and what all quantities together show."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Sequence

from porenet.comparison.comparison import Result
from porenet.comparison.decision import Decision, SampleCounts
from porenet.comparison.decision_table import ORDER, defined_values
from porenet.comparison.quantity_labels import label
from porenet.comparison.run_decision import RunDecision
from porenet.errors import counted

MOST_NAMES = 3
"""Quantities that a sentence names."""
SMALL_P = 0.05
"""Largest p value at which a remark is made."""


def summary(result: Result, run: str) -> list[str]:
    """What is decided about a run: its sizes and counts first, then what differs; one sentence per line.

    Args:
        result: of `compare`.
        run: name of the run.
    """
    decision = result.decisions[run]
    copies = [*result.identities[run].texts(run)] if run in result.identities else []
    sizes = f"{_size(decision.generated)} generated against {_size(decision.reference)} real"
    count = len(decision.decisions)
    return [
        *copies,
        f"{run}: {sizes}, {counted(count, 'quantity', 'quantities')}",
        f"{_counts(decision)}. {_joint(decision)}",
        *_named("Differ", result, run, decision.labelled("Fail")),
        *_proven_small_or_unsized(result, run, decision),
        *_remarks(result, run, decision),
    ]


def _size(counts: SampleCounts) -> str:
    return f"{counts.values}" + (f" ({counts.blocks} independent)" if counts.blocks < counts.values else "")


def _counts(decision: RunDecision) -> str:
    """How many quantities match, differ and are undecided, and what would decide."""
    total = {name: len(decision.labelled(name)) for name in ORDER}
    if total["withheld"] == len(decision.decisions) and total["withheld"]:
        reason = decision.labelled("withheld")[0].reason
        return f"No verdict: {reason}"
    parts = [f"{total['OK']} {'matches' if total['OK'] == 1 else 'match'}"]
    parts.append(f"{total['Fail']} {'differs' if total['Fail'] == 1 else 'differ'}")
    parts.append(f"{total['undecided']} undecided{_needed_together(decision.labelled('undecided'))}")
    if total["withheld"]:
        parts.append(f"{total['withheld']} withheld")
    return ", ".join(parts)


def _needed_together(rows: Sequence[Decision]) -> str:
    known = [row.needed for row in rows if row.needed]
    numbers = [needed.generated for needed in known if needed.generated is not None]
    if not known:
        return ""
    if not numbers:
        return " (more generated ones alone would not decide)"
    few = "" if len(numbers) == len(rows) else f" for {len(numbers)} of them"
    return f" (need about {max(numbers)} generated{few})"


def _joint(decision: RunDecision) -> str:
    joint = decision.joint
    return f"Joint test p = {_p_text(joint.p)}." if joint.p is not None else f"No joint test: {joint.reason}."


def _named(word: str, result: Result, run: str, rows: Sequence[Decision]) -> list[str]:
    """A sentence that names what the rows say, the largest distance first."""
    if not rows:
        return []
    ordered = sorted(rows, key=lambda row: -row.distance)
    phrases = [_phrase(result, run, row) for row in ordered[:MOST_NAMES]]
    more = f" and {len(rows) - MOST_NAMES} more" if len(rows) > MOST_NAMES else ""
    return [f"{word}: {'; '.join(phrases)}{more}"]


def _proven_small_or_unsized(result: Result, run: str, decision: RunDecision) -> Iterator[str]:
    proven = [row for row in decision.decisions.values() if row.p_holm is not None and row.p_holm <= SMALL_P]
    unsized = [row for row in proven if row.label == "undecided"]
    small = [row for row in proven if row.label == "OK"]
    yield from _named("Differ, but perhaps within the tolerance", result, run, unsized)
    yield from _named("Match, though a small difference is proven", result, run, small)


def _remarks(result: Result, run: str, decision: RunDecision) -> Iterator[str]:
    """The pair of quantities, the modes and the near copies that the tests of all quantities point to."""
    if len(decision.labelled("withheld")) == len(decision.decisions):
        return
    pair, near = decision.joint.pair, decision.neighbourhood
    if pair and decision.joint.p_pair is not None and decision.joint.p_pair <= SMALL_P:
        yield (
            f"Correlation changed most: {label(pair.first, result)} with {label(pair.second, result)}, "
            f"{pair.generated:+.2f} (real {pair.reference:+.2f})"
        )
    subject = f"of the structures of {run}"
    for share, p, text in (
        (near.coverage, near.coverage_p, "of the real structures have a generated one like them: kinds are missing"),
        (near.precision, near.precision_p, f"{subject} are like a real one: kinds are invented"),
        (near.near_copies, near.near_copies_p, f"{subject} are near copies of real ones: --copies-of tells which"),
    ):
        if share is not None and p is not None and p <= SMALL_P:
            yield f"{share:.0%} {text} (p = {_p_text(p)})"


def _phrase(result: Result, run: str, row: Decision) -> str:
    """A quantity and what is different in it."""
    name = label(row.quantity, result)
    shift = re.fullmatch(r"location ([+-])([0-9.e+-]+) sd", row.why)
    if shift:
        return f"{name} {shift[2]} sd {'higher' if shift[1] == '+' else 'lower'}"
    real, generated = (defined_values(result.samples[side][row.quantity]) for side in ("reference", run))
    if real and generated and set(real) | set(generated) <= {0.0, 1.0}:
        return f"{name} {statistics.fmean(generated):.2f} (real {statistics.fmean(real):.2f})"
    return f"{name} {row.why}"


def _p_text(p: float) -> str:
    """A p value to two digits."""
    return f"{p:.2g}"
