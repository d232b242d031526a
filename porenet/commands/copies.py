"""Search for copies of training structures among the generated ones, for `compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from porenet.commands.console import echo, echo_table, progress_bar, table_of
from porenet.commands.volume_options import grid_of
from porenet.errors import counted

if TYPE_CHECKING:
    from porenet.comparison import Neighbour

Neighbours = dict[str, tuple[str, "Neighbour"]]


def echo_copies(neighbours: Neighbours) -> None:
    """Print how many of the generated structures are copies, and the nearest training structure of each."""
    copied = [name for name, (_, neighbour) in neighbours.items() if neighbour.copied]
    are = "is a copy" if len(copied) == 1 else "are copies"
    of_all = counted(len(neighbours), "generated structure")
    echo(f"\n{len(copied)} of {of_all} {are} of a training structure.")
    flat = any(len(neighbour.shift) == 2 for _, neighbour in neighbours.values())
    shift = "shift (y, x), voxels" if flat else "shift (z, y, x), voxels"
    heading = ["generated", "nearest training", "symmetry", shift, "similarity", "copy"]
    echo_table(
        table_of(heading, [[name, training, *_cells(nearest)] for name, (training, nearest) in neighbours.items()])
    )


def _cells(neighbour: Neighbour) -> list[str]:
    shift = ", ".join(map(str, neighbour.shift))
    return [neighbour.symmetry, shift, f"{neighbour.similarity:.3f}", "yes" if neighbour.copied else "no"]


def nearest_of(training: Path, generated: Path, options: dict[str, Any]) -> Neighbours:
    """Name of each generated structure -> name and similarity of its nearest training structure."""
    from porenet.commands.measurement import named_volumes
    from porenet.comparison import nearest
    from porenet.measurement import origins_of, read_volume

    old, *_ = named_volumes((training,))
    new, *_ = named_volumes((generated,))
    grid, reading = grid_of(options, list(old.values()))
    origins = origins_of(old, [training])
    with progress_bar("looking for copies", 100) as advance:
        done = 0

        def tell(share: float) -> None:
            nonlocal done
            while done < int(100 * share):
                done += 1
                advance("")

        neighbours = nearest(
            [read_volume(path, grid, reading) for path in new.values()],
            [read_volume(path, grid, reading) for path in old.values()],
            origins=[origins.get(name) for name in old] if origins else None,
            progress=tell,
        )
    names = list(old)
    return {name: (names[neighbour.training], neighbour) for name, neighbour in zip(new, neighbours, strict=True)}
