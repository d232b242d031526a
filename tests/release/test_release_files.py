"""What a release is made from agrees with itself: README outside, workflows, recipe, forms, codemeta."""

import re
import tomllib

import pytest
import yaml
from checkout import ROOT

from release import codemeta, release_check

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = [path for path in sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")) if path.stem != "config"]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def outside(text: str) -> str:
    """The README as hatch-fancy-pypi-readme rewrites it for the metadata of a distribution."""
    for rule in PYPROJECT["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        text = re.sub(rule["pattern"], rule["replacement"], text)
    return text.replace("$HFPR_VERSION", PROJECT["version"])


def test_the_readme_leads_somewhere_outside_the_repository():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    text = outside(readme)
    source = PROJECT["urls"]["Source"]
    linked = re.findall(r"(!?)\[[^\]]*\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    assert len(linked) > 20
    for picture, target in linked:
        assert re.match(r"https?://|#", target), target
        if target.startswith(source):
            kind, tag, path = target.removeprefix(f"{source}/").split("/", 2)
            assert (kind, tag) == ("raw" if picture else "blob", f"v{PROJECT['version']}")
            assert (ROOT / path.partition("#")[0]).is_file()
    assert "[[[" not in text
    assert not re.search(r"src=\"(?!https?:)", text)
    blocks = re.compile(r"```.*?```", re.DOTALL)
    assert blocks.findall(text) == blocks.findall(readme)


@pytest.mark.parametrize(
    ("line", "rewritten"),
    [
        ("[![a](b.png)](c.md)", r"\[!\[a\]\(https://\S+/raw/v\S+/b.png\)\]\(https://\S+/blob/v\S+/c.md\)"),
        ("[a](#part) [b](mailto:c)", r"\[a\]\(#part\) \[b\]\(mailto:c\)"),
    ],
)
def test_links_in_links_and_anchors(line, rewritten):
    assert re.fullmatch(rewritten, outside(line))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_calls_what_the_makefile_has_with_the_least_rights(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert "write-all" not in str(job["permissions"])
        for step in job["steps"]:
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False
            if command := step.get("run"):
                target = re.fullmatch(r'make ([a-z-]+)( TAG="\$GITHUB_REF_NAME")?', command)
                assert command == ".ci/run" or (target and target[1] in TARGETS), f"{name}: {command}"


def test_every_action_is_pinned_and_says_which_version_it_is():
    assert list(release_check.unpinned_actions(ROOT)) == []
    pins: dict[str, set[str]] = {}
    for path in WORKFLOWS:
        text = path.read_text(encoding="utf-8")
        versions = re.findall(r"uses: (\S+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$", text, re.MULTILINE)
        assert len(versions) == text.count("uses:")
        for action, commit, version in versions:
            pins.setdefault(action, set()).add(f"{commit} {version}")
    assert all(len(commits) == 1 for commits in pins.values())


def test_the_matrix_is_what_the_classifiers_say():
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]
    stated = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", line)]
    assert jobs["test"]["strategy"]["matrix"]["python"] == stated
    called = {step["run"] for job in jobs.values() for step in job["steps"] if "run" in step}
    by_hand = re.findall(r"^make [a-z-]+", (ROOT / ".ci/run").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(by_hand) <= called


def test_the_recipe_needs_what_pyproject_needs():
    text = (ROOT / "recipe" / "meta.yaml").read_text(encoding="utf-8")
    recipe = yaml.safe_load(
        re.sub(r"\{%.*?%\}", "", text).replace("{{ version }}", "0").replace("{{ PYTHON }}", "python")
    )

    def spaced(requirements):
        return {re.sub(r"(?<=\w)>=", " >=", line) for line in requirements}

    run = set(recipe["requirements"]["run"])
    assert run == spaced(PROJECT["dependencies"]) | {f"python {PROJECT['requires-python']}"}
    assert spaced(PYPROJECT["build-system"]["requires"]) <= set(recipe["requirements"]["host"])
    (torch,) = PROJECT["optional-dependencies"]["torch"]
    assert torch.replace("torch>=", "pytorch >=") in recipe["requirements"]["run_constrained"]
    (script,) = (f"{name} = {target}" for name, target in PROJECT["scripts"].items())
    assert recipe["build"]["entry_points"] == [script]
    packages = {path.rpartition("/")[2] for path in PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]}
    assert {name.partition(".")[0] for name in recipe["test"]["imports"]} == packages - {"porenet_estimators"}
    assert (ROOT / recipe["test"]["source_files"][0]).is_file()


@pytest.mark.parametrize("name", ["CHANGELOG.md", "SECURITY.md", "CODE_OF_CONDUCT.md"])
def test_links_of_the_pages_at_the_top_lead_somewhere(name):
    targets = re.findall(r"\]\(([^)\s]+)\)", (ROOT / name).read_text(encoding="utf-8"))
    assert targets
    for target in targets:
        assert re.match(r"https?:", target) or (ROOT / target.partition("#")[0]).is_file(), target


def test_the_changelog_has_an_empty_section_for_what_comes_next():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[([^\]]+)\]", text, re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert PROJECT["version"] in headings


def test_forms_ask_for_what_is_needed():
    for path in FORMS:
        form = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert {"name", "description", "body"} <= set(form)
        assert any(part.get("validations", {}).get("required") for part in form["body"])
        ids = [part["id"] for part in form["body"] if "id" in part]
        assert len(set(ids)) == len(ids)


def test_codemeta_is_what_pyproject_and_citation_say():
    assert codemeta.CODEMETA.read_text(encoding="utf-8") == codemeta.codemeta()


def test_people_of_the_citation_become_persons():
    assert codemeta._author({"given-names": "A.", "family-names": "B", "orcid": "https://orcid.org/0"}) == {
        "@type": "Person",
        "givenName": "A.",
        "familyName": "B",
        "@id": "https://orcid.org/0",
    }


def test_tools_of_a_release_are_pinned_as_elsewhere():
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    for line in (ROOT / "requirements-release.txt").read_text().splitlines():
        name, pinned, version = line.partition("==")
        if pinned and name in pins:
            assert version == pins[name], name
    needed = {re.split(r"[><=]", line)[0] for line in PYPROJECT["build-system"]["requires"]}
    assert needed <= set(re.findall(r"^([\w-]+)==", (ROOT / "requirements-release.txt").read_text(), re.MULTILINE))
