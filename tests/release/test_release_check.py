"""A release is refused while something waits for the owner, and each other thing that must not be released is named."""

import shutil
import subprocess

import pytest
from checkout import ROOT

from release import release_check
from release.owner_gaps import gaps_of, gaps_of_repository


def test_today_a_release_is_refused_and_every_gap_is_named(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["release_check", "--tag", "v0.1.0"])
    with pytest.raises(SystemExit) as ending:
        release_check.main()
    assert str(ending.value).startswith("Not to be released: ")
    lines = capsys.readouterr().out.splitlines()
    for place in (
        "pyproject.toml:",
        "CITATION.cff:",
        "SECURITY.md:",
        "recipe/meta.yaml:",
        ".github/workflows/release.yml:",
    ):
        assert any(line.startswith(place) and "only the owner knows" in line for line in lines), place


@pytest.mark.parametrize(
    ("line", "gap"),
    [
        ("# OWNER: a name", True),
        ('url = "https://porenet.invalid/x"', True),
        ("Record ``OWNER { type name }``", False),
        ("an invalid value", False),
    ],
)
def test_what_is_a_gap(line, gap):
    assert bool(list(gaps_of(line, "file"))) is gap


@pytest.fixture
def filled(tmp_path):
    """A checkout of what a release is checked by, with every gap filled in and a dated changelog."""
    names = ["pyproject.toml", "CITATION.cff", "codemeta.json", "recipe/meta.yaml", "CHANGELOG.md"]
    names += [f".github/workflows/{path.name}" for path in (ROOT / ".github" / "workflows").glob("*.yml")]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / name).read_text(encoding="utf-8").replace(".invalid", ".test")
        (tmp_path / name).write_text(text.replace("OWNER:", "Known:"), encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text("## [Unreleased]\n\n## [0.1.0] - 2027-01-31\n", encoding="utf-8")
    subprocess.run(("git", "init", "-q"), cwd=tmp_path, check=True)
    subprocess.run(("git", "add", "."), cwd=tmp_path, check=True)
    return tmp_path


def test_a_filled_checkout_may_be_released(filled):
    assert list(release_check.problems_of(filled, "v0.1.0")) == []


@pytest.mark.parametrize(
    ("name", "before", "after", "words"),
    [
        ("CITATION.cff", "version: 0.1.0", "version: 0.2.0", "CITATION.cff: states 0.2.0"),
        ("codemeta.json", '"version": "0.1.0"', '"version": "0.2.0"', "codemeta.json: states 0.2.0"),
        ("recipe/meta.yaml", 'set version = "0.1.0"', 'set version = "0.2.0"', "recipe/meta.yaml: states 0.2.0"),
        ("CHANGELOG.md", "## [0.1.0] - 2027-01-31", "## [0.1.0] - soon", "CHANGELOG.md: no heading"),
        (
            ".github/workflows/ci.yml",
            "3d3c42e5aac5ba805825da76410c181273ba90b1",
            "v7",
            "actions/checkout@v7 is not pinned",
        ),
        (".github/workflows/ci.yml", "run: make lint", "run: make lint # OWNER: why", "only the owner knows"),
    ],
)
def test_each_thing_in_the_way_is_named(filled, name, before, after, words):
    text = (filled / name).read_text(encoding="utf-8")
    assert before in text
    (filled / name).write_text(text.replace(before, after), encoding="utf-8")
    assert words in "\n".join(release_check.problems_of(filled, "v0.1.0"))


def test_the_tag_is_that_of_the_version(filled):
    (problem,) = release_check.problems_of(filled, "v0.1")
    assert problem.startswith("tag v0.1: ")


def test_what_is_not_a_checkout_is_refused_in_words(tmp_path):
    with pytest.raises(SystemExit, match="a release is made from a git checkout"):
        gaps_of_repository(tmp_path)


def test_gaps_of_files_that_are_deleted_or_no_text_are_none(filled):
    shutil.copy(ROOT / "docs" / "pictures" / "demo.png", filled)
    subprocess.run(("git", "add", "."), cwd=filled, check=True)
    (filled / "CHANGELOG.md").unlink()
    assert gaps_of_repository(filled) == []
