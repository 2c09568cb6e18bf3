from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skhep_nn import _choices

THINGS = [np.array(["a", "b"]), {"a"}, ["a"], slice(2), pd.DataFrame(), np.datetime64("2020"), 1j]


@pytest.mark.parametrize("value", [*THINGS, "c", 1, b"a"])
def test_one_of_a_few_values_or_an_error_that_lists_them(value):
    assert _choices.one_of("a", ("a", None), "kind") == "a"
    assert _choices.one_of(None, ("a", None), "kind") is None
    with pytest.raises(ValueError, match=r"kind=(.|\n)*; it must be one of \['a', None\]"):
        _choices.one_of(value, ("a", None), "kind")


@pytest.mark.parametrize("value", [*THINGS, None, 2, "True", 0.5, np.timedelta64(1, "s"), pd.NA])
def test_a_switch_is_true_or_false(value):
    assert _choices.switch(np.True_, "log") is True
    assert _choices.switch(0, "log") is False
    with pytest.raises(ValueError, match=r"log=(.|\n)*; it must be True or False"):
        _choices.switch(value, "log")


@pytest.mark.parametrize("value", THINGS)
def test_a_text_is_a_text_or_number(value):
    assert [_choices.text(one, "name") for one in ("a", 500.0, None)] == ["a", "500.0", ""]
    with pytest.raises(TypeError, match=r"name=(.|\n)*; it must be a text"):
        _choices.text(value, "name")


@pytest.mark.parametrize("value", [*THINGS, "a"])
def test_names_are_a_dict(value):
    assert _choices.names({0: "background"}, "class_names") == {0: "background"}
    assert _choices.names(None, "class_names") == {}
    with pytest.raises(TypeError, match=r"class_names=(.|\n)*; it must be a dict"):
        _choices.names(value, "class_names")


def test_an_object_of_another_class_is_an_error_that_says_where_such_come_from():
    assert _choices.made_by(1, int, "test", "count") == 1
    with pytest.raises(TypeError, match="test must be what count gives, a int, got 'a'"):
        _choices.made_by("a", int, "test", "count")


@pytest.mark.parametrize("value", [*THINGS, 0, 2**64, True, 1.0, np.timedelta64(1, "s"), None])
def test_a_count_is_a_whole_number_of_at_least_one(value):
    assert _choices.count(np.int8(3), "n_columns") == 3
    with pytest.raises(ValueError, match=r"n_columns=(.|\n)*; it must be a whole number from 1 to"):
        _choices.count(value, "n_columns")


@pytest.mark.parametrize("value", [*THINGS, True, np.timedelta64(1, "s"), None, "1"])
def test_what_is_no_number_is_neither_whole_nor_real(value):
    assert not _choices.is_whole(value)
    assert not _choices.is_real(value)


def test_numbers_of_numpy_are_numbers():
    assert _choices.is_whole(np.int8(3))
    assert not _choices.is_whole(0.5)
    assert _choices.is_real(np.float32(0.5))


@pytest.mark.parametrize("value", [[1], (1,), range(2), np.ones(1), pd.Series([1]), [[1], [1, 2]]])
def test_a_list_of_any_kind_is_several(value):
    assert _choices.is_several(value)


@pytest.mark.parametrize("value", [1, None, "text", np.float32(1), np.array(1), {1, 2}, {"a": 1}])
def test_what_is_no_list_is_one_value(value):
    assert not _choices.is_several(value)
