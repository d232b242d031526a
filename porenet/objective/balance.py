"""An objective beside another loss: shares of the gradient at the field in place of weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, distributed, nn

from porenet.errors import InputError, NonFiniteTerm
from porenet.objective.ranks import world_size
from porenet.objective.saved_terms import TERMS, refuse_impossible_norms, refuse_other_terms, terms_text
from porenet.objective.weighted_sum import checks_at
from porenet.registry.field_guard import check_field

if TYPE_CHECKING:
    from porenet.objective.objective import Objective


@dataclass(frozen=True, slots=True, eq=False)
class BalancedGradient:
    """What a generator is to follow, and how loud each of its two losses is.

    Attributes:
        gradient: at the field, of its shape: that of the other loss + ``scale`` times that of the objective. It goes on
            through the generator by ``field.backward(gradient)``.
        other_norm: Euclidean norm of the other loss's gradient at the field, a scalar; over the batches of all ranks.
        objective_norm: likewise of the objective's, before it is scaled.
        scale: factor on the objective's gradient, a scalar.
        total: the objective, as `porenet.Objective.forward` returns it, detached.
        terms: per label the term's batch mean, likewise.
    """

    gradient: Tensor
    other_norm: Tensor
    objective_norm: Tensor
    scale: Tensor
    total: Tensor
    terms: Mapping[str, Tensor]


class RunningNorms(nn.Module):
    """Running means of the two norms, kept between steps and in ``state_dict``.

    A state from before there were any, which lacks them, is taken as that of an objective that was never balanced.
    """

    sums: Tensor

    def __init__(self) -> None:
        super().__init__()
        # Other, objective, and the sum of the weights, by which the first steps are no smaller than later ones.
        self.register_buffer("sums", torch.zeros(3))

    def advance(self, norms: Tensor, memory: float) -> Tensor:
        """Take in the norms of a step, ``(2,)``, and return their running means, ``(2,)``.

        A step with a norm that is 0 or not finite leaves the means as they were: it says nothing about their ratio.
        """
        entry = torch.cat([norms, torch.ones_like(norms[:1])]).to(self.sums)
        usable = (norms > 0).all() & norms.isfinite().all()
        self.sums.copy_(torch.where(usable, memory * self.sums + (1 - memory) * entry, self.sums))
        return self.sums[:2] / self.sums[2]

    def _apply(self, fn: Callable[..., Any], recurse: bool = True) -> RunningNorms:
        """Move, and stay in single precision: norms beyond 65504 would be infinite in float16, for good."""
        before = self.sums
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        if torch.finfo(self.sums.dtype).bits < 32:
            self.sums = before.to(self.sums.device)
        return self

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        state_dict.setdefault(f"{prefix}sums", torch.zeros_like(self.sums))
        super()._load_from_state_dict(state_dict, prefix, *rest)


class Balanced(nn.Module):
    """The part of `porenet.Objective` that balances it against another loss."""

    def __init__(self) -> None:
        super().__init__()
        self.running_norms = RunningNorms()

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        if hasattr(destination, "_metadata"):
            destination._metadata.setdefault(prefix[:-1], {})[TERMS] = terms_text(cast("Objective", self))

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any], *rest: Any
    ) -> None:
        sums = state_dict.get(f"{prefix}running_norms.sums")
        if isinstance(sums, Tensor) and not sums.is_meta:  # what torch itself refuses is left to it
            refuse_impossible_norms(sums)
            refuse_other_terms(cast("Objective", self), local_metadata, sums)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)

    def balanced(
        self,
        field: Tensor,
        other: Tensor,
        targets: Mapping[str, Tensor] | None = None,
        step: int | None = None,
        *,
        share: float | None = 0.5,
        memory: float = 0.9,
    ) -> BalancedGradient:
        """The gradient at the field of another loss and of the objective, with a share for each in place of weights.

        The objective's gradient is scaled to ``share / (1 - share)`` times the norm of the other's: 0.5 makes them
        equally loud, 1/3 the objective half as loud as the other. Both norms are running means over the steps, so that
        an objective whose gradient fades, because it is met, fades; the scaled norm of a single step is never more
        than that, so that an objective which wakes up does not kick. No second pass through the generator is needed:
        both gradients are taken at the field, and ``field.backward(gradient)`` goes on from there. Only what reaches
        the generator through the field counts.

        Where either gradient is zero, the sum is what is left of the two: a step whose other gradient is zero takes
        the objective's at the scale of the steps before, and unscaled if there were none.

        Args:
            field: probabilities, as for `forward`, with the graph of the generator.
            other: the other loss, a scalar computed from ``field``, such as ``-critic(field).mean()``; or its gradient
                at the field, of the field's shape.
            targets: as for `forward`.
            step: as for `forward`.
            share: of the objective in the sum of both norms, above 0 and below 1; None adds the two as they are, by
                their weights, and only measures them.
            memory: weight of the running means against those of the step, 0 (none) to below 1.

        Returns:
            The gradient, both norms, and the objective's value and terms. Under ``torch.distributed`` norms are those
            of the whole batch, on each rank (unless ``gather=False``): each must then call this at the same steps.

        Raises:
            InputError: the field carries no gradient, the other loss does not depend on it or has another shape, or a
                share is outside its range; or as for `forward`.
            NonFiniteTerm: a gradient is not finite (checked as often as the numbers of `forward`), or as for
                `forward`.
            PluginError: as for `forward`.
        """
        objective = cast("Objective", self)
        _refuse(objective, field, share, memory)
        others = _gradient_of_other(other, field)
        total, terms = objective(field, targets, step)
        gradient = _gradient(total, field)
        norms = torch.stack([_norm(others), _norm(gradient)])
        if objective.gather and world_size() > 1:
            norms = _norms_over_ranks(norms)
        if checks_at(objective, step or 0, field.device.type):
            _refuse_non_finite(norms, step)
        means = self.running_norms.advance(norms, memory).to(norms)
        # Before there is any mean it is 0 / 0: then there is nothing to balance, and the objective is left as it is.
        scale = torch.ones_like(norms[0])
        if share is not None:
            ratio = share / (1 - share) * means[0] / torch.maximum(means[1], norms[1])
            scale = torch.where(ratio.isfinite(), ratio, scale)
        together = others + scale.to(gradient.dtype) * gradient
        return BalancedGradient(together, norms[0], norms[1], scale, total.detach(), terms)


def _refuse(objective: Objective, field: Tensor, share: float | None, memory: float) -> None:
    check_field(field, objective.grid.phases, objective.grid.dims)
    for name, number, fits in (
        ("share", 0.5 if share is None else share, lambda value: 0 < value < 1),
        ("memory", memory, lambda value: 0 <= value < 1),
    ):
        if isinstance(number, bool) or not isinstance(number, Real) or not fits(number):
            least = "above 0" if name == "share" else "0 or more"
            raise InputError(f"a number {least} and below 1 was expected, not {number!r}", where=f"balanced.{name}")
    if not field.requires_grad or not torch.is_grad_enabled():
        raise InputError(
            "it carries no gradient, so there is none to balance",
            where="balanced.field",
            fix="Pass the generator's output itself, not a detached or decoded copy, and not under torch.no_grad().",
        )


def _gradient_of_other(other: object, field: Tensor) -> Tensor:
    """The gradient of the other loss at the field."""
    if not isinstance(other, Tensor) or other.is_complex() or (other.shape != field.shape and other.numel() != 1):
        got = f"{tuple(other.shape)} {other.dtype}" if isinstance(other, Tensor) else type(other).__name__
        raise InputError(
            f"a real scalar, or a gradient of the field's shape {tuple(field.shape)}, was expected, not {got}",
            where="balanced.other",
            fix="Reduce the loss: .mean().",
        )
    if other.shape == field.shape and not other.requires_grad:
        return other.detach().to(field)
    gradient = None
    if other.requires_grad and other.numel() == 1:
        try:
            (gradient,) = torch.autograd.grad(other.reshape(()), field, allow_unused=True)
        except RuntimeError as error:
            if "second time" not in str(error):
                raise
            raise InputError(
                "its graph is gone: something has called backward on it already",
                where="balanced.other",
                fix="Call balanced instead of backward, or let the earlier backward have retain_graph=True.",
            ) from error
    if gradient is None:
        raise InputError(
            "it does not depend on the field",
            where="balanced.other",
            fix="Compute it from the same tensor that is passed as field: -critic(field).mean().",
        )
    return gradient


def _gradient(total: Tensor, field: Tensor) -> Tensor:
    """The gradient of an objective at the field; zero where no term has one."""
    gradient: Tensor = torch.autograd.grad(total, field)[0]
    return gradient


def _norm(gradient: Tensor) -> Tensor:
    precision = torch.promote_types(gradient.dtype, torch.float32)
    norm: Tensor = torch.linalg.vector_norm(gradient.detach(), dtype=precision)
    return norm


def _norms_over_ranks(norms: Tensor) -> Tensor:
    """Norms of the gradients of the whole batch's means, of which each rank has its part, times the number of ranks."""
    squares = norms.square()
    distributed.all_reduce(squares)
    return squares.sqrt() / world_size()


def _refuse_non_finite(norms: Tensor, step: int | None) -> None:
    for name, norm in zip(("the other loss", "the objective"), norms.tolist(), strict=True):
        if norm - norm != 0:
            at = "" if step is None else f" at step {step}"
            raise NonFiniteTerm(
                f"the gradient of {name} at the field is not finite{at}",
                where="balanced",
                fix="Check the learning rates, and a scaler of gradients, first.",
            )
