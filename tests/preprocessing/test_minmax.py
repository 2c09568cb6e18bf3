from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn.preprocessing
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone

from skhep_nn import MinMaxScaler
from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError

FINITE = st.floats(-1e6, 1e6, allow_subnormal=False)
TABLES = arrays(
    np.float64, st.tuples(st.integers(1, 30), st.integers(1, 4)), elements=st.one_of(FINITE)
)


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "pt": np.array([20.0, 60.0, 100.0, 30.0], dtype=np.float32),
            "process": ["tt", "tt", "W", "signal"],
            "eta": [-2.0, 0.0, 2.0, 1.0],
            "weight": np.array([0.5, 1.5, -0.5, 2.0]),
        },
        index=[7, 3, 11, 5],
    )


EXCLUDE = ("process", "weight")


def test_hand_computed_values_in_the_default_range():
    # (x - 20) / (100 - 20) * 2 - 1
    scaled = MinMaxScaler().fit_transform([[20.0], [60.0], [100.0], [30.0]])
    assert scaled.ravel().tolist() == [-1.0, 0.0, 1.0, -0.75]


def test_it_is_scikit_learns_where_both_apply():
    X = np.random.default_rng(0).normal(3, 7, size=(50, 4))
    ours, theirs = MinMaxScaler((-2, 3)), sklearn.preprocessing.MinMaxScaler((-2, 3))
    assert isinstance(ours, sklearn.preprocessing.MinMaxScaler)
    assert_allclose(ours.fit_transform(X), theirs.fit_transform(X), rtol=1e-12)
    for name in ("data_min_", "data_max_", "data_range_", "scale_", "min_"):
        assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-12, err_msg=name)
    assert ours.n_samples_seen_ == theirs.n_samples_seen_ == 50


def test_scale_and_min_say_what_transform_does():
    X = np.array([[1.0, 5.0, 8.0], [3.0, 5.0, 9.0]])
    scaler = MinMaxScaler((0, 4)).fit(X)
    assert_allclose(X * scaler.scale_ + scaler.min_, scaler.transform(X))


def test_skew_the_numbers_of_training_are_applied_to_every_event_alone():
    rng = np.random.default_rng(1)
    X = rng.lognormal(size=(200, 3)).astype(np.float32)
    scaler = MinMaxScaler().fit(X[:150])
    expected = scaler.transform(X)
    one_by_one = np.vstack([scaler.transform(X[i : i + 1]) for i in range(len(X))])
    assert_array_equal(one_by_one, expected)
    assert_array_equal(pickle.loads(pickle.dumps(scaler)).transform(X[150:]), expected[150:])
    # a scaler learnt anew on the events of application would give other numbers
    assert not np.allclose(MinMaxScaler().fit_transform(X[150:]), expected[150:])


def test_it_learns_on_the_events_of_fit_only():
    scaler = MinMaxScaler().fit([[0.0], [10.0]])
    assert scaler.transform([[20.0]]).item() == 3.0
    assert scaler.data_max_.tolist() == [10.0]


@pytest.mark.parametrize("feature_range", [(-1, 1), (0, 1), (2, 6)])
def test_max_equals_min_a_constant_column_goes_to_the_middle(feature_range):
    scaler = MinMaxScaler(feature_range).fit([[5.0], [5.0]])
    middle = sum(feature_range) / 2
    assert scaler.transform([[5.0], [5.5], [-100.0]]).ravel().tolist() == [middle] * 3
    assert scaler.inverse_transform([[middle]]).item() == 5.0


def test_a_narrow_column_is_not_taken_for_a_constant_one():
    # lifetimes in seconds: scikit-learn's scaler takes a range below 2e-15 for constant
    X = np.array([[1e-16], [3e-16], [5e-16]])
    assert_allclose(MinMaxScaler().fit_transform(X).ravel(), [-1, 0, 1], atol=1e-12)


def test_a_large_offset_does_not_cancel_in_float32():
    # 2^24 is where float32 resolves 1 to 2; x * scale + min in float32 gives 0 or 2 there
    X = (2.0**24 + 2 * np.arange(5)).astype(np.float32)[:, None]
    assert MinMaxScaler().fit_transform(X).ravel().tolist() == [-1, -0.5, 0, 0.5, 1]


@pytest.mark.parametrize("lost", [np.nan, -999.0])
def test_missing_values_are_ignored_in_fit_and_land_in_the_middle(lost):
    X = np.array([[20.0, 1.0], [lost, 2.0], [100.0, 3.0]])
    scaler = MinMaxScaler((0, 4), missing_value=-999).fit(X)
    assert scaler.data_min_.tolist() == [20.0, 1.0]
    assert scaler.transform(X).tolist() == [[0, 0], [2, 2], [4, 4]]
    assert scaler.n_missing_ == {0: 1, 1: 0}


def test_nan_is_missing_without_a_sentinel_and_minus_999_is_a_value():
    X = np.array([[-999.0], [np.nan], [1.0]])
    scaler = MinMaxScaler().fit(X)
    assert scaler.data_min_.tolist() == [-999.0]
    assert scaler.n_missing_ == {0: 1}


def test_a_sentinel_that_float32_rounds_is_still_found():
    X = np.array([[-999.9], [1.0], [3.0]], dtype=np.float32)
    assert MinMaxScaler(missing_value=-999.9).fit_transform(X).ravel().tolist() == [0, -1, 1]


def test_nullable_columns_of_pandas_are_read():
    X = pd.DataFrame({"njet": pd.array([2, None, 4], dtype="Int64")})
    assert MinMaxScaler().fit_transform(X)["njet"].tolist() == [-1.0, 0.0, 1.0]


def test_add_indicator_adds_a_column_for_each_feature_with_missing_values(frame):
    frame.loc[3, "pt"] = -999.0
    scaler = MinMaxScaler(missing_value=-999, add_indicator=True, exclude=EXCLUDE)
    out = scaler.fit_transform(frame)
    assert list(out) == ["pt", "process", "eta", "weight", "missingindicator_pt"]
    assert list(out) == scaler.get_feature_names_out().tolist()
    assert out["missingindicator_pt"].tolist() == [0.0, 1.0, 0.0, 0.0]
    assert out["missingindicator_pt"].dtype == np.float32


def test_a_feature_that_misses_values_only_at_application_has_no_indicator_but_is_counted():
    scaler = MinMaxScaler(add_indicator=True).fit([[1.0, np.nan], [3.0, 2.0], [2.0, 4.0]])
    X = [[np.nan, np.nan], [2.0, 3.0]]
    assert scaler.transform(X).tolist() == [[0, 0, 1], [0, 0, 0]]
    assert scaler.count_missing(X) == {0: 1, 1: 1}


def test_indicators_of_a_stream_are_those_of_all_events_so_far():
    scaler = MinMaxScaler(add_indicator=True).partial_fit([[1.0, np.nan], [2.0, 5.0]])
    assert scaler.get_feature_names_out().tolist() == ["x0", "x1", "missingindicator_x1"]
    scaler.partial_fit([[np.nan, 3.0]])
    assert scaler.get_feature_names_out().tolist() == [
        "x0",
        "x1",
        "missingindicator_x0",
        "missingindicator_x1",
    ]
    assert scaler.transform([[np.nan, 3.0]]).tolist() == [[0, -1, 1, 0]]


def test_a_column_without_any_value_passes_missing_values_only():
    scaler = MinMaxScaler().fit(pd.DataFrame({"a": [np.nan, np.nan], "b": [0.0, 2.0]}))
    assert scaler.transform(pd.DataFrame({"a": [np.nan], "b": [2.0]})).to_numpy().tolist() == [
        [0, 1]
    ]
    with pytest.raises(ColumnError, match=r"column 'a' had no value in fit.*so 4 of event 1"):
        scaler.transform(pd.DataFrame({"a": [np.nan, 4.0], "b": [0.0, 2.0]}))
    scaler.partial_fit(pd.DataFrame({"a": [2.0, 6.0], "b": [0.0, 2.0]}))
    assert scaler.transform(pd.DataFrame({"a": [4.0], "b": [2.0]})).to_numpy().tolist() == [[0, 1]]


def test_data_range_of_some_columns_by_name(frame):
    scaler = MinMaxScaler(data_range={"eta": (-4, 4)}, exclude=EXCLUDE)
    out = scaler.fit_transform(frame)
    assert out["eta"].tolist() == [-0.5, 0.0, 0.5, 0.25]
    assert out["pt"].tolist() == [-1.0, 0.0, 1.0, -0.75]
    assert scaler.data_range_.tolist() == [80.0, 8.0]


def test_data_range_of_all_scaled_columns_as_pairs():
    X = np.array([[1.0, 500.0, 5.0], [2.0, 600.0, 6.0]])
    scaler = MinMaxScaler((0, 1), data_range=[(0, 4), (0, 10)], exclude=1)
    assert scaler.fit_transform(X).tolist() == [[0.25, 500, 0.5], [0.5, 600, 0.6]]


def test_data_range_holds_for_a_column_of_missing_values_and_in_streams():
    scaler = MinMaxScaler(data_range={0: (0, 10)}).partial_fit([[np.nan], [np.nan]])
    assert scaler.transform([[10.0]]).item() == 1.0
    assert scaler.partial_fit([[1000.0]]).transform([[10.0]]).item() == 1.0


@pytest.mark.parametrize(
    ("data_range", "error", "message"),
    [
        ({"ptt": (0, 1)}, ColumnError, "data_range='ptt' is not a column.*did you mean 'pt'"),
        ({"weight": (0, 1)}, ColumnError, "data_range has column 'weight', which is excluded"),
        ({"pt": (3, 3)}, ValueError, r"'pt' is \(3, 3\); it must be \(min, max\) with min < max"),
        ({"pt": (0, np.inf)}, ValueError, "it must be"),
        ([(0, 1)], ColumnError, "1 pairs for 2 scaled columns"),
    ],
)
def test_a_bad_data_range_is_an_error(frame, data_range, error, message):
    with pytest.raises(error, match=message):
        MinMaxScaler(data_range=data_range, exclude=EXCLUDE).fit(frame)


def test_clip_moves_values_to_the_edges_and_they_can_be_counted():
    scaler = MinMaxScaler((0.1, 0.9), clip=True, missing_value=-999).fit([[0.0, 1], [10.0, 1]])
    X = np.array([[-5.0, 1], [20.0, 2], [5.0, 1], [-999.0, -999.0]])
    assert_allclose(scaler.transform(X)[:, 0], [0.1, 0.9, 0.5, 0.5])
    assert scaler.transform(X)[:2, 0].tolist() == [0.1, 0.9]
    assert scaler.count_outside(X) == {0: 2, 1: 1}
    assert scaler.count_missing(X) == {0: 1, 1: 1}


def test_without_clip_events_outside_go_beyond_the_range():
    assert MinMaxScaler().fit([[0.0], [10.0]]).transform([[15.0]]).item() == 2.0


def test_counting_changes_nothing_in_the_estimator():
    scaler = MinMaxScaler().fit([[0.0], [10.0]])
    before = pickle.dumps(scaler)
    scaler.count_outside([[11.0]])
    scaler.count_missing([[np.nan]])
    assert pickle.dumps(scaler) == before


def test_partial_fit_restarts_after_fit():
    scaler = MinMaxScaler().fit([[0.0], [100.0]])
    scaler.fit([[0.0], [10.0]])
    assert (scaler.data_max_.tolist(), scaler.n_samples_seen_) == ([10.0], 2)


def test_a_bad_chunk_leaves_the_fit_as_it_was():
    scaler = MinMaxScaler().fit([[0.0], [10.0]])
    before = pickle.dumps(scaler)
    with pytest.raises(ColumnError, match="infinity"):
        scaler.partial_fit([[np.inf], [-5.0]])
    assert pickle.dumps(scaler) == before


def test_excluded_columns_pass_untouched_and_in_place(frame):
    before = frame.copy(deep=True)
    out = MinMaxScaler(exclude=EXCLUDE).fit_transform(frame)
    pd.testing.assert_frame_equal(out[list(EXCLUDE)], frame[list(EXCLUDE)])
    pd.testing.assert_frame_equal(frame, before)
    assert list(out) == list(frame)
    assert out.index.tolist() == [7, 3, 11, 5]
    assert out["pt"].dtype == np.float32
    assert out["eta"].dtype == np.float64


def test_excluded_integers_keep_their_type_and_every_digit():
    number = 2**60 + 1
    X = pd.DataFrame({"pt": [1.0, 3.0], "event_number": [number, number + 1]})
    out = MinMaxScaler(exclude="event_number").fit_transform(X)
    assert out["event_number"].tolist() == [number, number + 1]
    with pytest.raises(ColumnError, match="integers in an excluded column that float64 cannot"):
        MinMaxScaler(exclude=1).fit_transform(np.array([[1, number], [3, number]]))


def test_an_array_of_objects_keeps_its_text():
    X = np.array([[1.0, "tt"], [3.0, "W"]], dtype=object)
    assert MinMaxScaler(exclude=[-1]).fit_transform(X).tolist() == [[-1.0, "tt"], [1.0, "W"]]


@pytest.mark.parametrize("absent", [["weight"], ["process"], ["weight", "process"]])
@pytest.mark.parametrize("output", ["default", "pandas"])
def test_data_at_application_may_lack_excluded_columns(frame, absent, output):
    frame.loc[3, "pt"] = np.nan
    scaler = MinMaxScaler(exclude=EXCLUDE, add_indicator=True).set_output(transform=output)
    full = scaler.fit_transform(frame)
    data = frame.drop(columns=absent)
    out = scaler.transform(data)
    pd.testing.assert_frame_equal(out, full.drop(columns=absent))
    assert scaler.get_feature_names_out(list(data)).tolist() == list(out)
    assert scaler.feature_names_in_.tolist() == list(frame)
    assert scaler.n_features_in_ == 4
    back = scaler.inverse_transform(out)
    pd.testing.assert_frame_equal(back, data, rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: X.drop(columns="pt"), "(?s)now missing.*- pt"),
        (lambda X: X.assign(mt=1.0), "(?s)unseen at fit time.*- mt"),
        (lambda X: X[["eta", "process", "pt", "weight"]], "same order"),
    ],
)
def test_any_other_difference_of_columns_is_an_error(frame, change, message):
    scaler = MinMaxScaler(exclude=EXCLUDE).fit(frame)
    with pytest.raises(ColumnError, match=message):
        scaler.transform(change(frame))


def test_an_array_may_lack_the_columns_that_are_excluded_by_position():
    X = np.array([[1.0, 0.5, 10.0], [3.0, 0.7, 20.0]])
    scaler = MinMaxScaler(exclude=1).fit(X)
    assert scaler.transform(X).tolist() == [[-1, 0.5, -1], [1, 0.7, 1]]
    assert scaler.transform(X[:, [0, 2]]).tolist() == [[-1, -1], [1, 1]]
    with pytest.raises(ColumnError, match="X has 4 features, but MinMaxScaler is expecting 3"):
        scaler.transform(np.ones((2, 4)))


def test_pandas_output_for_arrays():
    scaler = MinMaxScaler(exclude=1, add_indicator=True).set_output(transform="pandas")
    X = np.array([[1.0, 0.5, np.nan], [3.0, 0.7, 20.0]])
    assert list(scaler.fit_transform(X)) == ["x0", "x1", "x2", "missingindicator_x2"]
    assert list(scaler.transform(X[:, [0, 2]])) == ["x0", "x1", "missingindicator_x1"]


def test_names_that_scikit_learn_would_refuse_are_refused(frame):
    scaler = MinMaxScaler(exclude=EXCLUDE).fit(frame)
    with pytest.raises(ValueError, match="input_features is not equal to feature_names_in_"):
        scaler.get_feature_names_out(["pt", "eta", "other", "weight"])


def test_an_array_after_a_table_warns_as_in_scikit_learn():
    scaler = MinMaxScaler().fit(pd.DataFrame({"a": [0.0, 1.0]}))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        assert scaler.transform([[1.0]]).item() == 1.0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_type_of_an_array_is_kept(dtype):
    X = np.array([[1, 4], [2, 6]], dtype=dtype)
    scaler = MinMaxScaler(exclude=1).fit(X)
    assert scaler.transform(X).dtype == dtype
    assert scaler.inverse_transform(scaler.transform(X)).dtype == dtype


def test_integers_become_float64():
    assert MinMaxScaler().fit_transform(np.array([[1], [3]])).dtype == np.float64


def test_the_input_is_never_changed():
    X = np.array([[1.0, -999.0], [3.0, 4.0]])
    before = X.copy()
    scaler = MinMaxScaler(missing_value=-999, clip=True, add_indicator=True)
    scaled = scaler.fit_transform(X)
    kept = scaled.copy()
    scaler.inverse_transform(scaled)
    assert_array_equal(X, before)
    assert_array_equal(scaled, kept)


def test_three_axes_are_scaled_per_feature_of_the_last():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(20, 5, 3)).astype(np.float32) * [1, 10, 100]
    X = X.astype(np.float32)
    X[0, 0, 1] = np.nan
    scaler = MinMaxScaler(add_indicator=True).fit(X)
    flat = MinMaxScaler(add_indicator=True).fit_transform(X.reshape(-1, 3))
    out = scaler.transform(X)
    assert_array_equal(out, flat.reshape(20, 5, 4))
    assert out.dtype == np.float32
    assert scaler.n_samples_seen_ == 20
    assert scaler.n_missing_ == {0: 0, 1: 1, 2: 0}
    assert_allclose(scaler.inverse_transform(out), X, rtol=1e-5, atol=1e-4)


def test_inverse_transform_brings_missing_values_back_where_an_indicator_tells():
    X = np.array([[20.0, 1.0], [-999.0, np.nan], [100.0, 3.0]])
    scaler = MinMaxScaler(missing_value=-999, add_indicator=True)
    back = scaler.inverse_transform(scaler.fit_transform(X))
    assert back.tolist() == [[20, 1], [-999, -999], [100, 3]]
    scaler = MinMaxScaler(add_indicator=True)
    back = scaler.inverse_transform(scaler.fit_transform(X[:, 1:]))
    assert_array_equal(back, X[:, 1:])


def test_inverse_transform_gives_the_middle_for_missing_values_without_indicator():
    scaler = MinMaxScaler()
    back = scaler.inverse_transform(scaler.fit_transform([[20.0], [np.nan], [100.0]]))
    assert back.ravel().tolist() == [20, 60, 100]


def test_no_events_at_application_give_no_events(frame):
    scaler = MinMaxScaler(exclude=EXCLUDE).fit(frame)
    assert scaler.transform(frame.iloc[:0]).shape == (0, 4)


def test_many_events_are_scaled_in_parts_with_the_same_result():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(100_001, 3))
    X[rng.random(X.shape) < 0.1] = -999
    scaler = MinMaxScaler(missing_value=-999, add_indicator=True).fit(X)
    lost = X == -999
    values = np.where(lost, np.nan, X)
    low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    expected = np.where(lost, 0, (X - low) / (high - low) * 2 - 1)
    assert_allclose(scaler.transform(X), np.hstack([expected, lost]), atol=1e-13)
    assert list(scaler.n_missing_.values()) == lost.sum(axis=0).tolist()
    assert scaler.count_missing(X) == scaler.n_missing_
    X[90_000, 1] = np.inf
    with pytest.raises(ColumnError, match=r"column 1 contains infinity, first in event 90000"):
        scaler.transform(X)


@pytest.mark.parametrize("method", ["fit", "partial_fit", "transform", "count_outside"])
def test_infinity_is_an_error_that_names_column_event_and_value(frame, method):
    scaler = MinMaxScaler(exclude=EXCLUDE).fit(frame)
    frame.loc[[11, 5], "eta"] = -np.inf
    message = r"column 'eta' contains infinity, first in event 2 \(-inf\); only finite numbers"
    with pytest.raises(ColumnError, match=message):
        getattr(scaler, method)(frame)


def test_a_column_that_holds_no_numbers_is_named(frame):
    message = "column 'process' does not hold numbers.*the first value is 'tt'.*exclude"
    with pytest.raises(ColumnError, match=message):
        MinMaxScaler(exclude="weight").fit(frame)


def test_a_width_beyond_float64_is_an_error():
    with pytest.raises(ColumnError, match=r"column 0 goes from -1.7e.308 to 1.7e.308"):
        MinMaxScaler().fit([[-1.7e308], [1.7e308]])


def test_columns_with_the_same_name_are_an_error():
    X = pd.DataFrame([[1.0, 2.0]], columns=["pt", "pt"])
    with pytest.raises(ColumnError, match="column 'pt' occurs 2 times"):
        MinMaxScaler().fit(X)


def test_an_unknown_excluded_column_is_an_error(frame):
    with pytest.raises(ColumnError, match=r"exclude='weights'.*did you mean 'weight'"):
        MinMaxScaler(exclude="weights").fit(frame)
    with pytest.raises(ColumnError, match="is a name, but X is an array"):
        MinMaxScaler(exclude="weight").fit(np.ones((2, 2)))


@pytest.mark.parametrize("feature_range", [(1, 1), (1, -1), (0, np.inf), (0, 1, 2)])
def test_a_bad_feature_range_is_an_error(feature_range):
    with pytest.raises(ValueError, match=r"feature_range=.*must be two numbers"):
        MinMaxScaler(feature_range).fit([[1.0]])


@pytest.mark.parametrize("container", [sparse.csr_array, sparse.dok_array])
def test_sparse_input_is_refused_in_scikit_learns_words(container):
    with pytest.raises(TypeError, match="Sparse data was passed for X, but dense data is required"):
        MinMaxScaler().fit(container(np.eye(3)))


def test_named_blocks_are_refused():
    with pytest.raises(TypeError, match="X holds named blocks"):
        MinMaxScaler().fit(EventBlocks({"jet": np.ones((3, 2))}))


def test_a_clone_is_not_fitted():
    scaler = clone(MinMaxScaler(exclude=["weight"], data_range={"pt": (0, 1)}))
    assert scaler.get_params()["exclude"] == ["weight"]
    with pytest.raises(sklearn.exceptions.NotFittedError):
        scaler.transform([[1.0]])


@settings(deadline=None, max_examples=60)
@given(TABLES, st.sampled_from([(-1.0, 1.0), (0.0, 1.0), (0.1, 0.9), (-3.0, 7.0)]))
def test_training_events_are_inside_the_range_and_come_back(X, feature_range):
    scaler = MinMaxScaler(feature_range)
    scaled = scaler.fit_transform(X)
    low, high = feature_range
    assert scaled.min() >= low - 1e-15 * max(1, abs(low))
    assert scaled.max() <= high + 1e-15 * max(1, abs(high))
    largest = np.abs(X).max(axis=0)
    assert (np.abs(scaler.inverse_transform(scaled) - X) <= 1e-13 * largest).all()


@settings(deadline=None, max_examples=60)
@given(
    arrays(
        np.float64,
        st.tuples(st.integers(2, 30), st.integers(1, 3)),
        elements=st.one_of(FINITE, st.just(np.nan), st.just(-999.0)),
    ),
    st.lists(st.integers(1, 29), max_size=4),
)
def test_partial_fit_of_chunks_equals_fit_of_all(X, cuts):
    cuts = sorted({cut for cut in cuts if cut < len(X)})
    parts = MinMaxScaler(missing_value=-999, add_indicator=True)
    for chunk in np.split(X, cuts):
        parts.partial_fit(chunk)
    whole = clone(parts).fit(X)
    for name in ("data_min_", "data_max_", "scale_", "min_"):
        assert_array_equal(getattr(parts, name), getattr(whole, name))
    assert parts.n_missing_ == whole.n_missing_
    assert parts.n_samples_seen_ == whole.n_samples_seen_
    assert_array_equal(parts.transform(X), whole.transform(X))


def test_what_means_missing_is_not_divided_by_a_tiny_range():
    X = [[-999.0], [np.finfo(float).tiny], [0.0]]
    scaled = MinMaxScaler(missing_value=-999).fit_transform(X)
    assert_array_equal(scaled, [[0.0], [1.0], [-1.0]])


def test_padding_behind_a_mask_is_no_minimum():
    masked = np.ma.masked_array([[[10.0], [20.0]], [[30.0], [0.0]]], [[[0], [0]], [[0], [1]]])
    with pytest.raises(
        ValueError, match="masked array, whose padding would be taken for particles"
    ):
        MinMaxScaler().fit(masked)
