"""Conductivity of every phase of a volume, as a parameter of a metric."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray

from porenet.interface import InputError, Phase, Volume

Conductivities = dict[Phase, Annotated[float, Ge(0), Le(1e30)]]
"""Phase -> its conductivity, >= 0, all in one unit; 0 is an insulator."""

WIDEST = 1e7
"""Ratio of the largest to the smallest conductivity above 0 up to which float32 fields hold both; the stated 1e6, and a
decade to spare."""


def conductivities_of(volume: Volume, conductivities: Mapping[str, float], *, where: str) -> NDArray[np.float64]:
    """The conductivity of each phase of a volume, in label order.

    Args:
        volume: any labelled structure.
        conductivities: phase -> conductivity, >= 0, finite; every phase of the grid, those too that are absent.
        where: of the parameter, for messages.

    Returns:
        ``(P,)``, same unit.

    Raises:
        InputError: a phase has none, one is not of the grid, one is negative or not finite, or the largest is more than
            1e7 times the smallest above 0.
    """
    phases = volume.grid.phases
    missing = [phase for phase in phases if phase not in conductivities]
    if missing:
        raise InputError(
            f"no conductivity is given for {', '.join(missing)}",
            where=where,
            fix="Name every phase; 0 is an insulator.",
        )
    for phase in conductivities:
        volume.grid.index(phase)
    values = np.array([conductivities[phase] for phase in phases], dtype=np.float64)
    if not (np.isfinite(values) & (values >= 0)).all():
        raise InputError(f"finite numbers >= 0 were expected, not {dict(conductivities)}", where=where)
    conducting = values[values > 0]
    if conducting.size and conducting.max() > WIDEST * conducting.min():
        raise InputError(
            f"the largest conductivity is {conducting.max() / conducting.min():.2g} times the smallest above 0, and at "
            f"most {WIDEST:g} is solved",
            where=where,
            fix="Take 0 for a phase that hardly conducts, or a smaller number for one that conducts far better.",
        )
    return values
