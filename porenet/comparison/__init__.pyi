from .comparison import Comparison, Result, compare
from .copies import Neighbour, nearest
from .resampling import Ceiling, Interval, ceiling, interval
from .samples import Quantity, Sample, load_samples
from .verdicts import Verdict, verdict

__all__ = [
    "Ceiling",
    "Comparison",
    "Interval",
    "Neighbour",
    "Quantity",
    "Result",
    "Sample",
    "Verdict",
    "ceiling",
    "compare",
    "interval",
    "load_samples",
    "nearest",
    "verdict",
]
