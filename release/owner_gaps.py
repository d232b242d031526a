"""Marked gaps: names, addresses and hosts that only the owner of the project knows, and that no release may hold."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GAP = re.compile(r"\bOWNER:|\.invalid\b")
"""The marker word, and the top-level domain that RFC 2606 keeps for addresses that are none."""
TALK_OF_GAPS = ("release", "tests/release", "docs/decisions/0082-gaps-that-a-release-refuses.md")
"""Files that name the marker without being a gap."""


@dataclass(frozen=True)
class Gap:
    """One line that waits for the owner.

    Attributes:
        file: path from the root of the repository.
        line: 1-based.
        text: the line itself.
    """

    file: str
    line: int
    text: str


def gaps_of(text: str, file: str) -> Iterator[Gap]:
    """The gaps of one text.

    Args:
        text: content of the file.
        file: its path, for the gap.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        if GAP.search(line):
            yield Gap(file, number, line.strip())


def gaps_of_repository(root: Path = ROOT) -> list[Gap]:
    """The gaps of every tracked text file.

    Args:
        root: of the checkout.

    Raises:
        SystemExit: it is not a git checkout.
    """
    listing = subprocess.run(("git", "ls-files", "-z"), cwd=root, capture_output=True, check=False, text=True)
    if listing.returncode:
        raise SystemExit(f"{root}: a release is made from a git checkout, and git says: {listing.stderr.strip()}")
    gaps: list[Gap] = []
    for name in sorted(filter(None, listing.stdout.split("\0"))):
        if name.startswith(TALK_OF_GAPS) or not (root / name).is_file():
            continue
        try:
            gaps += gaps_of((root / name).read_text(encoding="utf-8"), name)
        except UnicodeDecodeError:  # a picture or a volume
            continue
    return gaps
