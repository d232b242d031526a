"""A loss on slices: descriptors of all slices of a family, averaged before they are compared with the target.

Slices of a structure scatter about its mean, so that the mean of per-slice errors never vanishes: on a cube of a real
electrode it stays at 0.03 to 0.15, and the error of the mean at 0.0001 to 0.003.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from porenet.config import Term
from porenet.errors import InputError
from porenet.interface import AXES, Grid, section_grid
from porenet.registry import build_loss
from porenet.targets import Targets, target_estimators, targets_measured

DIMENSIONS = (2, 3, 4)
"""Of a field, by axis: z, y, x."""


class SlicedLoss(nn.Module):
    """The mean over families of slices of a loss of their mean descriptor.

    Args:
        term: the loss, its parameters, and its ``planes`` and ``slices``.
        grid: of the volume.
        normal: for a loss that only measures sections: the axis across which they lie.

    Attributes:
        dims: of the targets: 2.
        target_estimators: key -> estimator by which the target is measured.

    Raises:
        InputError: the loss is not defined on sections (``Spec.dims``), has no value of a mean descriptor
            (``from_descriptor``), or one for the whole batch; or planes on a grid of sections.
        PluginError: as for `porenet.registry.build_loss`.
    """

    dims = 2

    def __init__(self, term: Term, grid: Grid, normal: str = "") -> None:
        super().__init__()
        if not normal and grid.dims == 2:
            raise InputError(
                "the grid is one of sections, and planes are those of a volume", where="planes", fix="Leave planes out."
            )
        _refuse_without_sections(term, "" if normal else "planes")
        self.planes, self.slices = term.planes, term.slices
        built = [build_loss(term.component, section_grid(grid, normal or axis), term.params) for axis in AXES]
        self.losses = nn.ModuleList(cast("list[nn.Module]", built))
        self.guards = getattr(built[0], "guards", 0)
        self._refuse(term, "descriptor" if normal else "from_descriptor")
        refuse_other_lags({f"across {axis}": self.losses[AXES.index(axis)] for axis in (*self.planes, *normal)})
        self.need = term.needs[0]
        self.target_estimators = target_estimators(built[0], self.need)

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the targets that it measures."""
        return tuple(self.target_estimators) or (self.need,)

    def descriptor(self, probabilities: Tensor) -> Tensor:
        """Mean descriptor of all slices of the planes, ``(B, K)``; of fields of one layer, that of the section."""
        families = self._families(probabilities)
        means = [self._mean(self.losses[axis].descriptor, probabilities, axis) for axis in families]
        return _over_families(means)

    def target_of(self, probabilities: Tensor) -> dict[str, Tensor]:
        """Targets that these fields give, by key, measured likewise."""
        families = [self._mean_targets(probabilities, axis) for axis in self._families(probabilities)]
        return {key: _over_families([each[key] for each in families]) for key in families[0]}

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value per sample.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: of sections, as the loss reads them; one for all families.

        Returns:
            ``(B,)``, in the unit of the loss.

        Raises:
            InputError: a field of one layer, or targets of volumes.
        """
        self._refuse_flat(probabilities)
        refuse_volumes(targets)
        errors = []
        for axis in self._named():
            loss: Any = self.losses[axis]
            values = self._mean(loss.descriptor, probabilities, axis, self.slices)
            errors.append(loss.from_descriptor(values, targets))
        return torch.stack(errors).mean(dim=0)

    def from_descriptor(self, values: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """The loss of fields whose slices have this mean descriptor, ``(B, K)``, in every family."""
        refuse_volumes(targets)
        loss: Any = self.losses[0]
        return cast(Tensor, loss.from_descriptor(values, targets))

    def descriptor_of_targets(self, targets: Mapping[str, Tensor]) -> Tensor:
        """The descriptor of a section with these targets."""
        columns: Any = getattr(self.losses[0], "descriptor_of_targets", None)
        return targets[self.need] if columns is None else cast(Tensor, columns(targets))

    def extra_repr(self) -> str:
        """Parameters shown by ``print``."""
        return f"planes={self.planes!r}, slices={self.slices}"

    def _mean(self, describe: Any, field: Tensor, axis: int, count: int | None = None) -> Tensor:
        """Mean over the slices of each sample, ``(B, K)``."""
        values: Tensor = describe(slices_of(field, axis, count))
        return values.view(len(field), -1, values.shape[1]).mean(dim=1)

    def _mean_targets(self, field: Tensor, axis: int) -> dict[str, Tensor]:
        measured = targets_measured(self.losses[axis], self.need, slices_of(field, axis)) or {}
        return {key: value.view(len(field), -1, value.shape[1]).mean(dim=1) for key, value in measured.items()}

    def _named(self) -> list[int]:
        return [AXES.index(axis) for axis in self.planes]

    def _families(self, field: Tensor) -> list[int]:
        """Axes across which the slices of a field that is measured lie."""
        thin = [axis for axis, dimension in enumerate(DIMENSIONS) if field.shape[dimension] == 1]
        return thin[:1] or self._named()

    def _refuse_flat(self, field: Tensor) -> None:
        for axis, dimension in enumerate(DIMENSIONS):
            if field.shape[dimension] == 1:
                raise InputError(
                    f"the field is one voxel thick along {AXES[axis]}, and planes are those of a volume",
                    where="planes",
                    fix="Leave planes out for fields of sections.",
                )

    def _refuse(self, term: Term, method: str) -> None:
        name = term.component.spec.name
        if not hasattr(self.losses[0], method) or term.component.spec.batchwise or len(term.needs) != 1:
            raise InputError(
                f"{name} cannot be evaluated on slices: it has no value of the mean descriptor of many slices",
                where="planes",
                fix="vf, ssa, dpb, tpb, lineal_path and s2 by directions = 'radial' or 'axes' can.",
            )


def _refuse_without_sections(term: Term, where: str) -> None:
    """Check that a loss is defined on sections.

    Raises:
        InputError: its `porenet.interface.Spec` does not say so.
    """
    if 2 not in term.component.spec.dims:
        raise InputError(
            f"{term.component.spec.name} is defined in 3-D only: a section does not show it",
            where=where or f"term {term.label}",
            fix="A loss that is defined on sections says dims = (2, 3) in its Spec.",
        )


def _over_families(means: list[Tensor]) -> Tensor:
    """Mean over the families, ``(B, K)``.

    Raises:
        InputError: their columns differ.
    """
    if len({values.shape for values in means}) > 1:
        columns = ", ".join(str(values.shape[1]) for values in means)
        raise InputError(
            f"slices of the families have {columns} values: the lags differ where sides or voxel edges do",
            where="planes",
            fix="State the lags (lags_um; of s2 by 'radial' the longest, reach_um), or give each family a term of its "
            "own.",
        )
    return torch.stack(means).mean(dim=0)


def refuse_other_lags(losses: Mapping[str, Any], *, where: str = "planes") -> None:
    """Check that the columns of one loss on several grids are the same distances (``lag_unit_um``).

    Args:
        losses: what each measures -> the loss on that grid.
        where: place of the error.

    Raises:
        InputError: they are multiples of different voxel edges.
    """
    units = {what: unit for what, loss in losses.items() if (unit := getattr(loss, "lag_unit_um", None)) is not None}
    if units and not math.isclose(min(units.values()), max(units.values())):
        edges = ", ".join(f"{unit:g} um {what}" for what, unit in units.items())
        raise InputError(
            f"the distances are multiples of the shortest voxel edge, and that differs: {edges}",
            where=where,
            fix="State the lags (lags_um of lineal_path, and of s2 by 'axes'), or give each family a term of its own.",
        )


def slices_of(field: Tensor, axis: int, count: int | None = None) -> Tensor:
    """Slices across an axis, ``(B N, P, 1, A, C)``, those of a sample one after the other; contiguous.

    Args:
        field: ``(B, P, Z, Y, X)``.
        axis: 0, 1 or 2.
        count: how many to draw, without replacement and the same of each sample; default: all.
    """
    layers = field.movedim(DIMENSIONS[axis], 1)
    if count is not None and count < layers.shape[1]:
        layers = layers[:, torch.randperm(layers.shape[1], device=field.device)[:count]]
    return layers.flatten(0, 1).unsqueeze(2).contiguous()


def refuse_volumes(targets: Mapping[str, Tensor]) -> None:
    """Check that targets are of sections; those that do not say so pass.

    Raises:
        InputError: they are of volumes.
    """
    if isinstance(targets, Targets) and targets.dims != 2:
        raise InputError(
            "measured on volumes, and a term with planes compares slices with sections",
            where="targets",
            fix="Measure them with this objective (targets_of), on volumes or sections, or leave planes out.",
        )
