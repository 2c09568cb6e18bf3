from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skhep_nn.exceptions import FileFormatError
from skhep_nn.io import iterate_events, read_events
from skhep_nn.io._values import joined_parts, kind_of, refusal, settled, with_missing

NAN = np.full(2, np.nan)
BIG = 2**53 + 1


@pytest.mark.parametrize(
    ("parts", "dtype", "expected"),
    [
        ([np.array([BIG]), np.array([BIG], "u8")], "int64", [BIG, BIG]),
        ([np.array([3]), np.array([2**64 - 1], "u8")], "uint64", [3, 2**64 - 1]),
        ([np.array([3], "i1"), np.array([5], "u1")], "int16", [3, 5]),
        ([np.array([3]), np.array([2.5])], "float64", [3.0, 2.5]),
        ([np.array([BIG]), NAN[:1]], "Int64", [BIG, pd.NA]),
        ([NAN[:1], np.array([2**64 - 1], "u8")], "UInt64", [pd.NA, 2**64 - 1]),
        ([pd.array([BIG, None], dtype="Int64"), np.array([5])], "Int64", [BIG, pd.NA, 5]),
        ([np.array([7]), NAN[:0]], "int64", [7]),
        ([np.array([BIG]), np.array([np.nan, 5.0])], "Int64", [BIG, pd.NA, 5]),
    ],
)
def test_whole_numbers_of_several_files_join_without_being_rounded(parts, dtype, expected):
    got = joined_parts(parts, "column 'event'")
    assert got.dtype == dtype
    assert list(got) == expected


def test_whole_numbers_with_missing_ones_are_floats_where_these_are_exact():
    got = joined_parts([np.array([7]), NAN[:1]], "column 'n'")
    assert got.dtype == np.float64
    np.testing.assert_array_equal(got, [7.0, np.nan])


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([np.array([-1]), np.array([2**64 - 1], "u8")], "no type of whole numbers holds exactly"),
        ([np.array([BIG]), np.array([0.5])], "together they would not be exact"),
    ],
)
def test_whole_numbers_that_no_type_holds_are_an_error_that_names_the_column(parts, message):
    with pytest.raises(FileFormatError, match=f"^column 'event' has .*{message}"):
        joined_parts(parts, "column 'event'")


@given(
    st.lists(
        st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**64 - 1)), min_size=1), min_size=1
    )
)
def test_no_whole_number_is_ever_rounded(rows):
    known = [[value for value in row if value is not None] for row in rows]
    dtypes = [np.uint64 if max(row, default=0) >= 2**63 else np.int64 for row in known]
    parts = []
    for row, dtype in zip(rows, dtypes, strict=True):
        if min((value for value in row if value is not None), default=0) < 0 and dtype is np.uint64:
            return
        values = np.array([value or 0 for value in row], dtype)
        parts.append(with_missing(values, np.array([value is None for value in row])))
    try:
        got = joined_parts(parts, "column 'n'")
    except FileFormatError:
        flat = [value for row in known for value in row]
        assert min(flat) < 0
        assert max(flat) >= 2**63
        return
    expected = [value for row in rows for value in row]
    assert [None if pd.isna(value) else int(value) for value in got] == expected


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".csv"])
def test_a_missing_event_number_leaves_the_others_exact(tmp_path, suffix):
    frame = pd.DataFrame({"event": pd.array([BIG, None, 5], dtype="Int64")})
    writers = {".parquet": "to_parquet", ".feather": "to_feather", ".csv": "to_csv"}
    options = {"index": False} if suffix == ".csv" else {}
    if suffix == ".csv":
        frame["pt"] = 1.5
    getattr(frame, writers[suffix])(tmp_path / f"x{suffix}", **options)
    got = read_events(tmp_path / f"x{suffix}")
    assert got["event"].dtype == "Int64"
    assert got["event"].isna().tolist() == [False, True, False]
    assert int(got["event"][0]) == BIG
    assert len(read_events(tmp_path / f"x{suffix}", cut=f"event == {BIG}")) == 1
    assert len(read_events(tmp_path / f"x{suffix}", cut=f"event == {BIG - 1}")) == 0
    chunks = list(iterate_events(tmp_path / f"x{suffix}", chunk_size=1))
    assert int(chunks[0]["event"].iloc[0]) == BIG


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array([1]), "numbers"),
        (np.array([True]), "numbers"),
        (NAN, None),
        (np.array(["a"]), "text"),
        (np.array([None, "a"], object), "text"),
        (np.array([None], object), None),
        (np.array(["2024-01-01"], "M8[s]"), "times"),
        (np.array([1], "m8[s]"), "durations"),
        (np.ones((2, 3)), r"arrays of shape (3,)"),
        (pd.array([BIG], dtype="Int64"), "numbers"),
    ],
)
def test_what_a_column_holds_is_said_in_words(values, kind):
    assert kind_of(values) == kind


@pytest.mark.parametrize(
    "dtype", ["f8", ">f4", "i1", "u8", "?", "f2", "S3", "U3", "M8[s]", "m8[D]"]
)
def test_numbers_text_and_times_can_be_columns(dtype):
    assert refusal(np.dtype(dtype)) is None


@pytest.mark.parametrize(
    "dtype", ["c8", "V4", [("x", "f4")], ("f8", (3,)), np.longdouble, "M8", "m8"]
)
def test_other_types_cannot(dtype):
    assert refusal(np.dtype(dtype))


def test_objects_that_are_neither_text_nor_missing_are_an_error():
    with pytest.raises(
        FileFormatError, match=r"a.h5: column 'x' holds Python objects \(dict, str\)"
    ):
        settled(np.array([{}, "a"], object), "a.h5: column 'x'")
    got = settled(np.array([b"a", "b", None], object), "x")
    assert got.tolist() == ["a", "b", None]


def test_times_and_durations_do_not_join(tmp_path):
    for name, kind in (("a", "M8[s]"), ("b", "m8[s]")):
        np.savez(tmp_path / f"{name}.npz", t=np.array([1], kind))
    with pytest.raises(FileFormatError, match="'t' holds durations here and times before"):
        read_events([tmp_path / "a.npz", tmp_path / "b.npz"])
