"""Names of the relaxations in which losses read a field, as a run writes them."""

from __future__ import annotations

import math
import re

from porenet.errors import did_you_mean

PLAIN = ("soft", "straight_through")
TEMPERED = ("sharpen", "gumbel")
ALLOWED = "'soft', 'straight_through', 'sharpen(T)' or 'gumbel(T)'"

_CALL = re.compile(r"\s*([a-z_]+)\s*(?:\(\s*([^()\s]+)\s*\)\s*)?")

USUAL = "straight_through"
"""Relaxation in which losses read the field, unless they or the caller say otherwise: they see what is decoded."""


def parsed(text: str) -> tuple[str, float | None]:
    """The name and the temperature of a relaxation.

    Args:
        text: as a run writes it: ``straight_through``, ``sharpen(0.1)``.

    Returns:
        The name, and the temperature (dimensionless, > 0) of those that have one, else None.

    Raises:
        ValueError: there is no such relaxation; the message names those that exist.
    """
    if not isinstance(text, str):
        raise ValueError(f"must be {ALLOWED}, not {text!r}")
    call = _CALL.fullmatch(text)
    name, argument = call.groups() if call else ("", None)
    if name in PLAIN and argument is None:
        return name, None
    if name not in TEMPERED:
        raise ValueError(f"must be {ALLOWED}, not {text!r}{did_you_mean(name or text, (*PLAIN, *TEMPERED))}")
    if argument is None:
        raise ValueError(f"needs its temperature, such as '{name}(0.5)'")
    try:
        temperature = float(argument)
    except ValueError:
        temperature = math.nan
    if not 0 < temperature < math.inf:
        raise ValueError(f"needs a temperature above 0, not {argument!r}")
    return name, temperature


def canonical(text: str) -> str:
    """The canonical name of a relaxation, so that terms that read the same field share it.

    Raises:
        ValueError: as for `parsed`.
    """
    name, temperature = parsed(text)
    return name if temperature is None else f"{name}({temperature:g})"
