from .balance import BalancedGradient
from .direct_loss import DirectLoss
from .dominance import OUTVOTED, VoteWarner, is_outvoted
from .objective import Objective
from .schedule import weight_at
from .section_targets import mean_chords, targets_of_sections
from .soft_hard_gap import Gap, is_fooled
from .target_dataset import TargetDataset
from .targets_of_terms import needs_of, refuse_missing, targets_for
from .testimony import testimony_of

__all__ = [
    "BalancedGradient", "DirectLoss", "Gap", "OUTVOTED", "Objective", "TargetDataset", "VoteWarner", "is_fooled",
    "is_outvoted", "mean_chords", "needs_of", "refuse_missing", "targets_for", "targets_of_sections", "testimony_of",
    "weight_at",
]  # fmt: skip
