"""A table of measurements on disk: one row per value, as JSON or CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from porenet import formats
from porenet.errors import InputError
from porenet.measurement.row import COLUMNS, TEXTS, Row, check_row
from porenet.measurement.rows import Rows


def write_table(path: Path, rows: Iterable[Row]) -> int:
    r"""Write a table, ``.csv`` or else JSON, one row at a time; whole or not at all.

    Args:
        path: the table; an older one is replaced.
        rows: mappings with the keys of `COLUMNS`; a missing key gives an empty cell. Bytes of file names that are not
            text appear in CSV as ``\udcff``.

    Returns:
        Number of rows.

    Raises:
        InputError: the system refuses to write.
    """
    with (
        formats.draft_of(path, durable=True) as draft,
        draft.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        return _write_csv(file, rows) if path.suffix == ".csv" else _write_json(file, rows)


def read_table(path: str | Path) -> Rows:
    """The rows of a table, all in memory.

    Args:
        path: a table that porenet wrote, ``.csv`` or else JSON.

    Raises:
        InputError: the file cannot be read or is not a whole porenet table.
    """
    return Rows(table_rows(Path(path)))


def table_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a table, one at a time.

    Args:
        path: a table that porenet wrote, ``.csv`` or else JSON.

    Raises:
        InputError: the file cannot be read or is not a whole porenet table.
    """
    formats.check_regular(path)
    number = 0
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in map(_from_csv, csv.DictReader(file)) if path.suffix == ".csv" else _json_rows(file):
                number += 1
                yield check_row(row)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, csv.Error) as error:
        raise InputError(
            f"is not a porenet table (row {number}: {error})", where=str(path), fix="Write one with porenet measure -o."
        ) from error


def _json_rows(file: TextIO) -> Iterator[Any]:
    # One row per line, as `_write_json` lays them out, so that a large table is never held whole.
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
        str(key): (cell or None) if key in TEXTS else (json.loads(cell) if cell else None)
        for key, cell in cells.items()
    }
