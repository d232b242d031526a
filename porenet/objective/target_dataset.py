"""Real structures with the targets that an objective measures on them, for a data loader."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from torch import Tensor
from torch.utils.data import Dataset

from porenet.errors import InputError
from porenet.objective.targets_of_terms import labels_as_tensor, one_hot
from porenet.targets import Targets

if TYPE_CHECKING:
    from porenet.objective.objective import Objective


class TargetDataset(Dataset[tuple[Tensor, Targets]]):
    """Structures and their targets, measured once.

    A data loader puts them together: ``for fields, targets in DataLoader(dataset, batch_size=8)``.

    Args:
        labels: ``(N, Z, Y, X)``, of sections ``(N, Y, X)``, integers in the order of the grid's phases: a tensor or an
            array.
        objective: measures the targets that its terms need.
        one_hot: whether a structure comes as a field ``(P, Z, Y, X)`` float32, or as its labels ``(Z, Y, X)``.

    Attributes:
        targets: of all structures.

    Raises:
        InputError: as for `porenet.objective.Objective.targets_of`.

    Example:
        >>> import porenet, torch
        >>> grid = porenet.Grid(phases=("Ni", "YSZ", "pore"), voxel_um=(0.1, 0.1, 0.1))
        >>> labels = torch.arange(4 * 8**3).reshape(4, 8, 8, 8) % 3
        >>> dataset = porenet.TargetDataset(labels, porenet.Objective(grid, ["vf"]))
        >>> fields, targets = next(iter(torch.utils.data.DataLoader(dataset, batch_size=2)))
        >>> tuple(fields.shape), tuple(targets["vf"].shape)
        ((2, 3, 8, 8, 8), (2, 3))
    """

    def __init__(self, labels: Any, objective: Objective, *, one_hot: bool = True) -> None:
        if not callable(getattr(objective, "targets_of", None)):
            raise InputError(f"a porenet.Objective was expected, not {type(objective).__name__}", where="TargetDataset")
        self.labels, self.one_hot = labels_as_tensor(labels), one_hot
        self.phases = len(objective.grid.phases)
        self.targets = objective.targets_of(self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, Targets]:
        if isinstance(index, slice):
            raise InputError("a whole number was expected, not a slice", where="TargetDataset")
        place = operator.index(index)
        if not -len(self) <= place < len(self):
            raise IndexError(f"structure {place} of {len(self)}")
        structure = self.labels[place]
        return one_hot(structure[None], self.phases)[0] if self.one_hot else structure, self.targets.rows(place)
