"""Density ratios from classifiers, at whatever prior these were trained."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from skhep_nn import (
    CalibratedClassifier,
    DenseClassifier,
    EnsembleClassifier,
    LikelihoodRatio,
    MinMaxScaler,
)
from skhep_nn.metrics import reweighting_test


def drawn(n=20_000, seed=0):
    """A source of standard deviation 1 around 0 and, less often by weight, a target around 1/2."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    X = pd.DataFrame({"x": rng.normal(0.5 * y, 1.0)})
    weights = np.where(y == 1, 0.1, 1.0) * rng.choice([1.0, -0.5], n, p=[0.8, 0.2])
    return X.assign(weight=weights), y


def true_ratio(X):
    return np.exp(0.5 * X["x"].to_numpy() - 0.125)


class Known:
    """A classifier that knows the densities, at a fraction of the target."""

    classes_ = np.array(["data", "simulation"])

    def __init__(self, fraction, target=1):
        self.fraction, self.target = fraction, target

    def predict_proba(self, X):
        odds = true_ratio(X) * self.fraction / (1 - self.fraction)
        p = odds / (1 + odds)
        return np.column_stack([1 - p, p] if self.target == 1 else [p, 1 - p])


@pytest.mark.parametrize("fraction", [0.5, 0.01, 0.9])
def test_the_ratio_is_that_of_the_densities_at_any_prior(fraction):
    X, _ = drawn(100)
    ratio = LikelihoodRatio(Known(fraction), prior=fraction)
    np.testing.assert_allclose(ratio.predict(X), true_ratio(X), rtol=1e-9)
    other = LikelihoodRatio(Known(fraction, target=0), prior=fraction, signal="data")
    np.testing.assert_allclose(other.predict(X), true_ratio(X), rtol=1e-9)


@pytest.mark.parametrize("prior", ["training", "physical", 0.3])
@pytest.mark.parametrize("method", ["logistic", "beta", "temperature"])
def test_a_calibrated_model_tells_its_prior(prior, method):
    X, y = drawn()
    model = LogisticRegression().fit(X[["x"]], y)
    settings = {"prior": prior, "training_prior": np.mean(y)}
    calibrated = CalibratedClassifier(model, method, **settings).fit(X[["x"]], y, X["weight"])
    ratio = LikelihoodRatio(calibrated)
    assert ratio.prior_ == calibrated.class_prior_[1]
    assert np.abs(ratio.predict(X[["x"]]) / true_ratio(X) - 1).mean() < 0.1


def test_reweighted_events_look_like_the_target():
    X, y = drawn()
    network = DenseClassifier(
        weight_column="weight",
        balance="equal",
        units=(8,),
        epochs=5,
        learning_rate=0.02,
        random_state=0,
        verbose=0,
    )
    model = make_pipeline(MinMaxScaler(exclude=["weight"]), network).fit(X, y)
    ratio = LikelihoodRatio(CalibratedClassifier(model, "logistic").fit(*drawn(seed=1)))
    assert ratio.prior_ == pytest.approx(0.5)
    test, y = drawn(seed=2)
    source, target = test[y == 0], test[y == 1]
    after = ratio.predict_weights(source)
    # the yield stays, within its error
    assert after.sum() == pytest.approx(source["weight"].sum(), rel=0.05)
    found = reweighting_test(
        source["x"],
        target["x"],
        after,
        weights_before=source["weight"],
        weights_target=target["weight"],
        bins=10,
    )
    assert found.chi2_per_bin_after < 3
    assert found.chi2_per_bin_before > 20
    scaled = ratio.predict_weights(source, total=target["weight"].sum())
    np.testing.assert_allclose(scaled / after, target["weight"].sum() / after.sum())
    given = ratio.predict_weights(source.drop(columns="weight"), sample_weight=2.0)
    np.testing.assert_allclose(given, 2 * ratio.predict(source))


def test_an_unknown_prior_is_an_error_that_says_what_to_give():
    X, y = drawn(200)
    model = LogisticRegression().fit(X[["x"]], y)
    with pytest.raises(ValueError, match="LogisticRegression does not tell at which fraction"):
        LikelihoodRatio(model)
    assert LikelihoodRatio(GaussianNB().fit(X[["x"]], y)).prior_ == pytest.approx(np.mean(y))
    with pytest.raises(ValueError, match=r"prior=1.5; the fraction"):
        LikelihoodRatio(model, prior=1.5)
    with pytest.raises(ValueError, match="max_ratio"):
        LikelihoodRatio(model, prior=0.5, max_ratio=0)
    three = GaussianNB().fit(X[["x"]], np.arange(200) % 3)
    with pytest.raises(ValueError, match="name the one that is the target"):
        LikelihoodRatio(three)
    assert LikelihoodRatio(three, signal=2).prior_ == pytest.approx(66 / 200)


class Certain(Known):
    """Sure of its first event."""

    def predict_proba(self, X):
        p = super().predict_proba(X)
        p[0] = 0.0, 1.0
        return p


def test_a_ratio_without_end_is_an_error_or_clipped_and_counted():
    X, _ = drawn(50)
    with pytest.raises(
        ValueError, match=r"1 of 50 events have a probability of exactly 1, the first"
    ):
        LikelihoodRatio(Certain(0.5), prior=0.5).predict(X)
    clipped = LikelihoodRatio(Certain(0.5), prior=0.5, max_ratio=100.0)
    assert clipped.predict(X)[0] == 100.0
    assert clipped.n_clipped_ == 1
    with pytest.raises(ValueError, match="cannot be scaled to total=1"):
        clipped.predict_weights(X, sample_weight=np.full(50, -1.0), total=1.0)


def trained_at_one_half(n=4000):
    """Balanced events and naive Bayes fitted on them; and events with one signal in eleven."""
    X, y = drawn(n)
    X = X[["x"]]
    model = GaussianNB(priors=[0.5, 0.5]).fit(X, y)
    return X, y, np.where(y == 1, 0.1, 1.0), model


FITTED_ON_TOP = {
    "calibrator": CalibratedClassifierCV(),
    "stack": StackingClassifier([("only", None)], cv="prefit"),
    "boosting": AdaBoostClassifier(GaussianNB(), n_estimators=3),
    "one against the rest": OneVsRestClassifier(GaussianNB()),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", FITTED_ON_TOP)
def test_the_prior_of_a_member_is_not_that_of_what_is_fitted_on_top(kind):
    X, y, weights, model = trained_at_one_half()
    outer = clone(FITTED_ON_TOP[kind])
    if kind == "calibrator":
        outer.set_params(estimator=FrozenEstimator(model))
    if kind == "stack":
        outer.set_params(estimators=[("only", FrozenEstimator(model))])
    given = {} if kind == "one against the rest" else {"sample_weight": weights}
    outer.fit(X, y, **given)
    with pytest.raises(ValueError, match="does not tell at which fraction"):
        LikelihoodRatio(outer)
    calibrated = CalibratedClassifier(outer).fit(X, y, weights)
    assert calibrated.class_prior_[1] == pytest.approx(weights[y == 1].sum() / weights.sum())


@pytest.mark.parametrize(
    "wrapped",
    [
        FrozenEstimator,
        make_pipeline,
        lambda model: GridSearchCV(model, {}, cv=2),
        lambda model: TunedThresholdClassifierCV(FrozenEstimator(model), cv="prefit", refit=False),
        lambda model: VotingClassifier([("a", model), ("b", model)], voting="soft"),
        lambda model: BaggingClassifier(model, n_estimators=2),
        lambda model: EnsembleClassifier(model, n_members=2),
    ],
)
def test_what_predicts_as_its_members_has_their_prior(wrapped):
    X, y, _, model = trained_at_one_half()
    outer = wrapped(model)
    outer.fit(X, y)
    assert LikelihoodRatio(outer).prior_ == pytest.approx(0.5)
