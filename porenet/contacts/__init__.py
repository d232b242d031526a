"""Contacts of phases: voxels of each phase, faces between every two, triple lines between every three."""

from __future__ import annotations

from porenet.contacts.counts import FACE_STEPS, contacts, part_counts, triple_lines, unlike_pairs, voxels
from porenet.contacts.distant_pairs import distant_pairs
from porenet.contacts.euler import euler_numbers
from porenet.contacts.line_runs import LineRuns, line_runs
from porenet.contacts.records import Contacts, Lines, Part, Step, Supply, Triple, WeightedStep

__all__ = [
    "Contacts", "FACE_STEPS", "LineRuns", "Lines", "Part", "Step", "Supply", "Triple", "WeightedStep", "contacts",
    "distant_pairs", "euler_numbers", "line_runs", "part_counts", "triple_lines", "unlike_pairs", "voxels",
]  # fmt: skip
