"""The time that the trial import of a plugin may take."""

from __future__ import annotations

import os
from collections.abc import Mapping

from porenet.errors import InputError

LIMIT = "PORENET_IMPORT_LIMIT"
"""Environment variable: seconds that a trial import may take; 0 imports plugins without a trial."""
USUAL_LIMIT_S = 60.0
LONGEST_LIMIT_S = 86_400.0


def import_limit(environ: Mapping[str, str] = os.environ) -> float:
    """Seconds that a trial import may take.

    Raises:
        InputError: the variable holds no number of seconds.
    """
    text = environ.get(LIMIT, "").strip()
    try:
        seconds = float(text) if text else USUAL_LIMIT_S
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_LIMIT_S:
        raise InputError(
            f"seconds from 0 to {LONGEST_LIMIT_S:.0f} were expected, not {text!r:.40}",
            where=LIMIT,
            fix=f"Unset it for {USUAL_LIMIT_S:.0f} s; 0 imports plugins without a trial.",
        )
    return seconds
