"""Samplers of imbalanced-learn and the balancer: the order matters."""

from __future__ import annotations

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn.base import BaseEstimator, ClassifierMixin

from skhep_nn import EventWeightBalancer, MinMaxScaler


class Recorder(ClassifierMixin, BaseEstimator):
    """A classifier that keeps what a Pipeline gives it."""

    def fit(self, X, y):
        self.X_, self.y_, self.classes_ = X, np.asarray(y), np.unique(y)
        return self

    def predict(self, X):
        self.applied_ = X
        return np.full(len(X), self.classes_[0])


def fitted(steps, table):
    X, y = table
    return Pipeline([*steps, ("network", Recorder())]).fit(X, y)


def class_sums(pipe):
    network = pipe[-1]
    weight = network.X_["weight"].to_numpy()
    return [weight[network.y_ == c].sum() for c in (0, 1)]


SAMPLERS = [
    RandomUnderSampler(random_state=0),
    RandomOverSampler(random_state=0),
    SMOTE(random_state=0),
]


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda sampler: type(sampler).__name__)
def test_a_sampler_before_the_balancer_gives_balanced_classes(sampler, table):
    balancer = EventWeightBalancer("equal", weight_column="weight")
    scaler = MinMaxScaler(exclude="weight")
    pipe = fitted([("sample", sampler), ("balance", balancer), ("scale", scaler)], table)
    n_drawn = len(pipe[-1].y_)
    assert n_drawn != len(table[1])
    assert class_sums(pipe) == pytest.approx([n_drawn / 2, n_drawn / 2])
    # at application neither sampler nor balancer acts, and real data have no weights
    data = table[0].drop(columns="weight")
    pipe.predict(data)
    assert pipe[-1].applied_.shape == data.shape


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda sampler: type(sampler).__name__)
def test_a_sampler_after_the_balancer_destroys_the_balance(sampler, table):
    balancer = EventWeightBalancer("equal", weight_column="weight")
    background, signal = class_sums(fitted([("balance", balancer), ("sample", sampler)], table))
    # about 420 background and 180 signal events, 300 in total weight for each class. Drawing
    # as many of each makes the sums differ by about 420 / 180
    assert abs(np.log(signal / background)) > np.log(1.5)


def test_an_undersampler_keeps_the_weight_of_each_event(table):
    X, y = table
    drawn, _ = RandomUnderSampler(random_state=0).fit_resample(X, y)
    original = X.loc[drawn.index]
    assert drawn["weight"].tolist() == original["weight"].tolist()


def test_smote_interpolates_the_weight_column_too(table):
    X, y = table
    drawn, labels = SMOTE(random_state=0).fit_resample(X, y)
    real = X["weight"][y == 1]
    synthetic = drawn["weight"].iloc[len(X) :]
    assert set(labels[len(X) :]) == {1}
    assert not set(synthetic) & set(real)
    assert real.min() <= synthetic.min() <= synthetic.max() <= real.max()
    # a neighbour is searched in the weight as if it were a feature
    heavy = X.assign(weight=X["weight"] * 1e6)
    other = SMOTE(random_state=0).fit_resample(heavy, y)[0]
    assert not np.allclose(other["pt"], drawn["pt"])
