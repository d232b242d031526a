"""Words of a decision: its grounds, and the largest part of the difference."""

from __future__ import annotations

import math

import numpy as np

from porenet.comparison.evidence.interval import SATURATED, Effect, largest_share
from porenet.comparison.evidence.ruler import Floats

PROVEN = 0.05
"""Largest adjusted p value at which a difference is called proven."""
_PER_SPREAD = 0.8
"""Distance of two normals of one mean, per unit of the difference of their spread ratio from 1."""


def largest_part(reference: Floats, generated: Floats, effect: Effect) -> str:
    """What the difference mostly is: location, undefined or most frequent values, spread, or else the shape.

    Args:
        reference: ``(n,)`` values, NaN where undefined.
        generated: ``(m,)`` values.
        effect: scale and size of the difference.
    """
    scale = effect.scale
    ours, yours = (scale.clip(values[~np.isnan(values)]) for values in (reference, generated))
    shares = [part.size / max(1, whole.size) for part, whole in ((ours, reference), (yours, generated))]
    if not ours.size and not yours.size:
        return "undefined in both"
    parts = {f"defined in {shares[1]:.2f} (real {shares[0]:.2f})": scale.cost * abs(shares[1] - shares[0])}
    if ours.size and yours.size:
        shift = float(yours.mean() - ours.mean()) / scale.scale
        parts[_location(reference, generated, shift)] = min(shares) * abs(shift)
        if effect.spread is not None:
            ratio = math.exp(effect.spread.log_ratio)
            parts[f"varies {ratio:.2g} times as much"] = min(shares) * _PER_SPREAD * abs(ratio - 1)
    text, size = max(parts.items(), key=lambda part: part[1])
    whole = effect.distance.distance
    return text if size > 0 and size >= whole / 2 else "shape" if whole > 0 else ""


def _location(reference: Floats, generated: Floats, shift: float) -> str:
    """A shift in standard deviations, or the share of the most frequent value where that holds most values."""
    value, share = largest_share(reference)
    other, other_share = largest_share(generated)
    if max(share, other_share) <= SATURATED:
        return f"location {shift:+.1f} sd"
    value = value if share > SATURATED else other
    ours, yours = (float(np.mean(sample[~np.isnan(sample)] == value)) for sample in (reference, generated))
    return f"{yours:.2f} at {value:.4g} (real {ours:.2f})"


def significance(p: float, p_holm: float) -> str:
    """What the tests of one quantity say."""
    if p_holm <= PROVEN:
        return f"differs (Holm p = {_p_text(p_holm)})"
    if p <= PROVEN:
        return f"no difference proven (p = {_p_text(p)}, Holm p = {_p_text(p_holm)})"
    return f"no difference found (p = {_p_text(p)})"


def _p_text(p: float) -> str:
    return f"{p:.2f}" if p >= 0.095 else f"{p:.1g}" if p >= 0.001 else f"{p:.0e}"


def outside(effect: Effect, tolerance: float, spread: float) -> str:
    """By how much the tolerance is missed."""
    distance, ratio, texts = effect.distance, effect.spread, []
    if distance.far_low > tolerance:
        texts.append(f"off by at least {distance.far_low:.2g} sd")
    if ratio is not None and ratio.far_low > math.log(spread):
        texts.append(f"varies at least {math.exp(ratio.far_low):.2g} times as much")
    if ratio is not None and ratio.far_high < -math.log(spread):
        texts.append(f"varies at most {math.exp(ratio.far_high):.2g} times as much")
    return ", ".join(texts)


def gap(effect: Effect, tolerance: float, spread: float) -> str:
    """Between which 2.5 % bounds the difference lies, and which limit is not cleared."""
    distance, ratio = effect.distance, effect.spread
    texts = []
    if distance.far_low <= tolerance <= distance.high:
        texts.append(f"by {distance.far_low:.2g} to {distance.high:.2g} sd: above or below {tolerance:g} not known")
    if ratio is not None and not -math.log(spread) < ratio.low <= ratio.high < math.log(spread):
        low, high = math.exp(ratio.far_low), math.exp(ratio.far_high)
        texts.append(
            f"varies {low:.2g} to {high:.2g} times as much: inside or outside {1 / spread:.2g} to {spread:g} not known"
        )
    return "; ".join(texts)
