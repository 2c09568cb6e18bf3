"""Lists of hypotheses: what they may look like, for classifiers, metrics and splits alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from skhep_nn import _hypotheses

TWO = ["m_stop", "m_lsp"]


@pytest.mark.parametrize(
    ("given_as", "names"),
    [
        ([500, 750], ["mass"]),
        ([[500], [750]], ["mass"]),
        (np.array([500.0, 750.0]), ["mass"]),
        ([{"mass": 500}, {"mass": 750.0}], ["mass"]),
        (range(500, 1000, 250), ["mass"]),
    ],
)
def test_one_number_per_hypothesis_in_any_form(given_as, names):
    assert _hypotheses.hypotheses_of(given_as, names).tolist() == [[500.0], [750.0]]


def test_several_parameters_are_rows_or_dicts_in_any_order():
    rows = _hypotheses.hypotheses_of([(600, 100), {"m_lsp": 50, "m_stop": 700}], TWO)
    assert rows.tolist() == [[600.0, 100.0], [700.0, 50.0]]


@pytest.mark.parametrize(
    "wrong",
    [[], 500, "500", ["500"], [np.nan], [np.inf], [True], [[1, 2]], [1 + 2j], None, {"mass": 1},
     np.ma.masked_greater([500.0, 750.0], 600)],
    ids=repr,
)  # fmt: skip
def test_what_is_no_list_of_finite_numbers_is_refused(wrong):
    with pytest.raises((ValueError, TypeError), match="hypothes"):
        _hypotheses.hypotheses_of(wrong, ["mass"])


def test_the_same_hypothesis_twice_is_refused_where_each_is_looked_at():
    with pytest.raises(ValueError, match=r"hypotheses=\[500, 500.0\] must be different"):
        _hypotheses.different([500, 500.0], ["mass"])


def test_a_mass_written_in_single_precision_is_the_same_mass():
    points = np.array([[500.1], [750.3]])
    wanted = np.array([[np.float32(750.3)]], float)
    assert _hypotheses.numbers_of(points, wanted, ["mass"]).tolist() == [1]
    with pytest.raises(ValueError, match=r"no signal of mass=600; it has mass=500\.1; mass=7"):
        _hypotheses.numbers_of(points, np.array([[600.0]]), ["mass"])


SHAPES = st.tuples(st.integers(1, 20), st.integers(1, 3))


@given(arrays.arrays(np.int64, SHAPES, elements=st.integers(0, 3)))
def test_distinct_points_and_numbers_give_the_events_back(values):
    points, code = _hypotheses.distinct(values)
    np.testing.assert_array_equal(points[code], values)
    assert list(map(tuple, points.tolist())) == sorted({tuple(row) for row in values.tolist()})


def test_a_continuous_parameter_is_no_list():
    many = np.arange(1001.0)[:, None]
    _hypotheses.check_listed(many[:-1], ["mass"], "unused")
    with pytest.raises(ValueError, match=r"1001 different values of \['mass'\].*1000.*; name some"):
        _hypotheses.check_listed(many, ["mass"], "name some")


def test_a_long_list_is_shown_by_its_first():
    text = _hypotheses.shown(np.arange(12.0)[:, None], ["mass"])
    assert text.startswith("mass=0; mass=1;")
    assert text.endswith("; and 2 more")


def test_a_ragged_list_is_no_hypothesis():
    with pytest.raises(ValueError, match=r"finite numbers for mass=\.\.\."):
        _hypotheses.hypothesis_of(([[1], [1, 2]],), {}, ["mass"])
