"""Lines of key paths: by hand, and for every document that a small writer can write."""

import json
import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porenet.config.toml_lines import key_lines, line_of

NESTED = """\
top = 1
[a]
x = 1

[a.b]
y = 2
[c]
"""

ARRAYS = """\
[[a]]
x = 1
[[a.b]]
y = 2
[[a.b]]
y = 3
[a.b.c]
z = 4
[[a]]
[[a.b]]
y = 5
[a.d]
w = 6
"""

RUN = """\
# a run
[grid]
phases = ["Ni", "YSZ", "pore"]

[grid.values]
Ni = 255

[objective]
relax = "soft"

[[objective.terms]]
loss = "vf"

[[objective.terms]]
loss = "isolation"
params = { phase = "pore", boundary = "replicate" }

[[objective.terms]]
loss = "isolation"
[objective.terms.params]
phase = "Ni"
"""


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("", {}, id="empty"),
        pytest.param("x = 1\n", {"x": 1}, id="one key"),
        pytest.param("\n\n  x=1", {"x": 3}, id="indented, no last newline"),
        pytest.param(NESTED, {"top": 1, "a": 2, "a.x": 3, "a.b": 5, "a.b.y": 6, "c": 7}, id="nested tables"),
        pytest.param(
            ARRAYS,
            {
                "a[0]": 1,
                "a[0].x": 2,
                "a[0].b[0]": 3,
                "a[0].b[0].y": 4,
                "a[0].b[1]": 5,
                "a[0].b[1].y": 6,
                "a[0].b[1].c": 7,
                "a[0].b[1].c.z": 8,
                "a[1]": 9,
                "a[1].b[0]": 10,
                "a[1].b[0].y": 11,
                "a[1].d": 12,
                "a[1].d.w": 13,
            },
            id="arrays of tables in arrays of tables",
        ),
        pytest.param(
            RUN,
            {
                "grid": 2,
                "grid.phases": 3,
                "grid.values": 5,
                "grid.values.Ni": 6,
                "objective": 8,
                "objective.relax": 9,
                "objective.terms[0]": 11,
                "objective.terms[0].loss": 12,
                "objective.terms[1]": 14,
                "objective.terms[1].loss": 15,
                "objective.terms[1].params": 16,
                "objective.terms[2]": 18,
                "objective.terms[2].loss": 19,
                "objective.terms[2].params": 20,
                "objective.terms[2].params.phase": 21,
            },
            id="a run",
        ),
        pytest.param("a.b.c = 1\na.b.d = 2\n", {"a": 1, "a.b": 1, "a.b.c": 1, "a.b.d": 2}, id="dotted keys"),
        pytest.param("[t]\na . b = 1\n", {"t": 1, "t.a": 2, "t.a.b": 2}, id="spaced dotted keys"),
        pytest.param(
            '"two words" = 1\n\'x\'."y" = 2\n[t."u v"]\nw = 3\n',
            {"two words": 1, "x": 2, "x.y": 2, "t.u v": 3, "t.u v.w": 4},
            id="quoted keys",
        ),
        pytest.param("[ a . b ] # [c]\nx = 1 # [d]\n", {"a.b": 1, "a.b.x": 2}, id="comments with brackets"),
        pytest.param("x = [ # [[\n  1, # ]\n]\ny = 2\n", {"x": 1, "y": 4}, id="comments with brackets in an array"),
        pytest.param("# y = 1\nx = 1 # it's \"half quoted [\ny = 2\n", {"x": 2, "y": 3}, id="comments with quotes"),
        pytest.param(
            "x = [\n  [1, 2],\n  [3, 4]\n]\ny = 2\n", {"x": 1, "y": 5}, id="rows of an array that look like headers"
        ),
        pytest.param('x = [\n  "a = 1",\n  "[b]",\n]\ny = 2\n', {"x": 1, "y": 5}, id="strings in an array"),
        pytest.param("x = { a = 1, b = [1, 2] }\ny = 2\n", {"x": 1, "y": 2}, id="an inline table"),
        pytest.param("x = [\n  { a = 1 },\n  { a = 2 },\n]\ny = 2\n", {"x": 1, "y": 5}, id="inline tables in an array"),
        pytest.param('x = """\ny = 2\n[z]\n"""\nw = 1\n', {"x": 1, "w": 5}, id="a multi-line string"),
        pytest.param("x = '''\ny = 2\n[z]\n'''\nw = 1\n", {"x": 1, "w": 5}, id="a multi-line literal string"),
        pytest.param('x = """one line"""\nw = 1\n', {"x": 1, "w": 2}, id="a multi-line string on one line"),
        pytest.param('x = ["""\ny = 2\n""",\n]\nw = 1\n', {"x": 1, "w": 5}, id="a multi-line string in an array"),
        pytest.param('x = "a # b"\ny = "[c"\nz = 1\n', {"x": 1, "y": 2, "z": 3}, id="strings with hashes and brackets"),
        pytest.param("x = 1\r\n[t]\r\ny = 2\r\n", {"x": 1, "t": 2, "t.y": 3}, id="lines as Windows ends them"),
        # Three quotes that begin or end no string; taken for a fence they would hide every key below.
        pytest.param('# """ draws no line\ny = 1\n', {"y": 2}, id="three quotes in a comment"),
        pytest.param("x = 1 # '''\ny = 1\n", {"x": 1, "y": 2}, id="three quotes in a comment after a value"),
        pytest.param("x = \"a ''' b\"\ny = 1\n", {"x": 1, "y": 2}, id="three literal quotes in a string"),
        pytest.param('x = \'a """ b\'\ny = 1\n', {"x": 1, "y": 2}, id="three quotes in a literal string"),
        pytest.param(
            'x = """a\n\'\'\' b"""\ny = 1\n', {"x": 1, "y": 3}, id="three literal quotes in a multi-line string"
        ),
        pytest.param(
            'x = """a \'\'\'\ny = 2\n"""\nz = 1\n', {"x": 1, "z": 4}, id="three literal quotes where one begins"
        ),
        pytest.param('x = """a\nb""" # """\ny = 1\n', {"x": 1, "y": 3}, id="three quotes after a multi-line string"),
        # str.splitlines breaks at these, TOML does not.
        pytest.param("x = 1 # a\x85b\ny = 1\n", {"x": 1, "y": 2}, id="a next-line character in a comment"),
        pytest.param('x = "a\u2028b"\ny = 1\n', {"x": 1, "y": 2}, id="a line separator in a string"),
    ],
)
def test_lines_by_hand(text, lines):
    tomllib.loads(text)
    assert key_lines(text) == lines


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("objective.terms[1].params.phase", 16),
        ("objective.terms[1].params.faces[2]", 16),
        ("objective.terms[2].params.phase", 21),
        ("objective.terms[1].weight", 14),
        ("objective.terms[7].weight", 8),
        ("objective.check_every", 8),
        ("grid.phases[2]", 3),
        ("grid.values.pore", 5),
        ("grid", 2),
        ("train.steps", None),
        ("train", None),
        ("", None),
    ],
)
def test_a_path_has_its_own_line_or_that_of_what_holds_it(path, line):
    assert line_of(path, key_lines(RUN)) == line


class Impatient(dict):
    """Lines that are asked for a limited number of times, so that an endless search fails instead of hanging."""

    asked = 0

    def __contains__(self, path):
        self.asked += 1
        assert self.asked < 100, f"an endless search; the last path was {path!r}"
        return super().__contains__(path)


@pytest.mark.parametrize(
    "path",
    ["grid.we[ird", "grid.we]ird", "grid.[key]", "grid.level.literal['auto']", "grid.", "grid..x", "grid.a b.c-d"],
)
def test_a_strange_key_has_the_line_of_what_holds_it(path):
    assert line_of(path, Impatient(grid=2)) == 2


@given(st.text(alphabet="ab.[]0'\" ", max_size=12))
def test_the_search_ends_for_any_path(path):
    assert line_of(path, Impatient()) is None


def test_the_nearest_holder_wins():
    lines = {"a": 1, "a.b[1]": 5, "a.b[1].c": 7}
    assert line_of("a.b[1].c.d", lines) == 7
    assert line_of("a.b[1].e", lines) == 5
    assert line_of("a.b[0].c", lines) == 1


BARE = st.from_regex(r"[a-z][a-z0-9_-]{0,3}", fullmatch=True)
KEYS = BARE | st.sampled_from(["two words", "größe", "x=y", "#1"])
FRAGMENTS = st.sampled_from(["a", " ", "#", "[", "]", "{", "}", "=", "k = 1", "'", "'''", '"', '"""', "\\", ","])
STRINGS = st.lists(FRAGMENTS, max_size=4).map("".join)
SCALARS = STRINGS | st.integers(-9, 9) | st.booleans()
VALUES = SCALARS | st.lists(SCALARS, max_size=3)
TABLES = st.recursive(
    st.dictionaries(KEYS, VALUES, max_size=3),
    lambda inside: st.dictionaries(KEYS, VALUES | inside | st.lists(inside, min_size=1, max_size=3), max_size=3),
    max_leaves=8,
)


def quoted(key):
    return key if re.fullmatch(r"[a-z0-9_-]+", key) else f'"{key}"'


def is_table_or_tables(value):
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


class Writer:
    """Writes a document, and remembers on which line it put what."""

    def __init__(self):
        self.rows, self.lines = [], {}

    def put(self, path, *rows):
        self.lines[path] = len(self.rows) + 1
        self.rows += rows

    def table(self, content, path="", header=""):
        for key, value in content.items():
            if not is_table_or_tables(value):
                self.put(f"{path}.{key}" if path else key, *self.value(f"{quoted(key)} = ", value))
        for key, value in content.items():
            inner, title = (f"{path}.{key}", f"{header}.{quoted(key)}") if path else (key, quoted(key))
            if isinstance(value, dict):
                self.put(inner, f"[{title}] # [no.table]")
                self.table(value, inner, title)
            elif is_table_or_tables(value):
                for number, row in enumerate(value):
                    self.put(f"{inner}[{number}]", "", f"[[{title}]]")
                    self.lines[f"{inner}[{number}]"] += 1  # below the empty row
                    self.table(row, f"{inner}[{number}]", title)

    def value(self, start, value):
        if isinstance(value, list):
            return [f"{start}[", *(f"  {json.dumps(one)}, # ]" for one in value), "]"]
        return [f"{start}{json.dumps(value)} # it's [1"]


def at(document, path):
    """What a path such as ``a.b[1]`` leads to."""
    for key in re.findall(r"\[(\d+)\]|([^.\[\]]+)", path):
        document = document[int(key[0])] if key[0] else document[key[1]]
    return document


@given(TABLES)
def test_every_key_of_a_written_document_has_its_line(document):
    writer = Writer()
    writer.table(document)
    text = "\n".join(writer.rows)
    assert tomllib.loads(text) == document
    assert key_lines(text) == writer.lines


@given(TABLES)
def test_every_path_leads_somewhere_and_its_line_holds_the_last_key(document):
    writer = Writer()
    writer.table(document)
    text = "\n".join(writer.rows)
    parsed = tomllib.loads(text)
    for path, line in key_lines(text).items():
        at(parsed, path)  # raises if it leads nowhere
        last = re.sub(r"\[\d+\]$", "", path).rpartition(".")[2]
        assert last in text.split("\n")[line - 1]


@given(TABLES, st.randoms(use_true_random=False))
def test_a_path_below_a_written_one_has_the_line_of_its_holder(document, random):
    writer = Writer()
    writer.table(document)
    lines = key_lines("\n".join(writer.rows))
    for path in random.sample(sorted(lines), min(3, len(lines))):
        assert line_of(f"{path}.zzzzz[3]", lines) == lines[path]
