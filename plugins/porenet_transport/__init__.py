"""Transport through the phases: how well each phase conducts from one face of the volume to the opposite one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from porenet.hookspecs import hookimpl
from porenet.interface import Spec

if TYPE_CHECKING:
    from porenet.testing import Case


@hookimpl
def porenet_cases() -> Iterator[Case]:
    """Cases for the laws: parameters and phases for each component."""
    from porenet_transport.cases import cases

    return cases()


@hookimpl
def porenet_specs() -> Iterator[Spec]:
    """One Spec per component; its module is imported when it is first used."""
    yield Spec(
        api=1,
        kind="loss",
        name="conductance",
        target=f"{__name__}.losses.conductance:Conductance",
        summary="Error of a phase's effective conductivity from face to face; without a target, what is missing to 1.",
        source="https://doi.org/10.21105/joss.05358",
        unit="1",
        weight=20,
        needs=("conductance",),
        needs_when={"conductance": ("target", "structures")},
        reads="straight_through",
        twin="tortuosity",
        tolerance=2.5e-3,  # a conductivity off by 5 %
    )
    yield Spec(
        api=1,
        kind="loss",
        name="tortuosity",
        target=f"{__name__}.losses.tortuosity:Tortuosity",
        summary="Error of a phase's tortuosity factor tau; without a target, 1 - 1 / tau.",
        source="https://doi.org/10.21105/joss.05358",
        unit="1",
        weight=20,
        needs=("tortuosity",),
        needs_when={"tortuosity": ("target", "structures")},
        reads="straight_through",
        twin="tortuosity",
        tolerance=2.5e-3,  # a tortuosity factor off by 5 %
    )
    yield Spec(
        api=1,
        kind="metric",
        name="tortuosity",
        target=f"{__name__}.metrics.tortuosity:tortuosity",
        summary="Tortuosity factor, relative diffusivity and formation factor of each phase.",
        source="https://doi.org/10.21105/joss.05358",
        unit="1",
        deviations={
            "rolls_change_nothing": "an axis counts as open while it is crossed, because a wrap would join its faces: "
            "what conducts along a periodic axis depends on where the array is cut"
        },
    )
