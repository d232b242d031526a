"""Check of the standard errors of targets: each is a number of 0 or more."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from porenet.errors import InputError
from porenet.slopes import transforming


def refuse_unsound_errors(
    values: Mapping[str, Tensor], errors: Mapping[str, Tensor], *, waits_for_device: bool = True
) -> None:
    """Check that no standard error is negative or NaN; one of an undefined target (NaN) may be NaN.

    Not in ``torch.compile`` and transforms of ``torch.func``, in which there are no numbers to look at.

    Args:
        values: targets by key.
        errors: their standard errors, in the shape and unit of the values.
        waits_for_device: whether to look at errors on a GPU too, which waits for it.

    Raises:
        InputError: one is.
    """
    if not errors or torch.compiler.is_compiling() or transforming():
        return
    for key, error in errors.items():
        if error.device.type != "cpu" and not waits_for_device:
            continue
        unsound = ~((error >= 0) | values[key].isnan().to(error.device))
        if unsound.any():
            raise InputError(
                f"a standard error is a number of 0 or more, and one is {float(error[unsound][0]):g}",
                where=f"uncertainty[{key!r}]",
                fix="Leave out the key of a target whose error is not known.",
            )
