"""Every classifier passes scikit-learn's own checks, and all share one table of parameters."""

from __future__ import annotations

import functools

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from skhep_nn import (
    BlockClassifier,
    CNNClassifier,
    CrossFitClassifier,
    DenseClassifier,
    EnsembleClassifier,
    IndividualMassClassifier,
    KerasClassifier,
    LSTMClassifier,
    ParametricClassifier,
    ResNetClassifier,
)

WHY_NOT = {
    "check_sample_weight_equivalence_on_dense_data": (
        "batches are drawn at random, so repeating an event is not bit-equal to doubling its weight"
    ),
}
OF_FOLDS = dict.fromkeys(WHY_NOT, "an event that is repeated without a number is in another fold")


def expected_failures(estimator):
    """Checks that `estimator` may fail, each with the reason."""
    if isinstance(estimator, CrossFitClassifier):
        return OF_FOLDS
    return {} if isinstance(estimator, EnsembleClassifier) else WHY_NOT


def network(meta):
    """A network of a user's own."""
    import keras

    n_outputs = 1 if meta["n_classes_"] == 2 else meta["n_classes_"]
    return keras.Sequential(
        [
            keras.layers.Input((meta["n_features_in_"],)),
            keras.layers.Dense(20, activation="relu"),
            keras.layers.Dense(n_outputs, activation="sigmoid" if n_outputs == 1 else "softmax"),
        ]
    )


class Named(functools.partial):
    """A function that shows its name alone: test processes must agree on the names of tests."""

    def __repr__(self):
        return self.func.__name__


class OfColumns:
    """Takes the p columns of a table, which the checks use, for a sequence of p entries."""

    _allow_nd = False

    def _describe_network(self, settings, learnt, x):
        inputs = {"sequence": {"kind": "sequence", "shape": (x.shape[1],)}}
        return {"inputs": inputs, "named": False, **self._network(settings, inputs)}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags


class CNNOfColumns(OfColumns, CNNClassifier):
    """For scikit-learn's checks."""


class LSTMOfColumns(OfColumns, LSTMClassifier):
    """For scikit-learn's checks."""


class ResNetOfColumns(OfColumns, ResNetClassifier):
    """For scikit-learn's checks."""


class MassTaken:
    """A column is taken for the mass, so that too little is left to tell the classes apart.

    The checks' frames have numbers for names, and the mass is given by its place.
    """

    def fit(self, X, y, *arguments, **named):
        X = X.to_numpy() if hasattr(X, "columns") and 0 in X.columns else X
        return super().fit(X, y, *arguments, **named)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags


class Parametric(MassTaken, ParametricClassifier):
    """For scikit-learn's checks."""


class IndividualMass(MassTaken, IndividualMassClassifier):
    """For scikit-learn's checks."""


SMALL = {"learning_rate": 0.1, "epochs": 10, "batch_size": 64, "verbose": 0}
CLASSIFIERS = [
    DenseClassifier(units=(20,), **SMALL),
    DenseClassifier(units=(20,), n_networks=2, **SMALL),
    KerasClassifier(Named(network), **SMALL),
    BlockClassifier(head={"units": (20,)}, **SMALL),
    ResNetClassifier(1, units=20, **SMALL),
    CNNOfColumns((10, 20), pool="flatten", dense_units=(20,), mask_value=None, **SMALL),
    LSTMOfColumns(20, dense_units=(), mask_value=None, **SMALL),
    ResNetOfColumns(1, stem=8, pool="flatten", mask_value=None, **SMALL),
    # the last column is the mass
    Parametric(parameter=-1, signal=None, units=(20,), **SMALL),
    IndividualMass(
        DenseClassifier(units=(20,), random_state=0, **SMALL),
        parameter=-1,
        signal=None,
        hypotheses=[0.0],
        dispatch="nearest",
    ),
    # the checks' columns are no event numbers
    CrossFitClassifier(LogisticRegression(), n_folds=2, fold_column=None),
    EnsembleClassifier(LogisticRegression(), 2),
]


@pytest.mark.filterwarnings("ignore::skhep_nn.exceptions.ExtrapolationWarning")
@pytest.mark.filterwarnings("ignore::skhep_nn.exceptions.FoldsDifferWarning")
@parametrize_with_checks(CLASSIFIERS, expected_failed_checks=expected_failures)
def test_scikit_learns_check(estimator, check):
    check(estimator)
