from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate

from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError
from skhep_nn.model_selection import LeaveOneMassOut

MASSES = [500.0, 750.0, 1000.0, 1250.0, 1500.0]


def make_sample(n_events=400, seed=0):
    """Features, mass (none for background) and class: signal, tt, QCD in this proportion."""
    rng = np.random.default_rng(seed)
    y = rng.choice(["X", "tt", "QCD"], n_events, p=[0.5, 0.1, 0.4])
    mass = np.where(y == "X", rng.choice(MASSES, n_events), np.nan)
    X = pd.DataFrame({"x": rng.normal(size=n_events), "mass": mass})
    return X, y


@pytest.fixture
def sample():
    return make_sample()


def splits(cv, X, y):
    return list(cv.split(X, y))


@pytest.mark.parametrize("shuffle", [False, True])
def test_all_signal_of_one_mass_is_tested_and_none_of_it_trained_on(sample, shuffle):
    X, y = sample
    cv = LeaveOneMassOut(signal="X", shuffle=shuffle)
    found = splits(cv, X, y)
    assert len(found) == cv.get_n_splits(X, y) == 5
    for mass, (train, test) in zip(MASSES, found, strict=True):
        of_mass = np.flatnonzero(X["mass"] == mass)
        assert set(of_mass) <= set(test)
        assert set(X["mass"].iloc[test].dropna()) == {mass}
        assert set(X["mass"].iloc[train].dropna()) == set(MASSES) - {mass}


def test_regression_leak_no_event_is_in_training_and_test_and_none_is_lost(sample):
    X, y = sample
    for train, test in LeaveOneMassOut(signal="X").split(X, y):
        assert sorted([*train, *test]) == list(range(len(X)))


def test_each_background_event_is_tested_exactly_once(sample):
    X, y = sample
    tested = np.concatenate([test for _, test in LeaveOneMassOut(signal="X").split(X, y)])
    assert np.bincount(tested, minlength=len(X)).tolist() == [1] * len(X)


@given(st.integers(0, 1000), st.integers(2, 9), st.booleans())
def test_folds_hold_each_background_class_in_proportion(seed, n_folds, shuffle):
    X, y = make_sample(200, seed)
    cv = LeaveOneMassOut(
        signal="X", n_background_splits=n_folds, shuffle=shuffle, random_state=seed
    )
    for _, test in cv.split(X, y):
        for name in ("tt", "QCD"):
            share = (y == name).sum() / n_folds
            assert abs((y[test] == name).sum() - share) < 1


def test_fewer_folds_put_more_background_into_each_test(sample):
    X, y = sample
    n_background = (y != "X").sum()
    found = splits(LeaveOneMassOut(signal="X", n_background_splits=2, random_state=0), X, y)
    for _, test in found:
        assert abs((y[test] != "X").sum() - n_background / 2) <= 1
    background = [set(test[y[test] != "X"]) for _, test in found]
    assert background[0] == background[2] == background[4]
    assert not background[0] & background[1]


def test_more_folds_leave_some_background_untested(sample):
    X, y = sample
    found = splits(LeaveOneMassOut(signal="X", n_background_splits=10), X, y)
    n_tested = sum((y[test] != "X").sum() for _, test in found)
    assert n_tested == pytest.approx((y != "X").sum() / 2, abs=5)


def test_masses_to_leave_out_may_be_chosen(sample):
    X, y = sample
    cv = LeaveOneMassOut(signal="X", hypotheses=[1000, 500])
    assert cv.get_n_splits(X, y) == 2
    assert cv.masses(X, y).tolist() == [1000, 500]
    found = splits(cv, X, y)
    assert [set(X["mass"].iloc[test].dropna()) for _, test in found] == [{1000}, {500}]
    # two splits, two folds: each background event is tested once
    tested = np.concatenate([test[y[test] != "X"] for _, test in found])
    assert sorted(tested) == np.flatnonzero(y != "X").tolist()


def test_of_a_single_mass_to_leave_out_half_of_the_background_stays_in_training(sample):
    X, y = sample
    ((train, test),) = splits(LeaveOneMassOut(signal="X", hypotheses=[750]), X, y)
    assert abs((y[train] != "X").sum() - (y[test] != "X").sum()) <= 1


def test_the_inner_masses_are_those_to_interpolate_to(sample):
    cv = LeaveOneMassOut(signal="X", hypotheses="inner")
    assert cv.masses(*sample).tolist() == [750, 1000, 1250]
    assert cv.get_n_splits(*sample) == 3


def test_seeds_reproduce_and_differ(sample):
    def tests(seed):
        return [
            test.tolist()
            for _, test in LeaveOneMassOut(signal="X", random_state=seed).split(*sample)
        ]

    assert tests(1) == tests(1)
    assert tests(1) != tests(2)
    assert tests(None) != tests(None)


def test_without_shuffling_events_are_dealt_out_in_order():
    X = pd.DataFrame({"mass": [500, 750, *[np.nan] * 4]})
    found = splits(LeaveOneMassOut(shuffle=False), X, [1, 1, 0, 0, 0, 0])
    assert [test.tolist() for _, test in found] == [[0, 2, 4], [1, 3, 5]]


def test_the_mass_of_background_is_not_read(sample):
    X, y = sample
    cv = LeaveOneMassOut(signal="X", random_state=0)
    filled = X.assign(mass=X["mass"].fillna(600.0))
    for one, other in zip(cv.split(X, y), cv.split(filled, y), strict=True):
        np.testing.assert_array_equal(one[1], other[1])


def test_a_point_of_two_parameters_is_left_out_as_one():
    points = [(m, n) for m in (400, 500, 600) for n in (100, 200, 300)]
    X = pd.DataFrame(points * 2 + [(np.nan, np.nan)] * 18, columns=["m_stop", "m_lsp"])
    y = np.repeat([1, 0], 18)
    cv = LeaveOneMassOut(["m_stop", "m_lsp"])
    found = splits(cv, X, y)
    assert cv.masses(X, y).tolist() == [list(point) for point in points]
    for point, (_, test) in zip(points, found, strict=True):
        assert X.iloc[test].dropna().to_numpy().tolist() == [list(point)] * 2
    inner = LeaveOneMassOut(["m_stop", "m_lsp"], hypotheses="inner")
    assert inner.masses(X, y).tolist() == [[500, 200]]
    one = LeaveOneMassOut(["m_stop", "m_lsp"], hypotheses=[(600, 100)])
    assert one.masses(X, y).tolist() == [[600, 100]]


def test_arrays_and_blocks_are_split_as_tables_are(sample):
    X, y = sample
    expected = [test.tolist() for _, test in LeaveOneMassOut(signal="X", shuffle=False).split(X, y)]
    blocks = EventBlocks({name: X[name].to_numpy() for name in X})
    by_name = LeaveOneMassOut(signal="X", shuffle=False).split(blocks, y)
    assert [test.tolist() for _, test in by_name] == expected
    for array in (X.to_numpy(), X.to_numpy().tolist()):
        by_position = LeaveOneMassOut(1, signal="X", shuffle=False).split(array, list(y))
        assert [test.tolist() for _, test in by_position] == expected


@pytest.mark.parametrize("routing", [False, True])
def test_it_works_in_cross_validation_and_searches(sample, routing):
    X, y = sample
    X, label = X.assign(mass=X["mass"].fillna(0)), (y == "X").astype(int)
    cv = LeaveOneMassOut(random_state=0)
    with sklearn.config_context(enable_metadata_routing=routing):
        # scikit-learn 1.6 does not bear params=None with metadata routing
        scores = cross_validate(
            LogisticRegression(), X, label, cv=cv, return_indices=True, params={}
        )
        assert len(scores["test_score"]) == 5
        assert set(X["mass"].iloc[scores["indices"]["test"][2]]) == {0.0, 1000.0}
        search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=cv).fit(X, label)
    assert search.n_splits_ == 5


def test_the_network_is_tested_on_what_it_never_saw(sample):
    X, y = sample
    seen = []

    class Spy(LogisticRegression):
        def fit(self, X, y):
            self.trained_on_ = set(X.index)
            self.masses_ = set(X["mass"])
            return super().fit(X, y)

        def score(self, X, y):
            seen.append((self.trained_on_ & set(X.index), self.masses_ & set(X["mass"])))
            return 0.0

    cross_val_score(Spy(), X.fillna(0.0), (y == "X").astype(int), cv=LeaveOneMassOut())
    assert seen == [(set(), {0.0})] * 5


def test_it_shows_its_arguments():
    shown = repr(LeaveOneMassOut("m", hypotheses="inner"))
    assert shown.startswith("LeaveOneMassOut(")
    assert "parameter='m'" in shown
    assert "hypotheses='inner'" in shown
    assert vars(clone(LeaveOneMassOut("m"), safe=False)) == vars(LeaveOneMassOut("m"))


def test_signal_without_mass_is_an_error(sample):
    X, y = sample
    X.loc[np.flatnonzero(y == "X")[:2], "mass"] = np.nan
    with pytest.raises(
        ValueError, match=r"mass of 2 of \d+ signal events is not finite, the first"
    ):
        next(LeaveOneMassOut(signal="X").split(X, y))


def test_signal_of_a_single_mass_is_an_error(sample):
    X, y = sample
    with pytest.raises(ValueError, match="all signal has mass=500; without it no signal is left"):
        next(LeaveOneMassOut(signal="X").split(X.assign(mass=500.0), y))


def test_a_mass_that_is_not_there_is_an_error(sample):
    with pytest.raises(ValueError, match="there is no signal of mass=600; it has mass=500; mass="):
        LeaveOneMassOut(signal="X", hypotheses=[600]).get_n_splits(*sample)


def test_other_words_than_inner_are_an_error(sample):
    with pytest.raises(ValueError, match="hypotheses='outer'; it must be None, \"inner\" or a"):
        LeaveOneMassOut(signal="X", hypotheses="outer").get_n_splits(*sample)


def test_two_masses_have_no_inner_one():
    X, y = pd.DataFrame({"mass": [500, 750, 0]}), [1, 1, 0]
    with pytest.raises(ValueError, match='"inner", but no mass lies inside of mass=500; mass=750'):
        LeaveOneMassOut(hypotheses="inner").get_n_splits(X, y)


def test_less_background_than_folds_is_an_error():
    X, y = pd.DataFrame({"mass": [500, 750, 0]}), [1, 1, 0]
    with pytest.raises(ValueError, match="1 background events cannot be split into 2 folds"):
        next(LeaveOneMassOut().split(X, y))


@pytest.mark.parametrize("n_folds", [1, 2.5, "all"])
def test_a_number_of_folds_that_makes_no_sense_is_an_error(sample, n_folds):
    cv = LeaveOneMassOut(signal="X", n_background_splits=n_folds)
    with pytest.raises(ValueError, match=r"n_background_splits=.*; it must be an integer >= 2"):
        next(cv.split(*sample))


def test_a_signal_or_a_column_that_is_not_there_is_an_error(sample):
    X, y = sample
    with pytest.raises(ValueError, match=r"signal=1 is not in y_true; its classes are \['QCD'"):
        next(LeaveOneMassOut().split(X, y))
    with pytest.raises(ColumnError, match="parameter='m' is not a column of X"):
        next(LeaveOneMassOut("m", signal="X").split(X, y))


def test_the_masses_are_in_the_events(sample):
    with pytest.raises(ValueError, match="LeaveOneMassOut needs X, which has the masses, and y"):
        LeaveOneMassOut().get_n_splits()
