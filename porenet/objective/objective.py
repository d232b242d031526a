"""Named losses -> one weighted, scheduled sum.

The objective alone averages over the batch, weights, schedules, relaxes, and notices what went wrong.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from porenet.config import Run, Term, build_terms, load_run
from porenet.errors import ConfigError, FooledTerm, InputError, Problem
from porenet.interface import Grid
from porenet.objective.refusals import refuse_field, refuse_non_finite, refuse_shape, refuse_unsound
from porenet.objective.soft_hard_gap import Gap, gap_of, in_words
from porenet.objective.targets_of_terms import measured_targets, needs_of, refuse_missing, targets_for
from porenet.registry import build_loss
from porenet.relaxation import relaxed
from porenet.targets import Targets

CHECK_EVERY_ON_CPU = 1
CHECK_EVERY_ON_GPU = 50  # a check waits for the device


class Objective(nn.Module):
    """A weighted sum of losses, composed by name.

    Args:
        grid: phases, voxel edges (um) and boundaries of the fields it will see.
        terms: one mapping a term: ``loss``, and optionally ``label``, ``weight``, ``start``, ``stop``, ``ramp``,
            ``relax``, ``params``, as in ``[[objective.terms]]`` of a run; or the terms of a run that was read.
        relax: how the losses are shown the field: ``straight_through``, ``soft``, ``sharpen(T)`` or ``gumbel(T)`` (see
            `porenet.relaxation`); terms of a run know already.
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
        self.losses = nn.ModuleList(_built(self.terms, grid))  # not a ModuleDict: a label may hold dots
        self._fooled: frozenset[str] = frozenset()

    @classmethod
    def from_run(cls, run: Run | str | Path) -> Objective:
        """The objective of a run, or of the TOML file that holds one.

        Raises:
            InputError, ConfigError, PluginError: as for `porenet.config.load_run`.
        """
        run = run if isinstance(run, Run) else load_run(run)
        try:
            return cls(run.grid, run.terms, check_every=run.check_every)
        except ConfigError as error:
            raise run.located(error) from error

    @property
    def needs(self) -> dict[str, tuple[str, ...]]:
        """Each target key, and the labels of the terms that read it.

        A term with a single key also takes a target under its own label, which then is its alone: that is how two
        terms of one loss get two targets.
        """
        return needs_of(self.terms)

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
            InputError: wrong shape or type, a target is missing, or (checked as often) the phases do not add up to 1.
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
                shown[term.reads] = relaxed(term.reads, probabilities)
            mean = self._value(term, loss, shown[term.reads], targets).mean()
            total = total + weight * mean
            means[term.label] = mean.detach()
        every = self.check_every or (CHECK_EVERY_ON_CPU if probabilities.device.type == "cpu" else CHECK_EVERY_ON_GPU)
        if means and step % every == 0:
            refuse_non_finite(list(means.items()), probabilities, f" at step {step}")
        return total, means

    def values(
        self, probabilities: Tensor, targets: Mapping[str, Tensor], *, as_read: str | None = None
    ) -> dict[str, Tensor]:
        """Every term, whatever its schedule and before its weight, with its graph.

        Args:
            probabilities: as for `forward`.
            targets: as for `forward`.
            as_read: a relaxation to show all terms, instead of each its own.

        Returns:
            Per label ``(B,)``, or ``(1,)`` for a batchwise loss.

        Raises:
            InputError, PluginError: as for `forward`.
        """
        self._refuse(probabilities, targets)
        shown = {name: relaxed(name, probabilities) for name in {as_read or term.reads for term in self.terms}}
        return {
            term.label: self._value(term, loss, shown[as_read or term.reads], targets)
            for term, loss in zip(self.terms, self.losses, strict=True)
        }

    def term_values(
        self, index: int, probabilities: Tensor, targets: Mapping[str, Tensor], *, as_read: str | None = None
    ) -> Tensor:
        """One term, as `values` has it, without the checks of field and targets.

        Args:
            index: place of the term in ``terms``.
            probabilities: as for `forward`.
            targets: as for `forward`; those that this term needs.
            as_read: a relaxation to show it, instead of its own.

        Returns:
            ``(B,)``, or ``(1,)`` for a batchwise loss.

        Raises:
            InputError, NonFiniteTerm, PluginError: as for `forward`.
        """
        term = self.terms[index]
        return self._value(term, self.losses[index], relaxed(as_read or term.reads, probabilities), targets)

    @torch.no_grad()
    def gaps(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> dict[str, Gap]:
        """What each term says of the field it reads, of the probabilities and of their argmax.

        For a log every so many steps: it evaluates every term twice or three times and waits for the device. Warns
        (`porenet.errors.FooledTerm`) whenever a term begins to be met on what it reads and not on the structure.

        Args:
            probabilities: as for `forward`.
            targets: as for `forward`.

        Returns:
            Per label the three batch means, before the weight, in the unit of the loss.

        Raises:
            InputError, NonFiniteTerm, PluginError: as for `forward`.
        """
        # A look at the field draws nothing from the generators that training draws from (``gumbel``).
        with torch.random.fork_rng(devices=[probabilities.device] if probabilities.device.type == "cuda" else []):
            return self._gaps(probabilities, targets)

    def _gaps(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> dict[str, Gap]:
        shown = ("soft", "straight_through", *(term.reads for term in self.terms))
        values = {name: self.values(probabilities, targets, as_read=name) for name in dict.fromkeys(shown)}
        rows = [
            values[name or term.reads][term.label].mean().float()
            for term in self.terms
            for name in (None, "soft", "straight_through")
        ]
        labels = [term.label for term in self.terms for _ in range(3)]
        refuse_non_finite(list(zip(labels, rows, strict=True)), probabilities)
        readings = torch.stack(rows).view(-1, 3).tolist()
        found = {
            term.label: gap_of(term, read=read, soft=soft, hard=hard)
            for term, (read, soft, hard) in zip(self.terms, readings, strict=True)
        }
        fooled = frozenset(label for label, gap in found.items() if gap.fooled)
        for term in self.terms:
            if term.label in fooled - self._fooled:
                warnings.warn(in_words(term, found[term.label]), FooledTerm, stacklevel=2)
        self._fooled = fooled
        return found

    def targets_of(self, labels: Tensor) -> Targets:
        """What real structures would be targets for: each term's own descriptor of them.

        Measured by the very estimators that the losses use, so that no face count can stand in for a total variation.
        A key goes to the first term that needs it; a term that measures it in another way gets a target under its
        label. A batchwise term gets the descriptors of all structures, as its reference sample.

        Args:
            labels: ``(N, Z, Y, X)``, integers, in the order of ``grid.phases``; on any device.

        Returns:
            For each key that the terms need, N rows; ``rows(index)`` picks those of a batch.

        Raises:
            InputError: the labels are not what they must be, or a term needs what it cannot measure.
        """
        return measured_targets(self.terms, self.losses, self.grid.phases, labels)

    def _value(self, term: Term, loss: nn.Module, shown: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        try:
            values = loss(shown, targets_for(term, self.terms, targets))
        except InputError as error:
            refuse_unsound(term, shown, error)
            raise
        refuse_shape(term, values, len(shown))
        return cast(Tensor, values)

    def _refuse(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> None:
        refuse_field(probabilities, self.grid.phases)
        refuse_missing(self.terms, targets)


def _built(terms: Iterable[Term], grid: Grid) -> list[nn.Module]:
    """The losses.

    Raises:
        ConfigError: with all that they refuse only as they are built: a triple of phases on a grid of two.
    """
    losses: list[nn.Module] = []
    problems: list[Problem] = []
    for number, term in enumerate(terms):
        path = f"objective.terms[{number}]"
        try:
            losses.append(cast(nn.Module, build_loss(term.component, grid, term.params)))
        except InputError as error:
            if error.where in term.params:
                problems.append(Problem(f"{path}.params.{error.where}", str(InputError(error.what, fix=error.fix))))
            else:
                problems.append(Problem(path, str(error)))
    if problems:
        raise ConfigError(problems, source="Objective")
    return losses


def weight_at(term: Term, step: int) -> float:
    """The weight of a term at a generator step: 0 outside ``start`` to ``stop``, growing over ``ramp`` steps."""
    if step < term.start or (term.stop is not None and step >= term.stop):
        return 0.0
    return term.weight * min(1.0, (step - term.start + 1) / term.ramp) if term.ramp else term.weight
