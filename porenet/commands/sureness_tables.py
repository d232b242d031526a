"""Tables of `measure --rev` and `measure --sensitivity`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from porenet.commands.console import empty_table, table_of

if TYPE_CHECKING:
    from rich.table import Table

    from porenet.measurement import Representative, SensitivityRow, SizeEffect

SHIFT_HEADINGS = ("-1", "-0.5", "0", "+0.5", "+1")


def effect_table(effect: SizeEffect) -> Table:
    """One row per quantity and size of the boxes."""
    table = empty_table("metric", "key", "box, voxels", "edge, um", "boxes", "undefined", "mean", "sd", "error")
    for (_, metric, key), sizes in effect.sizes.items():
        for size in sizes:
            count = f"{size.boxes} of {size.possible}" if size.boxes < size.possible else str(size.boxes)
            cells = ("x".join(map(str, size.shape)), f"{size.edge_um:.4g}", count)
            undefined = str(size.boxes - size.defined) if size.undefined else ""
            table.add_row(
                metric, key, *cells, undefined, _number(size.mean), _number(size.sd), _percent(size.relative_error)
            )
    return table


def fit_table(effect: SizeEffect) -> Table:
    """One row per quantity: its value, its error, and the representative size."""
    rows = []
    for quantity, row in effect.quantities.items():
        fit = effect.representative[quantity]
        value = "undefined" if row["value"] is None else _number(row["value"])
        size = _representative(fit, effect.sizes[quantity][0].edge_um)
        rows.append((*quantity[1:], value, row["unit"], _percent(fit.whole_error), size))
    return table_of(("metric", "key", "value", "unit", "error", "representative"), rows, foldable=5)


def _representative(fit: Representative, whole_um: float) -> str:
    """The representative size in words, for a volume of that edge."""
    if fit.edge_um is not None:
        return f"{fit.edge_um:.3g} um"
    if fit.needed_um is None:
        return f"none: {fit.reason}"
    about = f"about {fit.needed_um:.3g} um"
    return f"{about}: {fit.reason}" if fit.needed_um <= whole_um else f"none: {fit.reason}; {about} would do"


def sensitivity_table(rows: Iterable[SensitivityRow]) -> Table:
    """One row per quantity and moved phase."""
    table = empty_table("metric", "key", "value", "unit", "moves", *SHIFT_HEADINGS, "per voxel", "%")
    table.padding = (0, 1, 0, 0)  # eleven columns in a line of 100 characters
    for row in rows:
        measured = row.measured
        lower, upper = [row.shifts[shift] for shift in (-1.0, -0.5)], [row.shifts[shift] for shift in (0.5, 1.0)]
        cells = [_number(value, 3) for value, _ in (*lower, row.doubled, *upper, row.per_voxel)]
        table.add_row(
            measured["metric"], measured["key"], _number(measured["value"]), measured["unit"], row.phase, *cells,
            _percent(row.relative, sign=True),
        )  # fmt: skip
    return table


def _number(value: float | None, digits: int = 4) -> str:
    return "-" if value is None else f"{value:.{digits}g}"


def _percent(share: float | None, *, sign: bool = False) -> str:
    if share is None:
        return "-"
    return f"{100 * share:{'+' if sign else ''}.3g}" + ("" if sign else " %")
