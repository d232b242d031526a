"""Which terms of a run can train a generator: `audit`."""

from __future__ import annotations

from pathlib import Path

import click

from porenet.commands.console import FilePath, echo, echo_json, echo_table, json_option, secho, table_of
from porenet.registry import require_torch

COLOURS = {"fault": "red", "warning": "yellow", "note": None}


@click.command()
@click.argument("run", type=FilePath())
@click.option(
    "--size", type=click.IntRange(8, 128), default=16, show_default=True, help="Edge of the cubic fields, voxels."
)
@click.option("--batch", type=click.IntRange(1, 256), default=4, show_default=True, help="Samples per batch.")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Seed of the generator and the targets.",
)
@click.option("--device", default="cpu", show_default=True, help="Torch device, such as cuda.")
@click.option("--strict", is_flag=True, help="Exit code 1 also if a term is fooled or blind.")
@json_option
@click.pass_context
def audit(
    ctx: click.Context, run: Path, size: int, batch: int, seed: int, device: str, strict: bool, as_json: bool
) -> None:
    """Check which loss terms of a run can train a generator.

    RUN is a TOML, YAML or JSON file (porenet init writes one in TOML). The gradient of each term is followed to the
    parameters of a small generator, with targets from synthetic structures, and each term is evaluated on hand-made
    states (fields whose faults are known). For your own generator call porenet.audit(objective, generator, (inputs,
    targets)) in Python.
    The tables show the value and gradient of each term (times its weight, to balance the terms), the share of the
    voxels that the gradient reaches, and these faults:

    \b
    dead        The term is not met, and no gradient reaches the generator,
                whatever requires_grad says.
    not finite  Its value or gradient is NaN or infinite, on the batch of the
                generator or on a state.
    fooled      The term is met on the field that it reads, but not on the
                structure decoded from it (argmax), where it is at least ten
                times larger: the published volume-fraction loss is met by
                p = (0.36, 0.34, 0.30) everywhere, without one pore voxel.
    blind       The term is met by another structure: by speckle as fine as
                its voxels, which a Gaussian filter does not see and another
                metric, the witness of its loss, does.
    fight       The gradients of two terms oppose each other (cosine < -0.3).
    negligible  The gradient is below 1/30 of the largest (both weighted),
                which outvotes it.

    The hand-made states: uniform probabilities, flat_probabilities (the p above), straight channels (one_hot), the
    same with every other voxel mirrored (speckle), a collapsed phase, and a severed channel, for which the table tells
    whether a gradient step closes its gap.

    \b
    porenet audit run.toml
    porenet audit run.toml --strict --json > audit.json

    Exit codes: 0 no fault was seen; 1 a term is dead, not finite or cannot be evaluated (with --strict also: fooled
    or blind); 2 wrong usage.
    """
    require_torch("porenet audit")
    from porenet import gradient_audit
    from porenet.config import load_run

    result = gradient_audit.audit_run(load_run(run), size=size, batch=batch, seed=seed, device=device)
    failed = result.failed or (strict and bool(result.fooled or result.blind))
    if as_json:
        echo_json(result.as_data())
        ctx.exit(1 if failed else 0)
    echo(f"{gradient_audit.heading(result)}\n")
    echo_table(table_of(*gradient_audit.term_table(result)))
    secho(f"{gradient_audit.ABOUT_TERMS}\n", dim=True)
    for table in (*gradient_audit.group_tables(result), *gradient_audit.cosine_tables(result)):
        echo_table(table_of(*table))
        echo()
    for table in gradient_audit.state_tables(result):
        echo_table(table_of(*table))
        echo()
    secho(f"{gradient_audit.ABOUT_STATES}\n", dim=True)
    for line in gradient_audit.fields_read(result):
        echo(line)
    echo()
    for finding in result.findings:
        secho(f"{finding.level}: {finding.text}", fg=COLOURS[finding.level])
    if not any(finding.level != "note" for finding in result.findings):
        unseen = sum(finding.kind == "met_everywhere" for finding in result.findings)
        if unseen < len(result.terms):
            secho(f"Every {'other ' if unseen else ''}term trains, and none is fooled or blind.", fg="green")
    ctx.exit(1 if failed else 0)
