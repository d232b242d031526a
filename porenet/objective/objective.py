"""Named losses -> one weighted, scheduled sum.

The objective alone averages over the batch, weights, schedules, relaxes, and checks terms and fields.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from porenet.config import Run, Term, build_terms, load_run, run_of
from porenet.errors import ConfigError, InputError, NoGradient
from porenet.interface import Grid
from porenet.objective.data_checks import refuse_implausible_targets, refuse_unsound_numbers, warn_of_scale
from porenet.objective.losses_of_terms import losses_of
from porenet.objective.refusals import evaluating, refuse_shape
from porenet.objective.schedule import refuse_schedule, weight_at
from porenet.objective.soft_hard_gap import Gap, GapWarner, gap_of
from porenet.objective.targets_of_terms import measured_targets, needs_of, refuse_missing, targets_for
from porenet.objective.term_table import terms_html, terms_text
from porenet.objective.testimony import testimony_of
from porenet.registry.field_guard import check_field
from porenet.relaxation import relaxed
from porenet.targets import Targets

CHECK_EVERY_ON_CPU = 1
CHECK_EVERY_ON_GPU = 50  # a check waits for the device


class Objective(nn.Module):
    """A weighted sum of losses, composed by name.

    Args:
        grid: phases, voxel edges (um) and boundaries of the fields.
        terms: one mapping per term: ``loss``, and optionally ``label``, ``weight``, ``start``, ``stop``, ``ramp``,
            ``relax``, ``params``, as in ``[[objective.terms]]`` of a run; or the `Term` objects of a loaded run.
        relax: relaxation in which the losses read the field: ``straight_through``, ``soft``, ``sharpen(T)`` or
            ``gumbel(T)`` (see `porenet.relaxation`); terms of a loaded run have theirs already.
        check_every: number of steps between two checks for non-finite terms; by default 1 on CPU, 50 on GPU.

    Raises:
        InputError: ``grid`` is not a `Grid`, or ``check_every`` not a number of steps.
        ConfigError: a term is wrong; all problems at once, those of a broken plugin included.
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
        entries = list(terms)
        read = tuple(term for term in entries if isinstance(term, Term))
        if read and len(read) < len(entries):
            raise InputError("terms of a loaded run cannot be mixed with mappings", where="Objective")
        self.grid = grid
        self.terms = read or build_terms(cast("list[Mapping[str, Any]]", entries), relax, grid)
        self.check_every = check_every
        self.losses = nn.ModuleList(losses_of(self.terms, grid))  # not a ModuleDict: a label may hold dots
        self._warner = GapWarner()
        self._scale_checked: set[str] = set()
        self._gradient_missed = False

    @classmethod
    def from_run(cls, run: Run | Mapping[str, Any] | str | Path) -> Objective:
        """The objective of a run, of a mapping with its tables, or of the TOML file that holds them.

        Raises:
            InputError, ConfigError, PluginError: as for `porenet.config.load_run`.
        """
        if not isinstance(run, Run):
            run = load_run(run) if isinstance(run, str | Path) else run_of(run)
        try:
            return cls(run.grid, run.terms, check_every=run.check_every)
        except ConfigError as error:
            raise run.located(error) from error

    def __repr__(self) -> str:
        return terms_text(self.terms, self.grid)

    def _repr_html_(self) -> str:
        return terms_html(self.terms, self.grid)

    @property
    def needs(self) -> dict[str, tuple[str, ...]]:
        """Each target key -> labels of the terms that read it.

        A term with a single key also takes a target under its own label, which no other term then reads: two terms of
        one loss get two targets in this way.
        """
        return needs_of(self.terms)

    def forward(
        self, probabilities: Tensor, targets: Mapping[str, Tensor], step: int | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The sum to minimise, and the mean of each term.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, P in the order of ``grid.phases``, dimensionless.
            targets: key -> target that the terms need (`needs`); see `porenet.interface.Loss`.
            step: generator step, for the schedules; required if a term has ``start``, ``stop`` or ``ramp``.

        Returns:
            The scalar ``total``, and per label the term's batch mean, before its weight, detached. A term outside
            its schedule is not evaluated and not in the mapping.

        Raises:
            InputError: wrong shape or type, a target is missing, a schedule without a step; or, checked every
                ``check_every`` steps, phases of a voxel that do not add up to 1 or are negative, and impossible
                targets: volume fractions in percent, negative areas.
            NonFiniteTerm: a term is NaN or infinite (checked as often); names it.
            PluginError: a loss did not return one value per sample.
        """
        self._refuse(probabilities, targets)
        if step is None:
            refuse_schedule(self.terms)
            step = 0
        every = self.check_every or (CHECK_EVERY_ON_CPU if probabilities.device.type == "cpu" else CHECK_EVERY_ON_GPU)
        due = step % every == 0
        if due:
            refuse_implausible_targets(self.terms, targets, len(self.grid.phases))
        fields: dict[str, Tensor] = {}
        total = probabilities[:0].sum()  # zero, and attached even when every term is off
        means: dict[str, Tensor] = {}
        for term, loss in zip(self.terms, self.losses, strict=True):
            weight = weight_at(term, step)
            if weight == 0:
                continue
            if term.reads not in fields:
                fields[term.reads] = relaxed(term.reads, probabilities)
            if due and term.label not in self._scale_checked:
                self._scale_checked.add(term.label)
                warn_of_scale(term, loss, fields[term.reads], targets_for(term, self.terms, targets), self.grid)
            mean = self._value(term, loss, fields[term.reads], targets).mean()
            total = total + weight * mean
            means[term.label] = mean.detach()
        if means and due:
            refuse_unsound_numbers(list(means.items()), probabilities, f" at step {step}")
        if means and not (probabilities.requires_grad or self._gradient_missed):
            self._warn_without_gradient()
        return total, means

    def _warn_without_gradient(self) -> None:
        if not self.training or not torch.is_grad_enabled() or torch.compiler.is_compiling():
            return
        self._gradient_missed = True
        warnings.warn(
            "the field carries no gradient, so these terms train nothing. Decode inside the objective (relax), not "
            "before it; to evaluate, call objective.eval() or use torch.no_grad().",
            NoGradient,
            stacklevel=5,  # the caller of the module: beyond forward and torch's own two frames
        )

    def values(
        self, probabilities: Tensor, targets: Mapping[str, Tensor], *, as_read: str | None = None
    ) -> dict[str, Tensor]:
        """Values of every term, whatever its schedule, before its weight and with the autograd graph.

        Args:
            probabilities: as for `forward`.
            targets: as for `forward`.
            as_read: relaxation in which all terms read the field; default: that of each term.

        Returns:
            Per label ``(B,)``, or ``(1,)`` for a batchwise loss.

        Raises:
            InputError, PluginError: as for `forward`.
        """
        self._refuse(probabilities, targets)
        fields = {name: relaxed(name, probabilities) for name in {as_read or term.reads for term in self.terms}}
        return {
            term.label: self._value(term, loss, fields[as_read or term.reads], targets)
            for term, loss in zip(self.terms, self.losses, strict=True)
        }

    def term_values(
        self, index: int, probabilities: Tensor, targets: Mapping[str, Tensor], *, as_read: str | None = None
    ) -> Tensor:
        """Values of one term, as `values` returns them, without the checks of field and targets.

        Args:
            index: place of the term in ``terms``.
            probabilities: as for `forward`.
            targets: as for `forward`; those that this term needs.
            as_read: relaxation in which the term reads the field; default: its own.

        Returns:
            ``(B,)``, or ``(1,)`` for a batchwise loss.

        Raises:
            InputError, NonFiniteTerm, PluginError: as for `forward`.
        """
        term = self.terms[index]
        return self._value(term, self.losses[index], relaxed(as_read or term.reads, probabilities), targets)

    @torch.no_grad()
    def gaps(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> dict[str, Gap]:
        """Batch mean of each term on the field that it reads, on the probabilities and on their argmax.

        Not for every step: it evaluates every term two or three times and waits for the device. Warns
        (`porenet.errors.FooledTerm`) whenever a term begins to be met on the field that it reads and not on the
        structure, and once (`porenet.errors.BlindTerm`) if a term is met by a structure that its witness, a metric that
        shares no filter with it, tells from those behind the targets.

        Args:
            probabilities: as for `forward`.
            targets: as for `forward`.

        Returns:
            Per label the three batch means, before the weight, in the unit of the loss, and what the witness says.

        Raises:
            InputError, NonFiniteTerm, PluginError: as for `forward`.
        """
        # A diagnostic must not advance the random generators that training draws from (``gumbel``).
        with torch.random.fork_rng(devices=[probabilities.device] if probabilities.device.type == "cuda" else []):
            return self._gaps(probabilities, targets)

    def _gaps(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> dict[str, Gap]:
        names = ("soft", "straight_through", *(term.reads for term in self.terms))
        values = {name: self.values(probabilities, targets, as_read=name) for name in dict.fromkeys(names)}
        rows = [
            values[name or term.reads][term.label].mean().float()
            for term in self.terms
            for name in (None, "soft", "straight_through")
        ]
        labels = [term.label for term in self.terms for _ in range(3)]
        refuse_unsound_numbers(list(zip(labels, rows, strict=True)), probabilities)
        readings = torch.stack(rows).view(-1, 3).tolist()
        decoded = relaxed("straight_through", probabilities)
        heard = [
            testimony_of(term, loss, decoded, targets, self.grid)
            for term, loss in zip(self.terms, self.losses, strict=True)
        ]
        gaps = {
            term.label: gap_of(term, read=read, soft=soft, hard=hard, testimony=testimony)
            for term, (read, soft, hard), testimony in zip(self.terms, readings, heard, strict=True)
        }
        self._warner.warn_of(self.terms, gaps, heard)
        return gaps

    def targets_of(self, labels: Tensor) -> Targets:
        """Targets measured on real structures, by each term's own descriptor.

        Measured by the same estimators that the losses use, so that a face count cannot replace a total variation.
        A key belongs to the first term that needs it; a term that measures it in another way gets a target under its
        label. A batchwise term gets the descriptors of all structures, as its reference sample.

        Args:
            labels: ``(N, Z, Y, X)``, integers, in the order of ``grid.phases``; on any device.

        Returns:
            For each key that the terms need, N rows, and the witness of each term that has one; ``rows(index)`` picks
            those of a batch.

        Raises:
            InputError: the labels have another type, shape or range, or a term cannot measure its target.
        """
        return measured_targets(self.terms, self.losses, self.grid, labels)

    def _value(self, term: Term, loss: nn.Module, field: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        seen = targets_for(term, self.terms, targets)
        with evaluating(term, field, seen):
            values = loss(field, seen)
        refuse_shape(term, values, len(field))
        return cast(Tensor, values)

    def _refuse(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> None:
        check_field(probabilities, self.grid.phases)
        refuse_missing(self.terms, targets)
