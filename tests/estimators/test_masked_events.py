"""Masked events are refused by what holds other classifiers, as by the classifiers themselves."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from skhep_nn import (
    CalibratedClassifier,
    CrossFitClassifier,
    DenseClassifier,
    EnsembleClassifier,
    IndividualMassClassifier,
)

N = 40
RNG = np.random.default_rng(0)
X = np.column_stack([RNG.normal(size=(N, 2)), np.full(N, 500.0), np.arange(N)])
Y = np.arange(N) % 2
SMALL = {"units": (2,), "epochs": 1, "verbose": 0, "random_state": 0, "n_networks": 1}
MAKE = {
    "ensemble": lambda: EnsembleClassifier(DenseClassifier(**SMALL), n_members=2, random_state=0),
    "cross-fit": lambda: CrossFitClassifier(
        DenseClassifier(**SMALL),
        n_folds=2,
        fold_column=3,
        rotate_validation=False,
        random_state=0,
    ),
    "masses": lambda: IndividualMassClassifier(DenseClassifier(**SMALL), parameter=2),
    "calibrated": lambda: CalibratedClassifier(LogisticRegression(), cv=2),
}
METHODS = ("predict", "predict_proba", "predict_log_proba", "predict_spread")


def masked():
    mask = np.zeros(X.shape, bool)
    mask[1, 0] = True
    return np.ma.MaskedArray(X, mask=mask)


@pytest.fixture(scope="module", params=list(MAKE))
def fitted(request):
    return MAKE[request.param]().fit(X, Y)


@pytest.mark.parametrize("name", list(MAKE))
def test_masked_events_cannot_be_fitted(name):
    with pytest.raises(ValueError, match="X is a masked array, 1 of its 160 values are masked"):
        MAKE[name]().fit(masked(), Y)


@pytest.mark.filterwarnings("ignore:.*was fitted")
def test_masked_events_cannot_be_predicted(fitted):
    for method in METHODS:
        if hasattr(fitted, method):
            with pytest.raises(ValueError, match="X is a masked array"):
                getattr(fitted, method)(masked())
    with pytest.raises(ValueError, match="X is a masked array"):
        fitted.score(masked(), Y)
