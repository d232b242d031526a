"""The documentation as a reader meets it: front page, a page per component, formulas, pictures, width of code."""

import doctest
import importlib
import re
import sys

import pytest
from checkout import ROOT

from porenet.commands import listing
from porenet.commands.docstring_text import plain_text
from porenet.registry import Registry

DOCS = ROOT / "docs"
OWN = Registry.installed(environ={"PORENET_PLUGINS": ""})
COMPONENTS = {
    f"{component.spec.kind}-{component.spec.name}": component
    for component in listing.in_order(OWN)
    if component.spec.kind != "format"
}
PAGES = {
    path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(DOCS.rglob("*.md"))
    if "_build" not in path.parts
}
BLOCK = re.compile(r"^```(\S+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FORMULA = re.compile(
    r"^```math\n(.*?)^```$|(?<![\\$\w`])\$(?=\S)([^$\n]+?)(?<=\S)\$(?![\w`])", re.MULTILINE | re.DOTALL
)
CELL = 92  # columns that a cell of a notebook shows without scrolling
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")


def extension(name):
    """A module of docs/extensions, which Sphinx finds on its own path."""
    pytest.importorskip("sphinx")
    sys.path.insert(0, str(DOCS / "extensions"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.pop(0)


def test_the_front_page_has_its_parts_in_order():
    parts = (
        "# porenet\n",
        'pip install "porenet[torch]"',
        "pip install porenet ",
        "**Measure a volume**",
        "**Add a loss to your GAN**",
        *(f":::{{grid-item-card}} {card}\n" for card in ("Measure", "Compare", "Train", "Extend")),
        "Step by step",
        "pictures/loophole.svg",
        'src="report.html" loading="lazy"',
        "## More to look at",
        "Coming from",
        "@software{porenet",
    )
    places = [PAGES["index.md"].index(part) for part in parts]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("page", "tutorial", "answer"),
    [
        ("measure", "your-stack-to-a-table", "porenet measure"),
        ("compare", "compare-two-models", "porenet compare"),
        ("your-own-loop", "a-loss-in-your-own-loop", "objective(logits"),
        ("write-a-loss", "write-a-plugin", "@porenet.register"),
    ],
)
def test_a_question_of_a_newcomer_is_answered_from_the_front_page(page, tutorial, answer):
    """My stack; my generator; my loop; a loss of my own: two clicks, and ten lines to type."""
    assert f":link: {page}\n" in PAGES["index.md"]
    assert f"](tutorials/{tutorial}.md)" in PAGES["index.md"].partition("Step by step")[2].partition("\n\n")[0]
    assert answer in PAGES[f"{page}.md"]
    language, text = BLOCK.findall(PAGES[f"{page}.md"])[0]
    lines = [line for line in text.splitlines() if line.strip()]
    typed = [line for line in lines if line.startswith("$ ")] if language == "text" else lines
    assert answer in "\n".join(typed)
    assert len(typed) <= 10


def test_captions_sort_the_pages():
    captions = re.findall(r":caption: (.*)", PAGES["index.md"])
    assert captions[:4] == ["Tutorials", "How-to guides", "Reference", "Explanation"]
    listed = re.findall(r"^[\w/*.-]+$", PAGES["index.md"].partition(":caption:")[2], re.MULTILINE)
    patterns = [entry.removesuffix("*") for entry in listed if entry.endswith("*")]
    top = {page.removesuffix(".md") for page in PAGES if "/" not in page and page != "index.md"}
    assert {page for page in top if not page.startswith(tuple(patterns))} == {
        entry for entry in listed if "/" not in entry and "*" not in entry
    }


def test_every_component_has_a_page_a_picture_and_a_line_in_the_index():
    assert {f"components/{name}.md" for name in COMPONENTS} == {
        page for page in PAGES if page.startswith("components/")
    }
    linked = re.findall(r"^\| \[`\w+`\]\(components/([\w-]+)\.md\)", PAGES["reference.md"], re.MULTILINE)
    assert linked == list(COMPONENTS)
    for name in COMPONENTS:
        page = PAGES[f"components/{name}.md"]
        headings = re.findall(r"^## (.*)", page, re.MULTILINE)
        assert headings[:3] == ["Example", "Definition", "Defects"]
        assert {"Parameters", "Facts"} <= set(headings)
        assert "```math\n" in page.partition("## Definition")[2].partition("## Defects")[0], f"{name} has no formula"
        assert f"](../pictures/components/{name}.svg)" in page
        assert (DOCS / "pictures" / "components" / f"{name}.svg").is_file()


def test_published_failures_are_listed_last_and_say_so():
    losses = [component.spec for component in COMPONENTS.values() if component.spec.kind == "loss"]
    assert [spec.name for spec in losses[-2:]] == ["ssa_severed", "tpb_proxy"]
    faulty = [spec.name for spec in losses if spec.summary.startswith("published, faulty:")]
    assert faulty == ["ssa_severed", "tpb_proxy"]


def runs(name):
    page = PAGES[f"components/{name}.md"]
    (text,) = [text for language, text in BLOCK.findall(page) if language == "pycon"]
    complaints: list[str] = []
    example = doctest.DocTestParser().get_doctest(text, {}, name, name, 0)
    doctest.DocTestRunner().run(example, out=complaints.append)
    assert not complaints, "".join(complaints)


@pytest.mark.parametrize("name", ["metric-vf", "score-s_value"])
def test_the_example_of_a_component_runs(name):
    if name in COMPONENTS:
        runs(name)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", COMPONENTS)
def test_the_example_of_every_component_runs(name):
    runs(name)


def test_every_formula_becomes_mathml():
    mathml = extension("mathml").mathml
    formulas = [block or inline for page in PAGES.values() for block, inline in FORMULA.findall(page)]
    assert len(formulas) > 30
    for formula in formulas:
        element = mathml(formula, display="block")
        assert element.startswith("<math")
        assert "\\" not in element, f"{formula} has a command that is not understood"


def test_lines_of_a_formula_are_aligned():
    assert extension("mathml").mathml(r"a &= b \\ &= c", display="block").count("<mtr>") == 2


@pytest.mark.parametrize("width", [100, 72])
def test_a_terminal_shows_docstrings_without_markup_and_within_its_width(width):
    for name, component in COMPONENTS.items():
        docstring = component.described().__doc__ or ""
        text = plain_text(listing.full_data(component)["docstring"], width)
        assert ".. math::" not in text
        assert "".join(text.split()) == "".join(re.sub(r"\.\. math::", "", docstring).split()), name
        assert [line for line in text.splitlines() if len(line) > width and "\\" not in line] == [], name


def test_items_and_arguments_stay_apart_when_paragraphs_are_folded():
    items = "- an item of words\n- another"
    text = f"One two three four.\n\n{items}\n\nArgs:\n    first: the one and\n        only.\n    b: other."
    assert plain_text(text, 15).splitlines() == [
        "One two three",
        "four.",
        "",
        "- an item of",
        "  words",
        "- another",
        "",
        "Args:",
        "    first: the",
        "        one and",
        "        only.",
        "    b: other.",
    ]


def test_no_code_is_wider_than_a_page():
    wide = [
        (page, language, line)
        for page, text in PAGES.items()
        for language, block in BLOCK.findall(text)
        if language not in ("toml", "math", "{eval-rst}")
        for line in block.splitlines()
        if len(line) > (CELL if page.startswith("tutorials/") else 100)
    ]
    assert wide == []


def test_the_build_refuses_what_a_reader_should_not_meet():
    faults = extension("checked_pages").faults
    code = '<div class="highlight-{} notranslate"><div class="highlight"><pre><span>{}</span></pre>'
    assert faults("<p>.. math:: x</p>") == ["shows .. math:: as text"]
    assert faults('<script src="https://cdn.example.org/x.js">') == ["loads https://cdn.example.org/x.js"]
    assert faults(code.format("text", "&lt;" * 101)) == [f"has a line of 101 columns: {'<' * 101}"]
    assert faults(code.format("text", "&lt;" * 100) + code.format("toml", "x" * 200)) == []
    assert faults('<a href="https://example.org">there</a>') == []


def test_pictures_read_on_light_and_dark_pages_and_are_described():
    for page, text in PAGES.items():
        for description, target in PICTURE.findall(BLOCK.sub("", text)):
            assert description, f"{page}: {target} has no description"
            path = (DOCS / page).parent / target
            if path.suffix == ".svg":
                picture = path.read_text(encoding="utf-8")
                assert "currentColor" in picture, f"{path.name} has its own ink"
                assert "prefers-color-scheme: dark" in picture, f"{path.name} is black on a dark page by itself"
                assert not re.search(r"(?:fill|stroke)[:=]\s*\"?(?:#000|black)", picture), f"{path.name} has black ink"
            else:  # pictures of the 3-D report have a ground of their own: no transparency
                assert path.read_bytes()[25] in (0, 2, 3), f"{path.name} is transparent, with ink of one colour"


def test_an_svg_goes_into_a_page_with_ids_of_its_own():
    inlined = extension("inline_pictures").inlined
    svg = '<?xml?>\n<svg viewBox="0 0 72 36" width="72pt" height="36pt"><style>@media x { y { z } }</style>'
    svg += '<clipPath id="c"/><g clip-path="url(#c)"/><use href="#c"/></svg>'
    page = inlined(svg, 'a "b"', "p1-")
    assert page.startswith('<div class="picture"><svg role="img" aria-label="a &quot;b&quot;"')
    assert "@media" not in page
    assert "max-width: 96px" in page
    assert 'width="72pt"' not in page
    assert re.findall(r'id="(.*?)"|url\(#(.*?)\)|href="#(.*?)"', page) == [
        ("p1-c", "", ""),
        ("", "p1-c", ""),
        ("", "", "p1-c"),
    ]


def test_no_example_of_a_docstring_is_wider_than_a_page():
    typed = re.compile(r"^ *((?:>>>|\.\.\.) .*)$", re.MULTILINE)
    wide = {
        f"{path.relative_to(ROOT)}: {line}"
        for folder in ("porenet", "plugins")
        for path in (ROOT / folder).rglob("*.py")
        for line in typed.findall(path.read_text(encoding="utf-8"))
        if len(line) > 100
    }
    assert wide == set()
