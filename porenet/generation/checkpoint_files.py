"""Checkpoints with a checksum: written whole or not at all, and read without running anything in them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from porenet import formats
from porenet.errors import InputError


def write_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state with the checksum that `read_checkpoint` verifies; whole, or not at all.

    Args:
        path: file to write.
        state: tensors, numbers, texts, and lists and dicts of them.
    """
    content = io.BytesIO()
    torch.save(dict(state), content)
    formats.write_whole(path, _sealed(content.getvalue()))


def read_checkpoint(path: Path) -> dict[str, Any]:
    """A state, on the CPU. Nothing in it is run, and nothing is loaded before its checksum is verified.

    Args:
        path: file that `write_checkpoint` wrote.

    Raises:
        InputError: it cannot be read, or a byte of it has changed since it was written.
    """
    try:
        data = path.read_bytes()
        content = data[: -len(_sealed(b""))]
        if _sealed(content) != data:
            raise ValueError("the checksum at its end does not match")
        state: dict[str, Any] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # zip, pickle, OS: whatever a damaged file makes torch raise
        raise InputError(
            f"is damaged, or no checkpoint ({type(error).__name__})",
            where=str(path),
            fix="Start anew with another --out; --debug shows the cause.",
        ) from error
    return state


def _sealed(content: bytes) -> bytes:
    """The content with its checksum behind it: torch itself loads a file with a bit flipped."""
    return content + b"\nsha256 " + hashlib.sha256(content).hexdigest().encode() + b"\n"
