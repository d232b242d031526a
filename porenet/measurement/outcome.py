"""What the measurement of one volume comes to."""

from __future__ import annotations

from dataclasses import dataclass

from porenet.measurement.row import Row


@dataclass(frozen=True)
class Outcome:
    """Outcome of measuring one volume.

    Attributes:
        rows: one row per value.
        errors: error messages; an error of one metric leaves the rows of the others. Each may be a `Wording`.
        notes: metrics that were left out, with the reason; each may be a `Wording`.
        sha256: hash of the bytes that were measured; None if the volume could not be read.
    """

    rows: list[Row]
    errors: list[str]
    notes: list[str]
    sha256: str | None = None
