"""Benchmarks: none refuses to start for a component that came later, and evidence leaves out none with results."""

from checkout import ROOT

from benchmarks import losses

BY_COMMANDS = {"run_e_verdict"}
"""Benchmarks whose results hold the commands that make them."""


def test_every_loss_has_a_case():
    assert losses.untimed() == set()


def test_make_evidence_makes_all_results_of_the_docs():
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "benchmarks").glob("*.py")}
    writing = {name for name, text in texts.items() if '"docs" / "results"' in text and "RESULTS, " in text}
    assert {"necks", "real_runs"} <= writing
    evidence = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nevidence:")[2].partition("\n\n")[0]
    assert {name for name in writing if f"benchmarks.{name} " not in f"{evidence} "} == BY_COMMANDS
