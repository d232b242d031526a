from .comparison import Comparison, Result, compare
from .copies import Neighbour, nearest
from .decision import (
    ChangedPair,
    Decision,
    JointTest,
    Needed,
    Neighbourhood,
    RunDecision,
    SampleCounts,
    SpreadRatio,
)
from .judgement.judge import decide
from .report import footnotes, table_columns, table_lines
from .resampling import Ceiling, Interval, ceiling, interval
from .samples import Quantity, Sample, load_samples
from .verdicts import Verdict, verdict

__all__ = [
    "Ceiling",
    "ChangedPair",
    "Comparison",
    "Decision",
    "Interval",
    "JointTest",
    "Needed",
    "Neighbour",
    "Neighbourhood",
    "Quantity",
    "Result",
    "RunDecision",
    "Sample",
    "SampleCounts",
    "SpreadRatio",
    "Verdict",
    "ceiling",
    "compare",
    "decide",
    "footnotes",
    "interval",
    "load_samples",
    "nearest",
    "table_columns",
    "table_lines",
    "verdict",
]
