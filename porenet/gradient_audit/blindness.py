"""Which structures a term's witness, a metric that shares no filter with it, tells from the right one."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from porenet.gradient_audit.states import State
from porenet.objective import Objective, testimony_of
from porenet.registry.witnesses import farthest_ratio, witness_of
from porenet.relaxation import relaxed

INTACT = "one_hot"
"""Name of the state with which the others are compared."""


def doubted_states(objective: Objective, index: int, states: Mapping[str, State]) -> dict[str, float]:
    """The decided states that a term's witness tells from the intact channels.

    Args:
        objective: objective of the term.
        index: place of the term in ``objective.terms``.
        states: states by name, the intact one among them.

    Returns:
        Name of the state -> its witness over that of the intact channels, where it is farthest from 1, dimensionless.
    """
    witness = witness_of(objective.terms[index].component, objective.losses[index])
    if witness is None:
        return {}
    decided = {name: state for name, state in states.items() if state.kind == "one_hot"}
    try:
        values = {name: witness.values(state.field.argmax(dim=1), objective.grid) for name, state in decided.items()}
    except Exception:  # a plugin's metric that fails here is reported where it is measured
        return {}
    ratios = {name: farthest_ratio(value, values[INTACT]) for name, value in values.items()}
    return {name: ratio for name, ratio in ratios.items() if ratio is not None and not witness.believes(ratio)}


def doubted_on_batch(objective: Objective, index: int, probabilities: Tensor, targets: Mapping[str, Tensor]) -> bool:
    """Whether a term's witness tells the decoded batch from the structures behind its targets."""
    term, loss = objective.terms[index], objective.losses[index]
    decoded = relaxed("straight_through", probabilities.detach())
    try:
        with torch.no_grad():
            testimony = testimony_of(term, loss, decoded, targets, objective.grid)
    except Exception:  # as above
        return False
    return testimony is not None and not testimony.believed
