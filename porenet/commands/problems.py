"""What kept a command from its result, as JSON for scripts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import click

from porenet.commands.console import echo_json, json_is_out
from porenet.errors import ConfigError, InputError, PorenetError, command_wording

FAULT = "This is a fault of porenet; porenet --debug COMMAND ... shows where."


class Refusal(click.ClickException):
    """An error as the user sees it: one message, no traceback.

    Args:
        message: what is printed on stderr.
        cause: the error itself.
        broken: whether something is broken (exit code 1), rather than wrongly used (exit code 2).
    """

    def __init__(self, message: str, *, cause: Exception, broken: bool) -> None:
        super().__init__(message)
        self.cause = cause
        vars(self)["exit_code"] = 1 if broken else 2

    def show(self, file: Any = None) -> None:
        """Print the message, where standard error can be written."""
        with suppress(OSError):
            super().show(file)


@contextmanager
def problems_as_json(arguments: Sequence[str]) -> Iterator[None]:
    """Print what ends the command as JSON too, if the arguments ask for JSON; the exception goes on.

    Args:
        arguments: of the command, as they were typed: it may have failed at understanding them.
    """
    options = itertools.takewhile(lambda word: word != "--", list(arguments))
    as_json = any(word.partition("=")[0] == "--json" for word in options)
    try:
        yield
    except (click.exceptions.Exit, BrokenPipeError):
        raise
    except (Exception, KeyboardInterrupt) as error:
        if as_json and not json_is_out():
            with suppress(InputError):  # it is standard output that cannot be written
                echo_json({"exit_code": getattr(error, "exit_code", 1)}, problems_of(error))
        raise


def problems_of(error: BaseException) -> list[dict[str, Any]]:
    """The problems that an exception holds, in the words of the command line."""
    if isinstance(error, Refusal):
        error = error.cause
    kind = type(error).__name__
    match error:
        case ConfigError():
            files = [problem.source or error.source for problem in error.problems]
            return [
                problem_data(
                    kind, problem.message, where=f"{file}: {problem.path}" if file else problem.path, line=problem.line
                )
                for file, problem in zip(files, error.problems, strict=True)
            ]
        case PorenetError():
            return [problem_data(kind, error.what, where=error.where, fix=error.fix)]
        case click.UsageError():
            command = error.ctx.command_path if error.ctx else "porenet"
            return [problem_data("UsageError", error.format_message(), where=command, fix=f"See {command} --help.")]
        case click.ClickException():
            return [problem_data("UsageError", error.format_message())]
        case KeyboardInterrupt() | click.Abort():
            return [problem_data("Interrupted", "interrupted")]
        case _:
            return [problem_data(kind, str(error), fix=FAULT)]


def partial_failures(errors: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The problems of a command that failed for some of its volumes or comparisons and went on with the others.

    Args:
        errors: the place, such as the name of a volume -> its messages.
    """
    return [
        problem_data("PartialFailure", message, where=where)
        for where, messages in errors.items()
        for message in messages
    ]


def problem_data(kind: str, message: str, *, where: str = "", line: int | None = None, fix: str = "") -> dict[str, Any]:
    """One problem as JSON-ready data.

    Args:
        kind: name of the error's class; ``UsageError``, ``Interrupted`` or ``PartialFailure``.
        message: what is wrong.
        where: the place: a file with the key path, a volume, an option or a command; may be empty.
        line: line of the file, 1-based; None where there is none.
        fix: what to do about it; may be empty.
    """
    words = {"kind": kind, "where": where, "line": line, "message": message, "fix": fix}
    return {key: command_wording(value) if isinstance(value, str) else value for key, value in words.items()}
