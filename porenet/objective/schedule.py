"""When a term counts, and how much."""

from __future__ import annotations

import operator
from collections.abc import Sequence

from porenet.config import Term
from porenet.errors import InputError


def weight_at(term: Term, step: int) -> float:
    """Weight of a term at a generator step: 0 outside ``start`` to ``stop``, rising linearly over ``ramp`` steps."""
    if step < term.start or (term.stop is not None and step >= term.stop):
        return 0.0
    return term.weight * min(1.0, (step - term.start + 1) / term.ramp) if term.ramp else term.weight


def whole_step(step: object) -> int:
    """A generator step as a number.

    Raises:
        InputError: it is not a whole number.
    """
    if isinstance(step, int):
        return step
    try:
        return operator.index(step)  # type: ignore[arg-type]
    except TypeError:
        raise InputError(f"a whole number was expected, not {step!r:.60}", where="step") from None


def refuse_schedule(terms: Sequence[Term]) -> None:
    """Check that no term has a schedule, for a call that does not say which step it is.

    Raises:
        InputError: a term has one; says what it would do.
    """
    for term in terms:
        if term.ramp and not term.start:
            effect = f"ramps over {term.ramp} steps", f"it would keep {100 / term.ramp:.3g} % of its weight"
        elif term.start:
            effect = f"starts at step {term.start}", "it would stay off"
        elif term.stop is not None:
            effect = f"stops at step {term.stop}", "it would never stop"
        else:
            continue
        raise InputError(
            f"{term.label} {effect[0]}, and no step was given: {effect[1]}",
            where="objective",
            fix="Pass objective(field, targets, step).",
        )
