"""A component under test: its Spec, and what to build it with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from porenet.interface import Grid, InputError, Spec, Volume

PHASES = ("Ni", "YSZ", "pore")


class LawBroken(AssertionError):
    """A component does not do what its Spec or the contract says."""


@dataclass(frozen=True)
class Case:
    """A component and what to try it with.

    Attributes:
        spec: what the plugin yields.
        params: its parameters.
        phases: names of the phases of every grid it is tried on.
        targets: for each key that the Spec needs and this module does not know, a function
            ``(grid, batch) -> tensor`` of targets; ``vf`` is known.
        twin: the Spec of the metric that the loss's descriptor equals on one-hot fields.
        expected_failures: law -> why this component deviates from it; fails once it no longer does.
    """

    spec: Spec
    params: Mapping[str, Any] = field(default_factory=dict)
    phases: tuple[str, ...] = PHASES
    targets: Mapping[str, Callable[[Grid, int], Tensor]] = field(default_factory=dict)
    twin: Spec | None = None
    expected_failures: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        params = ",".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.spec.kind}:{self.spec.name}{f'({params})' if params else ''}"

    def grid(self, voxel_um: tuple[float, float, float] = (0.1, 0.1, 0.1)) -> Grid:
        """An open grid with the case's phases."""
        return Grid(phases=self.phases, voxel_um=voxel_um)

    def loss(self, grid: Grid | None = None) -> Any:
        """The loss, built."""
        return self.spec.resolve()(grid=grid or self.grid(), **self.params)

    def measure(self, volume: Volume) -> Mapping[str, Any]:
        """The metric's result."""
        result: Mapping[str, Any] = self.spec.resolve()(volume, **self.params)
        return result

    def targets_for(self, probabilities: Tensor, grid: Grid | None = None) -> dict[str, Tensor]:
        """Targets that the field does not meet, the same for every sample."""
        grid, batch = grid or self.grid(), len(probabilities)
        found = {}
        for key in self.spec.needs:
            if key in self.targets:
                found[key] = self.targets[key](grid, batch)
            elif key == "vf":
                share = torch.arange(1, len(self.phases) + 1, dtype=torch.float64)
                found[key] = (share / share.sum()).expand(batch, -1).clone()
            else:
                raise InputError(f"no targets for the key {key!r}", where=str(self), fix="Give Case(targets=...).")
        return {key: value.to(probabilities) for key, value in found.items()}

    def values(self, probabilities: Tensor) -> Tensor:
        """The loss of a field against `targets_for` it."""
        values: Tensor = self.loss()(probabilities, self.targets_for(probabilities))
        return values

    def expect(self, condition: object, complaint: str) -> None:
        """Raise `LawBroken` unless the condition holds."""
        if not condition:
            raise LawBroken(f"{self}: {complaint}")
