"""A component under test: its Spec, its parameters and its targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor

from porenet.interface import Face, Grid, InputError, Spec, Volume
from porenet.registry.field_guard import guarded
from porenet.relaxation import straight_through
from porenet.testing.exact_bodies import Body
from porenet.testing.known_targets import KNOWN, measured_targets

if TYPE_CHECKING:
    from numpy.typing import NDArray

PHASES = ("Ni", "YSZ", "pore")

MET = 1e-9
"""Value at or below which a loss without a tolerance of its own counts as met."""


class LawBroken(AssertionError):
    """A component does not behave as its Spec or the contract says."""


@dataclass(frozen=True)
class Case:
    """A component, and the parameters and targets with which it is tested.

    Attributes:
        spec: Spec of the component, as the plugin yields it.
        params: parameters of the component.
        phases: names of the phases of every grid on which it is tested.
        targets: target key -> function ``(grid, batch) -> tensor``, which scales with the voxel as the quantity does;
            for keys that the Spec needs and the kit cannot make. The kit makes ``vf``, ``ssa``, ``dpb`` and ``tpb``,
            and where a loss has a descriptor measures its target on a structure.
        twin: the Spec of the metric that the loss's descriptor equals on one-hot fields; looked up by name where the
            case comes from an installed plugin.
        witness: the Spec of the metric that the Spec of the loss names as its witness; looked up likewise.
        expected_failures: law -> why this component deviates from it; the check fails if the component obeys the law.
            The ``deviations`` of the Spec count too.
        rtol: relative error within which two of its values count as equal; larger for results of iterative solvers and
            of single precision.
        min_side: shortest side, voxels, of the fields on which its gradient must reach the logits: 1, unless the
            quantity that it drives does not exist in smaller fields.
        bodies: structures with exact answers, for a metric of which `porenet.testing.bodies` knows none.
        percolates: a phase and two faces, for a loss that must not be met unless that phase of the decoded structure
            joins them: ``("pore", "z_min", "z_max")``.
        sample: of a format, function ``(path, values, voxel_um)`` that writes values ``(Z, Y, X)`` with voxel edges
            (z, y, x), um, or raises NotImplementedError for a type that the format cannot hold; default: the format's
            own writer, for bytes.
        suffix: of the files of ``sample``; default: the first that the format writes or has.
        reading: of a format, function from such values to what the caller must state: ``{"shape": ..., "dtype": ...}``.
        variant: what tells this case of a component from others with the same parameters: ``gzip``.
    """

    spec: Spec
    params: Mapping[str, Any] = field(default_factory=dict)
    phases: tuple[str, ...] = PHASES
    targets: Mapping[str, Callable[[Grid, int], Tensor]] = field(default_factory=dict)
    twin: Spec | None = None
    witness: Spec | None = None
    expected_failures: Mapping[str, str] = field(default_factory=dict)
    rtol: float = 1e-6
    min_side: int = 1
    bodies: tuple[Body, ...] = ()
    percolates: tuple[str, Face, Face] | None = None
    sample: Callable[[Path, NDArray[Any], tuple[float, float, float]], None] | None = None
    suffix: str = ""
    reading: Callable[[NDArray[Any]], Mapping[str, Any]] | None = None
    variant: str = ""

    def __str__(self) -> str:
        params = ",".join(f"{key}={value}" for key, value in self.params.items())
        called = f"{self.spec.kind}:{self.spec.name}{f'({params})' if params else ''}"
        called += f" {self.variant}" if self.variant else ""
        return called if self.phases == PHASES else f"{called} of {','.join(self.phases)}"

    @property
    def deviations(self) -> Mapping[str, str]:
        """Law -> why the component breaks it on purpose, as declared by the Spec and by the case."""
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
        """The loss, built and guarded as `porenet.create_loss` does it."""
        grid = grid or self.grid()
        return guarded(self.spec.resolve()(grid=grid, **self.params), grid, self.spec)

    def measure(self, volume: Volume) -> Mapping[str, Any]:
        """Result of the metric on a volume: key -> value."""
        result: Mapping[str, Any] = self.spec.resolve()(volume, **self.params)
        return result

    def targets_for(self, probabilities: Tensor, grid: Grid | None = None) -> dict[str, Tensor]:
        """Targets that the field does not meet; the order of the phases in the grid does not change them.

        Raises:
            InputError: the kit cannot make a target that the Spec needs, the case has none, and the loss has no
                descriptor.
        """
        grid = grid or self.grid()
        targets: dict[str, Tensor] = {}
        for key in self.needs:
            targets |= self._targets(key, grid, probabilities)
        return {key: value.to(probabilities) for key, value in targets.items()}

    def values(self, probabilities: Tensor, grid: Grid | None = None) -> Tensor:
        """Values of the loss on a field, with the targets of `targets_for`: ``(B,)``, or ``(1,)`` if batchwise."""
        values: Tensor = self.loss(grid)(probabilities, self.targets_for(probabilities, grid))
        return values

    def as_read(self, probabilities: Tensor) -> Tensor:
        """The field as the loss reads it: the probabilities, or their structure where the Spec requires it."""
        return straight_through(probabilities) if self.spec.reads == "straight_through" else probabilities

    def expect(self, condition: object, complaint: str) -> None:
        """Raise `LawBroken` unless the condition holds."""
        if not condition:
            raise LawBroken(f"{self}: {complaint}")

    def _targets(self, key: str, grid: Grid, field: Tensor) -> dict[str, Tensor]:
        """The target of a key and those of its parts, as the case gives them, or as the loss measures a structure."""
        batch = len(field)
        parts = [part for part in self.spec.optional if part.startswith(f"{key}.")]
        of_case = {name: self._ordered(name, grid, batch) for name in (key, *parts) if name in self.targets}
        if len(of_case) == 1 + len(parts):
            return of_case
        if key != "vf" and len(self.needs) == 1 and not self.spec.batchwise:
            measured = measured_targets(self.loss(grid), key, self.phases, grid, field)
            if measured is not None:
                return measured | of_case
        if key in of_case:
            return of_case
        if key in KNOWN:
            return {key: KNOWN[key](self.phases, grid, batch)}
        raise InputError(f"no targets for the key {key!r}", where=str(self), fix="Give Case(targets=...).")

    def _ordered(self, key: str, grid: Grid, batch: int) -> Tensor:
        # Written for the phases in the order of the case; each phase's column moves with the phase.
        value = self.targets[key](Grid(self.phases, grid.voxel_um, grid.periodic), batch)
        if value.ndim == 2 and value.shape[1] == len(grid.phases):
            return value[:, [self.phases.index(phase) for phase in grid.phases]]
        return value
