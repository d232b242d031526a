"""Checks of the numbers given to an objective: finite terms, probabilities that are probabilities, plausible targets.

Each waits for the device, so the objective makes them every ``check_every`` steps only.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

import torch
from torch import Tensor, nn

from porenet.config import Term
from porenet.errors import DoubtfulTarget, InputError, NonFiniteTerm
from porenet.interface import Grid
from porenet.objective.targets_of_terms import own_name, takes_own
from porenet.targets import Targets
from porenet.targets.standard_errors import refuse_unsound_errors

SUM_TOLERANCE = 0.02
"""Permitted deviation of a voxel's sum over the phases from 1, and of a probability below 0. A softmax in bfloat16
stays within 0.003."""
FAR_OFF = 100.0
"""Times that a field may have of what a target asks for before the unit of the target is in doubt."""
UNITS = {
    "ssa": "um^-1", "ssa.guard": "um^-1", "dpb": "um^-1",
    "tpb": "um^-2", "tpb_active": "um^-2", "tpb_active.guard": "um^-2",
}  # fmt: skip
"""Targets that cannot be negative, and their units."""


def hidden_by_vmap(*values: object) -> bool:
    """Whether ``torch.func.vmap`` maps over one of the tensors, whose numbers then cannot be looked at.

    Not for a compiled call, whose tensors cannot be asked: the caller asks ``torch.compiler.is_compiling``, where it
    decides whether to look, since a call around vmap may be compiled function by function.
    """
    functorch = torch._C._functorch
    for value in values:
        while isinstance(value, Tensor) and functorch.is_functorch_wrapped_tensor(value):
            if functorch.is_batchedtensor(value):
                return True
            value = functorch.get_unwrapped(value)  # of func.grad, which hides nothing itself
    return False


def refuse_hidden_numbers(*values: object) -> None:
    """Check that the numbers can be looked at.

    Raises:
        InputError: ``torch.func.vmap`` hides some.
    """
    if hidden_by_vmap(*values):
        raise InputError(
            "an objective checks numbers, and inside vmap there are none to look at",
            where="objective",
            fix="Build it with check_every=0.",
        )


def refuse_unsound_numbers(means: Sequence[tuple[str, Tensor]], probabilities: Tensor, when: str = "") -> None:
    """Check that terms and field are finite, and that every voxel holds probabilities.

    Args:
        means: label and batch mean of each term.
        probabilities: ``(B, P, Z, Y, X)``.
        when: end of the phrase "not finite", for the message.

    Raises:
        NonFiniteTerm: a term or the field is not finite; names them.
        InputError: in some voxel the phases do not add up to 1, or one is negative.
    """
    # The field too: straight_through decodes a NaN to no phase, so that no term would show it. Extremes carry NaN on.
    field = probabilities.detach()
    sums = torch.stack(torch.aminmax(field.sum(dim=1, dtype=torch.float32)))
    values = torch.cat([sums, field.amin().float().view(1), *(mean.float().view(1) for _, mean in means)])
    lowest_sum, highest_sum, least, *terms = values.tolist()
    if torch.isfinite(values).all():
        if max(1 - lowest_sum, highest_sum - 1, -least) > SUM_TOLERANCE:
            raise _no_probabilities(field, lowest_sum, highest_sum, least)
        return
    broken = [f"{label} = {value}" for (label, _), value in zip(means, terms, strict=True) if value - value != 0]
    if any(value - value != 0 for value in (lowest_sum, highest_sum, least)):
        broken.append("the probabilities themselves are not finite")
    raise NonFiniteTerm(
        f"not finite{when}: {', '.join(dict.fromkeys(broken))}",
        where="objective",
        fix="Check the learning rate and the targets of that term first.",
    )


def _no_probabilities(field: Tensor, lowest_sum: float, highest_sum: float, least: float) -> InputError:
    """What is wrong with a field, in how many voxels, and the likely cause."""
    sums = field.sum(dim=1, dtype=torch.float32)
    wrong = ((sums - 1).abs() > SUM_TOLERANCE) | (field.amin(dim=1) < -SUM_TOLERANCE)
    share = f"{int(wrong.sum())} of {wrong.numel()} voxels"
    if least < -SUM_TOLERANCE:
        what = f"negative values, down to {least:.3g}, in {share}"
        fix = "Are these logits? Pass logits.softmax(dim=1)."
    else:
        what = f"the phases of a voxel add up to {lowest_sum:.3g} to {highest_sum:.3g}, not to 1, in {share}"
        fix = "Pass logits.softmax(dim=1)."
        for axis in (0, *range(2, field.ndim)):
            along = field.sum(dim=axis, dtype=torch.float32)
            if field.shape[axis] > 1 and (along - 1).abs().max() <= SUM_TOLERANCE:
                fix = (
                    f"They add up to 1 along dimension {axis}: was the softmax taken there? Pass logits.softmax(dim=1)."
                )
    return InputError(what, where="probabilities", fix=fix)


def refuse_implausible_targets(terms: Sequence[Term], targets: Mapping[str, Tensor], phases: int) -> None:
    """Check that volume fractions are fractions, and that densities are not negative.

    Args:
        terms: terms of the objective.
        targets: as the objective receives them; NaN means undefined.
        phases: P.

    Raises:
        InputError: volume fractions below 0, above 1 or not adding up to 1; a negative ssa, dpb or tpb; a negative
            standard error, or one that is NaN.
    """
    if isinstance(targets, Targets):
        refuse_unsound_errors(targets, targets.uncertainty)
    for key, place in _keys_read(terms, targets):
        value = targets[place].detach().float()
        if key == "vf":
            _refuse_fractions(value, f"targets[{place!r}]", phases)
        elif key in UNITS and bool((value < 0).any()):
            raise InputError(
                f"a density cannot be negative, and one is {float(value[value < 0].min()):.3g} {UNITS[key]}",
                where=f"targets[{place!r}]",
            )


def _refuse_fractions(value: Tensor, where: str, phases: int) -> None:
    finite = value[value.isfinite()]
    if not finite.numel():
        return
    low, high = (float(extreme) for extreme in torch.aminmax(finite))
    percent = ", ".join(f"{part:g}" for part in value.reshape(-1)[:phases].tolist())
    if low < -SUM_TOLERANCE or high > 1 + SUM_TOLERANCE:
        fix = f"{percent} look like percent: divide by 100." if high > 1.5 and low >= 0 else ""
        raise InputError(
            f"volume fractions lie between 0 and 1, and these from {low:.3g} to {high:.3g}", where=where, fix=fix
        )
    if value.ndim in (1, 2) and value.shape[-1] == phases:  # of one sample, or of all of them
        sums = value.reshape(-1, phases).sum(dim=1)
        wrong = (sums - 1).abs() > SUM_TOLERANCE  # false where a fraction is NaN
        if bool(wrong.any()):
            row = int(wrong.nonzero()[0])
            raise InputError(
                f"the volume fractions of sample {row} add up to {float(sums[row]):.3g}, not to 1", where=where
            )


def warn_of_scale(
    term: Term, loss: nn.Module, field: Tensor, targets: Mapping[str, Tensor], grid: Grid, *, stacklevel: int
) -> None:
    """Warn if a target cannot be reached on this grid, or is far below what the field has: its unit is in doubt.

    A target far above what the field has is not a reason: a generator that has collapsed has next to nothing.

    Args:
        term: the term.
        loss: its loss.
        field: as the term reads it, ``(B, P, Z, Y, X)``.
        targets: as the term sees them.
        grid: voxel edges, um.
        stacklevel: of the warning, so that it names the line that calls the module.
    """
    descriptor = getattr(loss, "descriptor", None)
    if len(term.needs) != 1 or term.needs[0] not in UNITS or descriptor is None:
        return
    key = term.needs[0]
    per_um = [1 / edge for edge in grid.edges_um]
    # Every face of every voxel an interface, or every edge a triple line.
    lines = sum(first * second for first, second in combinations(per_um, 2))
    most = lines if UNITS[key] == "um^-2" else sum(per_um)
    with torch.no_grad():
        measured, aimed = (_typical(values.detach()) for values in (descriptor(field), targets[key]))
    if aimed > most:
        reason = f"more than the {most:.2g} of a structure in which every voxel differs from its neighbours"
    elif aimed and measured > most / 1000 and measured / aimed > FAR_OFF:
        reason = f"and the field has {measured:.2g}"
    else:
        return
    warnings.warn(
        f"the target {key!r} of {term.label} is about {aimed:.2g} {UNITS[key]}, {reason}: "
        "is it in another unit (1/m, 1/mm, voxels)?",
        DoubtfulTarget,
        stacklevel=stacklevel,
    )


def _typical(values: Tensor) -> float:
    """Median of the values that are finite and not 0; 0 if there are none."""
    defined = values.float().reshape(-1)
    defined = defined[defined.isfinite() & (defined != 0)]
    return float(defined.abs().median()) if defined.numel() else 0.0


def _keys_read(terms: Sequence[Term], targets: Mapping[str, Tensor]) -> Iterator[tuple[str, str]]:
    """Each target that a term reads: the key that the term knows, and the key under which the target stands."""
    pairs: Iterable[tuple[str, str]] = (
        (key, own_name(term, key) if term.label in targets and takes_own(term, terms) else key)
        for term in terms
        for key in term.target_keys
    )
    yield from dict.fromkeys((key, place) for key, place in pairs if place in targets)
