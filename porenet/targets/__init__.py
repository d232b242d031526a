"""Targets of losses: tensors by key, with the estimator by which each was measured."""

from __future__ import annotations

from porenet.targets import passing_on as passing_on
from porenet.targets.comparing import ROUNDING, guard_like, refuse_other_dims, relative_error, target_like
from porenet.targets.measuring import target_estimators, targets_measured
from porenet.targets.targets import Targets, per_sample

__all__ = [
    "ROUNDING",
    "Targets",
    "guard_like",
    "per_sample",
    "refuse_other_dims",
    "relative_error",
    "target_estimators",
    "target_like",
    "targets_measured",
]
