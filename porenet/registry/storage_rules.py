"""Rules for the Spec of a format: what it says of its files. The checks import nothing and do not fail on any input."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from porenet.interface import Spec, Storage

SUFFIX = re.compile(r"(\.[a-z0-9_+-]+)+")
FARTHEST, LONGEST = 1000, 64
"""Of first bytes that tell a format: farthest place, and number of them."""


def problems(spec: Spec) -> list[str]:
    """All problems of the Spec of a format, in words, beyond those of every Spec; empty if there are none."""
    if not isinstance(spec.storage, Storage):
        return [f"storage must be a porenet.interface.Storage, not {spec.storage!r:.80}"]
    wrong = [
        f"storage.{field} must be {allowed}, not {getattr(spec.storage, field)!r:.80}"
        for field, (is_sound, allowed) in _STORAGE_RULES.items()
        if not is_sound(getattr(spec.storage, field))
    ]
    if wrong:
        return wrong
    if spec.unit != "":
        wrong.append("unit belongs to numbers; leave it out of a format")
    if not (spec.storage.suffixes or spec.storage.marks or spec.storage.slices):
        wrong.append("storage must have suffixes, marks or slices: nothing else tells its files")
    if strange := set(spec.storage.headers) - set(spec.storage.suffixes):
        wrong.append(f"storage.headers must be some of its suffixes, not {', '.join(sorted(strange))}")
    folders = {""} if spec.storage.marks or spec.storage.slices else set()
    if strange := set(spec.storage.writes) - set(spec.storage.suffixes) - folders:
        wrong.append(f"storage.writes must be some of its suffixes, not {', '.join(map(repr, sorted(strange)))}")
    return wrong


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\n" not in value


def _is_name(text: str) -> bool:
    return text not in ("", ".", "..") and not set(text) & set("/\0")


def _are_suffixes(value: Any) -> bool:
    return isinstance(value, tuple) and all(
        isinstance(suffix, str) and SUFFIX.fullmatch(suffix) is not None for suffix in value
    )


def _are_first_bytes(value: Any) -> bool:
    return isinstance(value, tuple) and all(
        isinstance(entry, tuple)
        and len(entry) == 2
        and type(entry[0]) is int
        and 0 <= entry[0] <= FARTHEST
        and isinstance(entry[1], str)
        and 2 <= len(entry[1]) <= LONGEST
        and max(map(ord, entry[1])) < 256
        for entry in value
    )


_SUFFIXES = "a tuple of lower-case suffixes such as '.tif'"
_STORAGE_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "title": (lambda text: _is_text(text) and text.isprintable() and bool(text.strip()), "one non-empty line"),
    "suffixes": (_are_suffixes, _SUFFIXES),
    "first_bytes": (
        _are_first_bytes,
        f"a tuple of (place up to {FARTHEST}, {2} to {LONGEST} bytes as characters below 256)",
    ),
    "marks": (
        lambda names: isinstance(names, tuple) and all(isinstance(name, str) and _is_name(name) for name in names),
        "a tuple of names of files",
    ),
    "slices": (_are_suffixes, _SUFFIXES),
    "headers": (_are_suffixes, _SUFFIXES),
    "described": (lambda value: isinstance(value, bool), "true or false"),
    "writes": (
        lambda value: isinstance(value, tuple) and _are_suffixes(tuple(filter(None, value))),
        "a tuple of suffixes",
    ),
    **dict.fromkeys(("extra", "slabs", "voxel_um", "names", "checksums", "remarks"), (_is_text, "one line")),
}
