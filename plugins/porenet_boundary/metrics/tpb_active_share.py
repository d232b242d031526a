"""Shares of the triple-phase boundary that are active, unknown and inactive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from porenet.interface import Face, Grid, Phase, Undefined, Value, Volume
from porenet.slabs import About, Need, Summary
from porenet_boundary.activity import KINDS, Active
from porenet_boundary.metrics.tpb import LinesBySlabs, lengths_of

NO_LINES = Undefined("there is no triple line")


def active_share(
    volume: Volume,
    *,
    phase_triple: tuple[Phase, Phase, Phase] | None = None,
    estimator: Literal["edges", "coarea", "triple"] = "edges",
    active: Active = "spanning",
    reservoirs: dict[Phase, Face] | None = None,
) -> dict[str, Value]:
    """Share of the triple lines that all three phases supply, and of those that may be or are not.

    .. math:: a = L_V^{active} / L_V

    The lengths of `tpb` over its total: a share does not depend on how much an estimator overstates lengths.

    Known defects. Supply is that of `tpb`: yes or no, however thin the way. In a small box much is unknown: quote the
    share that is unknown with the share that is active.

    Args:
        volume: any labelled structure, ``(Z, Y, X)``.
        phase_triple: the three phases, required where the grid has more.
        estimator: ``edges``, ``coarea`` or ``triple``, those of `tpb`.
        active: ``spanning`` or ``reachable``, see `tpb`.
        reservoirs: for ``reachable``, the face that feeds each phase; by default z_min for Ni and pore, z_max for YSZ.

    Returns:
        ``active``, ``unknown``, ``inactive``, dimensionless, which add up to 1; `Undefined` where there is no triple
        line, and where `tpb` is.

    Raises:
        InputError: as for `tpb`.
    """
    lengths = lengths_of(
        volume,
        phase_triple=phase_triple,
        estimator=estimator,
        active=active,
        reservoirs=reservoirs,
        where="tpb_active_share",
    )
    return _shares(lengths)


def _shares(lengths: Mapping[str, Value]) -> dict[str, Value]:
    total = lengths["total"]
    if isinstance(total, Undefined):
        return dict.fromkeys(KINDS, total)
    return {kind: _share(lengths[kind], total) for kind in KINDS}


def _share(length: Value, total: float) -> Value:
    if isinstance(length, Undefined):
        return length
    return length / total if total > 0 else NO_LINES


class SharesBySlabs:
    """Shares of the lengths that `tpb` measures."""

    lengths = LinesBySlabs("tpb_active_share")

    def need(self, grid: Grid, shape: tuple[int, int, int], params: Mapping[str, Any]) -> Need:
        """What `tpb` needs."""
        return self.lengths.need(grid, shape, params)

    def finish(self, state: Summary, about: About, params: Mapping[str, Any]) -> dict[str, Value]:
        """The shares."""
        return _shares(self.lengths.finish(state, about, params))


BY_SLABS = SharesBySlabs()
