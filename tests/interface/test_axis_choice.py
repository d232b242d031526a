"""One axis, or all of them: the keys of either."""

import pytest

from porenet.errors import InputError
from porenet.interface import measured_along


def lengths(axis):
    """A lag that only the longer two axes have."""
    return {"pore": 1.0 + "zyx".index(axis)} | ({"pore@2um": 5.0} if axis != "z" else {})


def test_one_axis_has_its_own_keys():
    assert measured_along("y", lengths) == {"pore": 2.0, "pore@2um": 5.0}


def test_all_axes_stand_behind_each_key():
    along = measured_along("all", lengths)
    assert list(along.items()) == [("pore.z", 1.0), ("pore.y", 2.0), ("pore.x", 3.0), ("pore@2um.y", 5.0),
                                   ("pore@2um.x", 5.0)]  # fmt: skip


def test_another_axis_is_refused():
    with pytest.raises(InputError, match="an axis is z, y, x or all, not 'w'"):
        measured_along("w", lengths)
