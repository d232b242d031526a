"""Named losses -> one weighted, scheduled sum.

The objective alone averages over the batch, weights, schedules, relaxes, and checks terms and fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from porenet.config import Run, Term, load_run, run_of
from porenet.errors import ConfigError
from porenet.interface import Grid
from porenet.objective.arguments import refuse_arguments, terms_of
from porenet.objective.balance import Balanced
from porenet.objective.criterion import Criterion
from porenet.objective.description import described
from porenet.objective.file_targets import stated_targets
from porenet.objective.losses_of_terms import losses_of
from porenet.objective.reduction import Reduction
from porenet.objective.schedule import weight_at, whole_step
from porenet.objective.soft_hard_gap import Gap, GapWarner, gaps_of
from porenet.objective.targets_of_terms import measured_targets, needs_of
from porenet.objective.term_table import terms_html, terms_text
from porenet.objective.weighted_sum import refuse_inputs, value_of, weighted_sum
from porenet.registry.field_guard import layered_field
from porenet.relaxation import relaxed
from porenet.targets import Targets


class Objective(Balanced):
    """A weighted sum of losses, composed by name.

    Args:
        grid: phases, voxel edges (um) and boundaries of the fields.
        terms: one mapping per term: ``loss``, and optionally ``label``, ``weight``, ``start``, ``stop``, ``ramp``,
            ``relax``, ``planes``, ``slices``, ``params``, as in ``[[objective.terms]]`` of a run, or only the name of a
            loss; or one mapping, name -> weight, parameters or keys of a term, or None; or the `Term` objects of a
            loaded run.
        relax: relaxation in which the losses read the field: ``straight_through``, ``soft``, ``sharpen(T)`` or
            ``gumbel(T)`` (see `porenet.relaxation`); terms of a loaded run have theirs already.
        check_every: number of steps between two checks of the numbers, which wait for the device; by default 1 on CPU,
            50 on GPU. With 0 there are none, for ``torch.compile(fullgraph=True)``, ``torch.export`` and ``vmap``.
        gather: whether, in training under ``torch.distributed``, a term that reads the whole batch reads those of all
            ranks, as a single process would; each rank must then call the objective at the same steps.

    Raises:
        InputError: ``grid`` is not a `Grid`, or ``check_every`` not a number of steps.
        ConfigError: a term is wrong; all problems at once, those of a broken plugin included.
        PluginError: a loss cannot be built.

    Example:
        >>> import porenet, torch
        >>> grid = porenet.Grid(phases=("Ni", "YSZ", "pore"), voxel_um=(0.1, 0.1, 0.1))
        >>> objective = porenet.Objective(grid, {"vf": 1000}, relax="soft")
        >>> field = torch.tensor([0.36, 0.34, 0.30]).view(1, 3, 1, 1, 1).expand(1, 3, 8, 8, 8)
        >>> total, terms = objective(field, {"vf": torch.tensor([[0.36, 0.34, 0.30]])})
        >>> f"{total:.3f}"
        '0.000'
    """

    def __init__(
        self,
        grid: Grid,
        terms: Iterable[Mapping[str, Any] | str] | Iterable[Term] | Mapping[str, Any],
        *,
        relax: str = "straight_through",
        check_every: int | None = None,
        gather: bool = True,
    ) -> None:
        super().__init__()
        refuse_arguments(grid, check_every, gather)
        self.grid, self.check_every, self.gather = grid, check_every, gather
        self.terms = terms_of(terms, relax, grid)
        self.losses = nn.ModuleList(losses_of(self.terms, grid))  # not a ModuleDict: a label may hold dots
        self._warner = GapWarner()
        self.scale_checked: set[str] = set()  # labels of the terms whose target was compared with a field
        self.gradient_missed = False  # whether a field without a gradient was warned of

    @classmethod
    def from_run(cls, run: Run | Mapping[str, Any] | str | Path) -> Objective:
        """The objective of a run, of a mapping with its tables, or of the file that holds them: TOML, YAML or JSON.

        The mapping may be that of `to_dict`, or of OmegaConf.

        Raises:
            InputError, ConfigError, PluginError: as for `porenet.config.load_run`.
        """
        if not isinstance(run, Run):
            run = load_run(run) if isinstance(run, str | Path) else run_of(run)
        try:
            return cls(run.grid, run.terms, check_every=run.check_every, gather=run.gather)
        except ConfigError as error:
            raise run.located(error) from error

    def __repr__(self) -> str:
        return terms_text(self.terms, self.grid)

    def _repr_html_(self) -> str:
        return terms_html(self.terms, self.grid)

    def to_dict(self) -> dict[str, Any]:
        """Grid and terms as plain JSON, every name with its provider and every default filled in; see `from_run`."""
        return described(self)

    @property
    def criterion(self) -> Criterion:
        """The objective as ``criterion(probabilities, labels)``, for lists of losses: a module, its value a scalar.

        Raises:
            InputError: a term has a schedule.
        """
        return Criterion(self)

    def labels_at(self, step: int) -> tuple[str, ...]:
        """Labels of the terms that count at a step."""
        return tuple(term.label for term in self.terms if weight_at(term, whole_step(step)))

    @property
    def needs(self) -> dict[str, tuple[str, ...]]:
        """Each target key -> labels of the terms that read it.

        A term with a single key also takes a target under its own label, which no other term then reads: two terms of
        one loss get two targets in this way.
        """
        return needs_of(self.terms)

    def forward(
        self,
        probabilities: Tensor,
        targets: Mapping[str, Tensor] | None = None,
        step: int | None = None,
        *,
        sample_weights: Tensor | None = None,
        reduction: Reduction = "mean",
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The sum to minimise, and the mean of each term.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, of sections ``(B, P, Y, X)``, P in the order of ``grid.phases``,
                dimensionless.
            targets: key -> target that the terms need (`needs`); see `porenet.interface.Loss`. None if they need none.
            step: generator step, for the schedules; required if a term has ``start``, ``stop`` or ``ramp``.
            sample_weights: ``(B,)``, >= 0: means become those of weight times value, not divided by the weights' sum.
            reduction: ``mean`` over the batch, or ``none``.

        Returns:
            The ``total``, a scalar, and per label the term's batch mean, before its weight, detached. A term outside
            its schedule is not evaluated and not in the mapping. With ``none`` each is ``(B,)``, its mean the scalar;
            the value of a batchwise term stands in each row.

        Raises:
            InputError: wrong shape or type, a target is missing or of other dimensions, a schedule without a step; or,
                checked every ``check_every`` steps, phases of a voxel that do not add up to 1 or are negative, and
                impossible targets: volume fractions in percent, negative areas.
            NonFiniteTerm: a term is NaN or infinite (checked as often); names it.
            PluginError: a loss did not return one value per sample.
        """
        return weighted_sum(self, probabilities, {} if targets is None else targets, step, sample_weights, reduction)

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
        refuse_inputs(self, probabilities, targets)
        probabilities = layered_field(probabilities)
        fields = {name: relaxed(name, probabilities) for name in {as_read or term.reads for term in self.terms}}
        return {
            term.label: value_of(self, term, loss, fields[as_read or term.reads], targets)
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
        field = relaxed(as_read or term.reads, layered_field(probabilities))
        return value_of(self, term, self.losses[index], field, targets)

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
            return gaps_of(self, probabilities, targets, self._warner)

    def targets_of(self, labels: Tensor) -> Targets:
        """Targets measured on real structures, by each term's own descriptor.

        Measured by the same estimators that the losses use, so that a face count cannot replace a total variation.
        A key belongs to the first term that needs it; a term that measures it in another way gets a target under its
        label. A batchwise term gets the descriptors of all structures, as its reference sample.

        Args:
            labels: ``(N, Z, Y, X)``, of sections ``(N, Y, X)``, integers, in the order of ``grid.phases``; on any
                device.

        Returns:
            For each key that the terms need, N rows, and the witness of each term that has one; ``rows(index)`` picks
            those of a batch.

        Raises:
            InputError: the labels have another type, shape or range, or a term cannot measure its target.
        """
        return measured_targets(self.terms, self.losses, self.grid, labels)

    def targets_from(self, values: Mapping[str, Any], *, estimator: Mapping[str, str] | None = None) -> Targets:
        """Targets from numbers that were measured elsewhere.

        Args:
            values: target key -> numbers, one row per sample: tensor, array or list ``(B, K)``, or spread over the
                voxels of a field, ``(B, K, Z, Y, X)``; NaN means undefined. In the units of `porenet.interface.Loss`.
            estimator: target key -> name of the estimator that measured it; required where a loss measures by a named
                one (ssa, dpb, tpb, s2, ...): of one structure two estimators differ by half.

        Raises:
            InputError: an estimator is not stated or is another than that of the loss, or a value is not numbers, or
                not the same in all voxels.
        """
        return stated_targets(self.terms, self.losses, values, estimator or {}, self.grid)
