"""The command line of a trainer that reads a run: its arguments, what they change of the run, and the exit codes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from porenet.errors import NonFiniteTerm, PluginError, PorenetError


def parser_with_help(program: str, about: str) -> argparse.ArgumentParser:
    """A parser whose help has the first line of a text above the arguments and the rest below them.

    Args:
        program: module that is run, as in ``python -m program``.
        about: its docstring.
    """
    first, _, rest = about.partition("\n")
    return argparse.ArgumentParser(
        prog=f"python -m {program}",
        description=first,
        epilog=rest.strip("\n"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def trainer_parser(program: str, about: str) -> argparse.ArgumentParser:
    """The arguments of a trainer, see `parser_with_help`."""
    parser = parser_with_help(program, about)
    parser.add_argument("run", type=Path, help="a run in TOML, YAML or JSON")
    parser.add_argument("--out", type=Path, help="run folder; by default runs/NAME, for a run NAME.toml")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in the run folder")
    parser.add_argument("--audit", action="store_true", help="show which term reaches the generator, and stop")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], help="in place of train.device")
    parser.add_argument("--seed", type=int, help="in place of train.seed")
    parser.add_argument("--steps", type=int, help="in place of train.steps")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return parser


def command_changes(options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """What the command line puts in place of keys of the run: table -> key -> value.

    Args:
        options: what a `trainer_parser` read.
    """
    changes = {name: getattr(options, name) for name in ("device", "seed", "steps")}
    changes = {name: value for name, value in changes.items() if value is not None}
    return {"train": changes} if changes else {}


def exit_code(work: Callable[[], int], *, debug: bool) -> int:
    """The exit code of the work; an error is written to stderr as a message, unless its traceback is asked for.

    Args:
        work: returns its exit code.
        debug: whether to raise the error instead.

    Returns:
        That of the work; 2 for wrong usage or config, 1 for what failed at work, 130 after an interrupt.
    """
    try:
        return work()
    except PorenetError as error:
        if debug:
            raise
        failed = isinstance(error, PluginError | NonFiniteTerm) or getattr(error, "broken_plugin", False)
        _say(f"error: {error}")
        return 1 if failed else 2
    except torch.OutOfMemoryError as error:
        if debug:
            raise
        _say(f"error: the device has too little memory: lower train.batch ({error})")
        return 1
    except KeyboardInterrupt:
        _say("stopped; the same command with --resume goes on from the last checkpoint")
        return 130


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
