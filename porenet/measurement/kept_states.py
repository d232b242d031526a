"""Running states of one large volume beside the journal, so that a process that is killed loses little of it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from porenet.errors import PorenetError
from porenet.formats import draft_of
from porenet.slabs.failure import FAILURE

PERIOD_S = 30.0
"""Seconds between two states of one volume."""
MOST_SHARE = 0.1
"""Share of the time that writing them may take: thick states are written less often."""
_LONGEST_NAME = 150

Arrays = Mapping[str, NDArray[Any]]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class StatePlace:
    """The place of the states of one volume.

    Attributes:
        folder: of this volume alone.
        identity: text that changes with the measurement, the files of the volume, and the versions of what measures.
    """

    folder: Path
    identity: str

    @classmethod
    def beside(cls, table: Path, volume: str, identity: Sequence[Any]) -> StatePlace:
        """The place for a volume of a table.

        Args:
            table: to be written.
            volume: its name in the table.
            identity: JSON-ready.
        """
        name = quote(volume, safe="", errors="surrogatepass").replace(".", "%2E", volume.startswith(".")) or "%"
        if len(name) > _LONGEST_NAME:
            name = hashlib.sha256(volume.encode("utf-8", "surrogatepass")).hexdigest()
        return cls(_folder_of(table) / name, json.dumps(identity, sort_keys=True))

    def remove(self) -> None:
        """Remove the states."""
        shutil.rmtree(self.folder, ignore_errors=True)


def remove_states(table: Path) -> None:
    """Remove the states of all volumes of a table."""
    shutil.rmtree(_folder_of(table), ignore_errors=True)


def _folder_of(table: Path) -> Path:
    return table.with_name(table.name + ".partial.d")


class KeptStates:
    """States of one volume: arrays by name, by the layers that they hold.

    Args:
        place: where they are kept; None: nowhere.
        kind: first word of the names of their files.

    Attributes:
        notes: what the user should know of the states that were there.
    """

    def __init__(self, place: StatePlace | None, kind: str) -> None:
        self._place, self._kind = place, kind
        self.notes: list[str] = []
        self._next = time.monotonic() + PERIOD_S

    @property
    def scratch_folder(self) -> Path | None:
        """The folder of the table, for files that live as long as the process; None if no state is kept."""
        return None if self._place is None else self._place.folder.parent.parent

    @property
    def is_due(self) -> bool:
        """Whether it is time to keep a state."""
        return self._place is not None and time.monotonic() >= self._next

    def read(self, restore: Callable[[Arrays], Result]) -> Iterator[tuple[tuple[int, ...], Result]]:
        """Yield the states that are there, the one with the most layers first.

        A damaged one, or one of another measurement, file or version is removed with a note.

        Args:
            restore: makes of the arrays what they were.
        """
        self._remove_drafts()
        for layers, path in sorted(self._files(), reverse=True):
            try:
                arrays, identity = _loaded(path)
                state, reason = restore(arrays), ""
                if identity != self._place_of().identity:
                    reason = "of another state of the volume, or of other versions"
            except Exception:  # libraries raise exceptions of many types on a damaged file
                reason = "damaged"
            if reason:
                self._discard(path, f"{path.parent}: what an earlier process kept is {reason}, and not used")
            else:
                yield layers, state

    def keep(self, layers: tuple[int, ...], arrays: Arrays) -> bool:
        """Write a state, whole or not at all; returns False where it is not.

        That is, with a note, where the system refuses. A state in which a metric failed is not written: the same
        command would find the failure in it, whatever was mended meanwhile.

        Args:
            layers: the layers that it holds, for its name.
            arrays: by name.
        """
        if any(name.endswith(FAILURE) for name in arrays):
            return False
        place, path, begun = self._place_of(), self._path(layers), time.monotonic()
        try:
            with contextlib.suppress(OSError):  # writing says why
                place.folder.mkdir(parents=True, exist_ok=True)
            with draft_of(path, durable=True) as draft, draft.open("wb") as file:
                np.savez(file, **{"identity": np.array(place.identity), **arrays})  # type: ignore[arg-type]
        except PorenetError as error:
            self.notes.append(f"no state could be kept for a later process: {error}")
            self._place = None
            return False
        now = time.monotonic()
        self._next = now + max(PERIOD_S, (now - begun) / MOST_SHARE)
        return True

    def drop(self, is_outdated: Callable[[tuple[int, ...]], bool]) -> None:
        """Remove states.

        Args:
            is_outdated: whether the state of such layers can be removed.
        """
        for layers, path in self._files():
            if is_outdated(layers):
                self._discard(path)

    def arrays(self, layers: tuple[int, ...]) -> dict[str, NDArray[Any]]:
        """The arrays of a state that this process has kept."""
        return _loaded(self._path(layers))[0]

    def _path(self, layers: tuple[int, ...]) -> Path:
        return self._place_of().folder / f"{self._kind}-{'-'.join(map(str, layers))}.npz"

    def _files(self) -> list[tuple[tuple[int, ...], Path]]:
        if self._place is None:
            return []
        pattern = re.compile(rf"{self._kind}-(\d+(?:-\d+)*)\.npz")
        with contextlib.suppress(OSError):
            names = [(pattern.fullmatch(path.name), path) for path in self._place.folder.iterdir()]
            return [(tuple(map(int, match[1].split("-"))), path) for match, path in names if match]
        return []

    def _remove_drafts(self) -> None:
        """Remove what a process was killed in writing; the journal keeps any other away from here."""
        if self._place is not None:
            for draft in self._place.folder.glob(f".{self._kind}-*.draft"):
                self._discard(draft)

    def _discard(self, path: Path, note: str = "") -> None:
        if note and note not in self.notes:
            self.notes.append(note)
        with contextlib.suppress(OSError):
            path.unlink()

    def _place_of(self) -> StatePlace:
        if self._place is None:
            raise ValueError("no state is kept")
        return self._place


def _loaded(path: Path) -> tuple[dict[str, NDArray[Any]], str]:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:  # numpy leaves a damaged one open
        arrays = {name: archive[name] for name in archive.files}
    return arrays, str(arrays.pop("identity"))
