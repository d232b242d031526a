"""Grid and terms beside the state of an objective, so that running norms go on only with what they were taken of.

They stand in the metadata of the state, where torch keeps its versions: ``torch.save`` keeps them, no key is added, and
a state that was copied key by key lacks them: of it only the numbers can be checked.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from torch import Tensor

from porenet.config.differences import config_changes
from porenet.errors import InputError, counted
from porenet.objective.description import described

if TYPE_CHECKING:
    from porenet.objective.objective import Objective

TERMS = "porenet.terms"
"""Key of the metadata."""
MOST_WEIGHT = 1.01
"""Sum of the weights of running means: 1, and what rounding, half precision included, adds."""
CHANGES_NAMED = 4
"""Most changes that a refusal names."""


def terms_text(objective: Objective) -> str:
    """Grid and terms in JSON."""
    whole = described(objective)
    terms = {term["label"]: term for term in whole["objective"]["terms"]}
    return json.dumps({"grid": whole["grid"], "terms": terms}, default=str)


def refuse_impossible_norms(sums: Tensor) -> None:
    """Refuse running norms that no step leaves: a NaN among them would stay for good, and an infinite one would too.

    Args:
        sums: the running norms of a state, ``(3,)``: both weighted sums, above 0, and the sum of the weights, to 1; or
            three zeros where it was never balanced.

    Raises:
        InputError: they are something else.
    """
    numbers = sums.tolist() if sums.shape == (3,) and not sums.is_complex() else []
    possible = all(0 < number < math.inf for number in numbers) and numbers[2:] <= [MOST_WEIGHT]
    if numbers and not possible and any(numbers):
        raise InputError(
            f"the running norms of the state are {numbers}: two sums above 0 and a weight to 1 were expected, or zeros",
            where="Objective.load_state_dict",
            fix="Leave out running_norms.sums, and the norms begin anew.",
        )


def refuse_other_terms(objective: Objective, metadata: Mapping[str, Any], sums: Tensor) -> None:
    """Refuse the running norms of another objective.

    Args:
        objective: that a state is loaded into.
        metadata: of the state.
        sums: the running norms in it; zero where it was never balanced, which fits any objective.

    Raises:
        InputError: there are running norms, and grid or terms of the state differ.
    """
    saved = metadata.get(TERMS)
    if not isinstance(saved, str) or not bool(sums.any()):
        return
    changes = [change for _, change in config_changes(json.loads(saved), json.loads(terms_text(objective)))]
    if not changes:
        return
    more = len(changes) - CHANGES_NAMED
    named = "; ".join(changes[:CHANGES_NAMED]) + (f"; and {counted(more, 'more change')}" if more > 0 else "")
    raise InputError(
        f"the running norms of the state are those of another objective: {named}",
        where="Objective.load_state_dict",
        fix="Load it into the objective that it was saved from, or leave it out, and the norms begin anew.",
    )
