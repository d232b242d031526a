"""The guard of fields: a loss is called with a field of probabilities of its grid, or refuses it in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from porenet.errors import InputError


def check_field(probabilities: object, phases: Sequence[str]) -> None:
    """Check that probabilities are a floating-point tensor ``(B, P, Z, Y, X)`` with one channel per phase.

    Looks at type and shape alone: it costs microseconds, waits for no device, compiles and exports.

    Args:
        probabilities: what a loss is called with.
        phases: names, in channel order.

    Raises:
        InputError: another type, rank or number of channels, or an empty axis.
    """
    if not isinstance(probabilities, Tensor) or not probabilities.is_floating_point():
        got = probabilities.dtype if isinstance(probabilities, Tensor) else type(probabilities).__name__
        raise InputError(f"a tensor of floating-point numbers was expected, not {got}", where="probabilities")
    if probabilities.ndim != 5 or probabilities.shape[1] != len(phases) or 0 in probabilities.shape:
        raise InputError(
            f"shape (B, {len(phases)}, Z, Y, X) for the phases {', '.join(phases)} was expected, "
            f"not {tuple(probabilities.shape)}",
            where="probabilities",
        )


def guarded(loss: Any, phases: Sequence[str]) -> Any:
    """The loss, which from now on checks the field before it computes.

    Args:
        loss: an ``nn.Module``; anything else is returned as it is.
        phases: names, in channel order.
    """
    if isinstance(loss, nn.Module):
        loss.register_forward_pre_hook(_Guard(tuple(phases)), with_kwargs=True)
    return loss


class _Guard:
    """A forward pre-hook; a class, so that a guarded loss can be pickled."""

    def __init__(self, phases: tuple[str, ...]) -> None:
        self.phases = phases

    def __call__(self, _loss: nn.Module, positional: Sequence[Any], named: Mapping[str, Any]) -> None:
        if positional or "probabilities" in named:  # without either, the call itself says what is missing
            check_field(positional[0] if positional else named["probabilities"], self.phases)
