"""Journal of a measurement: rows appended as JSON lines while it runs, written as a table when it is complete.

A process that is killed leaves the journal ``TABLE.partial``; the next process drops an incomplete last line, keeps
the rest, and continues with the volumes that are missing, changed or failed. No row is lost or duplicated.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from porenet.errors import InputError
from porenet.measurement.row import Row
from porenet.measurement.table import write_table

try:
    import fcntl
except ImportError:  # Windows has no flock; two processes that write one table are not detected there
    fcntl = None  # type: ignore[assignment]


class Journal:
    """The rows measured so far.

    Args:
        table: the final file, ``.json`` or ``.csv``.
        request: description of the measurement, JSON-ready; a journal of another request is refused.
        stamps: name of each volume of this measurement -> text that changes with its file; rows of other volumes, or
            of files that have changed since, are not reused.

    Raises:
        InputError: the table has another suffix, cannot be written, is being written by another process, or the
            journal belongs to another request.
    """

    def __init__(self, table: Path, request: Mapping[str, Any], stamps: Mapping[str, str]) -> None:
        if table.suffix not in (".json", ".csv"):
            raise InputError(f"a table ends in .json or .csv, not {table.suffix!r}", where=str(table))
        if table.is_dir():
            raise InputError("is a folder", where=str(table), fix="Name a file.")
        self.table, self.path = table, table.with_name(table.name + ".partial")
        self.request, self.stamps = json.loads(json.dumps(request)), stamps
        self._places: dict[str, int] = {}  # volume -> byte at which its latest record begins
        self._failed: set[str] = set()
        self._file: BinaryIO | None = None

    @property
    def done(self) -> set[str]:
        """Names of the volumes that were measured without an error."""
        return set(self._places) - self._failed

    def __enter__(self) -> Journal:
        with self._write_errors("cannot be written"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
        try:
            self._lock(self._file)
            sound = self._recover(self._file)
            self._file.seek(sound)
            self._file.truncate()
            if not sound:
                self._append({"request": self.request})
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def add(self, volume: str, rows: Iterable[Row], errors: Iterable[str] = ()) -> None:
        """Append the rows and errors of a volume, whole or not at all.

        Args:
            volume: its name, a key of ``stamps``.
            rows: one row per value.
            errors: messages; a volume with errors is measured again by the next process.
        """
        record = {"volume": volume, "stamp": self.stamps[volume], "rows": list(rows), "errors": list(errors)}
        self._note(record, self._append(record))

    def rows(self) -> Iterator[Row]:
        """Yield every row, in the order of the volumes in ``stamps``; one volume in memory at a time."""
        with self.path.open("rb") as lines:
            for volume in self.stamps:
                if volume in self._places:
                    lines.seek(self._places[volume])
                    yield from json.loads(lines.readline())["rows"]

    def finish(self) -> int:
        """Write the table, whole or not at all; returns its number of rows.

        The journal is then removed, unless a volume failed: the same measurement, started again, tries only those.
        """
        with self._write_errors("cannot be written"):
            count = write_table(self.table, self.rows())
        if not self._failed:
            self.path.unlink()
        return count

    def _append(self, record: Mapping[str, Any]) -> int:
        """Write one line; returns the offset of its first byte."""
        if self._file is None:
            raise ValueError("a journal can be used only inside its with block")
        with self._write_errors("cannot be written"):
            place = self._file.tell()
            self._file.write(json.dumps(record).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        return place

    def _note(self, record: Mapping[str, Any], place: int) -> None:
        volume = record["volume"]
        if self.stamps.get(volume) != record["stamp"]:
            return
        self._places[volume] = place
        self._failed.discard(volume)
        if record["errors"]:
            self._failed.add(volume)

    def _lock(self, file: BinaryIO) -> None:
        try:
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            same = self.path.exists() and os.fstat(file.fileno()).st_ino == self.path.stat().st_ino
        except BlockingIOError:
            same = False
        if not same:  # locked, or finished and removed by another process since it was opened
            raise InputError("another process is writing this table", where=str(self.table), fix="Wait for it.")

    def _recover(self, file: BinaryIO) -> int:
        """Read the records of an earlier process; returns the bytes up to its last whole line."""
        sound = 0
        for number, line in enumerate(file):
            record: Any = None
            with contextlib.suppress(ValueError):
                record = json.loads(line) if line.endswith(b"\n") else None
            if number == 0 and not (isinstance(record, dict) and "request" in record):
                if b"\n" not in line and line.startswith(b'{"request"'[: len(line)]):
                    return 0  # killed while its first line was written
                raise InputError(
                    "is not a porenet journal, and is left unchanged",
                    where=str(self.path),
                    fix="Move it elsewhere.",
                )
            if not isinstance(record, dict):
                break
            if number == 0 and record["request"] != self.request:
                raise InputError(
                    "a measurement of other metrics, parameters or grid was started here",
                    where=str(self.path),
                    fix="Finish it as it was started, remove that file, or write another table.",
                )
            if number:
                self._note(record, sound)
            sound += len(line)
        return sound

    @contextlib.contextmanager
    def _write_errors(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InputError(f"{what}: {error.strerror}", where=str(self.table)) from error
