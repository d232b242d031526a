"""The command line: one group, its commands, and how errors are reported."""

from __future__ import annotations

from typing import Any

import click

from porenet.commands import (
    audit,
    check,
    comparison,
    conversion,
    evaluation,
    measurement,
    page,
    plugins,
    reconstruction,
    runs,
    standard_streams,
    synthesis,
)
from porenet.commands.console import plain
from porenet.commands.problems import FAULT, Refusal, problems_as_json
from porenet.commands.waiting import compiling_named, short_end, short_start
from porenet.errors import InputError, NonFiniteTerm, PluginError, PorenetError


class Guarded(click.Group):
    """A group whose commands end in a traceback only with ``--debug``, and with ``--json`` in a document."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the options of the group itself."""
        with problems_as_json(args):
            try:
                standard_streams.prepare()
                return super().make_context(info_name, list(args), parent, **extra)
            except BrokenPipeError:
                raise
            except (InputError, OSError) as error:  # of --help and --version, which are printed here
                raise _refusal_of_system(error) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; whatever it raises becomes one message, and with ``--json`` a document too."""
        short_end()
        with problems_as_json(ctx.args), short_start(), compiling_named():
            return self._invoke(ctx)

    def _invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except PorenetError as error:
            if ctx.params["debug"]:
                raise
            broken = isinstance(error, PluginError | NonFiniteTerm) or getattr(error, "broken_plugin", False)
            raise Refusal(plain(error.wording.command), cause=error, broken=broken) from error
        except OSError as error:
            if ctx.params["debug"]:
                raise
            raise _refusal_of_system(error) from error
        except Exception as error:
            if ctx.params["debug"]:
                raise
            text = f"unexpected {type(error).__name__}: {error}\n{FAULT}"
            raise Refusal(plain(text), cause=error, broken=True) from error


def _refusal_of_system(error: InputError | OSError) -> Refusal:
    """What the system refused, where no command has words for it."""
    standard_streams.abandon()
    if isinstance(error, OSError):
        what, where = f"cannot be read or written: {error.strerror or error}", str(error.filename or "")
        error = InputError(what if where else f"a file, or standard output, {what}", where=where)
    return Refusal(plain(error.wording.command), cause=error, broken=False)


@click.group(
    "porenet",
    cls=Guarded,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
A first tour:
  porenet list-plugins            list the installed losses, metrics and scores
  porenet show isolation          explain one: parameters, unit, source, known defects
  porenet init run.toml           write a commented run to start from
  porenet validate run.toml       list every mistake in the run
  porenet audit run.toml          tell which of its losses cannot train or can be fooled

\b
Tab completion (bash; zsh and fish likewise):
  eval "$(_PORENET_COMPLETE=bash_source porenet)"

A run is a TOML file that states the grid (phases, voxel edges) and the loss terms.

Exit codes: 0 success, 1 a broken component or a failed check, 2 wrong usage, bad input or a full disk. With --json a
command prints one JSON document whatever happens; its "problems" say what kept the command from its result.""",
)
@click.version_option(package_name="porenet", message="porenet %(version)s")
@click.option("--debug", is_flag=True, help="Show the full traceback of an error.")
def main(debug: bool) -> None:
    """Losses, metrics and scores for generative models of porous 3-D microstructures."""


COMMANDS = (
    plugins.list_plugins,
    plugins.show,
    plugins.new_plugin,
    check.check,
    runs.init,
    runs.validate,
    audit.audit,
    conversion.convert,
    measurement.measure,
    comparison.compare,
    evaluation.evaluate,
    synthesis.synthesize,
    reconstruction.reconstruct,
    page.page,
)
for command in COMMANDS:
    main.add_command(command)


if __name__ == "__main__":
    main(prog_name="porenet")
