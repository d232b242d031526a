from .conditions import Condition, conditions_of, read_conditions
from .drawing import DrawnStructure, Generator, decoded, draw, structure_seed
from .evaluation import Evaluation, evaluate
from .mean_scores import MeanScores, Scorer
from .named_functions import NamedFunction, function_name
from .real_structures import RealStructures, cut_boxes, read_structures
from .repeats import Spread, medians, paired_differences
from .voxel_agreement import Agreement, largest_agreements

__all__ = [
    "Agreement", "Condition", "DrawnStructure", "Evaluation", "Generator", "MeanScores", "NamedFunction",
    "RealStructures", "Scorer", "Spread", "conditions_of", "cut_boxes", "decoded", "draw", "evaluate",
    "function_name", "largest_agreements", "medians", "paired_differences", "read_conditions", "read_structures",
    "structure_seed",
]  # fmt: skip
