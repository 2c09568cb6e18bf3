"""EventNumberFold: the hash by published numbers, every kind of column, scikit-learn's searches."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skhep_nn import _event_numbers
from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError
from skhep_nn.model_selection import EventNumberFold

# the first outputs of SplitMix64 for two seeds, from published tables of test vectors
PUBLISHED = {1234567: 6457827717110365317, 0: 0xE220A8397B1DCDAF}
WORD = 2**64


def mix(x):
    """SplitMix64 in Python's own integers."""
    x = (x + 0x9E3779B97F4A7C15) % WORD
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % WORD
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % WORD
    return x ^ (x >> 31)


def fold_of(values, n_folds, salt=0):
    for value in values:
        salt = mix((salt + value) % WORD)
    return salt % n_folds


def make_sample(n_events=300, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n_events)
    X = pd.DataFrame({"x": rng.normal(size=n_events) + y, "event_number": np.arange(n_events)})
    return X, y


@pytest.fixture
def sample():
    return make_sample()


@pytest.mark.parametrize("number", PUBLISHED)
def test_the_hash_is_the_published_one(number):
    assert _event_numbers.mixed(np.array([[number]])).tolist() == [PUBLISHED[number]]
    assert mix(number) == PUBLISHED[number]


SIGNED = st.integers(-(2**63), 2**63 - 1)


@given(
    rows=st.lists(st.tuples(SIGNED, SIGNED), min_size=1, max_size=20),
    n_folds=st.integers(2, 1000),
    salt=st.integers(0, 2**63 - 1),
)
def test_folds_of_two_columns_are_those_of_plain_integers(rows, n_folds, salt):
    X = pd.DataFrame(rows, columns=["run", "event"], dtype=np.int64)
    found = EventNumberFold(n_folds, ["run", "event"], salt=salt).folds(X)
    assert found.tolist() == [fold_of(row, n_folds, salt) for row in rows]


@given(st.lists(SIGNED, min_size=1, max_size=20), st.integers(2, 1000))
def test_modulo_is_the_remainder_which_is_never_negative(numbers, n_folds):
    X = pd.DataFrame({"event_number": np.array(numbers, dtype=np.int64)})
    found = EventNumberFold(n_folds, hash="modulo").folds(X)
    assert found.tolist() == [number % n_folds for number in numbers]


@pytest.mark.parametrize("parity", [0, 1])
def test_event_numbers_of_one_parity_are_in_all_folds_alike(parity):
    X = pd.DataFrame({"event_number": 2 * np.arange(40_000) + parity})
    counts = np.bincount(EventNumberFold(4).folds(X))
    # 10,000 each, with a standard deviation of 87
    assert np.abs(counts - 10_000).max() < 400
    with pytest.raises(ValueError, match=r"has no events: 40000 events are in 2 of 4 folds"):
        list(EventNumberFold(4, hash="modulo").split(X))


def test_another_salt_makes_folds_that_are_independent():
    X = pd.DataFrame({"event_number": np.arange(40_000)})
    folds, inner = EventNumberFold(4).folds(X), EventNumberFold(4, salt=1).folds(X)
    table = np.histogram2d(folds, inner, bins=4)[0]
    assert np.abs(table - 2500).max() < 250
    assert (np.bincount(inner) > 0).all()


@pytest.mark.parametrize(
    "dtype", ["int8", "int16", "int32", "int64", "uint8", "uint64", ">i4", "float32", "object"]
)
def test_a_number_is_the_same_in_every_type(dtype):
    numbers = np.arange(100)
    expected = [fold_of([n], 7) for n in range(100)]
    X = pd.DataFrame({"event_number": numbers.astype(dtype)})
    assert EventNumberFold(7).folds(X).tolist() == expected
    assert EventNumberFold(7, 1).folds(np.column_stack([numbers, numbers])).tolist() == expected


def test_negative_numbers_are_their_twos_complement():
    signed = pd.DataFrame({"event_number": np.array([-1, -5], dtype=np.int16)})
    bits = pd.DataFrame({"event_number": np.array([WORD - 1, WORD - 5], dtype=np.uint64)})
    expected = [fold_of([n], 5) for n in (WORD - 1, WORD - 5)]
    assert EventNumberFold(5).folds(signed).tolist() == expected
    assert EventNumberFold(5).folds(bits).tolist() == expected
    with pytest.raises(ValueError, match="18446744073709551615, beyond int64"):
        EventNumberFold(5, hash="modulo").folds(bits)


def test_rows_of_a_list_keep_their_exact_numbers():
    rows = [[2**60 + 1, 0.5], [2**60 + 2, 1.5]]
    expected = [fold_of([row[0]], 1000) for row in rows]
    assert EventNumberFold(1000, 0).folds(rows).tolist() == expected


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_frames_of_other_libraries(sample, library):
    other = pytest.importorskip(library)
    make = {"polars": "from_pandas", "pyarrow": "table"}[library]
    X, _ = sample
    native = other.table(dict(X)) if library == "pyarrow" else getattr(other, make)(X)
    expected = EventNumberFold(3).folds(X)
    assert np.array_equal(EventNumberFold(3).folds(native), expected)
    assert np.array_equal(EventNumberFold(3).folds(X.convert_dtypes()), expected)


def test_blocks(sample):
    X, y = sample
    blocks = EventBlocks({"x": X["x"].to_numpy(), "event_number": X["event_number"].to_numpy()})
    for (train, test), (of_frame, _) in zip(
        EventNumberFold(3).split(blocks, y), EventNumberFold(3).split(X, y), strict=True
    ):
        assert np.array_equal(train, of_frame)
        assert not set(train) & set(test)


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ([1.0, np.nan, 3.0], ValueError, r"column 'event_number'; .*whole numbers, got NaN in ev"),
        ([1.0, 2.5, 3.0], ValueError, "whole numbers, got 2.5 in event 1"),
        ([1.0, 2.0**53, 3.0], ValueError, r"9007199254740992 as float64.*read it as an integer"),
        ([1, None, 3], ValueError, "whole numbers, got NaN in event 1"),
        (["1", "2", "3"], TypeError, "strings"),
        ([True, False, True], TypeError, "type bool"),
    ],
)
def test_what_is_no_event_number_is_refused(values, error, message):
    X = pd.DataFrame({"event_number": values})
    with pytest.raises(error, match=message):
        EventNumberFold(2).folds(X)


def test_a_missing_column_is_named(sample):
    X, _ = sample
    X = X.rename(columns={"event_number": "eventNumber"})
    with pytest.raises(ColumnError, match=r"columns='event_number'.*did you mean 'eventNumber'"):
        list(EventNumberFold().split(X))
    with pytest.raises(ColumnError, match="names a column twice"):
        EventNumberFold(2, ["x", 0]).folds(X)
    with pytest.raises(ColumnError, match=r"columns=\[\] names no column"):
        EventNumberFold(2, []).folds(X)
    with pytest.raises(ColumnError, match="must hold one number per event"):
        EventNumberFold(2, 0).folds(np.zeros((4, 3, 2), int))
    with pytest.raises(ValueError, match="needs X, which has the event numbers, or groups"):
        EventNumberFold(2).folds(None)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        EventNumberFold(2).folds(X, groups=[1, 2])
    with pytest.raises(TypeError, match="sparse matrix, which holds no event numbers"):
        EventNumberFold(2, 0).folds(csr_matrix(np.eye(3)))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_folds": 1}, "n_folds=1; it must be an integer >= 2"),
        ({"n_folds": 2.0}, "n_folds=2.0"),
        ({"n_folds": 2**31}, r"n_folds=2147483648; .* less than 2\*\*31"),
        ({"n_folds": True}, "n_folds=True"),
        ({"hash": "md5"}, "hash='md5'; it must be one of"),
        ({"salt": -1}, "salt=-1; it must be an integer from 0"),
        ({"hash": "modulo", "salt": 1}, 'salt=1 goes with hash="mix"'),
        ({"hash": "modulo", "columns": ["event_number", "x"]}, "got 2 columns"),
    ],
)
def test_wrong_parameters_are_named(sample, parameters, message):
    with pytest.raises(ValueError, match=message):
        list(EventNumberFold(**parameters).split(*sample))


def test_copies_of_an_event_stay_together(sample):
    X, y = sample
    twice = pd.concat([X, X.assign(x=X["x"] + 1).sample(frac=1, random_state=0)])
    labels = np.concatenate([y, y[twice.index[len(X) :]]])
    for train, test in EventNumberFold(5).split(twice, labels):
        tested = set(twice["event_number"].iloc[test])
        assert not tested & set(twice["event_number"].iloc[train])


def test_groups_stand_in_for_the_column(sample):
    X, y = sample
    expected = EventNumberFold(4).folds(X)
    given = EventNumberFold(4).folds(X[["x"]], groups=X["event_number"])
    assert np.array_equal(given, expected)
    both = np.column_stack([X["event_number"], X["event_number"] + 5])
    assert EventNumberFold(4).folds(None, both).tolist() == [fold_of(r, 4) for r in both.tolist()]
    scores = cross_val_score(
        LogisticRegression(), X[["x"]], y, groups=X["event_number"], cv=EventNumberFold(4)
    )
    assert len(scores) == 4


def without_the_number():
    return make_pipeline(FunctionTransformer(lambda X: X[["x"]]), LogisticRegression())


def test_predictions_are_by_models_that_never_saw_the_event(sample):
    X, y = sample
    found = cross_val_predict(
        without_the_number(), X, y, cv=EventNumberFold(3), method="predict_proba"
    )
    folds = EventNumberFold(3).folds(X)
    for number in range(3):
        tested = folds == number
        model = without_the_number().fit(X[~tested], y[~tested])
        assert np.array_equal(found[tested], model.predict_proba(X[tested]))


def test_it_is_a_splitter_of_searches(sample):
    X, y = sample
    cv = EventNumberFold(3)
    grid = {"logisticregression__C": [0.1, 1.0]}
    search = GridSearchCV(without_the_number(), grid, cv=clone(cv, safe=False)).fit(X, y)
    assert search.n_splits_ == cv.get_n_splits() == 3
    assert len(cross_validate(without_the_number(), X, y, cv=cv)["test_score"]) == 3


def test_metadata_routing_hands_groups_over(sample):
    X, y = sample
    with sklearn.config_context(enable_metadata_routing=True):
        scores = cross_validate(
            LogisticRegression(),
            X[["x"]],
            y,
            cv=EventNumberFold(3),
            params={"groups": X["event_number"]},
        )
        assert len(scores["test_score"]) == 3
        cv = EventNumberFold(3)
        # before scikit-learn 1.7 the default, None, is none with routing
        assert len(cross_val_score(without_the_number(), X, y, cv=cv, params={})) == 3


def test_an_empty_fold_is_an_error_that_says_why():
    X = pd.DataFrame({"event_number": [5] * 20})
    with pytest.raises(ValueError, match=r"fold 0 has no events: 20 events are in 1 of 5 folds"):
        list(EventNumberFold(5).split(X))
    assert repr(EventNumberFold(3)).startswith("EventNumberFold(")


@pytest.mark.parametrize("one", [pd.Series, np.array, list, pd.Index, pl.Series, pa.array])
def test_numbers_that_stand_in_no_column_are_an_error(one):
    with pytest.raises(
        ColumnError, match=r"(?s)X must be a table, events by columns, got .*\(12,\)"
    ):
        EventNumberFold(2, columns=0).folds(one(range(12)))
