"""A table of measurements on disk: one row a value, as JSON or CSV."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from porenet.errors import InputError

Row = dict[str, Any]

COLUMNS = (
    "volume", "metric", "provider", "key", "value", "undefined", "unit", "params", "phases", "voxel_um", "periodic",
    "shape", "origin", "sha256", "versions",
)  # fmt: skip
"""Keys of a row, in the order of the table's columns."""

_TEXTS = {"volume", "metric", "provider", "key", "undefined", "unit", "sha256"}


def write_table(path: Path, suffix: str, rows: Iterable[Row]) -> int:
    """Write rows one by one, as ``.json`` or ``.csv``; returns their number once they are on disk."""
    with path.open("w", encoding="utf-8", newline="") as file:
        count = _write_csv(file, rows) if suffix == ".csv" else _write_json(file, rows)
        file.flush()
        os.fsync(file.fileno())
    return count


def read_table(path: Path) -> Iterator[Row]:
    """The rows of a table, one at a time.

    Raises:
        InputError: the file cannot be read or is no whole table of porenet.
    """
    number = 0
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in map(_from_csv, csv.DictReader(file)) if path.suffix == ".csv" else _json_rows(file):
                number += 1
                yield _checked(row)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (ValueError, TypeError, KeyError, AttributeError, csv.Error) as error:
        raise InputError(
            f"is no table of porenet (row {number}: {error})", where=str(path), fix="Make one with porenet measure -o."
        ) from error


def _checked(row: Any) -> Row:
    """A row whose fields are what the rest of porenet takes them for."""
    if not isinstance(row, dict) or not {"volume", "metric", "key", "value", "unit"} <= set(row):
        raise ValueError("a row lacks volume, metric, key, value or unit")
    for name in _TEXTS & set(row):
        if not isinstance(row[name], str | None):
            raise ValueError(f"{name} is {row[name]!r:.40}, not a text")
    value = row["value"]
    if value is not None and (
        isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value)
    ):
        raise ValueError(f"value is {value!r:.40}, not a finite number")
    if not isinstance(row.get("params"), dict | None):
        raise ValueError(f"params is {row['params']!r:.40}, not a mapping")
    for name in ("shape", "voxel_um"):
        triple = row.get(name)
        if triple is not None and not (isinstance(triple, list) and len(triple) == 3 and all(map(_is_number, triple))):
            raise ValueError(f"{name} is {triple!r:.40}, not three numbers")
    origin = row.get("origin")
    if origin is not None and not (
        isinstance(origin, dict)
        and isinstance(origin.get("source"), str)
        and isinstance(origin.get("corner"), list)
        and len(origin["corner"]) == 3
        and all(map(_is_number, origin["corner"]))
    ):
        raise ValueError(f"origin is {origin!r:.60}, not a source and a corner")
    return row


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _json_rows(file: TextIO) -> Iterator[Any]:
    # One row a line, as `_write_json` lays them out, so that a large table is never held whole.
    if file.readline().strip() != "[":
        file.seek(0)
        rows = json.load(file)
        if not isinstance(rows, list):
            raise ValueError("not a list of rows")
        yield from rows
        return
    line = file.readline().strip()
    if not line.startswith("{") or not line.rstrip(",").endswith("}"):
        file.seek(0)  # indented by another program
        yield from json.load(file)
        return
    while line != "]":
        if not line:
            raise ValueError("it ends before its closing bracket")
        yield json.loads(line.removesuffix(","))
        line = file.readline().strip()


def _write_json(file: TextIO, rows: Iterable[Row]) -> int:
    count = 0
    file.write("[")
    for row in rows:
        file.write(("," if count else "") + "\n" + json.dumps({key: row.get(key) for key in COLUMNS}))
        count += 1
    file.write("\n]\n")
    return count


def _write_csv(file: TextIO, rows: Iterable[Row]) -> int:
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    count = 0
    for row in rows:
        writer.writerow([_to_cell(row.get(key)) for key in COLUMNS])
        count += 1
    return count


def _to_cell(value: object) -> object:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)  # floats keep every digit, lists and mappings come back as they were


def _from_csv(cells: Mapping[str | None, str | None]) -> Row:
    if None in cells or None in cells.values():
        raise ValueError("a row has too many or too few cells")
    return {
        str(key): (cell or None) if key in _TEXTS else (json.loads(cell) if cell else None)
        for key, cell in cells.items()
    }
