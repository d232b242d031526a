"""Rows of a table in memory: a list that becomes a data frame, a wide table, one value, text, or HTML."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from porenet.errors import InputError, MissingExtra, counted
from porenet.interface import Undefined, Value
from porenet.interface.html_table import table
from porenet.interface.text_table import aligned, cell_text
from porenet.measurement.row import Row, is_of
from porenet.measurement.wide_table import refuse_wide, wide_rows

if TYPE_CHECKING:
    import pandas


LONG = ("volume", "metric", "key", "value", "undefined", "unit")
"""Columns that are shown of rows with one value each."""


class Rows(list[Row]):
    """Rows of a table: a list of mappings, equal to one and written to JSON as one.

    Example:
        >>> import numpy, porenet
        >>> mask = numpy.array([[[True, False, False, False]]])
        >>> rows = porenet.measure(mask, "vf", phases=("solid", "pore"), voxel_um=0.1)
        >>> rows.value("vf", "pore")
        0.25
        >>> print(rows)
        metric  key    value  unit
        vf      solid  0.75   1
        vf      pore   0.25   1
        >>> rows.wide()
        [{'vf.solid': 0.75, 'vf.pore': 0.25}]
    """

    def value(self, metric: str, key: str, **columns: Any) -> Value:
        """The one value of a quantity.

        Args:
            metric: name of the metric, ``vf`` or ``porenet:vf``.
            key: result key, such as a phase.
            **columns: further columns that the row must have, such as ``volume="cube.npz"`` or ``params={...}``.

        Returns:
            The value in the unit of the row, or `Undefined` with the reason.

        Raises:
            InputError: no row is such, or several are; or the rows are wide.
        """
        refuse_wide(self)
        wanted = {"key": key} | columns
        rows = [
            row
            for row in self
            if is_of(row, (metric,)) and all(row.get(name) == value for name, value in wanted.items())
        ]
        if len(rows) != 1:
            raise self._refusal(metric, key, rows)
        (row,) = rows
        return Undefined(row.get("undefined") or "not measured") if row["value"] is None else row["value"]

    def _refusal(self, metric: str, key: str, rows: list[Row]) -> InputError:
        known = dict.fromkeys((row.get("metric"), row.get("key")) for row in self)
        if rows:
            fix = "Say which by further columns, such as volume=... or params=...."
        else:
            fix = f"The keys are {', '.join(f'{name} {part}' for name, part in known) or 'none'}."
        return InputError(f"{len(rows) or 'no'} rows have metric {metric!r} and key {key!r}", where="Rows", fix=fix)

    def wide(self) -> Rows:
        """One row per volume, one column ``METRIC.KEY`` per quantity; None where a value is undefined.

        Raises:
            InputError: a quantity has two values for a volume.
        """
        return Rows(wide_rows(self))

    def to_dataframe(self) -> pandas.DataFrame:
        """The rows as a ``pandas.DataFrame``, one line per row; a value that is None is NaN there.

        Raises:
            MissingExtra: pandas is not installed.
        """
        try:
            import pandas
        except ModuleNotFoundError as error:
            raise MissingExtra(
                "a data frame needs pandas, which is not installed",
                fix="pip install pandas; the rows are plain mappings, and rows.wide() has one per volume.",
            ) from error
        return pandas.DataFrame([_with_nan(row) for row in self])

    def __str__(self) -> str:
        columns = self._columns()
        cells = ([cell_text(row.get(name)) for name in columns] for row in self)
        return "\n".join(aligned([columns, *cells])) if self else "no rows"

    def _repr_html_(self) -> str:
        columns = self._columns()
        return table([[row.get(name) for name in columns] for row in self], columns, caption=counted(len(self), "row"))

    def _columns(self) -> list[str]:
        """What is shown: of rows with one value each the columns that hold something, of others all."""
        if all("metric" in row for row in self):
            return [name for name in LONG if any(row.get(name) is not None for row in self)]
        return list(dict.fromkeys(name for row in self for name in row))


def _with_nan(row: Row) -> Row:
    """A row of either form with NaN for a value that is None, so that a column without any value is one of numbers."""
    values = ("value",) if "metric" in row else row.keys() - {"volume"}
    return row | {name: math.nan for name in values if row[name] is None}
