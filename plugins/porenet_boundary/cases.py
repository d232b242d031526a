"""Cases for the laws: the parameters and phases with which each loss and metric is tested."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from porenet.interface import Grid
from porenet.testing import Answer, Body, Case, bodies
from porenet_boundary import porenet_specs

if TYPE_CHECKING:
    from torch import Tensor

THREE = ("Ni", "YSZ", "pore")
TWO = ("solid", "pore")
FOUR = ("Ni", "YSZ", "GDC", "pore")
FIVE = ("Ni", "YSZ", "GDC", "crack", "pore")
SINGLE = {"heat": 1e-5, "triple": 1e-5, "coarea": 1e-4}
"""Relative error of what is smoothed in single precision; of `coarea` one reading is subtracted from another."""


def cases() -> Iterator[Case]:
    """At least one case per component."""
    specs = {(spec.kind, spec.name): spec for spec in porenet_specs()}

    more = {"declared_dead_states_are_dead": "with three or more phases no two of them are at 0.5 everywhere"}
    alone = {"gradient_reaches_logits": "a single voxel has no faces"}
    chosen = (("pore", "Ni"), ("YSZ", "pore"))
    faces: dict[str, Any] = {"estimator": "faces"}
    of_areas: tuple[tuple[tuple[str, ...], dict[str, Any], int, dict[str, str]], ...] = (
        (THREE, {}, 2, more),
        (TWO, {"sigma": 1.0}, 2, {}),
        (FIVE, {"pairs": chosen}, 2, more),
        (THREE, faces, 1, more | alone),
        (TWO, faces, 2, {}),
        (FOUR, faces, 2, more),
        (FIVE, faces | {"pairs": chosen}, 2, more),
    )
    for phases, params, min_side, deviations in of_areas:
        yield Case(
            specs["loss", "dpb"],
            params=params,
            phases=phases,
            twin=specs["metric", "dpb"],
            witness=specs["metric", "dpb"],
            expected_failures=deviations,
            rtol=SINGLE.get(params.get("estimator", "heat"), 1e-6),
            min_side=min_side,
        )
    coarea: dict[str, Any] = {"estimator": "coarea"}
    edges: dict[str, Any] = {"estimator": "edges"}
    of_lines: tuple[tuple[tuple[str, ...], dict[str, Any], dict[str, str]], ...] = (
        (THREE, {}, {}),
        (FIVE, {"phase_triple": ("Ni", "crack", "pore")}, {}),
        (THREE, coarea, {}),
        (FOUR, coarea | {"phase_triple": ("pore", "Ni", "YSZ")}, {}),
        (THREE, edges, {}),
        (FIVE, edges | {"phase_triple": ("Ni", "crack", "pore")}, {}),
    )
    for phases, params, deviations in of_lines:
        yield Case(
            specs["loss", "tpb"],
            params=params,
            phases=phases,
            twin=specs["metric", "tpb"],
            witness=specs["metric", "tpb"],
            expected_failures=deviations,
            rtol=SINGLE.get(params.get("estimator", "triple"), 1e-6),
        )
    # So cold that exp(-1 / temperature), the share that counts behind a gap of one voxel, is negligible.
    cold: dict[str, Any] = {"temperature": 0.02}
    leak = {"descriptor_equals_twin": "of a part behind a gap of k voxels the share exp(-k / temperature) still counts"}
    fed = {"Ni": "z_min", "crack": "x_max", "pore": "z_min"}
    of_active: tuple[tuple[tuple[str, ...], dict[str, Any], dict[str, str]], ...] = (
        (THREE, {}, leak),
        (THREE, cold, {}),
        (THREE, cold | coarea, {}),
        (FOUR, cold | {"phase_triple": ("pore", "Ni", "YSZ")}, {}),
        (FIVE, cold | {"phase_triple": ("Ni", "crack", "pore"), "reservoirs": fed}, {}),
    )
    for phases, params, deviations in of_active:
        yield Case(
            specs["loss", "tpb_active"],
            params=params,
            phases=phases,
            # The kit's structures of four phases and more have an active length of 0, because no phase is supplied;
            # nor does coarea see one where its Gaussian is as wide as they are.
            targets={} if phases == THREE and "estimator" not in params else {"tpb_active": active_lengths},
            twin=specs["metric", "tpb"],
            witness=specs["metric", "tpb"],
            expected_failures=deviations,
            rtol=SINGLE.get(params.get("estimator", "triple"), 1e-6),
        )
    # Three phases only: an undecided field of more may lack the three, and then no gradient reaches the logits.
    for proxy in ({"target": 0.035}, {"target": 0.03, "phase_triple": ("pore", "Ni", "YSZ")}):
        yield Case(
            specs["loss", "tpb_proxy"],
            params=proxy,
        )

    for estimator in ("crofton", "faces", "heat"):
        yield Case(
            specs["metric", "dpb"],
            params={"estimator": estimator},
            rtol=SINGLE.get(estimator, 1e-6),
            expected_failures={"phases_may_be_reordered": "its keys name the phases in the grid's order"},
        )
    rolls = {"rolls_change_nothing": "the axis of supply is taken as open even where the grid is periodic"}
    flips = {"flips_change_nothing": "one end of z feeds Ni and the pore, the other YSZ"}
    for estimator in ("edges", "coarea", "triple"):
        # Laws draw volumes too small for the Gaussians of coarea to see what a roll cuts.
        seen = {} if estimator == "coarea" else rolls
        for active, deviations in (("spanning", seen), ("reachable", seen | flips)):
            yield Case(
                specs["metric", "tpb"],
                params={"estimator": estimator, "active": active},
                rtol=SINGLE.get(estimator, 1e-6),
                expected_failures=deviations,
            )
    yield Case(specs["metric", "tpb"], params={"phase_triple": ("pore", "a", "c")}, phases=("a", "b", "c", "pore"))
    yield Case(specs["metric", "tpb"], phases=("a", "b"))
    yield Case(specs["metric", "tpb_active_share"], expected_failures=rolls)
    named = {"phases_may_be_reordered": "its keys name the phases in the grid's order"}
    yield Case(specs["metric", "dpb_active"], expected_failures=rolls | named)
    reachable: dict[str, Any] = {"estimator": "faces", "active": "reachable"}
    yield Case(specs["metric", "dpb_active"], params=reachable, expected_failures=rolls | flips | named)
    cut = {
        "flips_change_nothing": "its parts are in the order of the axis, which a flip reverses",
        "rolls_change_nothing": "its parts are cut at fixed places of the array",
    }
    along_z = {"axis": "z"}
    yield Case(specs["metric", "tpb_profile"], params=along_z, bodies=cut_prisms(), expected_failures=cut)
    turned: dict[str, Any] = {"axis": "y", "parts": 3, "active": "reachable", "phase_triple": ("pore", "Ni", "YSZ")}
    yield Case(specs["metric", "tpb_profile"], params=turned, phases=FOUR, expected_failures=cut)
    yield Case(specs["metric", "tpb_profile"], params=along_z, phases=TWO)
    yield Case(specs["metric", "tpb_voxel_count"])


def cut_prisms() -> tuple[Body, ...]:
    """Prisms that meet on a line along z, which is as long in every part as in the whole."""
    cut = []
    for body in (*bodies(), *bodies((0.5, 0.5, 0.5))):
        if body.name == "three prisms on a line":
            _, dy, dx = body.volume.grid.voxel_um
            line = 1 / (4 * dy * 4 * dx)
            lengths = {"total": line, "active": line, "unknown": 0.0, "inactive": 0.0}
            values = {f"{kind}.z{part}": length for kind, length in lengths.items() for part in range(1, 5)}
            cut.append(dataclasses.replace(body, answers=(Answer("tpb_profile", values, {"axis": "z"}),)))
    return tuple(cut)


def active_lengths(grid: Grid, batch: int) -> Tensor:
    """Targets of `tpb_active`, ``(B,)`` um^-2, a different one for each sample."""
    import torch

    steps = 1 + torch.arange(batch, dtype=torch.float64, device="cpu") / 10
    return 0.5 * steps / min(grid.voxel_um) ** 2
