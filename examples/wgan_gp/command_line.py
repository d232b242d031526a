"""The command line of a trainer: its arguments, what they change of a run, and the exit codes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from porenet.errors import NonFiniteTerm, PluginError, PorenetError


def parser_of(program: str, about: str) -> argparse.ArgumentParser:
    """A parser whose help has the first line of ``about`` above the arguments and the rest below them."""
    first, _, rest = about.partition("\n")
    return argparse.ArgumentParser(
        prog=f"python -m {program}",
        description=first,
        epilog=rest.strip("\n"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def trainer_parser(program: str, about: str) -> argparse.ArgumentParser:
    """The arguments of a trainer, see `parser_of`."""
    parser = parser_of(program, about)
    parser.add_argument("run", type=Path, help="a run in TOML")
    parser.add_argument("--out", type=Path, help="run folder; by default runs/NAME, for a run NAME.toml")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in the run folder")
    parser.add_argument("--audit", action="store_true", help="show which term reaches the generator, and stop")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], help="in place of train.device")
    parser.add_argument("--seed", type=int, help="in place of train.seed")
    parser.add_argument("--steps", type=int, help="in place of train.steps")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return parser


def changes_of(options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """What the command line puts in place of keys of the run: table -> key -> value."""
    changes = {name: getattr(options, name) for name in ("device", "seed", "steps")}
    changes = {name: value for name, value in changes.items() if value is not None}
    return {"train": changes} if changes else {}


def exit_code(work: Callable[[], int], *, debug: bool) -> int:
    """That of the work; an error is printed as a message, unless its traceback is asked for."""
    try:
        return work()
    except PorenetError as error:
        if debug:
            raise
        failed = isinstance(error, PluginError | NonFiniteTerm) or getattr(error, "broken_plugin", False)
        print(f"error: {error}", file=sys.stderr)
        return 1 if failed else 2
    except torch.OutOfMemoryError as error:
        if debug:
            raise
        print(f"error: the device has too little memory: lower train.batch ({error})", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command with --resume goes on from the last checkpoint", file=sys.stderr)
        return 130
