from __future__ import annotations

import os
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skhep_nn.io._unpickle import PlainArray, Unknown, load_plain

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False)
    | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)


@given(PLAIN, st.integers(2, 5))
def test_lists_dicts_text_and_numbers_come_back(value, protocol):
    assert load_plain(pickle.dumps(value, protocol)) == value or protocol == 2


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("shape", [(4,), (2, 2), (1, 4)])
def test_arrays_of_text_come_as_lists_row_by_row(protocol, shape):
    for order in "CF":
        array = np.array(["a", None, "c", "d"], object).reshape(shape, order=order)
        got = load_plain(pickle.dumps(array, protocol))
        assert isinstance(got, PlainArray)
        assert got.shape == shape
        assert got.values == list(array.ravel())


@pytest.mark.parametrize("protocol", range(6))
def test_nothing_that_a_pickle_names_is_called(protocol):
    class Evil:
        def __reduce__(self):
            return os.mkdir, ("/never",)

    got = load_plain(pickle.dumps([Evil(), print, "pt"], protocol))
    assert isinstance(got[0], Unknown)
    assert isinstance(got[1], Unknown)
    assert got[2] == "pt"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no pickle",
        b"(lp0",
        b"cos\nsystem\n(S'true'\ntR",
        b"\x80\x05\x8e\xff\xff\xff\xff\xff.",
    ],
)
def test_what_is_no_pickle_is_an_error(content):
    with pytest.raises(ValueError, match="its pickle cannot be read"):
        load_plain(content)


def test_a_memo_of_billions_takes_no_memory():
    assert load_plain(b"Nr\xff\xff\xff\x7f.") is None


def test_an_array_of_numbers_is_not_one_of_text():
    with pytest.raises(ValueError, match="is not one of text"):
        load_plain(pickle.dumps(np.arange(3)))
