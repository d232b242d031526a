"""Print the values of a preset: a table for people, or one line of CSV per volume."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from porenet.commands.console import PAGE_WIDTH, echo, echo_folded, echo_table, table_of

if TYPE_CHECKING:
    from porenet.config import GridFile, Preset
    from porenet.interface import AxisChoice
    from porenet.measurement import QuantityValue, Request, Row

Command = TypeVar("Command", bound=Callable[..., Any])

MEANING = 20
"""Fewest characters of the column of meanings for which phases have columns of their own."""


def preset_options(command: Command) -> Command:
    """Add ``--preset`` and ``--wide`` to a command, which receives them as ``preset_name`` and ``wide``."""
    options = (
        click.option(
            "--preset",
            "preset_name",
            metavar="NAME|FILE",
            help="Measure the quantities of a preset and print one row per quantity: soc (electrode of a solid-oxide "
            "cell), battery (porous electrode), or a TOML file of your own. -p sets other parameters, -m adds metrics.",
        ),
        click.option(
            "--wide", is_flag=True, help="Print CSV: one line per volume, one column per value; empty where undefined."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def preset_of(name: str | None) -> Preset | None:
    """The preset of that name, before any volume is looked at.

    Raises:
        InputError, ConfigError: there is none, or its file is wrong.
    """
    from porenet.config import load_preset

    return None if name is None else load_preset(name)


def requests_of(
    preset: Preset | None,
    metrics: Sequence[str],
    params: Mapping[str, Mapping[str, Any]],
    grid: GridFile,
    axis: AxisChoice | None,
) -> tuple[Request, ...]:
    """What to measure: a preset and further metrics, or metrics alone, along an axis if one is named.

    Raises:
        UnknownComponent, ConfigError, PluginError, InputError: a name or a parameter is wrong.
    """
    from porenet.measurement import requests_for, requests_of_preset

    if preset is None:
        return requests_for(metrics, params, grid, axis=axis)
    return requests_of_preset(preset, metrics, params, grid)


def preset_data(preset: Preset, rows: Sequence[Row]) -> dict[str, Any]:
    """The values of a preset as JSON-ready data, one mapping per value."""
    from porenet.measurement import values_of_preset

    quantities = [
        {"volume": volume, **dataclasses.asdict(value)}
        for volume, values in values_of_preset(rows, preset).items()
        for value in values
    ]
    return {"preset": preset.name, "quantities": quantities}


def print_values(preset: Preset | None, rows: Sequence[Row], *, wide: bool) -> None:
    """Print the rows of a table: one line per value, or those of a preset, or CSV."""
    from porenet.commands.listing import value_table
    from porenet.measurement import values_of_preset

    if not rows:
        return
    if preset is None:
        if wide:
            print_wide({}, rows)
        else:
            echo_table(value_table(rows))
        return
    volumes = values_of_preset(rows, preset)
    metrics = {quantity.metric for quantity in preset.quantities}
    further = [row for row in rows if row["metric"] not in metrics]
    if wide:
        print_wide(volumes, further)
        return
    print_preset(preset, volumes, rows)
    if further:
        echo_table(value_table(further))


def print_preset(preset: Preset, volumes: Mapping[str, Sequence[QuantityValue]], rows: Sequence[Row]) -> None:
    """Print a table per volume, at most `PAGE_WIDTH` characters wide, and why values are undefined."""
    first_rows = {row["volume"]: row for row in reversed(rows)}
    for volume, values in volumes.items():
        row = first_rows[volume]
        shape = " x ".join(map(str, row["shape"]))
        edges = " x ".join(f"{edge:g}" for edge in row["voxel_um"])
        echo_folded(f"{volume}: {preset.title}; {shape} voxels of {edges} um")
        echo()
        reasons: dict[str, int] = {}
        _print_table(values, row["phases"], reasons)
        for reason, number in reasons.items():
            echo_folded(f"{number}) {reason}")
        echo()


def _print_table(values: Sequence[QuantityValue], phases: Sequence[str], reasons: dict[str, int]) -> None:
    """Print a column per phase where they fit, else a row per value; number the reasons of undefined values."""
    lines: dict[str, dict[str, QuantityValue]] = {}
    for value in values:
        line = value.quantity if value.of in ("", *phases) else f"{value.quantity} {value.of}"
        lines.setdefault(line, {})[value.of if value.of in phases else ""] = value
    cells = {(line, of): _cell(value, reasons) for line, by_phase in lines.items() for of, value in by_phase.items()}
    columns = ["quantity", "volume", *phases, "unit", "meaning"]
    rows = []
    for line, by_phase in lines.items():
        value = next(iter(by_phase.values()))
        rows.append([line, *(cells.get((line, of), "") for of in ("", *phases)), value.unit, value.meaning])
    if not _fits(columns, rows):
        columns = ["quantity", "of", "value", "unit", "meaning"]
        rows = [[value.quantity, value.of, _cell(value, reasons), value.unit, value.meaning] for value in values]
    # Only meanings are folded, unless names alone are wider than the page.
    echo_table(table_of(columns, rows, foldable=len(columns) - 1 if _fits(columns, rows) else None), width=PAGE_WIDTH)


def _fits(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the last column has room for a meaning."""
    widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
    return sum(width + 2 for width in widths[:-1]) + MEANING <= PAGE_WIDTH


def _cell(value: QuantityValue, reasons: dict[str, int]) -> str:
    if value.value is not None:
        return f"{value.value:.4g}"
    return f"- {reasons.setdefault(value.undefined or '', len(reasons) + 1)})"


def print_wide(volumes: Mapping[str, Sequence[QuantityValue]], rows: Sequence[Row]) -> None:
    """Print CSV: a line per volume, a column per value, named with its unit.

    Args:
        volumes: values of a preset.
        rows: of the table, for columns besides.
    """
    table: dict[str, dict[str, float | None]] = {}
    for volume, values in volumes.items():
        table[volume] = {_heading(f"{value.quantity} {value.of}", value.unit): value.value for value in values}
    for row in rows:
        table.setdefault(row["volume"], {})[_heading(f"{row['metric']} {row['key']}", row["unit"])] = row["value"]
    headings = list(dict.fromkeys(heading for line in table.values() for heading in line))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["volume", *headings])
    for volume, by_heading in table.items():
        cells = [by_heading.get(heading) for heading in headings]
        writer.writerow([volume, *("" if cell is None else repr(cell) for cell in cells)])
    echo(text.getvalue(), nl=False)


def _heading(name: str, unit: str) -> str:
    return name.strip() if unit == "1" else f"{name.strip()} [{unit}]"
