from __future__ import annotations

import numpy as np
import pytest
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_score,
)

from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import (
    binned_significance,
    make_binned_scorer,
    make_fom_scorer,
    optimise_binning,
)

FEATURES = ["pt", "eta", "mt"]
FEW = {"min_effective_background": 20}


class Classifier(LogisticRegression):
    """A logistic regression that leaves the weight column out."""

    def fit(self, X, y):
        return super().fit(X[FEATURES] / [50, 1, 80], y)

    def predict_proba(self, X):
        return super().predict_proba(X[FEATURES] / [50, 1, 80])


@pytest.fixture
def negative(new_events):
    """(X, y) of 3000 events, a tenth of negative weight."""
    events = new_events(3000, n_negative=300)
    return events[[*FEATURES, "weight"]], events["is_signal"].to_numpy()


@pytest.fixture
def fitted(negative):
    return Classifier().fit(*negative)


def significance(y, score, weight, edges, **options):
    return binned_significance(y, score, weight, bins=edges, n_bootstrap=0, **options).significance


@pytest.mark.parametrize("bins", ["auto", 3])
def test_it_scores_the_best_bins_of_the_sample(bins, negative, fitted):
    X, y = negative
    options = {"systematic": 0.1, "simulation_error": False}
    score, weight = fitted.predict_proba(X)[:, 1], X["weight"]
    edges = optimise_binning(y, score, weight, n_bins=bins, **options, **FEW)
    scorer = make_binned_scorer(bins=bins, systematic=0.1, weight_column="weight", **FEW)
    expected = significance(y, score, weight, edges, **options)
    assert scorer(fitted, X, y) == expected > 0


def test_a_normalisation_is_common_to_all_bins(negative, fitted):
    X, y = negative
    options = {"variations": {"rate": (1.3, 0.7)}, "simulation_error": False}
    score, weight = fitted.predict_proba(X)[:, 1], X["weight"]
    edges = optimise_binning(y, score, weight, **options, **FEW)
    scorer = make_binned_scorer(variations={"rate": (1.3, 0.7)}, weight_column="weight", **FEW)
    expected = significance(y, score, weight, edges, **options)
    assert scorer(fitted, X, y) == expected > 0
    assert repr(scorer).startswith("make_binned_scorer(variations={'rate': (1.3, 0.7)}, ")


def test_edges_of_several_lengths_are_an_error():
    with pytest.raises(ValueError, match="bins"):
        make_binned_scorer(bins=[[0, 0.5], [1]])


def test_it_scores_given_bins(negative, fitted):
    X, y = negative
    scorer = make_binned_scorer(bins=[0, 0.3, 0.5, 1], simulation_error=True)
    found = scorer(fitted, X, y, sample_weight=X["weight"])
    score = fitted.predict_proba(X)[:, 1]
    assert found == significance(y, score, X["weight"], [0, 0.3, 0.5, 1])


def test_each_fold_is_scaled_to_the_full_yields(negative, fitted):
    X, y = negative
    yields = {label: X["weight"][y == label].sum() for label in (0, 1)}
    scorer = make_binned_scorer(bins=[0, 1], yields=yields, luminosity=4, weight_column="weight")
    whole = scorer(fitted, X, y)
    assert scorer(fitted, X[1::3], y[1::3]) == pytest.approx(whole)
    plain = make_binned_scorer(bins=[0, 1], weight_column="weight")
    assert whole == pytest.approx(2 * plain(fitted, X, y))


@pytest.mark.parametrize("signal", [0, 1])
def test_signal_may_be_either_class(signal, negative, fitted):
    X, y = negative
    scorer = make_binned_scorer(bins=[0, 0.5, 1], signal=signal, weighted=False)
    score = fitted.predict_proba(X)[:, signal]
    expected = significance(y, score, None, [0, 0.5, 1], signal=signal, simulation_error=False)
    assert scorer(fitted, X, y) == expected


def test_search_by_column_and_by_routing_score_the_same(negative):
    X, y = negative
    cv = StratifiedKFold(3)
    scorer = make_binned_scorer(weight_column="weight", **FEW)
    search = GridSearchCV(Classifier(), {"C": [0.01, 1]}, scoring=scorer, cv=cv).fit(X, y)
    by_column = search.cv_results_["mean_test_score"]
    assert np.isfinite(by_column).all()
    with sklearn.config_context(enable_metadata_routing=True):
        scorer = make_binned_scorer(**FEW).set_score_request(sample_weight=True)
        by_routing = cross_val_score(
            Classifier(C=0.01), X, y, scoring=scorer, cv=cv, params={"sample_weight": X["weight"]}
        )
    assert by_routing.mean() == pytest.approx(by_column[0])


def test_a_sample_of_little_background_says_so(negative, fitted):
    X, y = negative
    scorer = make_binned_scorer(weight_column="weight")
    few = np.r_[np.flatnonzero(y == 1), np.flatnonzero(y == 0)[-30:]]
    with pytest.raises(ValueError, match="no binning has min_effective_background=100"):
        scorer(fitted, X.iloc[few], y[few])


def test_missing_weights_are_an_error(negative, fitted):
    with pytest.raises(WeightError, match="make_binned_scorer is weighted by weighted=True"):
        make_binned_scorer(weighted=True)(fitted, *negative)


def test_a_threshold_cannot_be_tuned_by_it(negative):
    X, y = negative
    tuned = TunedThresholdClassifierCV(Classifier(), scoring=make_binned_scorer(), cv=2)
    with pytest.raises(ValueError, match="the significance in bins has no threshold"):
        tuned.fit(X, y)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bins": "best"}, "bins='best'; it must be a number from 1"),
        ({"bins": 0}, "bins=0"),
        ({"bins": [1, 0]}, "increasing finite edges"),
        ({"systematic": -0.1}, "systematic=-0.1"),
        ({"min_effective_background": -1}, "min_effective_background=-1"),
        ({"min_background": "few"}, "min_background must be numbers"),
        (
            {"variations": {"rate": 1.2}},
            r"variations=\{'rate': 1.2\}; it must be a dict of name to",
        ),
        ({"variations": {"jes": ([0.1], [0.2])}}, "a scorer has no varied events"),
        ({"variations": "rate"}, "variations='rate'; it must be a dict"),
    ],
)
def test_bad_parameters_are_errors_at_once(options, message):
    with pytest.raises(ValueError, match=message):
        make_binned_scorer(**options)


def test_repr_shows_what_is_not_default():
    scorer = make_binned_scorer(systematic=0.2, min_effective_background=50)
    assert repr(scorer) == "make_binned_scorer(systematic=0.2, min_effective_background=50.0)"
    assert repr(make_binned_scorer()) == "make_binned_scorer()"
    assert repr(make_fom_scorer(min_effective_background=50.0)) == "make_fom_scorer(kind='asimov')"


def test_the_difference_of_two_classifiers_is_less_noisy_than_that_of_best_cuts():
    """Two classifiers that differ little, on replicas of the same events."""
    rng = np.random.default_rng(0)
    n = 4000
    y = (np.arange(n) % 5 == 0).astype(int)
    x = rng.normal(size=(n, 2)) + 1.2 * y[:, None]
    weight = np.where(y == 1, 0.02, 1.0) * np.where(rng.random(n) < 0.1, -1, 1)
    first, second = x @ [1, 1], x @ [1, 0.8]
    scorers = {
        "cut": make_fom_scorer(systematic=0.1, min_effective_background=10),
        "bins": make_binned_scorer(systematic=0.1),
    }
    differences = {name: [] for name in scorers}
    for _ in range(40):
        at = rng.integers(0, n, n)
        for name, scorer in scorers.items():
            a, b = (scorer._value(y[at], score[at], weight[at]) for score in (first, second))
            differences[name].append((a - b) / (a + b))
    assert 1.5 * np.std(differences["bins"]) < np.std(differences["cut"])
