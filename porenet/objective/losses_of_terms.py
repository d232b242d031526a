"""The losses of an objective's terms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from torch import nn

from porenet.config import Term
from porenet.errors import ConfigError, InputError, Problem
from porenet.interface import Grid
from porenet.objective.sliced_loss import SlicedLoss
from porenet.registry import build_loss


def losses_of(terms: Iterable[Term], grid: Grid) -> list[nn.Module]:
    """The loss of each term.

    Raises:
        ConfigError: all problems that the losses detect only when they are built: a triple of phases on a grid of two.
    """
    losses: list[nn.Module] = []
    problems: list[Problem] = []
    for number, term in enumerate(terms):
        path = term.place or f"objective.terms[{number}]"
        try:
            losses.append(_loss_of(term, grid))
        except InputError as error:
            if error.where == "planes":
                problems.append(Problem(f"{path}.planes", str(InputError(error.what, fix=error.fix))))
            elif error.where in term.params:
                problems.append(Problem(f"{path}.params.{error.where}", str(InputError(error.what, fix=error.fix))))
            else:
                problems.append(Problem(path, str(error)))
    if problems:
        raise ConfigError(problems, source="Objective")
    return losses


def _loss_of(term: Term, grid: Grid) -> nn.Module:
    return SlicedLoss(term, grid) if term.planes else cast(nn.Module, build_loss(term.component, grid, term.params))
