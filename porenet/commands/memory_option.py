"""The option ``--memory`` of commands that take volumes larger than memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from porenet.commands.console import size_in_bytes

Command = TypeVar("Command", bound=Callable[..., Any])


def memory_option(what: str) -> Callable[[Command], Command]:
    """The option, which a command receives as ``memory``: bytes, or None.

    Args:
        what: what becomes of a volume that needs more, in words.
    """
    return click.option(
        "--memory",
        metavar="SIZE",
        callback=size_in_bytes,
        help=f"Memory that the command may take, such as 4GB; {what}; default: half of what is free.",
    )
