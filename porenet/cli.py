"""The command line: parses, calls, prints."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import click

from porenet import listing, registry
from porenet.errors import NonFiniteTerm, PluginError, PorenetError
from porenet.interface import Kind

if TYPE_CHECKING:
    from rich.table import Table

PIPED_WIDTH = 10_000
"""Columns at most of a table that is not shown on a terminal: a script must find whole names and lines."""


class Refusal(click.ClickException):
    """An error of porenet on its way to the user: one message, no traceback."""

    def __init__(self, message: str, *, broken: bool) -> None:
        super().__init__(message)
        vars(self)["exit_code"] = 1 if broken else 2


class Guarded(click.Group):
    """A group whose commands never end in a traceback, unless ``--debug`` asks for it."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command and put whatever it raises into words."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except PorenetError as error:
            if ctx.params["debug"]:
                raise
            broken = isinstance(error, PluginError | NonFiniteTerm)
            raise Refusal(str(error), broken=broken) from error
        except Exception as error:
            if ctx.params["debug"]:
                raise
            text = f"unexpected {type(error).__name__}: {error}\nThis is a fault of porenet; --debug shows where."
            raise Refusal(text, broken=True) from error


def _complete_name(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    names = {one.spec.name for one in registry.installed().components}
    if ":" in incomplete:
        names = {one.full_name for one in registry.installed().components}
    return sorted(name for name in names if name.startswith(incomplete))


kind_option = click.option("--kind", type=click.Choice(get_args(Kind)), help="Only this kind.")
json_option = click.option("--json", "as_json", is_flag=True, help="For machines.")


@click.group(
    cls=Guarded,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
A first tour:
  porenet list-plugins            what is installed
  porenet show isolation          one component: parameters, unit, source, known defects
  porenet init run.toml           a commented run to start from
  porenet validate run.toml       every mistake in it at once

\b
Tab completion (bash; zsh and fish likewise):
  eval "$(_PORENET_COMPLETE=bash_source porenet)"

Exit codes: 0 fine, 1 something broken or a check failed, 2 wrong usage.""",
)
@click.version_option(package_name="porenet", message="porenet %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def main(debug: bool) -> None:
    """Losses and metrics for generative models of porous 3-D microstructures, by name."""


@main.command("list-plugins")
@kind_option
@json_option
@click.pass_context
def list_plugins(ctx: click.Context, kind: str | None, as_json: bool) -> None:
    """List every loss, metric and score that is installed, and every plugin that is broken.

    Nothing is imported but the plugins' own light modules. A name that several plugins use is shown as
    provider:name where the bare name does not mean it. Exit code 1 if anything is broken.

    \b
    PORENET_PLUGINS=""             switches all third parties off
    PORENET_PLUGINS="one,two"      loads only these
    """
    found = registry.installed()
    if as_json:
        data = listing.catalogue(found, kind, _version())
        _echo_json(data)
        broken = bool(data["faults"])
    else:
        _print(listing.catalogue_table(found, kind))
        faults = listing.faults(found)
        broken = bool(faults)
        if faults:
            click.echo()
        for line in listing.fault_lines(faults):
            click.secho(line, fg="red" if line.startswith("error") else "yellow")
    ctx.exit(1 if broken else 0)


@main.command()
@click.argument("name", shell_complete=_complete_name)
@kind_option
@json_option
def show(name: str, kind: str | None, as_json: bool) -> None:
    """Explain one component: what it computes, its parameters, unit, source and provider.

    NAME is as list-plugins shows it, or provider:name. With --json, its parameters come as a JSON schema.
    """
    plugins = registry.installed()
    found = (plugins.find(cast("Kind", kind), name),) if kind else plugins.find_any(name)
    details = [listing.detailed(component) for component in found]
    if as_json:
        _echo_json({"components": details})
        return
    for number, data in enumerate(details):
        if number:
            click.echo()
        click.secho(f"{data['kind']} {data['name']}", bold=True, nl=False)
        click.echo(f": {data['summary']}\n")
        _print(listing.facts_table(data))
        click.echo()
        if data["parameters"].get("properties"):
            _print(listing.parameter_table(data["parameters"]))
        else:
            click.echo("It has no parameters.")
        click.echo(f"\n{data['docstring']}")


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@json_option
def validate(run: Path, as_json: bool) -> None:
    """Check a run and show its terms; every mistake at once, with key path and line.

    RUN is a TOML file; porenet init writes one to start from.
    """
    from porenet.config import load_run

    found = load_run(run)
    if as_json:
        terms = [
            {
                "label": term.label,
                "loss": term.component.full_name,
                "weight": term.weight,
                "start": term.start,
                "stop": term.stop,
                "ramp": term.ramp,
                "reads": term.reads,
                "needs": list(term.component.spec.needs),
                "params": dict(term.params),
            }
            for term in found.terms
        ]
        grid = {name: getattr(found.grid, name) for name in ("phases", "voxel_um", "periodic")}
        _echo_json({"grid": grid, "terms": terms, "passed_through": sorted(found.others)})
        return
    voxel = " x ".join(f"{edge:g}" for edge in found.grid.voxel_um)
    click.echo(f"{run}: {', '.join(found.grid.phases)}; voxel {voxel} um (z, y, x)\n")
    _print(listing.term_table(found))
    if found.others:
        click.echo(f"\nPassed through to the trainer: {', '.join(f'[{name}]' for name in sorted(found.others))}")


@main.command()
@click.argument("path", type=click.Path(path_type=Path), default="run.toml")
def init(path: Path) -> None:
    """Write a commented run to start from (PATH, by default run.toml)."""
    from porenet.scaffold import write_run

    write_run(path)
    click.echo(f"Wrote {path}. Next: porenet validate {path}")


@main.command("new-plugin")
@click.argument("name")
@click.option("--loss", help="Name of its loss; by default NAME without 'porenet-'.")
@click.option("--into", type=click.Path(path_type=Path), default=".", help="Folder to make it in; by default here.")
def new_plugin(name: str, loss: str | None, into: Path) -> None:
    """Write the skeleton of a plugin: pyproject, one loss, and a conformance test that passes as written.

    NAME is the name of the distribution, such as porenet-corners.
    """
    from porenet.scaffold import write_plugin

    for path in write_plugin(name, into, loss=loss):
        click.echo(f"Wrote {path}")
    click.echo(f'Next: cd {into / name}, pip install -e ".[testing]", pytest')


def _print(table: Table) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    with console.capture() as capture:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in capture.get().splitlines()))


def _echo_json(data: object) -> None:
    click.echo(json.dumps(data, indent=2, default=str))


def _version() -> str:
    from importlib.metadata import version

    return version("porenet")


if __name__ == "__main__":
    sys.exit(main())
