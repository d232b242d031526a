"""Named losses -> one weighted, scheduled sum.

The objective alone averages over the batch, weights, schedules, relaxes, and notices what went wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from porenet.config import Run, Term, build_terms, load_run
from porenet.errors import InputError, NonFiniteTerm, PluginError
from porenet.factory import build_loss
from porenet.interface import Grid
from porenet.relaxation import RELAXATIONS

CHECK_EVERY_ON_CPU = 1
CHECK_EVERY_ON_GPU = 50  # a check waits for the device


class Objective(nn.Module):
    """A weighted sum of losses, composed by name.

    Args:
        grid: phases, voxel edges (um) and boundaries of the fields it will see.
        terms: one mapping a term: ``loss``, and optionally ``label``, ``weight``, ``start``, ``stop``, ``ramp``,
            ``relax``, ``params``, as in ``[[objective.terms]]`` of a run; or the terms of a run that was read.
        relax: how the losses are shown the field: ``straight_through`` or ``soft``; terms of a run know already.
        check_every: number of steps between two checks for non-finite terms; by default 1 on CPU, 50 on GPU.

    Raises:
        InputError: the grid or ``check_every`` is none.
        ConfigError: a term is wrong; every problem at once, those of a broken plugin included.
        PluginError: a loss cannot be built.

    Example:
        >>> import porenet, torch
        >>> grid = porenet.Grid(phases=("Ni", "YSZ", "pore"), voxel_um=(0.1, 0.1, 0.1))
        >>> objective = porenet.Objective(grid, [{"loss": "vf", "weight": 1000}], relax="soft")
        >>> field = torch.tensor([0.36, 0.34, 0.30]).view(1, 3, 1, 1, 1).expand(1, 3, 8, 8, 8)
        >>> total, terms = objective(field, {"vf": torch.tensor([[0.36, 0.34, 0.30]])})
        >>> f"{total:.3f}"
        '0.000'
    """

    def __init__(
        self,
        grid: Grid,
        terms: Iterable[Mapping[str, Any]] | Iterable[Term],
        *,
        relax: str = "straight_through",
        check_every: int | None = None,
    ) -> None:
        super().__init__()
        if not isinstance(grid, Grid):
            raise InputError(f"a porenet.Grid was expected, not {type(grid).__name__}", where="Objective")
        if check_every is not None and (type(check_every) is not int or check_every < 1):
            raise InputError(f"a number of steps, 1 or more, was expected, not {check_every!r}", where="check_every")
        given = list(terms)
        read = tuple(term for term in given if isinstance(term, Term))
        if read and len(read) < len(given):
            raise InputError("terms of a run and terms written here do not mix", where="Objective")
        self.grid = grid
        self.terms = read or build_terms(cast("list[Mapping[str, Any]]", given), relax, grid)
        self.check_every = check_every
        # Not a ModuleDict: a label may hold dots.
        self.losses = nn.ModuleList(
            cast(nn.Module, build_loss(term.component, grid, term.params, path=term.label)) for term in self.terms
        )

    @classmethod
    def from_run(cls, run: Run | str | Path) -> Objective:
        """The objective of a run, or of the TOML file that holds one.

        Raises:
            InputError, ConfigError, PluginError: as for `porenet.config.load_run`.
        """
        run = run if isinstance(run, Run) else load_run(run)
        return cls(run.grid, run.terms, check_every=run.check_every)

    @property
    def needs(self) -> dict[str, tuple[str, ...]]:
        """Each target key, and the labels of the terms that read it."""
        keys: dict[str, tuple[str, ...]] = {}
        for term in self.terms:
            for key in term.component.spec.needs:
                keys[key] = (*keys.get(key, ()), term.label)
        return keys

    def forward(
        self, probabilities: Tensor, targets: Mapping[str, Tensor], step: int = 0
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The sum to minimise, and what it is made of.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, P in the order of ``grid.phases``, dimensionless.
            targets: whatever the terms need (`needs`); see `porenet.interface.Loss`.
            step: generator step, for the schedules.

        Returns:
            The scalar ``total``, and per label the term's batch mean, before its weight, detached. A term outside
            its schedule is not evaluated and not in the mapping.

        Raises:
            InputError: wrong shape, or a target is missing.
            NonFiniteTerm: a term is NaN or infinite; names it.
            PluginError: a loss returned something else than one value a sample.
        """
        self._refuse(probabilities, targets)
        shown: dict[str, Tensor] = {}
        total = probabilities[:0].sum()  # zero, and attached even when every term is off
        means: dict[str, Tensor] = {}
        for term, loss in zip(self.terms, self.losses, strict=True):
            weight = weight_at(term, step)
            if weight == 0:
                continue
            if term.reads not in shown:
                shown[term.reads] = RELAXATIONS[term.reads](probabilities)
            values = loss(shown[term.reads], targets)
            _refuse_shape(term, values, len(probabilities))
            mean = values.mean()
            total = total + weight * mean
            means[term.label] = mean.detach()
        every = self.check_every or (CHECK_EVERY_ON_CPU if probabilities.device.type == "cpu" else CHECK_EVERY_ON_GPU)
        if means and step % every == 0:
            _refuse_non_finite(means, probabilities, step)
        return total, means

    def _refuse(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> None:
        phases = self.grid.phases
        if probabilities.ndim != 5 or probabilities.shape[1] != len(phases) or 0 in probabilities.shape:
            raise InputError(
                f"shape (B, {len(phases)}, Z, Y, X) for the phases {', '.join(phases)} was expected, "
                f"not {tuple(probabilities.shape)}",
                where="probabilities",
            )
        for key, labels in self.needs.items():
            if key not in targets:
                raise InputError(
                    f"the target {key!r} is missing, which {', '.join(labels)} needs",
                    where="targets",
                    fix=f"Given: {', '.join(targets) or 'none'}.",
                )


def weight_at(term: Term, step: int) -> float:
    """The weight of a term at a generator step: 0 outside ``start`` to ``stop``, growing over ``ramp`` steps."""
    if step < term.start or (term.stop is not None and step >= term.stop):
        return 0.0
    return term.weight * min(1.0, (step - term.start + 1) / term.ramp) if term.ramp else term.weight


def _refuse_shape(term: Term, values: object, batch: int) -> None:
    expected = (1,) if term.component.spec.batchwise else (batch,)
    if not isinstance(values, Tensor) or tuple(values.shape) != expected:
        got = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
        raise PluginError(
            f"the loss returned {got} where {expected} was expected",
            where=f"term {term.label} ({term.component.full_name})",
            fix="A loss returns one value a sample and leaves the averaging to the objective.",
        )


def _refuse_non_finite(means: Mapping[str, Tensor], probabilities: Tensor, step: int) -> None:
    # The field too: under straight_through a NaN is decoded to some phase and no term would show it. Its sum is not
    # finite wherever it is not, and costs one pass.
    values = torch.stack([probabilities.detach().sum(dtype=torch.float32), *(mean.float() for mean in means.values())])
    if torch.isfinite(values).all():
        return
    field, *terms = values.tolist()
    broken = [f"{label} = {value}" for label, value in zip(means, terms, strict=True) if value - value != 0]
    if field - field != 0:
        broken.append("the probabilities themselves are not finite")
    raise NonFiniteTerm(
        f"not finite at step {step}: {', '.join(broken)}",
        where="objective",
        fix="Look at the learning rate and the targets of that term first.",
    )
