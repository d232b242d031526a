"""Which ratios to a peer fell: rows of a benchmark beside the committed rows of the same work."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
ALLOWED = 0.75
"""Share of the committed ratio down to which a measured one counts as the same."""

Row = Mapping[str, Any]
Key = tuple[Any, ...]
Group = tuple[Callable[[], Iterator[Row]], tuple[str, str, tuple[str, ...]], str]
"""Measures rows; name, part and keys of the committed ones; the title of a row."""
HEAD = f"{'work':<44}{'porenet, ms':>12}  {'peer':<18}{'times':>8}{'committed':>11}{'change':>8}"


@dataclass(frozen=True)
class Ratio:
    """How many times the CPU time of porenet a peer takes.

    Attributes:
        work: what is timed.
        peer: name of the peer.
        now: the ratio.
        committed: that of the committed result; None if it has none.
    """

    work: str
    peer: str
    now: float
    committed: float | None

    @property
    def change(self) -> float | None:
        """The ratio over the committed one."""
        return None if self.committed is None else self.now / self.committed

    @property
    def fell(self) -> bool:
        """Whether it fell by more than a quarter."""
        return self.change is not None and self.change < ALLOWED


def committed(name: str, part: str, keys: Iterable[str]) -> dict[Key, Row]:
    """The committed rows of a benchmark, by what tells them apart.

    Args:
        name: of the result.
        part: its list of rows.
        keys: entries that tell a row apart.
    """
    rows = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))[part]
    names = tuple(keys)
    return {tuple(row[key] for key in names): row for row in rows}


def ratios(title: str, row: Row, before: Row | None) -> list[Ratio]:
    """The ratios of a row to its peers, beside those of the committed row of the same work."""
    old = before["times"] if before else {}
    return [Ratio(title, peer, times, old.get(peer)) for peer, times in row["times"].items()]


def report(groups: Iterable[Group]) -> list[Ratio]:
    """Print every ratio beside the committed one; what fell is measured once more.

    Args:
        groups: what to measure.

    Returns:
        The ratios that fell twice.
    """
    print(HEAD)
    fallen = [ratio for group in groups for ratio in _measured(group)]
    if fallen:
        print(f"\nbelow {ALLOWED:g} of the committed ratio, measured twice:")
        for ratio in fallen:
            print(f"  {ratio.work}: {ratio.now:g} x {ratio.peer}, was {ratio.committed:g}")
    else:
        print("\nno ratio fell by more than a quarter")
    return fallen


def _measured(group: Group) -> Iterator[Ratio]:
    """Print the rows of a group; those that fell, twice."""
    measure, (name, part, keys), title = group
    before = committed(name, part, keys)
    suspects = {_key(row, keys) for row in measure() if any(ratio.fell for ratio in _shown(row, keys, title, before))}
    if suspects:
        for row in measure():
            if _key(row, keys) in suspects:
                yield from (ratio for ratio in _shown(row, keys, title, before) if ratio.fell)


def _shown(row: Row, keys: tuple[str, ...], title: str, before: Mapping[Key, Row]) -> list[Ratio]:
    work = title.format(**row)
    found = ratios(work, row, before.get(_key(row, keys)))
    for ratio in found:
        was = "" if ratio.committed is None else f"{ratio.committed:.3g}"
        change = "" if ratio.change is None else f"{ratio.change:.2f}{' !' if ratio.fell else ''}"
        print(f"{work:<44}{row['ms']['porenet']:>12.3g}  {ratio.peer:<18}{ratio.now:>8.3g}{was:>11}{change:>8}")
    return found


def _key(row: Row, keys: tuple[str, ...]) -> Key:
    return tuple(row[key] for key in keys)
