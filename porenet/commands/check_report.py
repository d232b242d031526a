"""What `porenet check` prints: failures with their first cause first, and tables of what holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, get_args

from porenet.commands import listing
from porenet.commands.check_findings import Failure, Finding, Result, by_case, failures
from porenet.commands.console import echo, echo_folded, echo_table, secho, table_of
from porenet.errors import counted

if TYPE_CHECKING:
    from porenet.testing import Case
    from porenet.testing.casebook import Casebook

EXCERPT = 300
"""Characters of a declared deviation in the table of many components; for a single component it is printed whole."""


def echo_findings(book: Casebook, findings: Sequence[Finding]) -> None:
    """Print the findings: of one component every law, of several one row per case; and what is broken."""
    if len({id(component) for component, _ in book.cases}) == 1:
        _echo_laws(findings)
    else:
        _echo_cases(findings)
    for line in listing.fault_lines(book.faults):
        secho(f"{line}\n", fg="red")
    broken = sum(not finding.fine for finding in findings)
    cases = len({id(finding.case) for finding in findings})
    deviations = sum(finding.result == "deviates" for finding in findings)
    words = f"{counted(cases, 'case')}, {counted(len(findings), 'check')}: "
    words += f"{broken} broken" if broken else "nothing broken"
    if deviations:
        words += f", {counted(deviations, 'declared deviation')}"
    if book.faults:
        words += f", {len(book.faults)} that could not be tested"
    secho(f"{words}.", fg="red" if broken or book.faults else "green")


def as_data(book: Casebook, findings: Sequence[Finding]) -> dict[str, Any]:
    """The findings as JSON-ready data: nothing folded."""
    return {
        "checks": [
            {
                "kind": finding.component.spec.kind,
                "name": finding.component.spec.name,
                "provider": finding.component.provider.name,
                "version": finding.component.provider.version,
                "params": dict(finding.case.params),
                "phases": list(finding.case.phases),
                "law": finding.law,
                "says": finding.statement,
                "result": finding.result,
                "words": finding.words,
            }
            for finding in findings
        ],
        "faults": [
            {"provider": str(fault.provider), "place": fault.place, "cause": fault.cause} for fault in book.faults
        ],
        "broken": sum(not finding.fine for finding in findings),
    }


def _echo_laws(findings: Sequence[Finding]) -> None:
    """Print every law of one component: of each case what is broken, then the rest."""
    folded = failures(findings)
    for case, of_case in by_case(findings):
        component = of_case[0].component
        secho(f"{component.spec.kind} {component.full_name}{_setup(case)}", bold=True)
        echo()
        _echo_failures([failure for failure in folded if failure.finding.case is case])
        for failure in folded:
            if any(other is case for other in failure.cases):
                echo_folded(f"{failure.finding.law}, as above")
                echo()
        rows = [(finding.law, finding.statement, finding.in_words) for finding in of_case if finding.fine]
        if rows:
            echo_table(table_of(("law", "statement", "result"), rows))
            echo()


def _echo_cases(findings: Sequence[Finding]) -> None:
    """Print one row per case, one per declared deviation, and below the table what is broken."""
    rows: list[tuple[str, str, str]] = []
    for case, of_case in by_case(findings):
        counts = Counter(finding.result for finding in of_case)
        totals = [
            f"{counts[result]} {'hold' if result == 'holds' else result}"
            for result in get_args(Result)
            if counts[result]
        ]
        spec = of_case[0].component.spec
        rows.append((spec.kind, f"{spec.name}{_setup(case)}", ", ".join(totals)))
        rows += [
            ("", f"  {finding.law}", f"{finding.in_words:.{EXCERPT}}")
            for finding in of_case
            if finding.result == "deviates"
        ]
    if rows:
        echo_table(table_of(("kind", "component", "laws"), rows))
        echo()
    for failure in failures(findings):
        spec = failure.finding.component.spec
        secho(f"{spec.kind} {failure.finding.component.full_name}{_setup(failure.finding.case)}", bold=True)
        _echo_failures([failure])


def _echo_failures(folded: Sequence[Failure]) -> None:
    for failure in folded:
        finding = failure.finding
        echo_folded(f"{finding.law}: {finding.statement}" if finding.law else finding.statement)
        echo_folded(f"  {finding.in_words}", fg="red")
        if failure.follows:
            many = len(failure.follows) > 1
            more = f"{len(failure.follows)} more law{'s'[:many]} {'are' if many else 'is'} broken"
            echo_folded(f"  Perhaps for the same reason {more}: {', '.join(failure.follows)}.")
        if failure.cases:
            echo_folded(f"  Likewise with {'; '.join(_setup(case) or 'its defaults' for case in failure.cases)}.")
        echo()


def _setup(case: Case) -> str:
    """Parameters of a case, and its phases unless they are the usual ones."""
    return str(case).partition(":")[2].removeprefix(case.spec.name)
