"""Journal of a measurement: rows appended as JSON lines while it runs, written as a table when it is complete.

A process that is killed leaves the journal ``TABLE.partial``; the next process drops an incomplete last line, passes
over damaged ones, keeps the rest, and continues with the volumes that are missing, changed or failed. No row is lost
or duplicated.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from porenet import formats
from porenet.errors import InputError, PorenetError, counted
from porenet.measurement.journal_lines import begins_journal, header_of, is_of_volume, line_of, lines_in, record_of
from porenet.measurement.row import Row
from porenet.measurement.table import write_table

try:
    import fcntl
except ImportError:  # Windows has no flock; two processes that write one table are not detected there
    fcntl = None  # type: ignore[assignment]


class Evidence(NamedTuple):
    """What tells whether the file that a record was measured on is still the same.

    Attributes:
        inode: text that changes if the file is exchanged or written to, and if it is only copied.
        sha256: hash of the bytes that were measured; None if unknown.
    """

    inode: str = ""
    sha256: str | None = None


UNKNOWN = Evidence()


class Journal:
    """The rows measured so far.

    Args:
        table: the final file, ``.json`` or ``.csv``.
        request: description of the measurement, JSON-ready; a journal of another request is refused.
        stamps: name of each volume of this measurement -> text that changes with its file; rows of other volumes, or
            of files that have changed since, are not reused.

    Attributes:
        notes: what the user should know of the journal that was found.

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
        self.notes: list[str] = []
        self._places: dict[str, int] = {}  # volume -> byte at which its latest record begins
        self._evidence: dict[str, Evidence] = {}
        self._failed: set[str] = set()
        self._file: BinaryIO | None = None
        self._end = 0
        self._unused = 0  # bytes of a journal that this process began and that holds no record; 0: another one's

    @property
    def done(self) -> set[str]:
        """Names of the volumes that were measured without an error."""
        return set(self._places) - self._failed

    @property
    def evidence(self) -> dict[str, Evidence]:
        """What the volumes that are done were measured on."""
        return {name: self._evidence[name] for name in self._places if name not in self._failed}

    def __enter__(self) -> Journal:
        formats.check_regular(self.path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666), "r+b", buffering=0)
        except OSError as error:
            raise formats.write_error(self.path, error) from error
        try:
            self._lock(self._file)
            self._end = self._recover()
            self._file.truncate(self._end)
            if not self._end:
                self._append(header_of(self.request))
                self._unused = self._end
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._file:
            if kind and issubclass(kind, PorenetError) and self._end == self._unused:  # refused before its first volume
                with contextlib.suppress(OSError):
                    self.path.unlink()
            with contextlib.suppress(OSError):  # every record was synced, or its failure raised, when it was added
                self._file.close()

    def add(self, volume: str, rows: Iterable[Row], errors: Iterable[str] = (), evidence: Evidence = UNKNOWN) -> None:
        """Append the rows and errors of a volume, whole or not at all.

        Args:
            volume: its name, a key of ``stamps``.
            rows: one row per value.
            errors: messages; a volume with errors is measured again by the next process.
            evidence: what it was measured on.

        Raises:
            InputError: the system refuses to write; the records before this one are safe.
        """
        record = {"volume": volume, "stamp": self.stamps[volume], **evidence._asdict()}
        record |= {"rows": list(rows), "errors": list(errors)}
        self._note(record, self._append(record))

    def forget(self, volume: str) -> None:
        """Leave out the rows of a volume, which is to be measured anew."""
        del self._places[volume]

    def rows(self) -> Iterator[Row]:
        """Yield every row, in the order of the volumes in ``stamps``; one volume in memory at a time.

        Raises:
            InputError: somebody else has written to the journal.
        """
        with self.path.open("rb") as lines:
            for volume in self.stamps:
                if volume in self._places:
                    lines.seek(self._places[volume])
                    record = record_of(lines.readline())
                    if record is None:
                        raise InputError(
                            "was changed while it was in use", where=str(self.path), fix="Start the same command again."
                        )
                    yield from record["rows"]

    def finish(self) -> int:
        """Write the table, whole or not at all; returns its number of rows.

        The journal is then removed, unless a volume failed: the same measurement, started again, tries only those.

        Raises:
            InputError: the system refuses to write; the journal is safe.
        """
        try:
            count = write_table(self.table, self.rows())
        except InputError as error:
            raise InputError(error.what, where=error.where, fix=f"{error.fix} {self._safe()}".strip()) from error
        if not self._failed:
            try:
                self.path.unlink()
            except OSError as error:
                self.notes.append(f"{self.path} cannot be removed ({error.strerror}); the table is complete")
        return count

    def _safe(self) -> str:
        done, volumes = len(self.done), counted(len(self.stamps), "volume")
        return f"The values of {done} of {volumes} are safe in {self.path}; the same command continues."

    def _append(self, record: Mapping[str, Any]) -> int:
        """Write one line; returns the offset of its first byte."""
        if self._file is None:
            raise ValueError("a journal can be used only inside its with block")
        line, place = line_of(record), self._end
        try:
            self._file.seek(place)
            rest = memoryview(line)
            while rest:
                rest = rest[self._file.write(rest) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            with contextlib.suppress(OSError):
                self._file.truncate(place)
            raise formats.write_error(self.path, error, fix=self._safe()) from error
        self._end += len(line)
        return place

    def _note(self, record: Mapping[str, Any], place: int) -> None:
        volume = record["volume"]
        if self.stamps.get(volume) != record["stamp"]:
            return
        self._places[volume] = place
        self._evidence[volume] = Evidence(record["inode"], record["sha256"])
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
        except OSError:  # a network disk without locks: as on Windows
            same = True
        if not same:  # locked, or finished and removed by another process since it was opened
            raise InputError("another process is writing this table", where=str(self.table), fix="Wait for it.")

    def _recover(self) -> int:
        """Read the records of an earlier process; returns the bytes up to its last whole line."""
        damaged, end = 0, 0
        try:
            with self.path.open("rb") as file:
                for place, line in lines_in(file):
                    if place == 0 and not begins_journal(line, self.request, self.path):
                        return 0
                    if not line.endswith(b"\n"):  # killed while it was written
                        break
                    record = record_of(line) if place else None
                    if record is not None and is_of_volume(record):
                        self._note(record, place)
                    else:
                        damaged += place > 0
                    end = file.tell()
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror}", where=str(self.path)) from error
        if damaged:
            records = f"{damaged} record{'s are' if damaged > 1 else ' is'} damaged and not used"
            self.notes.append(f"{self.path}: {records}; a volume without another record is measured anew")
        return end
