"""A grid in words, for messages on structures of two grids."""

from __future__ import annotations

from porenet.interface import Grid


def grid_words(grid: Grid) -> str:
    """Phases, voxel edges and periodic axes of a grid in one phrase."""
    edges = " x ".join(f"{edge:g}" for edge in grid.edges_um)
    wrapping = [axis for axis, wraps in zip(grid.axes, grid.wraps, strict=True) if wraps]
    boundaries = f"periodic along {', '.join(wrapping)}" if wrapping else "open"
    return f"phases {', '.join(grid.phases)}, voxels of {edges} um, {boundaries}"
