"""Law of losses that name a witness: what meets the loss is the right structure."""

from __future__ import annotations

import functools

from porenet.interface import InputError
from porenet.registry.witnesses import bound, farthest_ratio
from porenet.targets import targets_measured
from porenet.testing.adversary import SHARES, Start, descend, reference, starting_logits
from porenet.testing.case import Case
from porenet.testing.fields import one_hot

STARTS: tuple[Start, ...] = ("noise", "smooth")


def met_means_met(case: Case) -> str:
    """What meets the loss when it is optimised directly, from noise and from smooth fields, is right by its witness.

    Targets are those of a random field of 24^3 voxels. A loss that is not met within 150 steps breaks no law.

    Returns:
        How far the descents came, in words.
    """
    if case.spec.witness is None or case.witness is None:
        raise InputError(
            f"the loss names the witness {case.spec.witness}", where=str(case), fix="Give Case(witness=Spec)."
        )
    grid = case.grid()
    loss, labels = case.loss(grid), reference(grid)
    field = one_hot(labels, len(grid.phases)).float()
    targets = targets_measured(loss, case.needs[0], field)
    case.expect(targets is not None, "names a witness and has no descriptor to measure its target with")
    params = {**case.spec.witness.params, **getattr(loss, "witness_params", {})}
    witness = bound(case.spec.witness, loss, functools.partial(case.witness.resolve(), **params))
    wanted = witness.values(labels, grid)
    words = []
    for start in STARTS:
        logits = starting_logits(start, labels, len(grid.phases))
        end = descend(loss, targets or {}, field.mean(dim=(2, 3, 4)), logits, tolerance=case.tolerance)
        ratio = farthest_ratio(witness.values(end.labels, grid), wanted)
        far = "undefined" if ratio is None else f"{ratio:.3g}"
        case.expect(
            end.met_at is None or ratio is None or witness.believes(ratio),
            f"is met ({end.value:.2g}, at most {case.tolerance:g}, after {end.met_at} steps from {start}) by a "
            f"structure whose {witness.name} is {far} times that of the target's; up to {witness.factor:g} is right",
        )
        words.append(f"{start}: {'met' if end.met_at is not None else 'not met'} ({end.value:.2g}), witness {far}")
    return "; ".join(words)


def applies(case: Case) -> bool:
    """Whether the law can be tried: one value per sample, one target that a structure gives, two or three phases."""
    return (
        case.spec.witness is not None
        and not case.spec.batchwise
        and len(case.needs) == 1
        and len(case.phases) in SHARES
    )
