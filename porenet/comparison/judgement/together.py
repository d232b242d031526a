"""Joint test and neighbourhood of a run: its quantities taken together."""

from __future__ import annotations

from porenet.comparison.evidence.joint import joint_test
from porenet.comparison.evidence.neighbourhood import NEIGHBOURS, neighbourhood
from porenet.comparison.evidence.structures import Labels
from porenet.comparison.evidence.vectors import vectors
from porenet.comparison.judgement.pooling import Pool
from porenet.comparison.run_decision import ChangedPair, JointTest, Neighbourhood
from porenet.comparison.samples import Quantity
from porenet.errors import counted

_NEIGHBOURHOOD_PERMUTATIONS = 999
_NOTHING = "no quantity that varies was measured on every structure"


def joint_of(pooled: Pool, labels: Labels) -> JointTest:
    """Joint test of all quantities that were measured on every structure.

    Args:
        pooled: values of all quantities.
        labels: ``(blocks, 1 + R)`` from `Blocks.permutations`.
    """
    quantities = _complete(pooled)
    rows = vectors([pooled.values[quantity] for quantity in quantities])
    if not rows.columns.size:
        return JointTest(None, None, None, None, None, None, (), _NOTHING)
    blocks = pooled.blocks
    values = joint_test(rows, blocks.ids, blocks.size, labels, blocks.members())
    pair = None
    if values.pair is not None:
        first, second = (quantities[rows.columns[column]] for column in values.pair)
        pair = ChangedPair(first, second, *values.correlations)
    used = tuple(quantities[index] for index in sorted(set(rows.columns.tolist())))
    parts = values.energy, values.whitened, values.correlation, values.one_correlation
    return JointTest(values.p, *parts, pair, used)


def neighbourhood_of(pooled: Pool, labels: Labels) -> Neighbourhood:
    """Coverage, precision and near copies on the vectors of the joint test.

    Args:
        pooled: values of all quantities.
        labels: ``(blocks, 1 + R)`` from `Blocks.permutations`.
    """
    blocks, columns = pooled.blocks, [pooled.values[quantity] for quantity in _complete(pooled)]
    scaled = vectors(columns, scaled_by=slice(blocks.size))
    if not scaled.columns.size:
        return Neighbourhood(None, None, None, None, None, None, _NOTHING)
    if blocks.counts[0] <= NEIGHBOURS:
        reason = f"{counted(blocks.counts[0], 'independent structure')} in the reference; {NEIGHBOURS + 1} are needed"
        return Neighbourhood(None, None, None, None, None, None, reason)
    batch = labels[:, : _NEIGHBOURHOOD_PERMUTATIONS + 1]
    draws = blocks.members()
    (coverage, precision, copies), (p_coverage, p_precision, p_copies) = neighbourhood(
        scaled, vectors(columns), blocks.ids, batch, draws
    )
    return Neighbourhood(coverage, p_coverage, precision, p_precision, copies, p_copies)


def _complete(pooled: Pool) -> list[Quantity]:
    return [quantity for quantity, measured in pooled.measured.items() if measured.all()]
