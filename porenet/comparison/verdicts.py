"""Verdict for a score: OK, Marginal, Fail or withheld."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from porenet.errors import counted
from porenet.interface import Undefined, Value

LIMITS = 0.85, 0.70
"""Lower limits of OK and Marginal, as published with the S-value."""
NO_LIMITS = "the score states no limits: a number without a verdict"
SMALLEST_SAMPLE = 20
"""Below this size the score of two samples of one distribution is too low, and scatters too much, for a verdict."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Verdict for a score.

    Attributes:
        label: the verdict, or ``withheld``.
        reason: reason for withholding it; empty otherwise.
    """

    label: Literal["OK", "Marginal", "Fail", "withheld"]
    reason: str = ""


def verdict(
    value: Value,
    n: int,
    *,
    n_valid: int | None = None,
    ceiling: float | None = None,
    limits: tuple[float, float] | None = LIMITS,
) -> Verdict:
    """OK from 0.85, Marginal from 0.70, else Fail; withheld where the samples do not support a verdict.

    Args:
        value: the score, dimensionless.
        n: size of the smaller sample, counted in independent blocks, undefined values included.
        n_valid: the same without undefined values; None if all are defined. Few defined values allow a Fail
            (`s_value_scaled` lowers the score for undefined values) but nothing better: the published S-value gives
            0.86 to a sample of which 47 of 50 values are undefined.
        ceiling: `Ceiling.value`; the verdict is withheld if the score misses a limit that the training sample itself
            misses at this size.
        limits: from which value a score is OK, and from which Marginal (`Spec.limits`); None: always withheld.

    Returns:
        The verdict, with the reason where it is withheld.
    """
    if isinstance(value, Undefined):
        return Verdict("withheld", value.reason)
    if limits is None:
        return Verdict("withheld", NO_LIMITS)
    ok, marginal = limits
    if n < SMALLEST_SAMPLE:
        return Verdict("withheld", f"{counted(n, 'independent structure')}; a verdict needs {SMALLEST_SAMPLE}")
    limit = marginal if value < marginal else ok
    if value < limit and ceiling is not None and ceiling < limit:
        return Verdict(
            "withheld", f"training structures among themselves score {ceiling:.2f} at this size, below {limit:.2f}"
        )
    if value < marginal:
        return Verdict("Fail")
    if n_valid is not None and n_valid < SMALLEST_SAMPLE:
        return Verdict("withheld", f"{n_valid} of {n} values are defined; a verdict needs {SMALLEST_SAMPLE}")
    return Verdict("OK" if value >= ok else "Marginal")
