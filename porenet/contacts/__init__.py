"""Contacts of phases: voxels of each phase, faces between every two, triple lines between every three."""

from __future__ import annotations

from porenet.contacts.counts import (
    FACE_STEPS,
    Contacts,
    Lines,
    Step,
    Supply,
    contacts,
    triple_lines,
    unlike_pairs,
    voxels,
)

__all__ = ["Contacts", "FACE_STEPS", "Lines", "Step", "Supply", "contacts", "triple_lines", "unlike_pairs", "voxels"]
