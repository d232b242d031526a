from .counts import FACE_STEPS, contacts, part_counts, triple_lines, unlike_pairs, voxels
from .records import Contacts, Lines, Part, Step, Supply, Triple, WeightedStep

__all__ = [
    "Contacts", "FACE_STEPS", "Lines", "Part", "Step", "Supply", "Triple", "WeightedStep", "contacts", "part_counts",
    "triple_lines", "unlike_pairs", "voxels",
]  # fmt: skip
