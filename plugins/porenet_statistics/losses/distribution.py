"""Distribution: distance of a descriptor's distribution in a batch from that in a reference sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from porenet.interface import Grid, InputError
from porenet.targets import relative_error, target_estimators, target_like


def quantile_means(sample: Tensor, bins: int) -> tuple[Tensor, Tensor, Tensor]:
    """Means of a sample within bins of equal probability, with its own mean and standard deviation.

    A value on the border of two bins is shared between them in proportion, so any number of bins fits any sample.

    Args:
        sample: ``(N, K)``, one column per quantity, any unit, floating point; NaN or infinite where undefined.
        bins: their number, M.

    Returns:
        ``(M, K)`` means in rising order, less the column's mean; ``(K,)`` mean; ``(K,)`` standard deviation (of the
        sample, ddof 0); all 0 in a column that is undefined throughout.
    """
    ordered, _ = torch.where(sample.isfinite(), sample, torch.nan).sort(dim=0)  # NaN last
    defined = ~ordered.isnan()
    count = defined.sum(dim=0)
    mean = torch.where(defined, ordered, 0).sum(dim=0) / count.clamp_min(1)
    # Less the mean, or the differences of the running sums below would cancel.
    ordered = torch.where(defined, ordered - mean, 0)
    spread = (ordered.square().sum(dim=0) / count.clamp_min(1)).sqrt()
    # The integral of the quantile function up to bin edge i, i N / M values in: whole values, and a part of the next.
    edge = torch.arange(bins + 1, device=sample.device)[:, None] * count
    whole, part = edge // bins, (edge % bins).to(sample.dtype) / bins
    running = torch.cat([torch.zeros_like(ordered[:1]), ordered.cumsum(dim=0)])
    following = torch.cat([ordered, torch.zeros_like(ordered[:1])])
    integral = running.gather(0, whole) + part * following.gather(0, whole)
    return integral.diff(dim=0) * bins / count.clamp_min(1), mean, spread


class Distribution(nn.Module):
    r"""Squared distance between the distributions of a descriptor in a batch and in a reference sample.

    .. math:: L = \frac{1}{K} \sum_k \frac{1}{B \sigma_k^2} \sum_{i=1}^B (x_{(i),k} - q_{i,k})^2

    with x_(i) the batch's values in rising order, q_i the mean of the reference within the i-th of B bins of equal
    probability and sigma its standard deviation. Among all sets of B values, these means are nearest to the reference
    in the Wasserstein-2 distance: L is that distance squared, in units of the reference's variance, minus the minimum
    for B values. It assigns each sample of the batch its place in the spread; a term that pulls every sample to one
    value makes the distribution too narrow and the S-value worse.

    The guard of a descriptor (the areas by heat of ``ssa``, see there) is not matched: a match from both sides would
    push on every voxel. The mean of the batch is bounded by that of the reference, and the mean over the columns of
    max(0, mean / mean of the reference - 1)^2 is added to L.

    Where the reference is constant, sigma is the magnitude of its mean; where the reference is 0 throughout, sigma is
    the attribute ``scale`` of the inner loss (surface area has one), or 1 if there is none. A sigma below 64 times the
    resolution of the dtype, relative to the mean, counts as constant, and one below that of ``scale`` as 0.

    Known defects. A mean within a bin is less extreme than the bin's values, so the target is narrower than the
    reference: for a normal distribution its standard deviation is 0.928 of the reference's at B = 4, 0.972 at B = 8,
    0.989 at B = 16, 0.998 at B = 64; and a batch of 1 is pulled to the mean. Columns are matched one by one, without
    their correlations: where columns depend on each other, as the fractions of three phases do, the ranks that they
    take at first can contradict each other permanently. On soft probabilities it has the loopholes of its descriptor.

    Args:
        grid: phases, voxel edges (um) and boundaries, passed to the inner loss.
        descriptor: name of a loss that has a descriptor, for example ``ssa``.
        params: parameters of that loss; default: its defaults.

    Raises:
        InputError: that loss has no descriptor.
        UnknownComponent, ConfigError, PluginError: as for `porenet.create_loss`.
    """

    def __init__(self, grid: Grid, *, descriptor: str, params: dict[str, Any] | None = None) -> None:
        from porenet import create_loss  # the registry: only this loss needs it

        super().__init__()
        self.name = descriptor
        self.inner = cast(nn.Module, create_loss(descriptor, grid, **(params or {})))
        if not callable(getattr(self.inner, "descriptor", None)):
            raise InputError(
                f"the loss {descriptor!r} has no descriptor whose distribution could be matched",
                where="distribution.descriptor",
                fix="Name a loss of a measurable quantity, such as vf or ssa.",
            )
        self.scale = float(getattr(self.inner, "scale", 1.0))
        self.twin_params: dict[str, Any] = dict(getattr(self.inner, "twin_params", {}))
        for name in ("twin_keys", "witness_keys", "witness_params", "witness_range"):
            if hasattr(self.inner, name):
                setattr(self, name, getattr(self.inner, name))
        self.witness_as = descriptor
        self.guards = int(getattr(self.inner, "guards", 0))
        measured = target_estimators(self.inner, "")
        self.target_estimators = {"distribution": "+".join(measured.values())} if measured else {}

    def descriptor(self, probabilities: Tensor) -> Tensor:
        """The inner loss's descriptor, ``(B, K)``, in its unit."""
        values: Tensor = self.inner.descriptor(probabilities)  # type: ignore[operator]
        return values

    def forward(self, probabilities: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """One value per batch.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, dimensionless.
            targets: ``distribution``: the reference sample, ``(N, K)`` in the descriptor's unit, any N; undefined (NaN,
                infinite) entries are left out, and a column of only such entries is ignored.

        Returns:
            ``(1,)``, dimensionless, >= 0.

        Raises:
            InputError: the reference has other columns, is empty, or was measured with another estimator.
        """
        return self.from_descriptor(self.descriptor(probabilities), targets)

    def from_descriptor(self, values: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """As `forward`, for a batch whose descriptor is known.

        Args:
            values: ``(B, K)``, in the descriptor's unit.
            targets: as for `forward`.

        Returns:
            ``(1,)``, dimensionless, >= 0.

        Raises:
            InputError: as for `forward`.
        """
        reference = self._reference(targets, values)
        if not self.guards:
            return self._distance(values, reference).unsqueeze(0)
        matched, guards = values.tensor_split([-self.guards], dim=1)
        wanted, bounds = reference.tensor_split([-self.guards], dim=1)
        return (self._distance(matched, wanted) + self._excess(guards, bounds)).unsqueeze(0)

    def extra_repr(self) -> str:
        """Parameters shown by ``print``."""
        return f"descriptor={self.name!r}"

    def _distance(self, values: Tensor, reference: Tensor) -> Tensor:
        """Squared distance between the distributions, in units of the reference's variance."""
        means, mean, spread = quantile_means(reference, len(values))
        size = mean.abs()
        spread = torch.where(spread > 64 * torch.finfo(spread.dtype).eps * size, spread, size)
        spread = torch.where(spread > 64 * torch.finfo(spread.dtype).eps * self.scale, spread, self.scale)
        ordered, _ = values.sort(dim=0)
        defined = reference.isfinite().any(dim=0)
        distance = torch.where(defined, (ordered - mean - means) / spread, 0).square().mean(dim=0)
        return distance.sum() / defined.sum().clamp_min(1)

    def _excess(self, values: Tensor, reference: Tensor) -> Tensor:
        """Squared excess of the batch's means over those of the reference, relative to these."""
        _, bound, _ = quantile_means(reference, 1)
        bound = torch.where(reference.isfinite().any(dim=0), bound, torch.nan)
        return relative_error(values.mean(dim=0), bound, scale=self.scale).relu().square().mean()

    def _reference(self, targets: Mapping[str, Tensor], values: Tensor) -> Tensor:
        sample = targets["distribution"]
        if sample.ndim not in (1, 2) or len(sample) == 0:
            raise InputError(
                f"a reference sample (N, K) of K = {values.shape[1]} quantities was expected, "
                f"not {tuple(sample.shape)}",
                where="targets['distribution']",
            )
        alike = values[:1].detach().expand(len(sample), -1)
        return target_like(targets, "distribution", alike, estimator=self.target_estimators.get("distribution"))
