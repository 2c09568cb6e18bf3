from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skhep_nn.exceptions import FileFormatError
from skhep_nn.io import iterate_events, read_events


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.csv"


def test_a_file_without_header_is_read_with_names(path):
    path.write_text("1,2.5,tt\n3,4.5,Wjets\n")
    got = read_events(path, names=["n", "x", "process"])
    assert got.to_dict("list") == {"n": [1, 3], "x": [2.5, 4.5], "process": ["tt", "Wjets"]}


def test_a_file_without_header_and_names_is_an_error(path):
    path.write_text("1,2.5\n3,4.5\n")
    with pytest.raises(FileFormatError, match=r"events.csv has no header line.*give names="):
        read_events(path)


def test_names_that_do_not_fit_are_an_error_with_both_numbers(path):
    path.write_text("1,2.5\n")
    with pytest.raises(FileFormatError, match="has 2 columns, but names has 3"):
        read_events(path, names=["a", "b", "c"])


def test_a_header_with_blanks_and_a_byte_order_mark_is_understood(path):
    path.write_text("pt, eta\n 1, 2.5\n", encoding="utf-8-sig")
    assert read_events(path).to_dict("list") == {"pt": [1], "eta": [2.5]}


def test_an_index_without_a_name_is_named_as_pandas_names_it(path):
    path.write_text(",pt\n0,1.5\n")
    assert read_events(path).columns.tolist() == ["Unnamed: 0", "pt"]


def test_a_name_that_stands_twice_in_the_header_is_an_error(path):
    path.write_text("pt,eta,pt\n1,2,3\n")
    with pytest.raises(FileFormatError, match=r"more than one column named \['pt'\]"):
        read_events(path)


@pytest.mark.parametrize("line", ["4,5", "4,5,6,7"])
def test_a_line_with_too_few_or_too_many_fields_is_an_error(path, line):
    path.write_text(f"a,b,c\n1,2,3\n{line}\n7,8,9\n")
    with pytest.raises(FileFormatError, match=r"events.csv cannot be read.*Expected 3 columns"):
        read_events(path, columns=["a"])


@pytest.mark.parametrize("missing", ["", "NA", "nan", "NaN", "null"])
def test_a_missing_number_is_nan(path, missing):
    path.write_text(f"pt,n\n1.5,{missing}\n{missing},2\n")
    got = read_events(path)
    assert np.isnan(got["pt"].tolist()).tolist() == [False, True]
    assert np.isnan(got["n"].tolist()).tolist() == [True, False]


def test_whole_numbers_that_turn_to_fractions_late_are_read_exactly(path):
    path.write_text("x\n" + "1\n" * 10 + "0.25\n")
    assert read_events(path)["x"].tolist() == [1.0] * 10 + [0.25]
    chunks = list(iterate_events(path, chunk_size=4))
    assert [chunk["x"].dtype.kind for chunk in chunks] == ["i", "i", "f"]


def test_event_numbers_of_64_bits_are_kept(path):
    path.write_text(f"event,run\n{2**64 - 1},{-(2**63)}\n{2**53 + 1},3\n")
    got = read_events(path)
    assert got["event"].tolist() == [2**64 - 1, 2**53 + 1]
    assert got["run"].tolist() == [-(2**63), 3]


def test_infinities_signs_and_truth_values_are_read(path):
    path.write_text("x,flag\ninf,True\n-inf,False\n+1.5e3,True\n")
    got = read_events(path)
    assert got["x"].tolist() == [np.inf, -np.inf, 1500.0]
    assert got["flag"].tolist() == [True, False, True]


def test_a_last_line_without_a_line_end_counts(path):
    path.write_text("x\n1\n2")
    assert read_events(path)["x"].tolist() == [1, 2]


def test_a_gzipped_file_that_is_cut_off_is_an_error_at_any_length(tmp_path):
    rows = "".join(f"{at},{at * 0.37}\n" for at in range(5000))
    whole = gzip.compress(f"a,b\n{rows}".encode())
    path = tmp_path / "events.csv.gz"
    for length in (15, len(whole) // 3, len(whole) - 9, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(FileFormatError, match=r"events.csv.gz"):
            read_events(path)
    path.write_bytes(whole)
    assert len(read_events(path)) == 5000


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=20))
def test_numbers_come_back_to_the_last_bit(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("csv") / "events.csv"
    path.write_text("x\n" + "".join(f"{value!r}\n" for value in values))
    assert read_events(path)["x"].tolist() == values
