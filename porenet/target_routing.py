"""Which target goes to which term."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from torch import Tensor

from porenet.config import Term
from porenet.errors import InputError
from porenet.targets import Targets


def needs_of(terms: Iterable[Term]) -> dict[str, tuple[str, ...]]:
    """Each target key, and the labels of the terms that read it."""
    keys: dict[str, tuple[str, ...]] = {}
    for term in terms:
        for key in term.needs:
            keys[key] = (*keys.get(key, ()), term.label)
    return keys


def takes_own(term: Term, terms: Iterable[Term]) -> bool:
    """Whether a target under the term's label is its alone: it reads one key, and its label is no key."""
    return len(term.needs) == 1 and term.label not in needs_of(terms)


def targets_for(term: Term, terms: Iterable[Term], targets: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """The targets as one term sees them."""
    if term.label not in targets or not takes_own(term, terms):
        return targets
    (key,) = term.needs
    known = targets.estimators if isinstance(targets, Targets) else {}
    return Targets({key: targets[term.label]}, {key: known[term.label]} if term.label in known else None)


def refuse_missing(terms: tuple[Term, ...], targets: Mapping[str, Tensor]) -> None:
    """Refuse targets that lack what a term needs.

    Raises:
        InputError: names the key and the terms; or it is no mapping of tensors.
    """
    if not isinstance(targets, Mapping):
        raise InputError(
            f"a mapping from keys to tensors was expected, not {type(targets).__name__}",
            where="targets",
            fix="Such as {'vf': tensor of (B, P)}.",
        )
    for key in {*needs_of(terms), *(term.label for term in terms)} & set(targets):
        value: object = targets[key]
        if not isinstance(value, Tensor) or value.is_complex():
            got = value.dtype if isinstance(value, Tensor) else type(value).__name__
            raise InputError(f"a tensor of real numbers was expected, not {got}", where=f"targets[{key!r}]")
    for key in needs_of(terms):
        if key in targets:
            continue
        without = [
            term.label for term in terms if key in term.needs and not (term.label in targets and takes_own(term, terms))
        ]
        if without:
            raise InputError(
                f"the target {key!r} is missing, which {', '.join(without)} needs",
                where="targets",
                fix=f"Given: {', '.join(targets) or 'none'}.",
            )
