"""Transport through the phases: what a phase conducts from one face of the volume to the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from porenet.hookspecs import hookimpl
from porenet.interface import Spec

if TYPE_CHECKING:
    from porenet.testing import Case


@hookimpl
def porenet_cases() -> Iterator[Case]:
    """What each component is tried with."""
    from porenet_transport.cases import cases

    return cases()


@hookimpl
def porenet_specs() -> Iterator[Spec]:
    """One Spec a component; their modules are imported when first used."""
    yield Spec(
        api=1,
        kind="metric",
        name="tortuosity",
        target=f"{__name__}.metrics.tortuosity:tortuosity",
        summary="Tortuosity factor, relative diffusivity and formation factor of each phase.",
        source="https://doi.org/10.21105/joss.05358",
        unit="1",
        deviations={
            "rolls_change_nothing": "an axis is taken as open while it is crossed, for a wrap would join its faces: "
            "what conducts along a periodic axis depends on where the array is cut"
        },
    )
