"""What is installed: `list-plugins`, `show`, `new-plugin`."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import cast, get_args

import click

from porenet import registry
from porenet.commands import listing
from porenet.commands.console import echo_json, echo_table, json_option
from porenet.interface import Kind


def _complete_name(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    names = {one.spec.name for one in registry.installed().components}
    if ":" in incomplete:
        names = {one.full_name for one in registry.installed().components}
    return sorted(name for name in names if name.startswith(incomplete))


kind_option = click.option("--kind", type=click.Choice(get_args(Kind)), help="Only this kind.")


@click.command("list-plugins")
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
        data = listing.catalogue(found, kind, version("porenet"))
        echo_json(data)
        broken = bool(data["faults"])
    else:
        echo_table(listing.catalogue_table(found, kind))
        faults = listing.faults(found)
        broken = bool(faults)
        if faults:
            click.echo()
        for line in listing.fault_lines(faults):
            click.secho(line, fg="red" if line.startswith("error") else "yellow")
    ctx.exit(1 if broken else 0)


@click.command()
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
        echo_json({"components": details})
        return
    for number, data in enumerate(details):
        if number:
            click.echo()
        click.secho(f"{data['kind']} {data['name']}", bold=True, nl=False)
        click.echo(f": {data['summary']}\n")
        echo_table(listing.facts_table(data))
        click.echo()
        if data["parameters"].get("properties"):
            echo_table(listing.parameter_table(data["parameters"]))
        else:
            click.echo("It has no parameters.")
        click.echo(f"\n{data['docstring']}")


@click.command("new-plugin")
@click.argument("name")
@click.option("--loss", help="Name of its loss; by default NAME without 'porenet-'.")
@click.option("--into", type=click.Path(path_type=Path), default=".", help="Folder to make it in; by default here.")
def new_plugin(name: str, loss: str | None, into: Path) -> None:
    """Write the skeleton of a plugin: pyproject, one loss, and a conformance test that passes as written.

    NAME is the name of the distribution, such as porenet-corners.
    """
    from porenet.commands.scaffold import write_plugin

    for path in write_plugin(name, into, loss=loss):
        click.echo(f"Wrote {path}")
    click.echo(f'Next: cd {into / name}, pip install -e ".[testing]", pytest')
