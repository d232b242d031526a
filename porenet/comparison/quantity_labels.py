"""Names of the compared quantities and runs, as tables and plots write them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from porenet.comparison.comparison import Result
from porenet.comparison.samples import Quantity


def label(quantity: Quantity, result: Result) -> str:
    """Name of a quantity of a result, as `label_among` gives it."""
    return label_among(quantity, (other for samples in result.samples.values() for other in samples))


def label_among(quantity: Quantity, others: Iterable[Quantity]) -> str:
    """Name of a quantity, with the parameters that distinguish it from others of the same name."""
    rivals = {other.params for other in others if other.name == quantity.name} | {quantity.params}
    if len(rivals) == 1:
        return quantity.name
    params = json.loads(quantity.params)
    differing = [key for key in params if len({json.dumps(json.loads(other).get(key)) for other in rivals}) > 1]
    return f"{quantity.name} ({', '.join(f'{key}={params[key]}' for key in differing)})"


def run_names(result: Result) -> list[str]:
    """Names of the runs, in the order of the call."""
    return [name for name in result.samples if name != "reference"]
