"""Memory that this process may still take."""

from __future__ import annotations

import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


def free_bytes() -> int | None:
    """What the machine has free, or the cgroup of this process (a container, a batch job) if that is less.

    Returns:
        Bytes; None where the system does not say.
    """
    known = [free for free in (_of_machine(), _of_cgroup()) if free is not None]
    return min(known, default=None)


def _of_machine() -> int | None:
    text = _text(Path("/proc/meminfo"))
    kilobytes = [int(line.split()[1]) for line in text.splitlines() if line.startswith("MemAvailable:")]
    if kilobytes:
        return kilobytes[0] * 1024
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _of_cgroup() -> int | None:
    """What the tightest limit of the cgroup and those above it leaves; pages of files can be taken back."""
    free = []
    for line in _text(Path("/proc/self/cgroup")).splitlines():
        _, controllers, name = line.split(":", 2)
        version_2 = not controllers
        if not version_2 and "memory" not in controllers.split(","):
            continue
        top = CGROUPS if version_2 else CGROUPS / "memory"
        limit, usage = (
            ("memory.max", "memory.current") if version_2 else ("memory.limit_in_bytes", "memory.usage_in_bytes")
        )
        inside = top / name.strip("/")
        for folder in (inside, *inside.parents):
            most, used = _text(folder / limit).strip(), _text(folder / usage).strip()
            if most.isdigit() and used.isdigit():
                free.append(max(int(most) - int(used) + _files_in_cache(folder / "memory.stat"), 0))
            if folder == top:
                break
    return min(free, default=None)


def _files_in_cache(path: Path) -> int:
    lines = [line.split() for line in _text(path).splitlines()]
    return sum(int(words[1]) for words in lines if words[:1] == ["inactive_file"] and words[1].isdigit())


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError):
        return ""
