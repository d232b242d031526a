"""Printing of the commands: tables for people, JSON for scripts, progress bars."""

from __future__ import annotations

import json
import math
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import category

import click

from porenet.commands.standard_streams import printing

if TYPE_CHECKING:
    from rich.table import Table

PIPED_WIDTH = 10_000
"""Most characters per line of a table that does not go to a terminal: a script must find whole names and lines."""


PAGE_WIDTH = 100
"""Most characters per line of what is meant to be read or quoted, wherever it goes."""


class FilePath(click.Path):
    """A path as an argument; an empty one, which an unset variable of a script leaves, is not the current folder."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path."""
        if value == "":
            self.fail("an empty path was given.", param, ctx)
        if isinstance(value, str) and "\0" in value:
            self.fail("a path cannot hold a null character.", param, ctx)
        return super().convert(value, param, ctx)


def separate(_ctx: click.Context, _param: click.Parameter, written: tuple[str, ...]) -> tuple[str, ...]:
    """Names of an option that is repeated, written with commas between them, or both."""
    return tuple(name.strip() for part in written for name in part.split(",") if name.strip())


def seconds(_ctx: click.Context, _param: click.Parameter, written: str | None) -> float | None:
    """Seconds of a time such as 90, 90s, 10min or 2h."""
    if written is None:
        return None
    number = written.strip().rstrip("hmins")
    try:
        time_s = float(number) * {"": 1, "s": 1, "min": 60, "h": 3600}[written.strip()[len(number) :]]
    except (KeyError, ValueError):
        time_s = 0.0
    if not 0 < time_s <= threading.TIMEOUT_MAX:
        raise click.BadParameter(f"takes a time above 0 such as 90s, 10min or 2h, not {written!r}.")
    return time_s


def size_in_bytes(_ctx: click.Context, _param: click.Parameter, written: str | None) -> int | None:
    """Bytes of a size such as 4GB, 4GiB or 4000000000."""
    if written is None:
        return None
    text = written.strip()
    number = text.rstrip("BKMGTikmgtb")
    prefix = text[len(number) :].upper().removesuffix("B")
    base = 1024 if prefix.endswith("I") else 1000
    try:
        power = ["", "K", "M", "G", "T"].index(prefix.removesuffix("I"))
        size = float(number) * base**power
    except ValueError:
        size = 0.0
    if not 1 <= size < 1 << 62:
        raise click.BadParameter(f"takes a size in bytes, KB, MB, GB or TB, such as 4GB or 4GiB, not {written!r}.")
    return int(size)


json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, for scripts: the result, or the problems."
)


def plain(text: str) -> str:
    """The text with its control characters written out, so that no name or summary of others commands the terminal.

    Escape sequences, carriage returns, marks that turn the direction of writing, and bytes of a file name that are not
    text appear as ``\\x1b``, ``\\r``, ``\\u202e``, ``\\udcff``; line ends and tabs stay.
    """
    if text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode()
        if category(character) in _COMMANDS and character not in "\n\t"
        else character
        for character in text
    )


_COMMANDS = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode categories of what cannot be seen."""


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a text, plain."""
    with printing():
        click.echo(plain(text), err=err, nl=nl)


def echo_folded(text: str, **style: Any) -> None:
    """Print a text in lines of at most `PAGE_WIDTH` characters; words longer than that stay whole."""
    import textwrap

    folded = textwrap.fill(text, PAGE_WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    secho(folded, **style)


def secho(text: str, *, err: bool = False, nl: bool = True, **style: Any) -> None:
    """Print a text, plain but for the style that is asked for here."""
    with printing():
        click.secho(plain(text), err=err, nl=nl, **style)


def echo_table(table: Table, *, width: int | None = None) -> None:
    """Print a table, folded to the width of the terminal; not folded where the output is not a terminal.

    Args:
        table: from `table_of`.
        width: most characters per line, wherever it goes; None: no limit of its own.
    """
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    if not (sys.stdout.isatty() or os.environ.get("TTY_COMPATIBLE") == "1"):  # by FORCE_COLOR, which notebooks set,
        console.width = PIPED_WIDTH  # rich takes a pipe for a terminal
    if width:
        console.width = min(width, console.width)
    with printing():
        with console.capture() as capture:
            console.print(table)
        click.echo("\n".join(line.rstrip() for line in capture.get().splitlines()))


def terminal_width() -> int | None:
    """Characters per line of the terminal; None where the output is not a terminal."""
    from rich.console import Console

    console = Console()
    return console.width if console.is_terminal else None


def table_of(columns: Sequence[str], rows: Iterable[Sequence[str]], *, foldable: int | None = None) -> Table:
    """A table with these column headings and rows.

    Args:
        columns: headings.
        rows: one cell per column.
        foldable: number of the only column that may be folded, from 0; its neighbours then stand closer. None: any.
    """
    table = empty_table(*columns)
    if foldable is not None:
        table.padding = (0, 1, 0, 0)
        for number, column in enumerate(table.columns):
            column.no_wrap = number != foldable
    for row in rows:
        table.add_row(*row)
    return table


def empty_table(*columns: str, headers: bool = True, whole: Sequence[str] = ()) -> Table:
    """A table in porenet's style.

    Args:
        columns: headings.
        headers: whether they are shown.
        whole: those of the columns whose cells stay on one line while others can be folded.
    """
    from rich import box
    from rich.table import Table

    class PlainTable(Table):
        """A table of texts without control characters."""

        def add_row(self, *cells: Any, **options: Any) -> None:
            super().add_row(*(plain(cell) if isinstance(cell, str) else cell for cell in cells), **options)

    table = PlainTable(box=box.SIMPLE_HEAD, show_header=headers, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(plain(column), overflow="fold", no_wrap=column in whole)
    return table


class Steps:
    """A progress bar that nobody sees."""

    def __call__(self, word: str) -> None:
        """A step is done, with a word on it."""

    def stage(self, word: str) -> None:
        """What is being done meanwhile."""


def watched() -> bool:
    """Whether stderr is a terminal; rich would say so of a pipe too where FORCE_COLOR is set."""
    return sys.stderr.isatty()


@contextmanager
def progress_bar(what: str, total: int | None) -> Iterator[Steps]:
    """A progress bar on stderr, where that is a terminal.

    Args:
        what: label of the bar.
        total: number of steps; None if unknown.

    Yields:
        An object to call once per step, with a word on the step.
    """
    if not watched():  # rich 13.7 ends a bar that it does not show with an empty line
        yield Steps()
        return
    from rich.console import Console

    console = Console(stderr=True)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)

        class Shown(Steps):
            """The bar on the terminal."""

            def __call__(self, word: str) -> None:
                bar.update(task, advance=1, description=plain(word))

            def stage(self, word: str) -> None:
                bar.update(task, description=plain(word))

        yield Shown()


def echo_json(data: Mapping[str, Any], problems: Iterable[Mapping[str, Any]] = ()) -> None:
    """Print the document of a command as JSON; numbers that are not finite become null.

    Args:
        data: the result.
        problems: what kept the command from more of it, from `porenet.commands.problems.problem_data`.
    """
    document = _finite({**data, "problems": list(problems)})
    text = json.dumps(document, indent=2, default=str, allow_nan=False)
    context = click.get_current_context(silent=True)  # none where the options of porenet itself are wrong
    if context is not None:
        context.meta[_JSON_IS_OUT] = True
    with printing():
        click.echo(text)


def json_is_out() -> bool:
    """Whether the command has printed its document."""
    context = click.get_current_context(silent=True)
    return context is not None and _JSON_IS_OUT in context.meta


_JSON_IS_OUT = "porenet.json_is_out"


def _finite(data: Any) -> Any:
    match data:
        case float():
            return data if math.isfinite(data) else None
        case Mapping():
            return {key: _finite(value) for key, value in data.items()}
        case list() | tuple():
            return [_finite(value) for value in data]
        case _:
            return data
