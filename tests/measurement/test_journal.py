"""Rows on disk: nothing lost, nothing doubled, whatever kills the run."""

import csv
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porenet.errors import InputError
from porenet.measurement import COLUMNS, Journal, read_table

REQUEST = {"metrics": ["vf"], "voxel_um": [0.1, 0.2, 0.3]}


def row(key="Ni", value=0.5, **others):
    """A row without its volume, which `add` puts in."""
    return {"metric": "vf", "key": key, "value": value, "undefined": None, "unit": "1"} | others


def add(journal, volume, rows, errors=()):
    journal.add(volume, [{"volume": volume} | fields for fields in rows], errors)


def stamps(*volumes):
    return {name: f"stamp of {name}" for name in volumes}


def write(table, volumes, request=REQUEST):
    with Journal(table, request, stamps(*volumes)) as journal:
        for name, rows in volumes.items():
            add(journal, name, rows)
        return journal.finish()


@pytest.mark.parametrize("ending", [".json", ".csv"])
def test_a_table_gives_its_rows_back(tmp_path, ending):
    table = tmp_path / f"rows{ending}"
    given_row = row(value=0.1 + 0.2, params={"estimator": "faces"}, shape=[3, 4, 5], phases=["Ni", "pore"], sha256="ab")
    undefined = row(key="pore", value=None, undefined='absent, "really"\nyes', params={})
    assert write(table, {"a,b.npz": [given_row, undefined]}) == 2
    found = list(read_table(table))
    for before, after in zip([given_row, undefined], found, strict=True):
        assert after["volume"] == "a,b.npz"
        assert {key: after[key] for key in before} == before
    assert list(tmp_path.iterdir()) == [table]


def test_the_json_table_is_json_and_the_csv_table_csv(tmp_path):
    write(tmp_path / "rows.json", {"a": [row()], "b": [row()]})
    write(tmp_path / "rows.csv", {"a": [row()], "b": [row()]})
    assert [one["volume"] for one in json.loads((tmp_path / "rows.json").read_text())] == ["a", "b"]
    with (tmp_path / "rows.csv").open(newline="") as file:
        lines = list(csv.reader(file))
    assert tuple(lines[0]) == COLUMNS
    assert len(lines) == 3


@given(cut=st.integers(0, 2000))
def test_a_run_killed_at_any_byte_is_completed(tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("kill")
    table = folder / "rows.json"
    volumes = {f"volume_{i}": [row("Ni", i / 7), row("pore", 1 - i / 7)] for i in range(4)}
    with Journal(table, REQUEST, stamps(*volumes)) as journal:
        for name, rows in volumes.items():
            add(journal, name, rows)
    partial = folder / "rows.json.partial"
    partial.write_bytes(partial.read_bytes()[:cut])

    with Journal(table, REQUEST, stamps(*volumes)) as journal:
        assert journal.done <= set(volumes)
        for name in set(volumes) - journal.done:
            add(journal, name, volumes[name])
        assert journal.finish() == 8
    found = {(one["volume"], one["key"]): one["value"] for one in read_table(table)}
    assert len(list(read_table(table))) == 8
    assert found == {(name, one["key"]): one["value"] for name, rows in volumes.items() for one in rows}


def test_garbage_in_the_middle_ends_what_is_kept(tmp_path):
    table = tmp_path / "rows.json"
    with Journal(table, REQUEST, stamps("a")) as journal:
        add(journal, "a", [row()])
    with (tmp_path / "rows.json.partial").open("ab") as file:
        file.write(b"\x00\xff garbage\n")
    with Journal(table, REQUEST, stamps("a")) as journal:
        assert journal.done == {"a"}


def test_a_failed_volume_is_tried_again_and_its_rows_replaced(tmp_path):
    table = tmp_path / "rows.json"
    with Journal(table, REQUEST, stamps("good", "bad")) as journal:
        add(journal, "good", [row(value=1.0)])
        add(journal, "bad", [row(value=2.0)], ["one metric failed"])
        assert journal.finish() == 2
    with Journal(table, REQUEST, stamps("good", "bad")) as journal:
        assert journal.done == {"good"}
        add(journal, "bad", [row(value=3.0), row("pore", 4.0)])
        assert journal.finish() == 3
    assert sorted(one["value"] for one in read_table(table)) == [1.0, 3.0, 4.0]
    assert not (tmp_path / "rows.json.partial").exists()


def test_a_journal_of_another_request_is_refused_and_kept(tmp_path):
    table = tmp_path / "rows.json"
    with Journal(table, REQUEST, stamps("a")) as journal:
        add(journal, "a", [row()])
    before = (tmp_path / "rows.json.partial").read_bytes()
    with (
        pytest.raises(InputError, match="other metrics, parameters or grid was started here"),
        Journal(table, REQUEST | {"voxel_um": [1, 1, 1]}, stamps("a")),
    ):
        pass
    assert (tmp_path / "rows.json.partial").read_bytes() == before


def test_an_old_table_stands_until_the_new_one_is_whole(tmp_path):
    table = tmp_path / "rows.json"
    write(table, {"old": [row()]})
    with Journal(table, REQUEST, stamps("new")) as journal:
        add(journal, "new", [row()])
        assert [one["volume"] for one in read_table(table)] == ["old"]
        journal.finish()
    assert [one["volume"] for one in read_table(table)] == ["new"]


def test_floats_keep_every_digit(tmp_path):
    value = math.nextafter(1 / 3, 1)
    write(tmp_path / "rows.csv", {"a": [row(value=value)]})
    assert read_table(tmp_path / "rows.csv")[0]["value"] == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", "[\n{broken\n]"),
        ("a.json", '{"rows": 3}'),
        ("a.json", "[\n3\n]\n"),
        ("a.json", '[\n{"volume": "a"}\n]\n'),
        ("a.csv", "one,two\n1,2\n"),
        ("a.csv", "volume,metric,key,value,unit\na,b,c,not a number,1\n"),
        ("a.csv", "volume,metric,key,value,unit\na,b,c\n"),
        ("a.json", '[\n{"volume": "a", "metric": "vf", "key": "Ni", "value": 1.0, "unit": "1"}\n'),
        ("a.json", '[\n{"volume": "a", "metric": "vf", "key": "Ni", "value": "1.0", "unit": "1"}\n]\n'),
        ("a.json", '[\n{"volume": "a", "metric": "vf", "key": "Ni", "value": NaN, "unit": "1"}\n]\n'),
        ("a.json", '[\n{"volume": ["a"], "metric": "vf", "key": "Ni", "value": 1.0, "unit": "1"}\n]\n'),
        ("a.json", '[\n{"volume": "a", "metric": "v", "key": "k", "value": 1.0, "unit": "1", "params": "x"}\n]\n'),
        ("a.json", '[\n{"volume": "a", "metric": "v", "key": "k", "value": 1.0, "unit": "1", "shape": [6, 4]}\n]\n'),
        ("a.json", '[\n{"volume": "a", "metric": "v", "key": "k", "value": 1.0, "unit": "1", "origin": "x"}\n]\n'),
    ],
)
def test_what_is_no_table_is_one_message(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=rf"{name}: is not a porenet table .*Write one with porenet measure"):
        list(read_table(tmp_path / name))


def test_missing_files_and_wrong_endings_are_named(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        list(read_table(tmp_path / "none.json"))
    with pytest.raises(InputError, match=r"a table ends in \.json or \.csv, not '\.xlsx'"):
        Journal(tmp_path / "rows.xlsx", REQUEST, {})
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        Journal(tmp_path / "folder.json", REQUEST, {})
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"), Journal(tmp_path / "file" / "rows.json", REQUEST, {}):
        pass


def test_the_table_has_the_order_of_the_volumes_whoever_was_done_first(tmp_path):
    table = tmp_path / "rows.json"
    with Journal(table, REQUEST, stamps("a", "b", "c")) as journal:
        for name in ("c", "a", "b"):
            add(journal, name, [row()])
        journal.finish()
    assert [one["volume"] for one in read_table(table)] == ["a", "b", "c"]


def test_rows_of_another_file_of_that_name_are_not_taken_over(tmp_path):
    table = tmp_path / "rows.json"
    with Journal(table, REQUEST, {"a": "first", "b": "first", "gone": "first"}) as journal:
        for name in ("a", "b", "gone"):
            add(journal, name, [row(value=1.0)])
    with Journal(table, REQUEST, {"a": "first", "b": "changed"}) as journal:
        assert journal.done == {"a"}
        add(journal, "b", [row(value=2.0)])
        assert journal.finish() == 2
    assert [(one["volume"], one["value"]) for one in read_table(table)] == [("a", 1.0), ("b", 2.0)]


def test_a_table_is_written_by_one_run_at_a_time(tmp_path):
    table = tmp_path / "rows.json"
    with (
        Journal(table, REQUEST, stamps("a")) as first,
        pytest.raises(InputError, match="another process is writing this table"),
        Journal(table, REQUEST, stamps("a")),
    ):
        pass
    assert first.done == set()


@pytest.mark.parametrize("content", ["my notes of a whole year\n", "123\n", "[]\n"])
def test_what_is_no_journal_is_left_alone(tmp_path, content):
    (tmp_path / "rows.json.partial").write_text(content)
    with pytest.raises(InputError, match="is not a porenet journal"), Journal(tmp_path / "rows.json", REQUEST, {}):
        pass
    assert (tmp_path / "rows.json.partial").read_text() == content


def test_a_table_indented_by_another_program_is_read(tmp_path):
    write(tmp_path / "rows.json", {"a": [row()], "b": [row()]})
    rows = json.loads((tmp_path / "rows.json").read_text())
    (tmp_path / "pretty.json").write_text(json.dumps(rows, indent=1))
    assert list(read_table(tmp_path / "pretty.json")) == rows


def test_a_journal_is_removed_only_if_the_process_that_began_it_was_refused_at_once(tmp_path):
    path = tmp_path / "rows.json.partial"
    with pytest.raises(InputError), Journal(tmp_path / "rows.json", {}, {"a": "1"}):
        raise InputError("no scheduler answers")
    assert not path.exists()
    with pytest.raises(KeyboardInterrupt), Journal(tmp_path / "rows.json", {}, {"a": "1"}):
        raise KeyboardInterrupt
    assert path.exists()  # as it tells the user
    with Journal(tmp_path / "rows.json", {}, {"a": "1"}) as journal:
        journal.add("a", [])
    with pytest.raises(InputError), Journal(tmp_path / "rows.json", {}, {"a": "1"}):
        raise InputError("no scheduler answers")
    with Journal(tmp_path / "rows.json", {}, {"a": "1"}) as journal:
        assert journal.done == {"a"}
