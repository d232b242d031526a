"""What touches what: voxels of each phase, faces between every two, triple lines between every three."""

from __future__ import annotations

from porenet.contacts.counts import FACES, Contacts, Lines, Step, Supply, contacts, triple_lines, unlike_pairs, voxels

__all__ = ["Contacts", "FACES", "Lines", "Step", "Supply", "contacts", "triple_lines", "unlike_pairs", "voxels"]
