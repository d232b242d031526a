"""Runs that say only what differs from another run: what they become, and the file and line of every mistake."""

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porenet.config import load_grid, load_run, read_document, run_of
from porenet.config.toml_text import toml_text
from porenet.errors import ConfigError, InputError

pytestmark = [pytest.mark.usefixtures("fakes"), pytest.mark.torch]

GRID = """[grid]
phases = ["Ni", "YSZ", "pore"]
voxel_um = [0.1, 0.1, 0.1]
"""
TERMS = """
[objective]
relax = "soft"

[objective.terms]
mean = 5
squared = { weight = 2 }
"""
TRAIN = """
[train]
steps = 3
betas = [0.5, 0.9]
"""
LIST = """
[[objective.terms]]
loss = "mean"

[[objective.terms]]
loss = "squared"
"""


@pytest.fixture
def write(tmp_path):
    """Writes files into a folder; gives the path of the last."""

    def files(**texts):
        for name, text in texts.items():
            path = tmp_path / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return path

    return files


def weights(run):
    return [(term.label, term.weight) for term in run.terms]


def problems(path, load=load_run):
    with pytest.raises(ConfigError) as caught:
        load(path)
    return str(caught.value)


def test_tables_are_merged_key_by_key_and_everything_else_is_replaced(write):
    path = write(
        base_toml=GRID + TERMS + TRAIN,
        run_toml='base = "base.toml"\n[train]\nbetas = [0.0]\n[objective.terms]\nsquared = { weight = 9 }\n'
        'third = { loss = "mean", weight = 4 }\n',
    )
    run = load_run(path)
    assert run.others == {"train": {"steps": 3, "betas": [0.0]}}
    assert weights(run) == [("mean", 5), ("squared", 9), ("third", 4)]
    assert {term.reads for term in run.terms} == {"soft"}
    assert load_grid(path).grid == run.grid
    assert run.document.bases == (str(path.with_name("base.toml")),)


def test_a_list_of_terms_is_replaced_as_a_whole(write):
    path = write(base_toml=GRID + LIST, run_toml='base = "base.toml"\n[[objective.terms]]\nloss = "squared"\n')
    assert [term.label for term in load_run(path).terms] == ["squared"]


def test_what_does_not_count_is_left_out_and_may_be_written_anew(write):
    path = write(
        base_toml=GRID + TERMS,
        run_toml='base = "base.toml"\nwithout = ["objective.terms.mean", "objective.terms.squared"]\n'
        "[objective.terms]\nsquared = 7\n",
    )
    assert weights(load_run(path)) == [("squared", 7)]


@pytest.mark.parametrize("path", ['train."a.b"', "train.'a.b'", "train.a.b"])
def test_a_key_with_a_dot_is_left_out_by_its_name_in_quotes_or_without(write, path):
    base = '[train]\n"a.b" = 1\nc = 2\n'
    document = read_document(write(base_toml=base, run_toml=f"base = 'base.toml'\nwithout = [{json.dumps(path)}]\n"))
    assert document.tables == {"train": {"c": 2}}


@pytest.mark.parametrize(
    ("path", "rest"), [('train."a.b"', {"a": {"b": 2}}), ("train.a.b", {"a.b": 1, "a": {}}), ("train.a", {"a.b": 1})]
)
def test_of_two_keys_that_read_alike_the_quotes_decide(write, path, rest):
    base = '[train]\n"a.b" = 1\na = { b = 2 }\n'
    document = read_document(write(base_toml=base, run_toml=f"base = 'base.toml'\nwithout = [{json.dumps(path)}]\n"))
    assert document.tables == {"train": rest}


def test_a_path_that_fits_two_keys_is_refused_and_a_hint_has_quotes(write):
    path = write(
        base_toml='[train]\n"a.b" = { c = 1 }\na = { "b.c" = 2 }\n"d.e" = 3\n',
        run_toml='base = "base.toml"\nwithout = ["train.a.b.c", "train.d.f"]\n',
    )
    text = problems(path)
    assert """'train."a.b".c' and 'train.a."b.c"'""" in text
    assert """did you mean 'train."d.e"'""" in text


def test_bases_have_bases_in_any_language_each_relative_to_its_own_file(write):
    path = write(
        deep__c_yaml="base: ../d.json\ntrain: {steps: 4}\n",
        d_json=json.dumps(
            {"grid": {"phases": ["Ni", "YSZ", "pore"], "voxel_um": [1, 1, 1]}, "objective": {"terms": {"mean": 5}}}
        ),
        deep__b_toml='base = "c.yaml"\n',
        a_toml='base = "deep/b.toml"\n',
    )
    run = load_run(path)
    assert (weights(run), run.others) == ([("mean", 5)], {"train": {"steps": 4}})
    assert [name.rpartition("deep")[2] for name in run.document.bases][:2] == ["/b.toml", "/c.yaml"]
    assert run.document.file_of("train.steps").name == "c.yaml"
    assert run.document.file_of("objective.terms.mean").name == "d.json"


def test_a_mistake_is_blamed_on_the_file_and_line_that_hold_it(write):
    path = write(
        base_toml=GRID + TERMS.replace("mean = 5", "mean = -5"),
        run_toml='base = "base.toml"\n\n[objective.terms]\nsquared = { weight = -2 }\n',
    )
    base = path.with_name("base.toml")
    text = problems(path)
    assert text.startswith(f"{path}: 2 problems\n")
    assert "\n  - line 4, objective.terms.squared.weight: must be greater than 0" in text
    assert f"\n  - {base}, line 9, objective.terms.mean.weight: must be greater than 0" in text


def test_a_term_of_a_list_that_was_replaced_is_not_blamed_on_the_base(write):
    spoilt = LIST.replace("squared", "sqared")
    path = write(base_toml=GRID + LIST, run_toml='base = "base.toml"\n' + spoilt)
    assert "run.toml: line 7, objective.terms[1].loss" in problems(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('base = "none.toml"\n', ["line 1, base: ", "none.toml"]),
        ('base = "run.toml"\n', ["line 1, base: leads back", "run.toml -> "]),
        ("base = 3\n", ["line 1, base: must be the name of a file, not 3"]),
        ('base = ["base.toml"]\n', ["must be the name of a file"]),
        ('base = "a\\u0000b"\n', ["line 1, base: must be the name of a file"]),
        ('without = ["train"]\n', ["line 1, without: names keys of a base"]),
        ('base = "base.toml"\nwithout = "train"\n', ["line 2, without: must be a list of key paths"]),
        ('base = "base.toml"\nwithout = ["train.stps"]\n', ["line 2, without[0]: no key", "mean 'train.steps'"]),
        (
            'base = "base.toml"\n[objective.terms]\nsquared = 7\n',
            ["line 3, objective.terms.squared: is a value here and a table in", "= ['objective.terms.squared']"],
        ),
        ('base = "base.toml"\n[[objective.terms]]\nloss = "mean"\n', ["objective.terms: is a list here and a table"]),
    ],
)  # fmt: skip
def test_what_cannot_be_a_base_is_refused(write, text, words):
    path = write(base_toml=GRID + TERMS + TRAIN, run_toml=text)
    message = problems(path)
    assert message.startswith(str(path))
    for word in words:
        assert word in message


def test_nothing_over_a_table_would_drop_what_it_holds_and_is_refused(write):
    path = write(base_toml=GRID + TERMS, run_yaml="base: base.toml\nobjective: {terms: {squared: null, mean: null}}\n")
    assert "objective.terms.squared: is empty here and a table in" in problems(path)
    path = write(run_yaml="base: base.toml\nobjective: {terms: {mean: null}}\n")
    assert weights(load_run(path)) == [("mean", 2), ("squared", 2)]  # its default weight, as the key alone has


def test_a_circle_over_several_files_and_folders_is_refused_where_it_closes(write):
    path = write(
        deep__b_toml='base = "../c.toml"\n', c_toml='\nbase = "a.toml"\n', a_toml='base = "deep/../deep/b.toml"\n'
    )
    assert "c.toml: line 2, base: leads back to a file that is based on this one" in problems(path)


def test_a_chain_that_has_no_end_is_refused(write):
    path = write(**{f"b{number}_toml": f'base = "b{number + 1}.toml"\n' for number in range(60)})
    assert "base: is the base of more than 50 files" in problems(path.with_name("b0.toml"))


def test_a_number_as_a_key_of_yaml_is_the_text_that_it_is_in_toml(write):
    path = write(
        base_yaml="grid: {phases: [Ni, YSZ, pore], voxel_um: [1, 1, 1]}\nobjective: {terms: {mean: 1}}\n"
        "train: {1: 2}\n",
        run_toml='base = "base.yaml"\n[train]\n1 = 3\n',
    )
    assert load_run(path).others == {"train": {1: 3}}


def test_a_base_that_is_no_toml_is_named(write):
    path = write(base_toml="[grid\n", run_toml='base = "base.toml"\n')
    assert problems(path).startswith(f"{path.with_name('base.toml')}: TOML:")


def test_a_mapping_has_no_file_that_a_base_could_be_relative_to():
    assert "base: is followed in files only" in problems({"base": "c.toml"}, run_of)


def test_the_text_of_a_whole_run_is_the_run(write, tmp_path):
    path = write(
        base_toml=GRID + TERMS + TRAIN, run_yaml="base: base.toml\nobjective:\n  terms: {third: {loss: mean}}\n"
    )
    run = load_run(path)
    alone = tmp_path / "other" / "run.toml"
    alone.parent.mkdir()
    alone.write_text(run.document.toml(), encoding="utf-8")
    again = load_run(alone)
    assert (again.grid, again.terms, again.others) == (run.grid, run.terms, run.others)
    assert read_document(path.with_name("base.toml")).toml() == GRID + TERMS + TRAIN  # with its comments, if it has any


keys = st.text(st.characters(exclude_categories=("Cs",)), max_size=5)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=9)
scalars = st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False) | texts | st.datetimes()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(keys, values, max_size=4))
def test_toml_that_is_written_is_read_as_what_was_written(tables):
    assert tomllib.loads(toml_text(tables)) == tables
    if tables:
        terms = {"objective": {"terms": tables}}
        assert list(tomllib.loads(toml_text(terms))["objective"]["terms"].items()) == list(tables.items())


def test_null_is_a_term_without_parameters_and_otherwise_left_out():
    text = toml_text({"objective": {"terms": {"vf": None, "ssa": 3}, "check_every": None}})
    assert tomllib.loads(text) == {"objective": {"terms": {"vf": {}, "ssa": 3}}}
    with pytest.raises(InputError, match="TOML has no way to write None"):
        toml_text({"a": [None]})
