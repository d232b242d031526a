"""Rows on disk: appended as JSON lines while a measurement runs, renamed into a table when it is complete.

A run that is killed leaves the journal ``TABLE.partial``; the next one drops a line that was cut short, keeps the
rest, and goes on with the volumes that are missing. No row is lost or doubled. Volumes with errors are tried again.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from porenet.errors import InputError

Row = dict[str, Any]

COLUMNS = (
    "volume", "metric", "provider", "key", "value", "undefined", "unit", "params", "phases", "voxel_um", "periodic",
    "shape", "origin", "sha256", "versions",
)  # fmt: skip
"""Keys of a row, in the order of the table's columns."""


class Journal:
    """The rows measured so far.

    Args:
        table: the final file, ``.json`` or ``.csv``.
        request: what is being measured, JSON-ready; a journal of another request is refused.

    Raises:
        InputError: the table has another ending, or the journal belongs to another request.
    """

    def __init__(self, table: Path, request: Mapping[str, Any]) -> None:
        if table.suffix not in (".json", ".csv"):
            raise InputError(f"a table ends in .json or .csv, not {table.suffix!r}", where=str(table))
        self.table, self.path = table, table.with_name(table.name + ".partial")
        self.request = json.loads(json.dumps(request))
        self._last: dict[str, int] = {}  # volume -> number of its latest record, which replaces earlier ones
        self._failed: set[str] = set()
        self._records = 0
        self._file: TextIO | None = None

    @property
    def done(self) -> set[str]:
        """Volumes that were measured without an error."""
        return set(self._last) - self._failed

    def __enter__(self) -> Journal:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            sound = self._recover() if self.path.exists() else 0
            self._file = self.path.open("r+" if sound else "w", encoding="utf-8", newline="\n")
            self._file.seek(sound)
            self._file.truncate()
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", where=str(self.path)) from error
        if not sound:
            self._append({"request": self.request})
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def add(self, volume: str, rows: Iterable[Row], errors: Iterable[str] = ()) -> None:
        """Append a volume's rows and errors, whole or not at all."""
        record = {"volume": volume, "rows": list(rows), "errors": list(errors)}
        self._append(record)
        self._note(record)

    def rows(self) -> Iterator[Row]:
        """Every row, one volume in memory at a time."""
        with self.path.open(encoding="utf-8") as lines:
            next(lines)
            latest = set(self._last.values())
            for number, line in enumerate(lines):
                if number in latest:
                    record = json.loads(line)
                    yield from ({"volume": record["volume"]} | row for row in record["rows"])

    def finish(self) -> int:
        """Write the table and rename it into place; returns the number of rows.

        The journal goes, unless a volume failed: then the same measurement, begun again, tries only those.
        """
        draft = self.table.with_name(self.table.name + ".draft")
        with draft.open("w", encoding="utf-8", newline="") as file:
            count = _write_csv(file, self.rows()) if self.table.suffix == ".csv" else _write_json(file, self.rows())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.table)
        if not self._failed:
            self.__exit__()
            self.path.unlink()
        return count

    def _note(self, record: Mapping[str, Any]) -> None:
        volume = record["volume"]
        self._last[volume] = self._records
        self._records += 1
        self._failed.discard(volume)
        if record["errors"]:
            self._failed.add(volume)

    def _append(self, record: Mapping[str, Any]) -> None:
        assert self._file is not None
        self._file.write(json.dumps(record) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _recover(self) -> int:
        """Bytes of the journal up to the last whole line."""
        sound = 0
        with self.path.open("rb") as lines:
            for number, line in enumerate(lines):
                record = None
                with suppress(ValueError):
                    record = json.loads(line) if line.endswith(b"\n") else None
                if record is None:
                    break
                if number == 0 and record.get("request") != self.request:
                    raise InputError(
                        "a measurement of other metrics, parameters or volumes was begun here",
                        where=str(self.path),
                        fix="Finish it as it was begun, remove that file, or choose another --output.",
                    )
                if "volume" in record:
                    self._note(record)
                sound += len(line)
        return sound


def read_table(path: Path) -> Iterator[Row]:
    """The rows of a table, one at a time.

    Raises:
        InputError: the file cannot be read or is no table of porenet.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file) if path.suffix == ".csv" else None
            rows = map(_from_csv, reader) if reader is not None else _json_rows(file)
            for row in rows:
                if not isinstance(row, dict) or not {"volume", "metric", "key", "value", "unit"} <= set(row):
                    raise ValueError("a row lacks volume, metric, key, value or unit")
                yield row
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (ValueError, TypeError) as error:
        raise InputError(
            f"is no table of porenet ({error})", where=str(path), fix="Make one with porenet measure -o."
        ) from error


def _json_rows(file: TextIO) -> Iterator[Row]:
    # One row a line, as `_write_json` lays them out, so that a large table is never held whole.
    first = file.readline().strip()
    if first == "[":
        for line in file:
            if line.strip() not in ("]", ""):
                yield json.loads(line.rstrip().rstrip(","))
    else:
        yield from json.loads(first + file.read())


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


def _from_csv(cells: Mapping[str, str]) -> Row:
    texts = {"volume", "metric", "provider", "key", "undefined", "unit", "sha256"}
    return {
        key: (cell or None) if key in texts else (json.loads(cell) if cell else None) for key, cell in cells.items()
    }
