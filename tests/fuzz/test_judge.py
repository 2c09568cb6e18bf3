"""The judge itself: what it calls ours, raw, silent and hung."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from fuzz import judge
from fuzz.call import Call
from fuzz.metrics import CALLS, points_of
from fuzz.plain import MeaninglessError, labels, matrix, numbers


def called(function, check=None):
    return judge.fault(Call("call", function, {"x": 1}, check), {"x": 1}, ["x"])


def test_an_error_that_the_package_raises_and_that_names_the_input_is_none():
    area = CALLS[0]
    bad = {**area.valid, "y_score": "text"}
    assert judge.fault(area, bad, ["y_score"]) is None


def test_an_error_from_inside_a_library_is_raw():
    assert "raw" in called(lambda x: np.zeros(2) + np.zeros(3))
    assert "raw" in called(lambda x: np.zeros(2)[5])


def test_an_error_that_names_nothing_is_a_fault():
    area = CALLS[0]
    nameless = Call("area", area.function, {})
    bad = {**area.valid, "y_score": [np.nan] * 12}
    assert "names none" in judge.fault(nameless, bad, ["other"])


def test_an_error_of_valid_arguments_is_a_fault():
    area = CALLS[0]
    bad = {**area.valid, "y_score": "text"}
    assert "raises ValueError" in judge.fault(area, bad, [])


def test_nonsense_that_is_accepted_is_a_fault():
    assert called(lambda x: x, lambda got, x: numbers("1")) == "accepted nonsense"


def test_a_wrong_answer_is_a_fault():
    def check(got, x):
        assert got == 2

    assert "wrong answer" in called(lambda x: 1, check)
    assert called(lambda x: 2, check) is None


def test_a_warning_of_numpy_is_a_fault():
    assert "RuntimeWarning" in called(lambda x: np.log(np.zeros(1)))
    assert called(lambda x: warnings.warn("ours", UserWarning, stacklevel=1)) is None


def test_a_call_that_does_not_come_back_is_a_fault(monkeypatch):
    monkeypatch.setattr(judge, "HUNG", 0.05)

    def forever(x):
        while True:
            pass

    assert called(forever) == "hung"


@pytest.mark.parametrize(
    "values", [[1, None], [np.nan], ["1"], [1j], np.array([1], "m8[s]"), np.ma.masked_equal([1], 1)]
)
def test_what_is_no_list_of_numbers_has_no_meaning(values):
    with pytest.raises(MeaninglessError):
        numbers(values)


@pytest.mark.parametrize(
    "values", [[[1], [2]], ((1,), (2,)), np.array([[1], [2]]), pd.DataFrame({"x": [1, 2]})]
)
def test_a_list_of_lists_is_a_table_as_an_array_of_two_axes_is(values):
    assert matrix(values) == [[1.0], [2.0]]
    assert points_of(values) == [(1.0,), (2.0,)]


@pytest.mark.parametrize("values", [[[1], [1, 2]], [[1], 2], [1, 2], [[1], [None]], []])
def test_what_is_no_list_of_rows_of_numbers_has_no_meaning(values):
    with pytest.raises(MeaninglessError):
        matrix(values)


@pytest.mark.parametrize("values", [[], [1, None], ["a", 1], [1j], [[1]]])
def test_what_is_no_list_of_labels_has_no_meaning(values):
    with pytest.raises(MeaninglessError):
        labels(values)
