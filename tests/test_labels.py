"""Class labels: one per event, none missing, of one type."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from skhep_nn import _labels
from skhep_nn.metrics import roc_auc

NUMBERS = [1, 0, 1, 0, 1]
MISSING = {
    "float": np.where(np.arange(5) == 3, np.nan, NUMBERS),
    "list of None": [1, 0, 1, None, 1],
    "list of NaN": [1, 0, 1, np.nan, 1],
    "text and None": ["a", "b", "a", None, "b"],
    "text and NaN in a list": ["a", "b", "a", np.nan, "b"],
    "objects with NA": np.array([1, 0, 1, pd.NA, 1], dtype=object),
    "nullable integers": pd.Series([1, 0, 1, None, 1], dtype="Int64"),
    "nullable booleans": pd.Series([True, False, True, None, True], dtype="boolean"),
    "strings of pandas": pd.Series(["a", "b", "a", None, "b"], dtype="string"),
    "categories": pd.Series(pd.Categorical(["a", "b", "a", None, "b"])),
    "arrow": pd.Series([1, 0, 1, None, 1], dtype=pd.ArrowDtype(pa.int64())),
    "arrow array": pa.array([1, 0, 1, None, 1]),
    "NaT": np.array(["2020", "2021", "2020", "NaT", "2020"], dtype="M8[D]"),
}


@pytest.mark.parametrize("y", MISSING.values(), ids=MISSING.keys())
def test_a_missing_label_is_an_error_that_says_how_many_and_where(y):
    for look in (_labels.check, _labels.present):
        with pytest.raises(ValueError, match=r"y contains NaN: 1 of 5 labels are .* of event 3"):
            look(y, "y")


def test_a_masked_label_is_an_error():
    with pytest.raises(ValueError, match=r"y is a masked array, 2 of its 5 values .* event 0"):
        _labels.check(np.ma.MaskedArray(NUMBERS, mask=[1, 0, 1, 0, 0]), "y")


def test_a_missing_label_of_an_awkward_array_is_counted():
    awkward = pytest.importorskip("awkward")
    with pytest.raises(ValueError, match=r"y .* 1 of its 3 values are masked, .* event 1"):
        _labels.check(awkward.Array([1, None, 0]), "y")
    assert _labels.check(awkward.Array(["b", "s"])).tolist() == ["b", "s"]


def test_numbers_do_not_become_text_among_text():
    with pytest.raises(ValueError, match=r"y has labels of several types, numbers and text"):
        _labels.check([1, "ttbar", 1], "y")


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="needs NumPy 2")
def test_text_of_variable_length_is_text():
    text = np.dtypes.StringDType()
    assert _labels.check(np.array(["a", "b"], dtype=text)).dtype.kind == "U"
    with pytest.raises(ValueError, match="1 of 2 labels are missing"):
        _labels.check(np.array(["a", None], dtype=np.dtypes.StringDType(na_object=None)), "y")


def test_numbers_in_an_array_of_objects_become_numbers():
    assert _labels.with_plain_numbers(np.array([1, 0], dtype=object)).dtype.kind == "i"
    assert _labels.with_plain_numbers(np.array(["a", "b"], dtype=object)).dtype == object


@pytest.mark.parametrize(
    "y",
    [
        NUMBERS,
        [True, False],
        ["ttH", "ttbar"],
        [b"ttH"],
        pd.Series(["a", "b"], dtype="category"),
        pd.Series([1, 0], dtype="Int64"),
        np.array(["a", "nan"], dtype=object),
        [1.5, True, 2],
    ],
)
def test_numbers_and_text_are_labels(y):
    assert _labels.check(y).tolist() == list(y)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([], r"at least one event, got shape \(0,\)"),
        ([[1, 0]], r"1-D array .* got shape \(1, 2\)"),
        (1, r"1-D array .* got shape \(\)"),
        ([[1], [1, 2]], "y must be an array"),
        (np.array([1, "a"], dtype=object), r"several types, numbers and text: \[1, 'a'\]"),
        (np.array(["a", b"a"], dtype=object), "several types, bytes and text"),
        ([1j, 0], r"numbers or text, got 1j \(complex128\)"),
        (np.array([1, 2], "m8[s]"), "numbers or text"),
        (np.array([np.timedelta64(1, "s")], dtype=object), "numbers or text"),
        (np.array(["2020"], "M8[D]"), "numbers or text"),
        (np.array([{}, 1], dtype=object), r"numbers or text, got \{\}"),
        ([1.0, -np.inf], "contains infinity: 1 of 2 labels, first event 1"),
    ],
)
def test_what_is_no_label_is_an_error(y, message):
    with pytest.raises(ValueError, match=message):
        _labels.check(y, "y")


@pytest.mark.parametrize(
    ("labels", "classes"), [(["0", "1"], [0, 1]), ([0, 1], ["0", "1"]), ([b"a"], ["a"])]
)
def test_labels_have_the_type_of_the_classes(labels, classes):
    with pytest.raises(ValueError, match=r"y_val has labels that are .*, and the classes are"):
        _labels.check_type(np.array(labels), classes, "y_val")


def test_booleans_and_numbers_are_of_one_type():
    _labels.check_type(np.array([True]), [0, 1], "y")
    _labels.check_type(np.array([1.0]), [False, True], "y")
    _labels.check_type(np.array([]), ["a"], "y")


@pytest.mark.parametrize("signal", [np.nan, [1, np.nan], np.inf, [np.float32("nan")]])
def test_a_signal_that_is_not_finite_is_no_label(signal):
    with pytest.raises(ValueError, match=r"signal=.*it must be a label"):
        roc_auc([0, 1, 1], [0.1, 0.2, 0.3], signal=signal)


@pytest.mark.parametrize("signal", [[1, 1], (1, True), np.array([1, 1])])
def test_a_label_of_a_list_that_stands_twice_counts_once(signal):
    assert _labels.listed(signal) == [1]
