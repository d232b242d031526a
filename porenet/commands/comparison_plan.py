"""How many structures a match needs: `compare --plan`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from porenet.commands.console import PAGE_WIDTH, echo, echo_folded, echo_json, echo_table, progress_bar, table_of

if TYPE_CHECKING:
    from porenet.comparison import Plan, Quantity


def echo_plan(
    reference: Path | None, metrics: Sequence[str], tolerance: float, spread: float, seed: int, *, as_json: bool
) -> None:
    """Print how often a perfect generator would match, and how many structures that takes.

    Args:
        reference: table of the real structures; None: for a normal distribution.
        metrics: names of the metrics to plan for; empty: all of the table.
        tolerance: largest distance that is a match, in standard deviations.
        spread: largest spread ratio that is a match.
        seed: seed of the simulation.
        as_json: whether to print JSON.
    """
    from porenet import comparison
    from porenet.comparison.quantity_labels import label_among

    plans: Mapping[Quantity | None, Plan]
    if reference is None:
        plans = {None: comparison.plan_normal(tolerance=tolerance, spread=spread, seed=seed)}
    else:
        samples = comparison.load_samples(reference, metrics)
        declared = comparison.declared_for(samples)
        with progress_bar("simulating", len(samples)) as advance:
            plans = dict(
                comparison.plan_for(
                    samples, tolerance=tolerance, spread=spread, seed=seed, resolution=declared.resolution,
                    transform=declared.transform, progress=lambda *_: advance(""),
                ).items()
            )  # fmt: skip
    if as_json:
        echo_json({"tolerance": tolerance, "spread": spread, "plans": [_row(*entry) for entry in plans.items()]})
        return
    sizes = list(next(iter(plans.values())).shares)
    real = max(plan.real for plan in plans.values())
    about = f"beside {real} real ones" if real else "and as many real ones"
    echo_folded(
        f"How often a perfect generator would match within {tolerance:g} sd and a spread of 1/{spread:g} to "
        f"{spread:g}, by the number of generated structures {about}; and how many on both sides make it 4 times in 5:"
    )
    rows = [
        [
            label_among(quantity, filter(None, plans)) if quantity else "a normal quantity",
            *(f"{plan.shares[size]:.2f}" for size in sizes),
            f"{plan.each}" if plan.each else "more",
        ]
        for quantity, plan in plans.items()
    ]
    echo_table(table_of(["quantity", *map(str, sizes), "on both sides"], rows, foldable=0), width=PAGE_WIDTH)
    echo("Simulated, each share to about 0.07.")


def _row(quantity: Quantity | None, plan: Plan) -> dict[str, Any]:
    name = {"metric": quantity.metric, "key": quantity.key, "full_name": quantity.full_name} if quantity else {}
    return {**name, "real": plan.real, "shares": dict(plan.shares), "each": plan.each}
