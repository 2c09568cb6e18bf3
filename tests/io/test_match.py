from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError, DroppedEventsWarning
from skhep_nn.io import label_selected


@pytest.fixture
def events():
    return pd.DataFrame({"file": ["a", "a", "b", "b"], "event_number": [0, 1, 0, 1], "x": 1.5})


@pytest.fixture
def skim():
    return pd.DataFrame({"event_number": [1, 0], "file": ["b", "a"]})


def test_events_are_matched_by_file_and_event_number(events, skim):
    assert label_selected(events, skim).tolist() == [True, False, False, True]


def test_the_index_and_the_order_of_rows_play_no_role(events, skim):
    assert label_selected(events.iloc[::-1], skim[::-1]).tolist() == [True, False, False, True]


@given(
    st.sets(st.tuples(st.sampled_from("abc"), st.integers(-5, 5)), min_size=1),
    st.randoms(use_true_random=False),
)
def test_labels_are_those_of_a_set_of_tuples(keys, random):
    keys = list(keys)
    chosen = random.sample(keys, random.randint(0, len(keys)))
    events = pd.DataFrame(keys, columns=["file", "event_number"])
    selected = pd.DataFrame(chosen, columns=["file", "event_number"])
    assert label_selected(events, selected).tolist() == [key in chosen for key in keys]


def test_nothing_selected_labels_no_event(events, skim):
    assert label_selected(events, skim.head(0)).tolist() == [False] * 4
    assert label_selected(events.head(0), skim.head(0)).shape == (0,)


def test_one_column_can_be_enough():
    assert label_selected({"id": [3, 4]}, {"id": [4]}, on="id").tolist() == [False, True]


@pytest.mark.parametrize(
    "dtype", [np.int8, np.uint64, np.float64, object, "Int64", "int32[pyarrow]"]
)
def test_whole_numbers_match_whatever_their_type(events, skim, dtype):
    skim["event_number"] = skim["event_number"].astype(dtype)
    assert label_selected(events, skim).tolist() == [True, False, False, True]
    assert label_selected(skim, skim).all()


@pytest.mark.parametrize("dtype", [object, "category", "string", "S1"])
def test_text_matches_whatever_its_type(events, skim, dtype):
    files = skim["file"].to_numpy(dtype="U1")
    files = files.astype(dtype) if dtype == "S1" else pd.Series(files).astype(dtype)
    selected = {"file": files, "event_number": skim["event_number"].to_numpy()}
    assert label_selected(events, selected).tolist() == [True, False, False, True]


def test_large_numbers_of_signed_and_unsigned_type_are_not_confused():
    # 2**63 - 1 and 2**63 - 2 are the same as floating-point numbers
    events = {"id": np.array([2**63 - 1, 2**63 - 2], dtype=np.int64)}
    selected = {"id": np.array([2**63 - 2], dtype=np.uint64)}
    assert label_selected(events, selected, on="id").tolist() == [False, True]


def test_blocks_and_structured_arrays_are_tables_too():
    blocks = EventBlocks({"run": np.array([1, 1, 2]), "event": np.array([7, 8, 7])})
    selected = np.array([(2, 7)], dtype=[("run", "i4"), ("event", "u8")])
    assert label_selected(blocks, selected, on=["run", "event"]).tolist() == [False, False, True]


def test_an_event_that_occurs_twice_is_an_error_that_names_it(events, skim):
    doubled = pd.concat([events, events.head(2)])
    match = r"events: file='a', event_number=0 occurs 2 times, and 1 other events more than once"
    with pytest.raises(ValueError, match=match):
        label_selected(doubled, skim)


def test_a_selected_event_that_occurs_twice_is_an_error_that_names_it(events, skim):
    doubled = pd.concat([skim, skim.tail(1), skim.tail(1)])
    with pytest.raises(ValueError, match=r"selected: file='a', event_number=0 occurs 3 times;"):
        label_selected(events, doubled)


def test_a_selected_event_that_is_not_there_is_an_error(events, skim):
    skim["event_number"] += 1
    match = r"1 of 2 selected events are not among the events, the first is file='b', event_n\w+=2"
    with pytest.raises(ValueError, match=match):
        label_selected(events, skim)


def test_missing_events_can_be_counted_or_ignored(events, skim):
    skim["event_number"] += 1
    with pytest.warns(DroppedEventsWarning, match="1 of 2 selected events are not among"):
        labels = label_selected(events, skim, missing="warn")
    assert labels.tolist() == [False, True, False, False]
    assert label_selected(events, skim, missing="ignore").tolist() == labels.tolist()


def test_chunks_labelled_one_by_one_give_the_labels_of_all(events, skim):
    chunks = [label_selected(events[k : k + 3], skim, missing="ignore") for k in (0, 3)]
    assert np.concatenate(chunks).tolist() == label_selected(events, skim).tolist()


@pytest.mark.parametrize(
    ("column", "values", "match"),
    [
        ("event_number", ["1", "0"], "'event_number' holds numbers in events and text in selected"),
        ("file", [1, 2], "'file' holds text in events and numbers in selected"),
        ("event_number", [0.5, 1], "selected: column 'event_number' has 0.5 in event 0; numbers"),
        ("event_number", [0, 2.0**60], r"has 1.15\w*\+18 in event 1; .* exact below 2\*\*53"),
        ("event_number", [0, np.inf], "has inf in event 1"),
        ("event_number", [np.nan, 1], r"selected: .* is missing \(NaN or None\) in 1 events"),
        ("file", ["a", None], r"selected: column 'file' is missing \(NaN or None\) in 1 events"),
        ("file", ["a", (1,)], r"selected: column 'file' has values of type \['str', 'tuple'\]"),
    ],
)
def test_values_that_number_no_event_are_errors(events, skim, column, values, match):
    skim[column] = pd.Series(values)
    with pytest.raises(ValueError, match=match):
        label_selected(events, skim)


def test_a_missing_column_is_an_error_with_those_there_are(events, skim):
    match = r"selected: there is no column 'run' to match by; there are \['event_number', 'file'\]"
    with pytest.raises(ColumnError, match=match):
        label_selected(events.assign(run=1), skim, on=["file", "run"])


def test_a_column_that_is_there_twice_is_an_error(events, skim):
    twice = pd.concat([skim, skim["file"]], axis=1)
    with pytest.raises(ColumnError, match="selected: column 'file' occurs 2 times"):
        label_selected(events, twice)


def test_columns_of_different_length_or_of_two_axes_are_errors(events):
    with pytest.raises(ValueError, match=r"selected: columns .* have lengths \[1, 2\]"):
        label_selected(events, {"file": ["a"], "event_number": [0, 1]})
    with pytest.raises(ValueError, match=r"'file' needs one value per event, got shape \(1, 2\)"):
        label_selected(events, {"file": [["a", "b"]], "event_number": [0]})


def test_arrays_without_names_are_an_error(events):
    with pytest.raises(TypeError, match="matched by columns with names, got ndarray"):
        label_selected(events, np.zeros((3, 2)))


def test_bad_options_are_errors(events, skim):
    with pytest.raises(ValueError, match=r"missing must be one of \('error', 'warn', 'ignore'\)"):
        label_selected(events, skim, missing="drop")
    with pytest.raises(ValueError, match="names no column"):
        label_selected(events, skim, on=[])


@pytest.mark.parametrize(
    ("dtype", "power"), [("f2", 11), ("f4", 24), ("f8", 53), (">f4", 24), ("Float32", 24)]
)
@pytest.mark.parametrize("swapped", [False, True])
def test_numbers_that_their_type_has_rounded_are_an_error(dtype, power, swapped):
    exact = {"event": np.array([2**power, 2**power + 1])}
    rounded = exact["event"][1:].astype(float)
    is_numpy = dtype != "Float32"
    rounded = {"event": rounded.astype(dtype) if is_numpy else pd.array(rounded, dtype=dtype)}
    tables = (rounded, exact) if swapped else (exact, rounded)
    with pytest.raises(ValueError, match=rf"exact below 2\*\*{power} only"):
        label_selected(*tables, on="event")


@pytest.mark.parametrize(("dtype", "power"), [("f2", 11), ("f4", 24), ("f8", 53)])
def test_numbers_below_the_limit_of_their_type_match(dtype, power):
    events = {"event": np.array([2**power - 1, 2**power - 2])}
    selected = {"event": np.array([2**power - 1], dtype)}
    assert label_selected(events, selected, on="event").tolist() == [True, False]


def test_big_endian_numbers_match():
    events = np.array([(7,), (8,)], dtype=[("event", ">i8")])
    assert label_selected(events, {"event": [8]}, on="event").tolist() == [False, True]


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (np.array([1 + 0j]), "has the type complex128, needed is one of whole numbers or text"),
        (np.array(["2024-01-01"], "M8[s]"), "values of type"),
        (np.array([b"\xff"]), "holds bytes that are no text"),
        (np.ma.array([5], mask=[True]), "is missing"),
        (pd.array([None], dtype="Int64"), "is missing"),
    ],
)
def test_what_numbers_no_event_is_an_error(values, match):
    with pytest.raises(ValueError, match=f"selected: column 'event' .*{match}"):
        label_selected({"event": [1]}, {"event": values}, on="event")


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_frames_of_other_libraries_are_tables(events, skim, library):
    make = {"polars": lambda frame: pytest.importorskip("polars").DataFrame(frame.to_dict("list"))}
    make["pyarrow"] = pa.Table.from_pandas
    got = label_selected(make[library](events), make[library](skim))
    assert got.tolist() == [True, False, False, True]


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ([0, "1"], "has values of type .'int', 'str'., needed is one of whole numbers or text"),
        (["a", np.nan], "is missing .NaN or None. in 1 events"),
        ((b"a", "b"), "has values of type .'bytes', 'str'."),
    ],
)
@pytest.mark.parametrize("role", ["events", "selected"])
def test_a_list_of_numbers_and_text_is_an_error(numbers, message, role):
    tables = {"events": {"event": ["0", "1"]}, "selected": {"event": ["1"]}}
    tables[role] = {"event": numbers}
    with pytest.raises(ValueError, match=message):
        label_selected(*tables.values(), on="event")
