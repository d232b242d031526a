"""An objective as a criterion of two arguments, as loss lists of other libraries call it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from torch import Tensor, nn

from porenet.errors import InputError
from porenet.objective.schedule import refuse_schedule

if TYPE_CHECKING:
    from porenet.objective.objective import Objective


class Criterion(nn.Module):
    """The total of an objective, called as ``criterion(probabilities, target)``.

    Args:
        objective: without a schedule, since a criterion does not know the step.

    Raises:
        InputError: a term has a start, a stop or a ramp.
    """

    def __init__(self, objective: Objective) -> None:
        super().__init__()
        try:
            refuse_schedule(objective.terms)
        except InputError as error:
            raise InputError(
                f"a criterion does not know the step, and {error.what.partition(',')[0]}",
                where="criterion",
                fix="Call objective(field, targets, step), or leave the schedule out.",
            ) from None
        self.objective = objective

    def forward(self, probabilities: Tensor, target: Any) -> Tensor:
        """The sum to minimise.

        Args:
            probabilities: ``(B, P, Z, Y, X)``, of sections ``(B, P, Y, X)``, dimensionless.
            target: labels of real structures, integers ``(B, Z, Y, X)`` or ``(B, 1, Z, Y, X)``, of sections without
                Z, of which the terms measure what they need, without a gradient; or the targets themselves, as for
                `porenet.objective.Objective.forward`.

        Returns:
            A scalar.

        Raises:
            InputError: the target is neither; or as for `porenet.objective.Objective.forward`.
        """
        if isinstance(target, Tensor) and not target.is_floating_point():
            one_channel = target.ndim == self.objective.grid.dims + 2 and target.shape[1] == 1
            labels = target.squeeze(1) if one_channel else target
            target = self.objective.targets_of(labels)
        elif not isinstance(target, Mapping):
            got = str(target.dtype) if isinstance(target, Tensor) else type(target).__name__
            raise InputError(
                f"labels (integers) or targets by key were expected, not {got}",
                where="target",
                fix="Labels that are floating-point numbers: labels.long().",
            )
        return cast(Tensor, self.objective(probabilities, target)[0])
