from .axis_pairs import distant_pairs
from .counts import FACE_STEPS, contacts, part_counts, triple_lines, unlike_pairs, voxels
from .euler import euler_numbers
from .records import Contacts, Lines, Part, Step, SuppliedVoxels, Supply, Triple, WeightedStep
from .runs import LineRuns, line_runs

__all__ = [
    "Contacts", "FACE_STEPS", "LineRuns", "Lines", "Part", "Step", "SuppliedVoxels", "Supply", "Triple", "WeightedStep",
    "contacts", "distant_pairs", "euler_numbers", "line_runs", "part_counts", "triple_lines",
    "unlike_pairs", "voxels",
]  # fmt: skip
