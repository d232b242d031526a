"""Findings of an audit, in words, from its numbers. Importing this imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from porenet.gradient_audit.records import FLAT, SPECKLE, Finding, GeneratorSummary, OnState, Pair, TermAudit
from porenet.objective.dominance import is_outvoted

if TYPE_CHECKING:
    from porenet.gradient_audit.states import State

AIMED = 5.0
"""A term repairs a cut if the gap has at least this many times its share of the gradient; a uniform gradient has 1."""

_LEVELS = ("fault", "warning", "note")


def findings(
    generator: GeneratorSummary, terms: Sequence[TermAudit], cosines: Iterable[Pair], states: Sequence[State]
) -> tuple[Finding, ...]:
    """All findings of an audit, the most severe first.

    Args:
        generator: summary of the audited generator.
        terms: audits of the terms, in the order of the objective.
        cosines: between the gradients of every two terms.
        states: the hand-made states.
    """
    entries = [*_of_generator(generator, terms)]
    summaries = {state.name: state.summary for state in states}
    for term in terms:
        entries += _faults(term)
        entries += _of_states(term, summaries)
        entries += _of_schedule(term)
    entries += _fights(cosines, {term.label: term for term in terms})
    entries += _negligible(terms)
    entries += _cuts(terms, [state.phase for state in states if state.name.startswith("severed_")])
    return tuple(sorted(entries, key=lambda finding: _LEVELS.index(finding.level)))


def _of_generator(generator: GeneratorSummary, terms: Sequence[TermAudit]) -> Iterable[Finding]:
    labels = tuple(term.label for term in terms)
    alive = [term for term in terms if term.reached > 0]
    if not generator.attached:
        text = f"the output of {generator.name} depends on no parameter that can be trained: no term can change it"
        yield Finding("fault", "generator", labels, f"{text}. Is it detached, or are all parameters frozen?")
    elif not generator.groups:
        text = f"{generator.name} exposes no parameters, so the audit ends at the probabilities"
        yield Finding("note", "generator", labels, f"{text}. Pass groups = {{name: parameters}}.")
    elif alive and not any(norm for term in alive for norm in term.groups.values()):
        text = f"gradients arrive at the probabilities and none at a parameter of {generator.name}"
        yield Finding("fault", "generator", labels, f"{text}: the graph between them is cut, or saturated.")
    if generator.decided > 0.5:
        text = f"{generator.decided:.0%} of the voxels are decided to more than 0.999, where a softmax passes next to"
        yield Finding("warning", "saturated", labels, f"{text} nothing: judge the gradients on an earlier state.")


def _faults(term: TermAudit) -> Iterable[Finding]:
    label = (term.label,)
    if term.error:
        yield Finding("fault", "broken", label, f"{term.label} cannot be evaluated: {term.error}")
        return
    if not term.finite:
        what = "its value" if term.value is None else "its gradient"
        yield Finding("fault", "not_finite", label, f"{term.label} is not finite on the generator's batch: {what}.")
    elif term.dead:
        yield Finding("fault", "dead", label, _death(term))
    elif term.unreached_samples:
        count = term.unreached_samples
        text = f"{term.label} gives no gradient to {count} of the samples on which it is not met."
        yield Finding("warning", "unreached", label, text)
    broken = [name for name, state in term.states.items() if not state.finite]
    if broken and term.finite:
        text = f"{term.label} is not finite on {_listed(broken)}: a training that reaches such a state fails."
        yield Finding("fault", "not_finite", label, text)


def _death(term: TermAudit) -> str:
    claim = f"{'although' if term.requires_grad else 'and'} requires_grad is {term.requires_grad}"
    place = "the generator" if not term.met else "any hand-made state that it does not meet"
    text = f"{term.label} is dead: no gradient reaches {place}, {claim}."
    declared = [reason.rstrip(".") for law, reason in term.deviations.items() if "gradient" in law]
    if declared:
        return f"{text} Its plugin says so: {'; '.join(dict.fromkeys(declared))}."
    if term.probability_gradient:
        return f"{text} Its gradient is the same for all phases, and a softmax passes none of it."
    alive = [name for name, state in term.states.items() if state.reached]
    if alive:
        return f"{text} It has one on {alive[0]}, so the relaxation of the batch ({term.reads}) cuts it off."
    return f"{text} Its loss must be computed on the generator's own output, not on a detached or rounded copy."


def _of_states(term: TermAudit, summaries: dict[str, str]) -> Iterable[Finding]:
    label = (term.label,)
    if term.fooled and not term.dead:
        yield Finding("warning", "fooled", label, _fooled(term, summaries))
    if (term.blind or term.unseen) and not term.dead:
        yield Finding("warning", "blind", label, _blind(term, summaries))
    raised = {name: state.error for name, state in term.states.items() if state.error}
    if raised and not term.error:
        name, error = next(iter(raised.items()))
        more = f" (and {len(raised) - 1} more)" if len(raised) > 1 else ""
        yield Finding("note", "not_tried", label, f"{term.label} could not be tried on {name}{more}: {error}")
    if term.dead or term.error:
        return
    tried = [state for state in term.states.values() if state.value is not None]
    if term.met and not term.reached and tried and all(state.met and not state.reached for state in tried):
        text = f"{term.label} is met on the generator's batch and on every hand-made state that it can be tried on"
        yield Finding("note", "met_everywhere", label, f"{text}: the audit cannot show whether it trains.")
    without = {name: state for name, state in term.states.items() if _has_no_gradient(state)}
    undeclared = [name for name, state in without.items() if not state.declared]
    if undeclared:
        text = f"{term.label} has no gradient on {_listed(undeclared)}, though it is not met there"
        yield Finding("note", "no_gradient", label, f"{text}: it cannot lead out of such a state.")
    reasons: dict[str, list[str]] = {}
    for name, state in without.items():
        reasons.setdefault(state.declared, []).append(name)
    for reason, names in reasons.items():
        if reason:
            text = f"{term.label} has no gradient on {_listed(names)}, as its plugin says: {reason.rstrip('.')}."
            yield Finding("note", "declared", label, text)


def _has_no_gradient(state: OnState) -> bool:
    return state.value is not None and state.finite and not state.met and state.reached == 0


def _fooled(term: TermAudit, summaries: dict[str, str]) -> str:
    name = FLAT if FLAT in term.fooled else term.fooled[0]
    if name == "batch":
        value, hard = term.value, term.hard_value
        met = f"met on the generator's batch as it reads it ({term.reads}: {value:.2g})"
        text = f"{term.label} is fooled: {met}, and not on its argmax ({hard:.2g})."
    else:
        state = term.states[name]
        text = f"{term.label} is fooled: on the {term.reads} field it is met ({state.value:.2g}) by {summaries[name]}; "
        text += f"there it is {state.hard:.2g}."
    if term.always_reads:
        return f"{text} It always reads that field: add a term that reads the structure."
    return f'{text} Show it the structure: relax = "straight_through".'


def _blind(term: TermAudit, summaries: dict[str, str]) -> str:
    text = f"{term.label} is blind: "
    if term.unseen:
        text += f"as its plugin says, it does not see {term.unseen}. "
    name = SPECKLE if SPECKLE in term.blind else "".join(term.blind[-1:])  # a state shows more than the batch
    if name == "batch":
        text += "The argmax of the generator's batch meets it, which its witness tells from the targets' structures. "
    elif name:
        state = term.states[name]
        text += f"{'It' if term.unseen else 'it'} is met ({state.hard:.2g}) by {summaries[name]}, though its witness "
        reads = "something where the channels have nothing" if state.witness is None else f"{state.witness:.3g} times"
        text += f"reads {reads}{'' if state.witness is None else ' what it reads of the channels'}. "
    return f"{text}Take an estimator that sees the difference, or add a term that does."


def _of_schedule(term: TermAudit) -> Iterable[Finding]:
    if term.weight_now == 0:
        until = "" if term.stop is None else f" to {term.stop - 1}"
        text = f"{term.label} counts from step {term.start}{until} only; audited at its full weight."
        yield Finding("note", "schedule", (term.label,), text)


def _fights(cosines: Iterable[Pair], terms: dict[str, TermAudit]) -> Iterable[Finding]:
    for pair in cosines:
        if pair.fight:
            sizes = {label: terms[label].weighted_gradient or 0.0 for label in (pair.first, pair.second)}
            winner = max(sizes, key=lambda label: sizes[label])
            text = f"{pair.first} and {pair.second} fight: the cosine of their gradients is {pair.cosine:.2f}, and "
            text += f"{winner} wins ({max(sizes.values()):.2g} against {min(sizes.values()):.2g}, weighted)."
            yield Finding("warning", "fight", (pair.first, pair.second), text)


def _negligible(terms: Sequence[TermAudit]) -> Iterable[Finding]:
    sizes = {term.label: term.weighted_gradient for term in terms if term.weighted_gradient}
    if not sizes:
        return
    largest = max(sizes, key=lambda label: sizes[label])
    for label, size in sizes.items():
        if is_outvoted(size, sizes[largest]):
            share = f"{100 * size / sizes[largest]:.2g} %"
            equal = next(term.weight for term in terms if term.label == label) * sizes[largest] / size
            text = f"{label} is negligible: its weighted gradient is {share} of that of {largest}, which outvotes it"
            text += f" (a weight of {equal:.2g} would make them equal)."
            yield Finding("warning", "negligible", (label,), text)


def _cuts(terms: Sequence[TermAudit], phases: Sequence[str]) -> Iterable[Finding]:
    unrepaired = []
    for phase in phases:
        closing, widening = [], []
        for term in terms:
            state = term.states.get(f"severed_{phase}")
            if state is None or term.dead or not state.gap_voxels or state.gap_gradient is None:
                continue
            if state.gap_gradient >= AIMED * state.gap_voxels and state.gap_push == "closes":
                share = f"{state.gap_gradient:.0%} of its gradient on {state.gap_voxels:.1%} of the voxels"
                closing.append(f"{term.label} ({share})")
            if state.gap_push == "widens":
                widening.append(term.label)
        if closing:
            text = f"a cut channel of {phase} is closed by {_listed(closing)}."
            yield Finding("note", "repair", (), text)
        else:
            unrepaired.append(phase)
        if widening:
            verb = "pushes" if len(widening) == 1 else "push"
            text = f"a cut channel of {phase}: {_listed(widening)} {verb} the wrong way, and would widen the gap."
            yield Finding("note", "widens", tuple(widening), text)
    if unrepaired:
        text = f"no term aims at a cut channel of {_listed(unrepaired)}: none has {AIMED:.0f} times its share of the"
        yield Finding("note", "no_repair", (), f"{text} gradient on the gap, with the sign that closes it.")


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
