"""`porenet check` and the cases it finds, on fake distributions."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from porenet.cli import main
from porenet.errors import UnknownComponent
from porenet.testing import Case, LawBroken, checks, conformance
from porenet.testing.casebook import casebook
from porenet.testing.laws import loss as loss_laws
from porenet.testing.laws import transforms

COMPONENTS = '''
from typing import Annotated

import torch
from annotated_types import Ge

from porenet.interface import Phase


class Lack(torch.nn.Module):
    """Mean lack of a phase."""

    def __init__(self, grid, *, phase: Phase, power: Annotated[int, Ge(1)] = 1):
        super().__init__()
        self.channel, self.power = grid.index(phase), power

    def descriptor(self, probabilities):
        return probabilities.mean(dim=(2, 3, 4), dtype=torch.promote_types(probabilities.dtype, torch.float32))

    def forward(self, probabilities, targets):
        print("a plugin may print")
        return (1 - self.descriptor(probabilities)[:, self.channel]) ** self.power


class Negative(Lack):
    def forward(self, probabilities, targets):
        return -super().forward(probabilities, targets)


class Explodes(Lack):
    def forward(self, probabilities, targets):
        raise SystemExit("boom")


class Halving(Lack):
    def forward(self, probabilities, targets):
        probabilities[:, self.channel] /= 2
        return super().forward(probabilities, targets)


class Choosy(Lack):
    def __init__(self, grid, *, phase: Phase, margin: float):
        super().__init__(grid, phase=phase)


class Aims(Lack):
    def forward(self, probabilities, targets):
        return ((self.descriptor(probabilities) - targets["shares"]) ** 2).sum(dim=1)


def shares(volume, *, per: float = 1.0):
    return {phase: float((volume.labels == i).mean()) for i, phase in enumerate(volume.grid.phases)}


def shares_of_another(volume, *, per: float = 1.0):
    return {phase: 1 - share for phase, share in shares(volume).items()}
'''

PLUGIN = """
    @hookimpl
    def porenet_specs():
        yield spec("lack", target="lacking:Lack")

    @hookimpl
    def porenet_cases():
        from porenet.testing import Case
        (one,) = porenet_specs()
        yield Case(one, params={"phase": "pore"})
        yield Case(one, params={"phase": "a", "power": 2}, phases=("a", "b"))
"""


@pytest.fixture
def install(site, use, monkeypatch):
    """Install plugins of the given sources; the module ``lacking`` holds their components."""
    monkeypatch.setattr(checks, "EXAMPLES", 4)  # what a law finds is for the tests of the laws
    monkeypatch.setattr(checks, "SEARCH", 20)
    unhurried = (transforms.compiled_is_right_or_refused, transforms.exported_is_right_or_refused)
    monkeypatch.setattr(loss_laws, "LAWS", tuple(law for law in loss_laws.LAWS if law not in unhurried))
    (site.folder / "lacking.py").write_text(COMPONENTS)

    def installed(**sources):
        for name, source in sources.items():
            site.add(name.replace("_", "-"), source)
        return use(site.registry())

    return installed


def run(*arguments):
    return CliRunner().invoke(main, ["check", *arguments])


def test_a_component_that_keeps_the_contract(install):
    install(gaps=PLUGIN)
    done = run("lack")
    assert done.exit_code == 0, done.output
    assert "loss gaps:lack(phase=pore)" in done.stdout
    assert "loss gaps:lack(phase=a,power=2) of a,b" in done.stdout
    assert "gradient_reaches_logits" in done.stdout
    assert "The gradient agrees with finite differences in float64." in done.stdout
    assert "2 cases, 42 checks: nothing broken." in done.stdout
    assert "a plugin may print" not in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("name", ["gaps", "Gaps", "gaps:lack", "lack"])
def test_a_name_is_a_component_or_a_distribution(install, name):
    install(gaps=PLUGIN)
    assert [str(case) for _, case in casebook(name).cases] == [
        "loss:lack(phase=pore)",
        "loss:lack(phase=a,power=2) of a,b",
    ]


def test_what_is_broken_is_said_and_ends_in_1(install):
    install(gaps=PLUGIN.replace("lacking:Lack", "lacking:Negative"))
    done = run("lack")
    assert done.exit_code == 1
    assert "BROKEN: is negative: [-" in done.stdout
    assert "2 cases, 42 checks: 2 broken." in done.stdout


def test_failures_are_folded_under_the_first_cause(install):
    install(gaps=PLUGIN.replace("lacking:Lack", "lacking:Halving"))
    done = run("lack")
    assert done.exit_code == 1
    first, _, rest = done.stdout.partition("\n\n")[2].partition("\n\n")
    lines = first.splitlines()
    assert lines[0] == "inputs_are_untouched: Neither the field nor the targets are changed in place."
    assert lines[1] == "  BROKEN: changes the field in place"
    assert lines[2].startswith("  Perhaps for the same reason ")
    assert "same_input_gives_same_result" in first
    assert lines[-1] == "  Likewise with (phase=a,power=2) of a,b."
    assert max(map(len, lines)) <= 100
    assert rest.count("BROKEN") == 0
    assert "inputs_are_untouched, as above" in rest


def test_one_law_by_name(install):
    install(gaps=PLUGIN.replace("lacking:Lack", "lacking:Halving"))
    done = run("lack", "--law", "same_input_gives_same_result")
    assert done.exit_code == 1
    assert "\nsame_input_gives_same_result: " in done.stdout
    assert "inputs_are_untouched" not in done.stdout
    assert "2 cases, 2 checks: 2 broken." in done.stdout
    assert run("lack", "--law", "one_value_per_sample").exit_code == 0


@pytest.mark.parametrize(
    ("law", "words"),
    [
        ("unit_is_treu", "--law: no law is called 'unit_is_treu'; the laws are one_value_per_sample, "),
        ("batch_may_be_reorderd", "did you mean 'batch_may_be_reordered'"),
        ("flips_change_nothing", "the law flips_change_nothing does not apply to lack. Without --law those that do"),
        ("", "--law: no law is called ''"),
    ],
)
def test_a_law_that_cannot_be_tried_is_one_message(install, law, words):
    install(gaps=PLUGIN)
    done = run("lack", "--law", law)
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stdout == ""


def test_a_crash_is_a_finding_too(install):
    install(gaps=PLUGIN.replace("lacking:Lack", "lacking:Explodes"))
    done = run("lack")
    assert done.exit_code == 1
    assert "CRASHES: calls sys.exit('boom')" in done.stdout
    assert "Traceback" not in done.output


def test_a_target_that_does_not_exist_is_a_finding_too(install):
    install(
        gaps=PLUGIN.replace("lacking:Lack", "nowhere:Lack").replace(
            "yield Case(one, params={", "yield Case(one, params={"
        )
    )
    done = run("lack")
    assert done.exit_code == 1
    assert "No module named 'nowhere'" in done.stdout or "needs the module 'nowhere'" in done.stdout


def test_a_declared_deviation_is_shown_with_its_reason(install):
    install(
        gaps=PLUGIN.replace("lacking:Lack", "lacking:Negative").replace(
            "params={", 'expected_failures={"one_value_per_sample": "it is signed"}, params={'
        )
    )
    done = run("lack")
    assert done.exit_code == 0, done.output
    assert "deviates: it is signed" in done.stdout
    assert "nothing broken, 2 declared deviations." in done.stdout


def test_a_deviation_that_the_spec_declares_counts_and_must_not_heal(install):
    source = PLUGIN.replace(
        'target="lacking:Lack"', 'target="lacking:Lack", deviations={"value_scales_with_its_unit": "it is odd"}'
    )
    install(gaps=source)
    done = run("lack")
    assert done.exit_code == 1
    assert "BROKEN: obeys value_scales_with_its_unit after all; remove the expected failure (it is odd)" in done.stdout


def test_a_deviation_from_no_law_is_said(install):
    install(gaps=PLUGIN.replace('target="lacking:Lack"', 'target="lacking:Lack", deviations={"unit_is_treu": "odd"}'))
    done = run("lack")
    assert done.exit_code == 1
    assert "no law is called 'unit_is_treu'" in done.stdout


def test_for_machines(install):
    install(gaps=PLUGIN)
    done = run("gaps", "--json")
    data = json.loads(done.stdout)
    assert (data["broken"], data["faults"], len(data["checks"])) == (0, [], 42)
    assert data["checks"][0] == {
        "kind": "loss",
        "name": "lack",
        "provider": "gaps",
        "version": "1.0",
        "params": {"phase": "pore"},
        "phases": ["Ni", "YSZ", "pore"],
        "law": "one_value_per_sample",
        "says": "The loss returns shape (B,), or (1,) if batchwise; floating point, finite, >= 0.",
        "result": "holds",
        "words": "",
    }


def test_many_components_get_a_line_each(install):
    install(
        gaps=PLUGIN,
        other="@hookimpl\ndef porenet_specs():\n    yield spec('shares', 'metric', target='lacking:shares')",
    )
    done = run("gaps")
    assert "loss     lack(phase=pore)" not in done.stdout  # one component: every law of it
    install_line = run("other")
    assert install_line.exit_code == 0
    assert "metric other:shares" in install_line.stdout


def test_kind_picks_among_components_of_one_name(install):
    both = PLUGIN.replace(
        'yield spec("lack", target="lacking:Lack")',
        'yield spec("lack", target="lacking:Lack")\n        yield spec("lack", "metric", target="lacking:shares")',
    ).replace("(one,) =", "one, _ =")
    install(gaps=both)
    assert {case.spec.kind for _, case in casebook("lack").cases} == {"loss", "metric"}
    assert {case.spec.kind for _, case in casebook("lack", "metric").cases} == {"metric"}
    done = run("lack")
    assert "21 hold" in done.stdout
    with pytest.raises(UnknownComponent, match="no score is called 'lack'"):
        casebook("lack", "score")


CASELESS = PLUGIN[: PLUGIN.index("@hookimpl", PLUGIN.index("porenet_specs"))]


def test_a_component_without_a_case_is_tried_with_its_defaults(install):
    install(gaps=CASELESS)
    ((_, case),) = casebook("gaps").cases
    assert dict(case.params) == {"phase": "pore"}
    assert run("gaps").exit_code == 0


def test_one_that_takes_more_than_defaults_must_have_a_case(install):
    install(gaps=CASELESS.replace("lacking:Lack", "lacking:Choosy"))
    done = run("lack")
    assert done.exit_code == 1
    assert "loss lack: needs values for phase, margin and its plugin has no case for it. " in done.stdout
    assert "Add a Case for it to the plugin's hook porenet_cases." in done.stdout


def test_a_target_that_nobody_knows_is_said(install):
    source = CASELESS.replace('target="lacking:Lack"', 'target="lacking:Aims", needs=("shares", "levels")')
    install(gaps=source)
    done = run("lack")
    assert done.exit_code == 1
    assert "no targets for the key 'shares'. Give Case(targets=...)." in done.stdout


@pytest.mark.parametrize(("twin", "broken"), [("shares", False), ("shares_of_another", True), ("nobodys", True)])
def test_a_twin_is_found_by_its_name(install, twin, broken):
    source = CASELESS.replace('target="lacking:Lack"', f'target="lacking:Lack", twin="{twin}"')
    source += """
        yield spec("shares", "metric", target="lacking:shares")
        yield spec("shares_of_another", "metric", target="lacking:shares_of_another")
    """
    install(gaps=source)
    done = run("gaps")
    assert done.exit_code == broken
    assert ("descriptor_equals_twin" in done.stdout) == broken


def witnessed(metrics):
    return f"""
    from porenet.interface import Witness

    @hookimpl
    def porenet_specs():
        aims = dict(target="lacking:Aims", needs=("shares",), tolerance=1e-3, reads="straight_through")
        yield spec("aims", witness=Witness("shares"), **aims)
        {metrics}
    """


@pytest.mark.parametrize("own", [True, False])
def test_a_witness_is_found_by_its_name_that_of_the_same_plugin_first(install, own):
    metric = 'yield spec("shares", "metric", target="lacking:{}")'
    another = "\n    @hookimpl\n    def porenet_specs():\n        " + metric.format("shares_of_another")
    install(gaps=witnessed(metric.format("shares") if own else ""), another=another)
    ((_, case),) = [pair for pair in casebook("gaps").cases if pair[1].spec.kind == "loss"]
    assert case.witness.name == "shares"
    assert case.witness.target == ("lacking:shares" if own else "lacking:shares_of_another")


def test_a_law_says_what_it_has_to_say_of_a_case_that_holds(install):
    install(gaps=witnessed('yield spec("shares", "metric", target="lacking:shares")'))
    done = run("aims")
    assert done.exit_code == 0, done.output
    words = " ".join(done.stdout.split())
    assert "met_means_met" in words
    assert "noise: met (" in words
    (finding,) = [one for one in json.loads(run("aims", "--json").stdout)["checks"] if one["law"] == "met_means_met"]
    assert finding["result"] == "holds"
    assert finding["words"].startswith("noise: met (")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("raise RuntimeError('not today')", "RuntimeError: not today"),
        ("import nowhere", "needs the module 'nowhere', which is not installed"),
        ("return [1]", "yields int 1, not a porenet.testing.Case"),
        ("raise SystemExit(3)", "calls sys.exit(3)"),
        (
            "from porenet.testing import Case; return [Case(spec('strange', target='lacking:Lack'))]",
            "yields a case of the loss 'strange', which gaps does not offer",
        ),
    ],
)
def test_a_hook_that_misbehaves_is_reported(install, body, words):
    install(gaps=CASELESS + f"\n    @hookimpl\n    def porenet_cases():\n        {body}\n")
    done = run("gaps")
    assert done.exit_code == 1
    assert words in done.stdout
    assert "Traceback" not in done.output


def test_a_hook_that_gives_nothing_is_none(install):
    install(gaps=CASELESS + "\n    @hookimpl\n    def porenet_cases():\n        return None\n")
    assert run("gaps").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["lacc"], "no component and no installed plugin is called 'lacc'; did you mean 'lack'?"),
        (["gasp"], "did you mean 'gaps'?"),
        (["zzzzzzzz"], "no component and no installed plugin is called 'zzzzzzzz'. See porenet list-plugins."),
        (["gaps:lacc"], "did you mean 'gaps:lack'?"),
        (["lack", "--kind", "metric"], "no metric is called 'lack'"),
        ([], "Missing argument 'NAME'"),
    ],
)
def test_an_unknown_name_is_one_message_and_exit_code_2(install, arguments, words):
    install(gaps=PLUGIN)
    done = run(*arguments)
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stdout == ""


def test_strangers_of_one_name_must_be_told_apart(install):
    install(gaps=PLUGIN, other=PLUGIN)
    done = run("lack")
    assert done.exit_code == 2
    assert "Write gaps:lack or other:lack." in done.stderr


# Neither pytest nor a folder full of hypothesis' notes: whoever checks a plugin is not testing.
def test_it_needs_no_pytest_and_leaves_nothing_behind(install, site, tmp_path):
    install(gaps=PLUGIN)
    words = "['check', 'gaps:lack', '--law', 'gradient_reaches_logits', '--json']"
    code = f"import sys\nsys.modules['pytest'] = None\nfrom porenet.cli import main\nmain({words})"
    here = tmp_path / "here"
    here.mkdir()
    done = in_a_process(site, code, here)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["broken"] == 0
    assert list(here.iterdir()) == []


def test_without_hypothesis_it_names_the_extra(install, site, tmp_path):
    install(gaps=PLUGIN)
    code = "import sys\nsys.modules['hypothesis'] = None\nfrom porenet.cli import main\nmain(['check', 'lack'])"
    done = in_a_process(site, code, tmp_path)
    assert done.returncode == 2
    assert "porenet check needs hypothesis, which is not installed. pip install 'porenet[testing]'" in done.stderr


def in_a_process(site, code, folder):
    environ = os.environ | {"PYTHONPATH": str(site.folder), "PORENET_PLUGINS": "gaps"}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )


def test_the_decorator_takes_the_name_of_a_distribution(install):
    install(gaps=PLUGIN)
    mark = conformance("gaps")
    names = [parameter.id for parameter in mark.args[1]]
    assert len(names) == 42
    assert names[0] == "loss:lack(phase=pore)-one_value_per_sample"
    for parameter in mark.args[1][:3]:
        parameter.values[0]()


def test_the_decorator_fails_for_a_component_without_a_case(install):
    install(gaps=CASELESS.replace("lacking:Lack", "lacking:Choosy"))
    (parameter,) = conformance("gaps").args[1]
    assert parameter.id == "gaps-fault-0"
    with pytest.raises(LawBroken, match="needs values for phase, margin and its plugin has no case for it"):
        parameter.values[0]()


def test_the_decorator_takes_both(install):
    found = install(gaps=PLUGIN)
    case = Case(found.find("loss", "lack").spec, params={"phase": "Ni"})
    assert len(conformance(case, "gaps").args[1]) == 63
