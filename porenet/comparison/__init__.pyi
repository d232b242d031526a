from .comparison import Result, compare
from .copies import Neighbour, nearest
from .decision import Decision, Needed, SampleCounts, SpreadRatio
from .decision_summary import summary
from .decision_table import columns_of, decision_lines, decision_notes, matching_line
from .declared import declared_for
from .identity import Identity, identity_of
from .judgement.judge import decide
from .judgement.planning import Plan, plan_for, plan_normal
from .report import document
from .resampling import Ceiling, Interval, ceiling, interval
from .run_decision import ChangedPair, JointTest, Neighbourhood, RunDecision
from .run_scores import Comparison, ScoreFailure
from .samples import Quantity, Sample, load_samples
from .score_table import published_line, score_columns, score_footnotes, score_lines
from .verdicts import Verdict, verdict

__all__ = [
    "Ceiling",
    "ChangedPair",
    "Comparison",
    "Decision",
    "Identity",
    "Interval",
    "JointTest",
    "Needed",
    "Neighbour",
    "Neighbourhood",
    "Plan",
    "Quantity",
    "Result",
    "RunDecision",
    "Sample",
    "SampleCounts",
    "ScoreFailure",
    "SpreadRatio",
    "Verdict",
    "ceiling",
    "compare",
    "decide",
    "declared_for",
    "identity_of",
    "interval",
    "load_samples",
    "nearest",
    "plan_for",
    "plan_normal",
    "score_columns",
    "score_footnotes",
    "score_lines",
    "summary",
    "columns_of",
    "decision_lines",
    "decision_notes",
    "document",
    "matching_line",
    "published_line",
    "verdict",
]
