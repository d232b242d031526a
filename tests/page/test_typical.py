"""Which structures of a run stand for it."""

from hypothesis import given
from hypothesis import strategies as st

from porenet.page.typical import typical_first

values = st.one_of(st.none(), st.floats(-1e6, 1e6, allow_nan=False), st.sampled_from([0.0, 1.0]))


def test_the_median_is_the_most_typical_and_an_outlier_the_least():
    runs = {name: {("vf", "pore"): value} for name, value in zip("abcde", (0.3, 0.1, 0.31, 9.0, 0.29), strict=True)}
    order = typical_first(runs)
    assert order[0] == "a"
    assert order[-1] == "d"


def test_a_value_that_does_not_exist_is_a_difference_by_itself():
    runs = {name: {("tortuosity", "pore"): 3.0} for name in "abcd"} | {"e": {("tortuosity", "pore"): None}}
    assert typical_first(runs) == ["a", "b", "c", "d", "e"]


def test_the_unit_of_a_value_and_a_constant_do_not_matter():
    lengths = {name: {("ssa", "Ni"): value, ("vf", "Ni"): 7.0} for name, value in zip("abc", (3, 1, 2), strict=True)}
    scaled = {name: {("ssa", "Ni"): 1e6 * by[("ssa", "Ni")]} for name, by in lengths.items()}
    assert typical_first(lengths) == typical_first(scaled)


@given(st.lists(st.tuples(values, values), min_size=1, max_size=8))
def test_every_structure_has_its_place(pairs):
    runs = {str(number): {("a", "x"): first, ("b", "y"): second} for number, (first, second) in enumerate(pairs)}
    assert sorted(typical_first(runs)) == sorted(runs)
