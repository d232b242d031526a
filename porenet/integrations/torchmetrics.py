"""Metrics of structures, and their scores against real ones, as metrics of ``torchmetrics``."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from porenet.comparison import Ceiling, ceiling
from porenet.comparison.scoring import GuardedScore
from porenet.config import GridFile
from porenet.errors import InputError, MissingExtra, did_you_mean
from porenet.integrations.decoded import decoded_labels
from porenet.integrations.reference_table import reference_quantity
from porenet.interface import Grid, Undefined, Value, Volume
from porenet.measurement import Request, measure, requests_for

if not find_spec("torchmetrics"):
    raise MissingExtra(
        "porenet.integrations.torchmetrics needs torchmetrics, which is not installed", fix="pip install torchmetrics"
    )
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

_Metric: Any = Metric

OPTIONS = frozenset({
    "compute_on_cpu", "compute_with_cache", "dist_sync_fn", "dist_sync_on_step", "distributed_available_fn",
    "process_group", "sync_on_compute",
})  # fmt: skip
"""Keywords of ``torchmetrics.Metric``; all others are parameters of the metric of porenet."""


class _Measured(_Metric):  # type: ignore[misc]
    """Collects one value per structure; NaN where it is undefined, so that no structure is lost."""

    is_differentiable = False
    higher_is_better = None
    full_state_update = False

    def __init__(self, request: Request, key: str, grid: Grid, about: str, options: Mapping[str, Any]) -> None:
        super().__init__(**options)
        self.request, self.key, self.grid = request, key, grid
        # A MetricCollection takes metrics for one if their states have the same names and are equal after the first
        # batch, as the shares of two phases may be. So the state is named after what it holds.
        identity = json.dumps(
            [about, request.name, dict(request.params), key, grid.phases, grid.voxel_um, grid.periodic]
        )
        self._state = f"values_{hashlib.sha256(identity.encode()).hexdigest()[:12]}"
        self.add_state(self._state, default=[], dist_reduce_fx="cat")
        self.set_dtype(torch.float64)  # of the empty state, too, with which a rank without data answers the others

    @property
    def values(self) -> Tensor:
        """``(n,)`` float64, in the unit of the metric; NaN where it is undefined."""
        state = getattr(self, self._state)
        return dim_zero_cat(state) if len(state) else torch.empty(0, dtype=torch.float64, device=self.device)

    def update(self, structures: Any) -> None:
        """Measure a batch.

        Args:
            structures: probabilities ``(B, P, Z, Y, X)``, whose argmax is measured, or labels ``(B, Z, Y, X)``.

        Raises:
            InputError: other structures, or the metric has no such key.
            PluginError: the metric broke its contract.
        """
        labels = decoded_labels(structures, self.grid)
        values = [self._value(Volume(structure, self.grid)) for structure in labels]
        getattr(self, self._state).append(torch.tensor(values, dtype=torch.float64, device=self.device))

    def _value(self, volume: Volume) -> float:
        rows = {row["key"]: row["value"] for row in measure(volume, [self.request])}
        if self.key not in rows:
            raise InputError(
                f"{self.request.name} has no value {self.key!r}{did_you_mean(self.key, rows)}",
                where="key",
                fix=f"It has {', '.join(rows)}.",
            )
        return math.nan if rows[self.key] is None else float(rows[self.key])

    def _number(self, value: float) -> Tensor:
        return torch.tensor(value, dtype=torch.float64, device=self.device)


class StructureMetric(_Measured):
    """A metric of porenet over all structures of an evaluation.

    Args:
        name: as ``porenet list-plugins`` shows it.
        key: which of its values, such as ``Ni`` of ``vf``.
        grid: phases, voxel edges (um) and boundaries of the structures.
        **params: parameters of the metric; and options of ``torchmetrics.Metric``.

    Raises:
        UnknownComponent, ConfigError, PluginError: as for `porenet.create_metric`.

    Example:
        >>> import porenet, torch
        >>> from porenet.integrations.torchmetrics import StructureMetric
        >>> grid = porenet.Grid(("Ni", "YSZ", "pore"), (0.1, 0.1, 0.1))
        >>> share = StructureMetric("vf", "Ni", grid)
        >>> share.update(torch.tensor([0, 0, 1, 2]).view(1, 1, 2, 2))
        >>> {name: float(value) for name, value in share.compute().items()}
        {'mean': 0.5, 'std': nan, 'n': 1.0, 'n_undefined': 0.0}
    """

    def __init__(self, name: str, key: str, grid: Grid, **params: Any) -> None:
        options = {option: params.pop(option) for option in OPTIONS & set(params)}
        if not isinstance(grid, Grid):
            raise InputError(f"a porenet.Grid was expected, not {type(grid).__name__}", where="grid")
        (request,) = requests_for((name,), {name: params} if params else {}, GridFile(grid, {}, {}))
        super().__init__(request, key, grid, "values", options)

    def compute(self) -> dict[str, Tensor]:
        """``mean`` and ``std`` (n - 1) of the defined values, NaN where there are too few, ``n`` and ``n_undefined``.

        Returns:
            Float64 scalars; ``n`` counts all structures, the undefined ones too.
        """
        values = self.values
        defined = values[~values.isnan()]
        return {
            "mean": defined.mean() if len(defined) else self._number(math.nan),
            "std": defined.std() if len(defined) > 1 else self._number(math.nan),
            "n": self._number(len(values)),
            "n_undefined": self._number(len(values) - len(defined)),
        }


class ScoreMetric(_Measured):
    """A score of the structures of an evaluation against real ones.

    Each structure is measured as those of the table were, whose parameters, phases and voxel edges are taken.

    Args:
        score: as ``porenet list-plugins --kind score`` shows it.
        metric: name of the metric.
        key: which of its values.
        reference: table of the real structures, from ``porenet measure -o``.
        **params: of the metric, where the table holds it several times; and options of ``torchmetrics.Metric``.

    Raises:
        UnknownComponent, ConfigError, PluginError: as for `porenet.create_score`.
        InputError: the table cannot be read, or does not hold the quantity.
    """

    def __init__(self, score: str, metric: str, key: str, reference: Path | str, **params: Any) -> None:
        options = {option: params.pop(option) for option in OPTIONS & set(params)}
        quantity = reference_quantity(Path(reference), metric, key, params)
        super().__init__(quantity.request, key, quantity.grid, f"{score} {Path(reference).absolute()}", options)
        self.reference = quantity.sample
        self._score = GuardedScore(score)
        self._ceilings: dict[int, float] = {}

    def compute(self) -> dict[str, Tensor]:
        """The score, and what it can be at best with as many structures.

        Returns:
            Float64 scalars: ``value``, NaN where it is undefined; ``ceiling``, the score of as many structures of a
            perfect generator (`porenet.comparison.ceiling`), NaN likewise; ``n`` and ``n_undefined`` structures.
        """
        generated: list[Value] = [
            Undefined("not defined for this structure") if math.isnan(value) else value
            for value in self.values.tolist()
        ]
        value = self._score(self.reference.values, generated).value if generated else Undefined("no structures")
        return {
            "value": self._number(math.nan if isinstance(value, Undefined) else value),
            "ceiling": self._number(self._ceiling(len(generated)) if generated else math.nan),
            "n": self._number(len(generated)),
            "n_undefined": self._number(sum(isinstance(value, Undefined) for value in generated)),
        }

    def _ceiling(self, n: int) -> float:
        if n not in self._ceilings:
            top = ceiling(self._score, self.reference.values, n, blocks=self.reference.blocks())
            self._ceilings[n] = top.value if isinstance(top, Ceiling) else math.nan
        return self._ceilings[n]
