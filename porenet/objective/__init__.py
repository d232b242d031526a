"""Named losses -> one weighted, scheduled sum."""

from __future__ import annotations

from porenet.objective.objective import Objective
from porenet.objective.schedule import weight_at
from porenet.objective.soft_hard_gap import Gap, is_fooled
from porenet.objective.target_dataset import TargetDataset
from porenet.objective.targets_of_terms import needs_of, refuse_missing, targets_for
from porenet.objective.testimony import testimony_of

__all__ = [
    "Gap",
    "Objective",
    "TargetDataset",
    "is_fooled",
    "needs_of",
    "refuse_missing",
    "targets_for",
    "testimony_of",
    "weight_at",
]
