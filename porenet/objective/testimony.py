"""What the witness of a term says of the structure that the term is met by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from porenet.config import Term
from porenet.interface import Grid
from porenet.registry import parameters_of
from porenet.registry.witnesses import farthest_ratio, witness_of
from porenet.targets import Targets


@dataclass(frozen=True, slots=True)
class Testimony:
    """What a witness says of a batch of structures.

    Attributes:
        name: of the witness: ``ssa by crofton``.
        ratio: to the structures behind the targets, in the phase where it is farthest from 1; None without these.
        to_descriptor: to the loss's own reading, where there are no such structures; None where it is not needed.
        believed: whether the ratio is one of the right structure.
    """

    name: str
    ratio: float | None
    to_descriptor: float | None
    believed: bool


def testimony_of(
    term: Term, loss: nn.Module, field: Tensor, targets: Mapping[str, Tensor], grid: Grid
) -> Testimony | None:
    """What the witness of a term says of decoded structures; None if it has none, or nothing to compare with.

    Args:
        term: the term.
        loss: its loss.
        field: the structures, one-hot, ``(B, P, Z, Y, X)``.
        targets: of the batch.
        grid: of the fields.
    """
    if term.planes or term.component.spec.tolerance is None or (witness := witness_of(term.component, loss)) is None:
        return None
    values = witness.values(field.argmax(dim=1), grid)
    reference = targets.witnesses.get(term.label) if isinstance(targets, Targets) else None
    if reference is not None and reference.shape[1:] == values.shape[1:]:
        ratio = farthest_ratio(values, reference.cpu())
        return Testimony(witness.name, ratio, None, ratio is None or witness.believes(ratio))
    describe = getattr(loss, "descriptor", None)
    if witness.usual is None or describe is None:
        return None
    with torch.no_grad():
        readings = describe(field)[:, : values.shape[1]].double().cpu()
    lowest, highest = witness.usual
    ratios = [farthest_ratio(values[:, [column]], readings[:, [column]]) for column in range(values.shape[1])]
    outside = [ratio for ratio in ratios if ratio is not None and not lowest <= ratio <= highest]
    return Testimony(witness.name, None, outside[0] if outside else None, not outside)


def blindness_in_words(term: Term, hard: float, testimony: Testimony) -> str:
    """Warning about a term that is met by another structure, with advice."""
    if testimony.ratio is not None:
        what = f"{testimony.ratio:.3g} times that of the structures behind its targets"
    else:
        what = f"{testimony.to_descriptor:.3g} times what the term reads, which no real structure has"
    return (
        f"{term.label} is met ({round(hard, 9):.3g}, counts as met at {term.component.spec.tolerance:.3g}) by a "
        f"structure whose {testimony.name} is {what}: the term does not see what differs. {_advice(term)}"
    )


def _advice(term: Term) -> str:
    chosen = term.params.get("estimator")
    fields = parameters_of(term.component).model_fields.values()
    usual = next((field.default for field in fields if field.alias == "estimator"), None)
    if usual not in (None, chosen):
        return f"Leave out estimator = {chosen!r}: the default, {usual!r}, sees it."
    return "Add a term that sees it, or stop the run before it drifts."
