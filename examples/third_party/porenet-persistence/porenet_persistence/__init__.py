"""What porenet-persistence offers to porenet. Light: neither torch nor gudhi is imported when plugins are listed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from porenet.hookspecs import hookimpl
from porenet.interface import Spec

if TYPE_CHECKING:
    from porenet.testing import Case


@hookimpl
def porenet_specs() -> Iterator[Spec]:
    """One Spec; its target is imported when it is first used."""
    yield Spec(
        api=1,
        kind="loss",
        name="persistence",
        target=f"{__name__}.persistence:Persistence",
        summary="Squared persistence of all but the most persistent connected components of a phase.",
        source="https://doi.org/10.1109/TPAMI.2020.3013679",
        unit="1",
        # The value counts components: about 350 for 32^3 voxels of noise, below 10 for a smooth structure.
        weight=0.1,
        # Persistence orders voxels by their probability. In a decoded structure every birth is 1 and every death 0,
        # so which voxels are critical, and with them the gradient, would be arbitrary.
        reads="soft",
        deviations={
            "not_met_by_flat_probabilities": "where a phase is the same everywhere, or nowhere, it has no second "
            "piece: run the loss beside a volume fraction and a percolation term"
        },
    )


@hookimpl
def porenet_cases() -> Iterator[Case]:
    """What ``porenet check`` and the tests try it with."""
    from porenet_persistence.cases import cases

    return cases()
