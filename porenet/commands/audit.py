"""Which term of a run trains: `audit`."""

from __future__ import annotations

from pathlib import Path

import click

from porenet.commands.console import echo_json, echo_table, json_option, table_of

COLOURS = {"fault": "red", "warning": "yellow", "note": None}


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--size", type=click.IntRange(8, 128), default=16, show_default=True, help="Edge of the fields, voxels.")
@click.option("--batch", type=click.IntRange(1, 256), default=4, show_default=True, help="Samples.")
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of generator and targets."
)
@click.option("--device", default="cpu", show_default=True, help="A torch device, such as cuda.")
@click.option("--strict", is_flag=True, help="Exit code 1 also for a term that is fooled.")
@json_option
@click.pass_context
def audit(
    ctx: click.Context, run: Path, size: int, batch: int, seed: int, device: str, strict: bool, as_json: bool
) -> None:
    """Follow every term of a run to a generator's parameters, and try it on fields whose faults are known.

    RUN is a TOML file. A small generator and synthetic structures stand in for yours; for your own, call
    porenet.audit(objective, generator, (inputs, targets)) in Python. For each term: the size of its value and of its
    gradient (times its weight, to balance the terms), the share of the voxels that the gradient reaches, and

    \b
    dead        not met, and no gradient reaches the generator, whatever
                requires_grad says
    not finite  NaN or infinite, value or gradient, on the batch or a state
    fooled      met on the field as it reads it, and not on the structure that
                is decoded from it, by tenfold: the published volume-fraction
                loss is met by p = (0.36, 0.34, 0.30) everywhere, without one
                pore voxel
    fight       two terms whose gradients point apart (cosine below -0.3)
    negligible  less than 1 % of the largest weighted gradient

    The hand-made states: uniform and flat probabilities (those above), straight channels (one_hot), a collapsed
    phase, and a severed channel, with what a step along the gradient would do to the gap.

    \b
    porenet audit run.toml
    porenet audit run.toml --strict --json > audit.json

    Exit codes: 0 every term trains, as far as could be seen; 1 a term is dead, not finite or broken (with --strict
    also: fooled); 2 wrong usage.
    """
    from porenet import gradient_audit
    from porenet.config import load_run

    found = gradient_audit.audit_run(load_run(run), size=size, batch=batch, seed=seed, device=device)
    failed = found.failed or (strict and bool(found.fooled))
    if as_json:
        echo_json(found.as_data())
        ctx.exit(1 if failed else 0)
    click.echo(f"{gradient_audit.heading(found)}\n")
    echo_table(table_of(*gradient_audit.term_table(found)))
    click.secho(f"{gradient_audit.ABOUT_TERMS}\n", dim=True)
    for table in (*gradient_audit.group_tables(found), *gradient_audit.cosine_tables(found)):
        echo_table(table_of(*table))
        click.echo()
    for table in gradient_audit.state_tables(found):
        echo_table(table_of(*table))
        click.echo()
    click.secho(f"{gradient_audit.ABOUT_STATES}\n", dim=True)
    for line in gradient_audit.fields_read(found):
        click.echo(f"reads {line}")
    click.echo()
    for one in found.findings:
        click.secho(f"{one.level}: {one.text}", fg=COLOURS[one.level])
    if not any(one.level != "note" for one in found.findings):
        unseen = sum(one.kind == "met_everywhere" for one in found.findings)
        if unseen < len(found.terms):
            click.secho(f"Every {'other ' if unseen else ''}term trains, and none is fooled.", fg="green")
    ctx.exit(1 if failed else 0)
