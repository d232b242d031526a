"""The table of second derivatives in docs/transforms.md."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from porenet.registry import OWN
from porenet.testing.case import Case
from porenet.testing.casebook import casebook
from porenet.testing.fields import every_kind

TELLING = ("estimator", "directions", "descriptor")
"""Parameters on which it may depend."""


def second_derivatives() -> str:
    """One row per loss: whether its gradient can be differentiated."""
    outcomes: dict[str, dict[str, str]] = {}
    for _, case in casebook(OWN, "loss").cases:
        setting = next((f'`{name} = "{case.params[name]}"`' for name in TELLING if name in case.params), "")
        outcomes.setdefault(case.spec.name, {}).setdefault(setting, _second(case))
    rows = [f"| `{name}` | {'; '.join(_in_words(of_loss))} |" for name, of_loss in outcomes.items()]
    return "\n".join(["| loss | derivative of its gradient |", "| --- | --- |", *rows])


def _second(case: Case) -> str:
    grid = case.grid()
    field = every_kind(len(case.phases), ("generic",), (5, 4, 4)).requires_grad_()
    values = case.loss(grid)(field, case.targets_for(field.detach(), grid))
    (gradient,) = torch.autograd.grad(values.sum(), field, create_graph=True, allow_unused=True)
    if gradient is None:
        return "0, as the gradient"
    try:
        torch.autograd.grad(gradient.square().sum(), field)
    except RuntimeError:
        return "refused"
    return "right"


def _in_words(outcomes: dict[str, str]) -> Iterator[str]:
    """What most parameters give, and what others do."""
    usual = next(iter(outcomes.values()))
    alone = len(set(outcomes.values())) == 1
    for setting, outcome in outcomes.items():
        if outcome == usual and (alone or setting == next(iter(outcomes))):
            yield outcome if alone or not setting else f"{outcome} with {setting}"
            if alone:
                return
        elif outcome != usual:
            yield f"{outcome} with {setting}"
