"""Texts of users: read whole or refused in words (a pipe or a device may never end); what no file of text can hold."""

from __future__ import annotations

import errno
import json
import stat
from pathlib import Path
from typing import Any

from porenet.errors import InputError


def check_regular(path: Path) -> None:
    """Refuse what is neither a file nor a folder: opening it could wait for ever.

    Raises:
        InputError: a pipe, a socket or a device; or a path that is too long for the system.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:  # Path.exists would raise it
            raise InputError(f"the system refuses this path: {error.strerror}", where=str(path)) from error
        return  # opening it says why
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InputError("is a pipe or a device, which is not read", where=str(path), fix="Name a file.")


def read_text(path: Path) -> str:
    """The text of a file, UTF-8.

    Raises:
        InputError: the file cannot be read.
    """
    check_regular(path)
    try:
        return path.read_text(encoding="utf-8-sig")  # an editor may have left a byte-order mark
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(f"cannot be read: {reason}", where=str(path)) from error


def writable(text: str) -> str:
    r"""The text with what UTF-8 cannot hold written out: bytes of a file name that are not text, as ``\udcff``."""
    return text.encode(errors="backslashreplace").decode()


def read_json(path: Path, *, fix: str = "") -> Any:
    """The data of a JSON file.

    Args:
        path: the file.
        fix: what to do if it is not JSON, for the message.

    Raises:
        InputError: the file cannot be read or is not JSON.
    """
    text = read_text(path)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, thousands of brackets
        raise InputError(f"is not JSON: {error}", where=str(path), fix=fix) from error
