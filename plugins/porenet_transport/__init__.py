"""Transport through the phases: how well each phase conducts from one face of the volume to the opposite one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from porenet.hookspecs import hookimpl
from porenet.interface import Spec

if TYPE_CHECKING:
    from porenet.testing import Case

OPENED = {
    "rolls_change_nothing": "an axis counts as open while it is crossed, because a wrap would join its faces: "
    "what conducts along a periodic axis depends on where the array is cut"
}
"""Why metrics of what passes from face to face break a law."""
IN_PLANE = "in-plane; a section does not show what is joined in 3-D"


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
        dims=(2, 3),
        note_2d=IN_PLANE,
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
        dims=(2, 3),
        note_2d=IN_PLANE,
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
        dims=(2, 3),
        note_2d=IN_PLANE,
        target=f"{__name__}.metrics.tortuosity:tortuosity",
        summary="Tortuosity factor, relative diffusivity and formation factor of each phase.",
        source="https://doi.org/10.21105/joss.05358",
        unit="1",
        deviations=OPENED,
    )
    yield Spec(
        api=1,
        kind="metric",
        name="tortuosity_bounds",
        dims=(2, 3),
        note_2d=IN_PLANE,
        target=f"{__name__}.metrics.tortuosity_bounds:tortuosity_bounds",
        streamed=f"{__name__}.metrics.tortuosity_bounds:BY_PARTS",
        summary="Bounds of the relative diffusivity of each phase, from parts of volumes too large to be solved.",
        source="https://arxiv.org/abs/math/0001057",
        unit="1",
        deviations=OPENED,
        on_request=True,
    )
    yield Spec(
        api=1,
        kind="metric",
        name="effective_conductivity",
        dims=(2, 3),
        note_2d=IN_PLANE,
        target=f"{__name__}.metrics.effective_conductivity:effective_conductivity",
        summary="Effective conductivity of a composite of phases of any conductivity.",
        source="https://doi.org/10.21105/joss.05358",
        unit="S m^-1",
        deviations=OPENED,
    )
    yield Spec(
        api=1,
        kind="metric",
        name="conductivity_tensor",
        target=f"{__name__}.metrics.conductivity_tensor:conductivity_tensor",
        summary="Effective conductivity tensor of a composite; off the diagonal of periodic boxes only.",
        source="https://doi.org/10.1090/chel/374",
        unit="S m^-1",
        deviations={"flips_change_nothing": "a mirror turns the sign of what is off the diagonal"},
    )
    yield Spec(
        api=1,
        kind="metric",
        name="geodesic_tortuosity",
        dims=(2, 3),
        note_2d=IN_PLANE,
        target=f"{__name__}.metrics.geodesic_tortuosity:geodesic_tortuosity",
        summary="Geodesic tortuosity of each phase: mean length of shortest paths from face to face, per thickness.",
        source="https://doi.org/10.1002/aic.15160",
        unit="1",
        deviations=OPENED,
        on_request=True,
    )
    yield Spec(
        api=1,
        kind="metric",
        name="permeability_katz_thompson",
        target=f"{__name__}.metrics.permeability_katz_thompson:permeability_katz_thompson",
        summary="Estimate of the permeability of each phase from its breakthrough diameter and formation factor.",
        source="https://doi.org/10.1103/PhysRevB.34.8179",
        unit="um^2",
        deviations=OPENED,
        on_request=True,
    )
