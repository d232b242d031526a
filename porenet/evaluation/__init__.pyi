from .conditions import Condition, conditions_of, read_conditions
from .drawing import DrawnStructure, Generator, decoded, draw, seed_of
from .mean_scores import MeanScores, Scorer
from .real_structures import RealStructures, cut_structures, read_structures

__all__ = [
    "Condition", "DrawnStructure", "Generator", "MeanScores", "RealStructures", "Scorer", "conditions_of",
    "cut_structures", "decoded", "draw", "read_conditions", "read_structures", "seed_of",
]  # fmt: skip
