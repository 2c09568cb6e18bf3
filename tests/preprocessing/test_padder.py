from __future__ import annotations

import awkward as ak
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.estimator_checks import parametrize_with_checks

from skhep_nn.exceptions import ColumnError
from skhep_nn.preprocessing import SequencePadder

EVENTS = {
    "pt": [[3.0, 9.0, 5.0], [], [7.0], [1.0, 2.0, 3.0, 4.0]],
    "charge": [[1.0, -1.0, 0.0], [], [1.0], [0.0, 1.0, 2.0, 3.0]],
}


def objects(lists):
    out = np.empty(len(lists), dtype=object)
    for at, values in enumerate(lists):
        out[at] = np.array(values, dtype=float)
    return out


def arrow(lists):
    return pd.Series(lists, dtype=pd.ArrowDtype(pa.list_(pa.float64())))


CONTAINERS = {
    "records of lists": ak.Array(EVENTS),
    "lists of records": ak.zip({k: ak.Array(v) for k, v in EVENTS.items()}),
    "frame of lists": pd.DataFrame(EVENTS),
    "frame of arrays": pd.DataFrame({k: objects(v) for k, v in EVENTS.items()}),
    "frame of tuples": pd.DataFrame({k: [tuple(x) for x in v] for k, v in EVENTS.items()}),
    "frame of Arrow lists": pd.DataFrame({k: arrow(v) for k, v in EVENTS.items()}),
    "Arrow table": pa.table(EVENTS),
    "object array of columns": np.column_stack([objects(v) for v in EVENTS.values()]),
}


def slow_pad(events, max_length, truncate="tail", sort_by=None, pad_value=0.0):
    """Events (lists of particles, each a list of fields) one by one: (values, mask, cut)."""
    n_fields = len(events[0][0]) if events and events[0] else 1
    values, mask, cut = [], [], 0
    for event in events:
        ordered = event
        if sort_by is not None:
            ordered = sorted(event, key=lambda particle: -particle[sort_by])
        kept = ordered[:max_length] if truncate == "tail" else ordered[-max_length:]
        cut += len(event) - len(kept)
        n_fill = max_length - len(kept)
        values.append([list(p) for p in kept] + [[pad_value] * n_fields] * n_fill)
        mask.append([True] * len(kept) + [False] * n_fill)
    return np.array(values), np.array(mask), cut


@parametrize_with_checks([SequencePadder(3), SequencePadder(1, truncate="head", sort_by=0)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("name", CONTAINERS)
def test_all_containers_give_the_same(name):
    padder = SequencePadder(3, pad_value=-1)
    padded = padder.fit_transform(CONTAINERS[name])
    assert padded.shape == (4, 3, 2)
    pt = [[3, 9, 5], [-1, -1, -1], [7, -1, -1], [1, 2, 3]]
    charge = [[1, -1, 0], [-1, -1, -1], [1, -1, -1], [0, 1, 2]]
    assert padded.data[..., 0].tolist() == pt
    assert padded.data[..., 1].tolist() == charge
    assert (~padded.mask[..., 0]).sum(axis=1).tolist() == [3, 0, 1, 3]
    assert np.array_equal(padded.mask[..., 0], padded.mask[..., 1])
    # the one particle too many of the last event
    assert (padder.n_truncated_, padder.n_truncated_events_) == (1, 1)
    assert padder.n_features_in_ == 2


def test_one_field_from_lists_series_and_arrow():
    lists = EVENTS["pt"]
    expected = SequencePadder(2).fit_transform(pd.DataFrame({"pt": lists}))
    assert expected.shape == (4, 2, 1)
    for X in (
        lists,
        pd.Series(lists),
        objects(lists),
        arrow(lists),
        pa.array(lists),
        ak.Array(lists),
    ):
        assert np.array_equal(SequencePadder(2).fit_transform(X).data, expected.data)


def test_particles_with_fields_along_a_second_axis():
    events = [np.ones((2, 3)), np.zeros((0, 3)), np.full((1, 3), 5.0)]
    X = np.empty(3, dtype=object)
    X[:] = events
    lists = [event.tolist() for event in events]
    for data in (X, ak.Array(lists), pa.array(lists)):
        padded = SequencePadder(2).fit_transform(data)
        assert padded.data[:, 0].tolist() == [[1, 1, 1], [0, 0, 0], [5, 5, 5]]


def test_a_rectangle_is_padded_or_cut():
    X = np.arange(12.0).reshape(2, 3, 2)
    longer = SequencePadder(4, pad_value=-5).fit_transform(X)
    assert longer.data[:, :3].tolist() == X.tolist()
    assert longer.data[:, 3].tolist() == [[-5, -5], [-5, -5]]
    padder = SequencePadder(2, truncate="head")
    assert padder.fit_transform(X).data.tolist() == X[:, 1:].tolist()
    assert padder.n_truncated_ == 2


def test_what_is_padded_can_be_padded_again():
    once = SequencePadder(4).fit_transform(ak.Array(EVENTS))
    again = SequencePadder(3).fit_transform(once)
    direct = SequencePadder(3).fit_transform(ak.Array(EVENTS))
    assert np.array_equal(again.data, direct.data)
    assert np.array_equal(again.mask, direct.mask)


def test_sorting_comes_before_truncation():
    padder = SequencePadder(2, sort_by="pt")
    padded = padder.fit_transform(ak.Array(EVENTS))
    assert padded.data[..., 0].tolist() == [[9, 5], [0, 0], [7, 0], [4, 3]]
    # the charges move with their momenta
    assert padded.data[..., 1].tolist() == [[-1, 0], [0, 0], [1, 0], [3, 2]]
    assert (padder.n_truncated_, padder.n_truncated_events_) == (3, 2)


def test_very_long_events_are_sorted_too():
    rng = np.random.default_rng(0)
    events = [rng.normal(size=n).tolist() for n in (700, 0, 3)]
    padded = SequencePadder(5, sort_by=0).fit_transform(events)
    for event, row in zip(events, padded.data[..., 0], strict=True):
        top = sorted(event, reverse=True)[:5]
        assert row.tolist() == top + [0.0] * (5 - len(top))


@pytest.mark.parametrize("dtype", ["uint32", "int8", "float32", "bool"])
def test_types_are_kept(dtype):
    X = ak.unflatten(np.array([3, 0, 2, 1], dtype=dtype), [1, 3])
    padded = SequencePadder(3, sort_by=0).fit_transform(X)
    assert padded.dtype == (dtype if dtype != "bool" else "int8")
    assert padded.data[1, :, 0].tolist() == sorted(X[1].tolist(), reverse=True)


def test_integers_become_floats_for_a_pad_value_with_a_fraction():
    padded = SequencePadder(2, pad_value=0.5).fit_transform([[1], [2, 3]])
    assert padded.data[..., 0].tolist() == [[1, 0.5], [2, 3]]


def test_counts_are_those_of_the_last_call():
    padder = SequencePadder(2).fit([[1.0], [1.0, 2.0, 3.0, 4.0]])
    assert padder.n_truncated_ == 2
    padder.transform([[1.0, 2.0, 3.0]])
    assert (padder.n_truncated_, padder.n_truncated_events_) == (1, 1)
    padder.transform([[1.0]])
    assert (padder.n_truncated_, padder.n_truncated_events_) == (0, 0)


def test_partial_fit_sees_one_portion_after_the_other():
    padder = SequencePadder(2).partial_fit(ak.Array(EVENTS)).partial_fit(ak.Array(EVENTS)[:1])
    assert padder.n_truncated_ == 1
    assert padder.transform(ak.Array(EVENTS)).shape == (4, 2, 2)


def test_no_events_and_no_particles():
    padder = SequencePadder(2).fit([[1.0], [1.0, 2.0]])
    assert padder.transform([[], []]).mask.all()
    assert padder.transform(ak.Array([[1.0]])[:0]).shape == (0, 2, 1)


events_strategy = st.integers(1, 3).flatmap(
    lambda n_fields: st.lists(
        st.lists(
            st.lists(st.integers(-20, 20).map(float), min_size=n_fields, max_size=n_fields),
            max_size=6,
        ),
        min_size=1,
        max_size=8,
    ).filter(any)
)


@given(
    events=events_strategy,
    max_length=st.integers(1, 7),
    truncate=st.sampled_from(["tail", "head"]),
    sort=st.booleans(),
    pad_value=st.integers(-3, 3),
)
@settings(deadline=None, max_examples=150)
def test_padding_is_that_of_a_loop(events, max_length, truncate, sort, pad_value):
    n_fields = len(next(event for event in events if event)[0])
    fields = {f"f{k}": [[p[k] for p in event] for event in events] for k in range(n_fields)}
    padder = SequencePadder(
        max_length, truncate=truncate, sort_by=0 if sort else None, pad_value=pad_value
    )
    expected = [event or [] for event in events]
    values, mask, cut = slow_pad(
        [[[0.0] * n_fields], *expected], max_length, truncate, 0 if sort else None, pad_value
    )
    for X in (pd.DataFrame(fields), ak.Array(fields)):
        padded = padder.fit_transform(X)
        assert np.array_equal(padded.data, values[1:])
        assert np.array_equal(~padded.mask, np.repeat(mask[1:, :, None], n_fields, axis=2))
        assert padder.n_truncated_ == cut


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (
            pd.DataFrame({"pt": [[1.0], [2.0]], "eta": [[1.0], []]}),
            "event 1 has 1 entries in field 'pt' and 0 in 'eta'",
        ),
        (
            pd.DataFrame({"pt": [[1.0], None]}),
            "list of 1 of 2 events is missing .* 'pt', .* event 1",
        ),
        (
            pd.DataFrame({"pt": [[1.0]], "met": [3.0]}),
            "column 'met' has 3.0 in event 0, not a list",
        ),
        (
            pd.DataFrame({"pt": arrow([[1.0], None])}),
            "list of 1 of 2 events is missing .* 'pt', .* event 1",
        ),
        (pd.DataFrame({"pt": arrow([[1.0, None]])}), "'pt' has 1 missing values"),
        (pd.DataFrame({"name": [["a"], ["b", "c"]]}), "field 'name' must hold numbers"),
        (ak.Array({"pt": [[1.0], [2.0]], "met": [3.0, 1.0]}), "'met' has one number per event"),
        (ak.Array({"pt": [[1.0], [None]]}), "'pt' has 1 missing values"),
        (ak.Array([[1.0], None]), "list of 1 of 2 events is missing .* event 1"),
        (ak.Array([{"pt": [1.0]}, None]), "list of 1 of 2 events is missing .* 'pt', .* event 1"),
        (pd.DataFrame({"pt": [[1.0], np.nan]}), "list of 1 of 2 events is missing .* event 1"),
        (np.array([[1.0], None], dtype=object), "list of 1 of 2 events is missing .* event 1"),
        ([[1.0, 2.0], None], "list of 1 of 2 events is missing .* event 1"),
        (ak.Array([[[1.0], [2.0, 3.0]]]), "lists of several lengths; a particle is a number"),
        (ak.Array([[[[1.0]]]]), r"shape \(1, 1\); a particle is a number"),
        ([[[[1.0]]], []], r"shape \(1, 1\); a particle is a number"),
        (pa.array([[[[1.0]]]]), "must hold numbers"),
        (
            [[1.0, 2.0], np.ma.masked_equal([1.0, 2.0], 2)],
            "X is a masked array, 1 of its 4 .* event 1",
        ),
        (ak.Array({"pt": [[1.0], [3.0, np.nan]]}), "'pt' contains NaN: 1 of 3 .* in event 1"),
        (ak.Array({"pt": [[], [3.0, np.inf]]}), "'pt' contains infinity: 1 of 2 .* in event 1"),
    ],
)
def test_bad_particles_are_errors_that_name_field_and_event(X, message):
    with pytest.raises(ValueError, match=message):
        SequencePadder(3).fit(X)


def test_particles_with_different_fields_are_an_error():
    events = np.empty(2, dtype=object)
    events[:] = [np.ones((2, 3)), np.ones((1, 2))]
    for X in (events, [[[1.0, 2.0]], [[1.0, 2.0], [1.0]]]):
        with pytest.raises(ValueError, match="do not all have the same fields"):
            SequencePadder(2).fit(X)


def test_a_missing_list_in_front_is_named():
    with pytest.raises(ValueError, match=r"missing .None. in column 'pt', the first in event 0"):
        SequencePadder(3).fit(pd.DataFrame({"pt": [None, [1.0]]}))


def test_an_unknown_field_to_sort_by_is_an_error():
    with pytest.raises(ColumnError, match=r"sort_by='eta' is not a field .* \['pt', 'charge'\]"):
        SequencePadder(3, sort_by="eta").fit(ak.Array(EVENTS))
    for sort_by in (2, -9, -2, True):
        with pytest.raises(ColumnError, match=rf"sort_by={sort_by} is not .* positions 0 to 0"):
            SequencePadder(3, sort_by=sort_by).fit(EVENTS["pt"])


def test_other_fields_than_in_fit_are_an_error():
    padder = SequencePadder(3).fit(ak.Array(EVENTS))
    with pytest.raises(ColumnError, match="fitted on 2 fields"):
        padder.transform(ak.Array(EVENTS)[["pt"]])
    with pytest.raises(ColumnError, match=r"got 2 \('charge', 'pt'\)"):
        padder.transform(ak.Array(EVENTS)[["charge", "pt"]])


@pytest.mark.parametrize("parameters", [{"max_length": 0}, {"max_length": 2, "truncate": "middle"}])
def test_parameters_are_checked(parameters):
    with pytest.raises(ValueError, match="parameter of SequencePadder must be"):
        SequencePadder(**parameters).fit([[1.0], [1.0, 2.0]])


def test_lists_nested_too_deep_are_an_error():
    for X in ([[[[1.0]]], [[[2.0]]]], np.ones((2, 2, 2, 2))):
        with pytest.raises(ValueError, match=r"SequencePadder: .* got 4D array"):
            SequencePadder(3).fit(X)


def test_lists_of_equal_length_are_what_the_array_is():
    X = [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]
    padded = SequencePadder(3).fit_transform(X)
    assert np.ma.allequal(padded, SequencePadder(3).fit_transform(np.array(X)))
    assert padded.shape == (2, 3, 2)


def test_numbers_and_text_in_one_list_are_an_error():
    with pytest.raises(ValueError, match=r"field 0 must hold numbers, got .*union"):
        SequencePadder(3).fit(ak.Array([[1.0], ["a"]]))
