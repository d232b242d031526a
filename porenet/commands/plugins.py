"""List, explain and start plugins: `list-plugins`, `show`, `new-plugin`."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import cast, get_args

import click

from porenet import registry
from porenet.commands import listing
from porenet.commands.completion import component_names
from porenet.commands.console import FilePath, echo, echo_json, echo_table, json_option, secho
from porenet.interface import Kind

kind_option = click.option("--kind", type=click.Choice(get_args(Kind)), help="Only components of this kind.")


@click.command("list-plugins")
@kind_option
@json_option
@click.pass_context
def list_plugins(ctx: click.Context, kind: str | None, as_json: bool) -> None:
    """List installed losses, metrics, scores, formats and broken plugins.

    Losses train a generator, metrics measure a volume, scores compare two sets of measured values, formats read and
    write files. Components are listed without being imported. Losses need torch, and are marked where it is missing.
    Where several plugins offer the same name, provider:name marks those that the bare name does not select. Exit code 1
    if a plugin is broken.

    \b
    PORENET_PLUGINS=""             disables all third-party plugins
    PORENET_PLUGINS="one,two"      loads only the plugins one and two
    PORENET_IMPORT_LIMIT=120       seconds that the trial import of a new plugin may take (60)
    """
    plugins = registry.installed()
    if as_json:
        data = listing.catalogue(plugins, kind, version("porenet"))
        echo_json(data)
        broken = bool(data["faults"])
    else:
        echo_table(listing.catalogue_table(plugins, kind))
        faults = listing.faults(plugins)
        broken = bool(faults)
        if faults:
            echo()
        for line in listing.fault_lines(faults):
            secho(line, fg="red" if line.startswith("error") else "yellow")
    ctx.exit(1 if broken else 0)


@click.command()
@click.argument("name", shell_complete=component_names())
@kind_option
@json_option
def show(name: str, kind: str | None, as_json: bool) -> None:
    """Explain one loss, metric, score or format.

    What it computes, its unit, source, provider and parameters with their types and defaults. NAME is a name from
    porenet list-plugins, or provider:name; a name of several kinds is explained for each kind. With --json the
    parameters are a JSON schema.
    """
    plugins = registry.installed()
    components = (plugins.find(cast("Kind", kind), name),) if kind else plugins.find_any(name)
    details = [listing.full_data(component) for component in components]
    if as_json:
        echo_json({"components": details})
        return
    for number, data in enumerate(details):
        if number:
            echo()
        secho(f"{data['kind']} {data['name']}", bold=True, nl=False)
        echo(f": {data['summary']}\n")
        echo_table(listing.facts_table(data))
        echo()
        if data["parameters"].get("properties"):
            echo_table(listing.parameter_table(data["parameters"]))
        else:
            echo("It has no parameters.")
        echo(f"\n{listing.without_markup(data['docstring'])}")


@click.command("new-plugin")
@click.argument("name")
@click.option(
    "--kind", type=click.Choice(get_args(Kind)), default="loss", show_default=True, help="What the plugin offers."
)
@click.option(
    "--component", metavar="NAME", help="Name of the component; default: that of the plugin without 'porenet-'."
)
@click.option(
    "--into",
    type=FilePath(),
    default=".",
    show_default="current folder",
    help="Folder in which the folder of the plugin is created.",
)
def new_plugin(name: str, kind: str, component: str | None, into: Path) -> None:
    """Write the skeleton of a plugin package with one component.

    It has a pyproject.toml, a README, one loss, metric, score or format that works, and a conformance test that passes
    as written. NAME is the name of the package for pip, such as porenet-corners.

    \b
    porenet new-plugin porenet-corners
    porenet new-plugin porenet-thickness --kind metric
    """
    from porenet.commands.scaffold import write_plugin

    for path in write_plugin(name, into, kind=cast("Kind", kind), component=component):
        echo(f"Wrote {path}")
    echo(f'Next: cd {into / name}, pip install -e ".[testing]", pytest')
