"""What each loss and metric is tried with by the laws."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from porenet.interface import Grid
from porenet.testing import Case
from porenet_boundary import porenet_specs

if TYPE_CHECKING:
    from torch import Tensor

THREE = ("Ni", "YSZ", "pore")
TWO = ("solid", "pore")
FOUR = ("Ni", "YSZ", "GDC", "pore")
FIVE = ("Ni", "YSZ", "GDC", "crack", "pore")


def cases() -> Iterator[Case]:
    """At least one case a component."""
    specs = {(spec.kind, spec.name): spec for spec in porenet_specs()}

    more = {"declared_dead_states_are_dead": "of three phases or more none is alone with another at 0.5"}
    alone = {"gradient_reaches_logits": "a voxel alone has no faces"}
    chosen = (("pore", "Ni"), ("YSZ", "pore"))
    for phases, pairs, min_side, deviations in (
        (THREE, None, 2, more),
        (THREE, None, 1, more | alone),
        (TWO, None, 2, {}),
        (FOUR, None, 2, more),
        (FIVE, chosen, 2, more),
    ):
        yield Case(
            specs["loss", "dpb"],
            params={} if pairs is None else {"pairs": pairs},
            phases=phases,
            twin=specs["metric", "dpb"],
            expected_failures=deviations,
            min_side=min_side,
        )
    for phases, triple in ((THREE, None), (FOUR, ("pore", "Ni", "YSZ")), (FIVE, ("Ni", "crack", "pore"))):
        named = {} if triple is None else {"phases": triple}
        yield Case(specs["loss", "tpb"], params=named, phases=phases, twin=specs["metric", "tpb"])
    # So cold that exp(-1 / temperature), what a gap of one voxel lets through, is nothing.
    cold: dict[str, Any] = {"temperature": 0.02}
    leak = {"descriptor_equals_twin": "exp(-k / temperature) of what a gap of k voxels cuts off is still counted"}
    fed = {"Ni": "z_min", "crack": "x_max", "pore": "z_min"}
    for phases, given, deviations in (
        (THREE, {}, leak),
        (THREE, cold, {}),
        (FOUR, cold | {"phases": ("pore", "Ni", "YSZ")}, {}),
        (FIVE, cold | {"phases": ("Ni", "crack", "pore"), "reservoirs": fed}, {}),
    ):
        yield Case(
            specs["loss", "tpb_active"],
            params=given,
            phases=phases,
            # What the kit measures on its structure is 0 there: of four phases and more, none is joined to anything.
            targets={} if phases == THREE else {"tpb_active": active_lengths},
            twin=specs["metric", "tpb"],
            expected_failures=deviations,
        )
    # Of three phases only: of more, undecided ones may leave the three out, and then nothing reaches the logits.
    for proxy in ({"target": 0.035}, {"target": 0.03, "phases": ("pore", "Ni", "YSZ")}):
        yield Case(
            specs["loss", "tpb_proxy"],
            params=proxy,
        )

    for estimator in ("crofton", "faces"):
        yield Case(
            specs["metric", "dpb"],
            params={"estimator": estimator},
            expected_failures={"phases_may_be_reordered": "its keys name the phases in the grid's order"},
        )
    rolls = {"rolls_change_nothing": "the axis of supply is taken as open, whatever the grid says"}
    flips = {"flips_change_nothing": "one end of z feeds Ni and the pore, the other YSZ"}
    for estimator in ("edges", "coarea"):
        for active, deviations in (("spanning", rolls), ("reachable", rolls | flips)):
            yield Case(
                specs["metric", "tpb"],
                params={"estimator": estimator, "active": active},
                expected_failures=deviations,
            )
    yield Case(specs["metric", "tpb"], params={"phases": ("pore", "a", "c")}, phases=("a", "b", "c", "pore"))
    yield Case(specs["metric", "tpb"], phases=("a", "b"))
    yield Case(specs["metric", "tpb_voxel_count"])


def active_lengths(grid: Grid, batch: int) -> Tensor:
    """Targets of `tpb_active`, ``(B,)`` um^-2, another one for each sample."""
    import torch

    steps = 1 + torch.arange(batch, dtype=torch.float64, device="cpu") / 10
    return 0.5 * steps / min(grid.voxel_um) ** 2
