"""Rows in memory: a list like any other, one value, a wide table, a data frame."""

import json
import math
import sys
import types

import numpy
import pytest

import porenet
from porenet.errors import InputError, MissingExtra
from porenet.interface import Undefined
from porenet.measurement import Rows, Source, read_table, wide_rows, write_table

MASK = numpy.array([[[True, False, False, False]]])


def row(metric="ssa", key="Ni", value=1.0, **columns):
    return {"volume": "a", "metric": metric, "key": key, "value": value, "unit": "1", **columns}


def test_measured_rows_are_a_list_that_json_and_a_table_hold(tmp_path):
    pytest.importorskip("porenet_statistics")
    rows = porenet.measure(MASK, ["vf"], phases=("solid", "pore"), voxel_um=0.1, source=Source("mask"))
    assert isinstance(rows, Rows)
    assert rows == list(rows) == json.loads(json.dumps(rows))
    for name in ("rows.json", "rows.csv"):
        write_table(tmp_path / name, rows)
        back = read_table(tmp_path / name)
        assert isinstance(back, Rows)
        assert back == rows


def test_one_value():
    rows = Rows([row(), row(key="pore", value=None, undefined="absent"), row(volume="b", value=2.0)])
    assert rows.value("ssa", "Ni", volume="b") == rows.value("porenet:ssa", "Ni", volume="b") == 2.0
    assert rows.value("ssa", "pore") == Undefined("absent")
    with pytest.raises(InputError, match=r"2 rows have metric 'ssa' and key 'Ni'. Say which by further columns"):
        rows.value("ssa", "Ni")
    with pytest.raises(InputError, match=r"no rows have metric 'ssa' and key 'Nickel'. The keys are ssa Ni, ssa pore"):
        rows.value("ssa", "Nickel")


def test_wide_has_one_row_per_volume_and_none_where_nothing_was_measured():
    rows = Rows([row("vf", value=0.3), row(value=None, undefined="absent"), row("vf", value=0.4, volume="b")])
    assert rows.wide() == [
        {"volume": "a", "vf.Ni": 0.3, "ssa.Ni": None},
        {"volume": "b", "vf.Ni": 0.4, "ssa.Ni": None},
    ]
    assert wide_rows([]) == []


def test_columns_of_one_metric_measured_in_two_ways_say_what_differs():
    faces, tv = {"estimator": "faces", "per": "volume"}, {"estimator": "tv", "per": "volume"}
    rows = [row(params=faces), row(params=tv, value=2.0), row("vf", params={})]
    assert wide_rows(rows) == [
        {"volume": "a", "ssa.Ni [estimator=faces]": 1.0, "ssa.Ni [estimator=tv]": 2.0, "vf.Ni": 1.0}
    ]
    rows = [row(provider="porenet"), row(provider="other", value=2.0)]
    assert wide_rows(rows) == [{"volume": "a", "porenet:ssa.Ni": 1.0, "other:ssa.Ni": 2.0}]


def test_two_values_of_one_quantity_are_refused():
    with pytest.raises(InputError, match=r"ssa\.Ni has two values for a"):
        wide_rows([row(), row(value=2.0)])
    nameless = [{name: value for name, value in row().items() if name != "volume"}] * 2
    with pytest.raises(InputError, match=r"has two values for one volume\. Measure every volume once, and name it"):
        wide_rows(nameless)


def test_a_data_frame_is_that_of_pandas_or_a_message(monkeypatch):
    rows = Rows([row()])
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match=r"a data frame needs pandas, which is not installed. pip install pandas"):
        rows.to_dataframe()
    monkeypatch.setitem(sys.modules, "pandas", types.SimpleNamespace(DataFrame=lambda data: ("frame", data)))
    assert rows.to_dataframe() == ("frame", [row()])
    undefined = Rows([row(value=None, undefined="absent")])
    for form, name in ((undefined, "value"), (undefined.wide(), "ssa.Ni")):
        _, (cells,) = form.to_dataframe()
        assert math.isnan(cells[name]), "a column of None would not be one of numbers"


def test_rows_that_are_wide_already_are_refused():
    rows = Rows([row()]).wide()
    for use in (rows.wide, lambda: rows.value("ssa", "Ni")):
        with pytest.raises(InputError, match="the rows are wide, one per volume"):
            use()
