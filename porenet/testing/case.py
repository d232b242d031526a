"""A component under test: its Spec, and what to build it with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from porenet.interface import Face, Grid, InputError, Spec, Volume
from porenet.relaxation import straight_through
from porenet.testing.exact_bodies import Body
from porenet.testing.known_targets import KNOWN, measured

PHASES = ("Ni", "YSZ", "pore")

MET = 1e-9
"""Value at or below which a loss without a tolerance of its own counts as met."""


class LawBroken(AssertionError):
    """A component does not do what its Spec or the contract says."""


@dataclass(frozen=True)
class Case:
    """A component and what to try it with.

    Attributes:
        spec: what the plugin yields.
        params: its parameters.
        phases: names of the phases of every grid it is tried on.
        targets: for each key that the Spec needs and the kit cannot think of a target for, a function
            ``(grid, batch) -> tensor``, which scales with the voxel as the quantity does. Where a loss has a descriptor
            the kit measures its target on a structure; ``vf``, ``ssa``, ``dpb`` and ``tpb`` it knows anyway.
        twin: the Spec of the metric that the loss's descriptor equals on one-hot fields; looked up by name where the
            case comes from an installed plugin.
        expected_failures: law -> why this component deviates from it; fails once it no longer does. What the Spec
            declares as ``deviations`` counts too.
        rtol: relative error within which two of its values count as equal; for whatever is solved to a tolerance.
        min_side: shortest side, voxels, of the fields on which its gradient must reach the logits: 1, unless what it
            drives does not exist in less.
        bodies: structures with exact answers, for a metric of which `porenet.testing.bodies` knows none.
        percolates: a phase and two faces, for a loss that must not be met unless that phase of the decoded structure
            joins them: ``("pore", "z_min", "z_max")``.
    """

    spec: Spec
    params: Mapping[str, Any] = field(default_factory=dict)
    phases: tuple[str, ...] = PHASES
    targets: Mapping[str, Callable[[Grid, int], Tensor]] = field(default_factory=dict)
    twin: Spec | None = None
    expected_failures: Mapping[str, str] = field(default_factory=dict)
    rtol: float = 1e-6
    min_side: int = 1
    bodies: tuple[Body, ...] = ()
    percolates: tuple[str, Face, Face] | None = None

    def __str__(self) -> str:
        params = ",".join(f"{key}={value}" for key, value in self.params.items())
        called = f"{self.spec.kind}:{self.spec.name}{f'({params})' if params else ''}"
        return called if self.phases == PHASES else f"{called} of {','.join(self.phases)}"

    @property
    def deviations(self) -> Mapping[str, str]:
        """Law -> why the component breaks it on purpose: what the Spec and what the case declares."""
        return {**self.spec.deviations, **self.expected_failures}

    @property
    def needs(self) -> tuple[str, ...]:
        """The target keys that the loss reads with these parameters."""
        return self.spec.needs_with(self.params)

    @property
    def tolerance(self) -> float:
        """Value at or below which the loss counts as met, in its unit."""
        return MET if self.spec.tolerance is None else self.spec.tolerance

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
        """Targets that the field does not meet, by name of phase: the same on a grid of the same phases in any order.

        Raises:
            InputError: a key that the Spec needs is neither given nor known, and the loss has no descriptor.
        """
        grid, batch = grid or self.grid(), len(probabilities)
        found = {key: self._target(key, grid, batch) for key in self.needs}
        return {key: value.to(probabilities) for key, value in found.items()}

    def values(self, probabilities: Tensor, grid: Grid | None = None) -> Tensor:
        """The loss of a field against `targets_for` it."""
        values: Tensor = self.loss(grid)(probabilities, self.targets_for(probabilities, grid))
        return values

    def shown(self, probabilities: Tensor) -> Tensor:
        """The field as a run would show it to the loss: itself, or its structure if the Spec says so."""
        return straight_through(probabilities) if self.spec.reads == "straight_through" else probabilities

    def expect(self, condition: object, complaint: str) -> None:
        """Raise `LawBroken` unless the condition holds."""
        if not condition:
            raise LawBroken(f"{self}: {complaint}")

    def _target(self, key: str, grid: Grid, batch: int) -> Tensor:
        if key in self.targets:
            # Written for the phases in the order of the case; a column a phase follows its phase to another place.
            ordered = Grid(self.phases, grid.voxel_um, grid.periodic)
            value = self.targets[key](ordered, batch)
            if value.ndim == 2 and value.shape[1] == len(grid.phases):
                return value[:, [self.phases.index(phase) for phase in grid.phases]]
            return value
        if key != "vf" and len(self.needs) == 1 and not self.spec.batchwise:
            loss = self.loss(grid)
            describe = getattr(loss, "target_of", None) or getattr(loss, "descriptor", None)
            if describe is not None:
                return measured(describe, self.phases, grid, batch)
        if key in KNOWN:
            return KNOWN[key](self.phases, grid, batch)
        raise InputError(f"no targets for the key {key!r}", where=str(self), fix="Give Case(targets=...).")
