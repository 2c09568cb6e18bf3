"""What a fit is asked to do is read once; the parameters that the user set stay as they are."""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
import pytest

from skhep_nn import (
    DenseClassifier,
    KerasClassifier,
    LSTMClassifier,
    ParametricClassifier,
    ResNetClassifier,
)

QUIET = {"random_state": 0, "verbose": 0, "batch_size": 64}
TWO_PHASES = [
    {"learning_rate": 0.5, "epochs": 1, "batch_size": 128, "label_smoothing": 0.1},
    {"optimizer": "sgd", "loss": "binary_focal_crossentropy", "patience": 2, "epochs": 2},
]


class Looks(keras.callbacks.Callback):
    """Calls a function at the beginning and end of training and of each epoch."""

    def __init__(self, look):
        super().__init__()
        self.look = look

    def on_train_begin(self, logs=None):
        self.look()

    on_train_end = on_train_begin

    def on_epoch_begin(self, epoch, logs=None):
        self.look()

    on_epoch_end = on_epoch_begin


def network(meta, width=4):
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((meta["n_features_in_"],)),
            layers.Dense(width, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def compiled_network(meta, compile_kwargs, params):
    assert params["epochs"] == 2
    model = network(meta)
    model.compile(**compile_kwargs)
    return model


class WithMethod(KerasClassifier):
    """A classifier whose network is made by a method, which takes a note."""

    def _keras_build_fn(self, compile_kwargs):
        self.rate_ = float(compile_kwargs["optimizer"].learning_rate)
        return network(self._get_metadata())


@pytest.fixture(scope="module")
def sample():
    """A table of two features, one of them called mass, and labels."""
    rng = np.random.default_rng(0)
    y = np.arange(400) % 2
    return np.stack([y + rng.normal(size=400), rng.choice([1.0, 2.0], 400)], axis=1), y


def dense(**parameters):
    return DenseClassifier(units=(4,), **QUIET, epochs=3, **parameters)


def of_keras(**parameters):
    return KerasClassifier(network, **QUIET, epochs=3, **parameters)


def parametric(**parameters):
    return ParametricClassifier(1, units=(4,), **QUIET, epochs=3, **parameters)


SMOOTHED = {"loss": "BinaryCrossentropy", "loss__label_smoothing": 0.2}


@pytest.mark.parametrize(
    ("clf", "arguments"),
    [
        (dense(phases=TWO_PHASES, learning_rate=0.01), {}),
        (
            dense(phases=TWO_PHASES[:1], **SMOOTHED),
            {"epochs": 2, "batch_size": 32, "shuffle": False},
        ),
        (dense(optimizer="adam", optimizer__clipnorm=1.0), {"epochs": 1, "verbose": 0}),
        (of_keras(phases=TWO_PHASES, early_stopping=True), {}),
        (of_keras(**SMOOTHED, width=3), {"epochs": 2, "validation_split": 0.25}),
        (of_keras(fit__epochs=4, compile__optimizer="adam", phases=TWO_PHASES), {"epochs": 1}),
        (WithMethod(**QUIET, phases=TWO_PHASES), {"class_weight": {0: 1.0, 1: 2.0}}),
        (parametric(phases=TWO_PHASES), {"batch_size": 50}),
        (parametric(batch_sampler="mass", learning_rate_schedule="constant"), {"epochs": 2}),
    ],
)
def test_callbacks_see_the_parameters_that_the_user_set(sample, clf, arguments):
    differs = []

    def look():
        now = clf.get_params(deep=False)
        differs.append({name for name in now.keys() | given if now.get(name) is not given[name]})

    given = clf.set_params(callbacks=Looks(look)).get_params(deep=False)
    clf.fit(*sample, **arguments)
    assert len(differs) > 3
    assert not set().union(*differs)
    assert not {
        name for name, value in clf.get_params(deep=False).items() if value is not given[name]
    }


@pytest.mark.parametrize("make", [dense, of_keras])
def test_callbacks_of_a_call_are_no_parameter_during_it(sample, make):
    clf, seen = make(), []
    clf.fit(*sample, epochs=1, callbacks=[Looks(lambda: seen.append(clf.callbacks))])
    assert seen == [None] * 4


def test_a_fit_that_fails_leaves_the_parameters(sample):
    def fail():
        raise RuntimeError(clf.epochs, clf.batch_size, clf.learning_rate)

    clf = dense(phases=TWO_PHASES, learning_rate=0.01, callbacks=Looks(fail))
    with pytest.raises(RuntimeError, match=r"\(3, 64, 0.01\)"):
        clf.fit(*sample, epochs=7)
    assert (clf.epochs, clf.learning_rate, clf.phases) == (3, 0.01, TWO_PHASES)


def test_the_function_of_the_user_sees_the_first_phase_and_the_call(sample):
    clf = KerasClassifier(
        compiled_network, loss="binary_crossentropy", phases=[{"learning_rate": 0.125}], **QUIET
    )
    clf.fit(*sample, epochs=2)
    assert float(clf.model_.optimizer.learning_rate.numpy()) == 0.125
    assert (clf.epochs, clf.learning_rate) == (1, None)


def test_a_method_that_makes_the_network_may_take_notes(sample):
    clf = WithMethod(**QUIET, phases=[{"learning_rate": 0.25}]).fit(*sample)
    assert (clf.rate_, clf.learning_rate) == (0.25, None)


def test_what_a_call_asks_for_is_what_is_trained(sample):
    asked = dense().fit(*sample, epochs=2, batch_size=40)
    said = dense().set_params(epochs=2, batch_size=40).fit(*sample)
    assert asked.history_ == said.history_
    np.testing.assert_array_equal(asked.predict_proba(sample[0]), said.predict_proba(sample[0]))


def test_settings_hold_what_is_routed_above_what_is_plain():
    clf = of_keras(fit__epochs=7, compile__optimizer="adam")
    settings = clf._settings()
    assert (settings.epochs, settings.optimizer, settings.batch_size) == (7, "adam", 64)
    changed = settings.changed({"epochs": 2, "label_smoothing": 0.1})
    assert (changed.epochs, changed.label_smoothing) == (2, 0.1)
    assert (settings.epochs, settings.label_smoothing) == (7, None)
    assert clf.get_params()["fit__epochs"] == 7


def test_settings_cannot_be_changed():
    settings = dense()._settings()
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.epochs = 5
    with pytest.raises(TypeError):
        settings.parameters["epochs"] = 5
    with pytest.raises(AttributeError, match="DenseClassifier has no parameter 'epoch'"):
        _ = settings.epoch
    assert settings.get("class_weight", "none") == "none"


@pytest.mark.parametrize("routed", ["epochs", "fit__epochs"])
def test_a_value_out_of_range_is_named_wherever_it_is_given(sample, routed):
    with pytest.raises(ValueError, match="'epochs' parameter of KerasClassifier must be"):
        KerasClassifier(network, **QUIET, **{routed: 0}).fit(*sample)


def test_so_is_one_of_a_call(sample):
    with pytest.raises(ValueError, match="'epochs' parameter of DenseClassifier must be"):
        dense().fit(*sample, epochs=0)


@pytest.mark.parametrize(
    ("classifier", "value", "says"),
    [
        (DenseClassifier, {"l2": 1e308}, "'l2' parameter of DenseClassifier must be"),
        (DenseClassifier, {"weight_decay": 1e308}, "'weight_decay' parameter"),
        (DenseClassifier, {"learning_rate": 1e308}, "'learning_rate' parameter"),
        (DenseClassifier, {"verbose": np.timedelta64(1, "s")}, "verbose=.*no number"),
        (ResNetClassifier, {"block_l2": 1e308}, "'block_l2' parameter"),
        (ResNetClassifier, {"output_initializer": int}, "output_initializer must .*initializer"),
        (ResNetClassifier, {"output_initializer": [None]}, "output_initializer must"),
        (LSTMClassifier, {"units": ()}, r"units=\[\]; a recurrent network has at least one"),
    ],
)
def test_what_a_network_cannot_be_made_of_is_an_error_that_names_it(classifier, value, says):
    shape = (12, 3, 2) if classifier is LSTMClassifier else (12, 2)
    X = np.random.default_rng(0).normal(size=shape)
    with pytest.raises((TypeError, ValueError), match=says):
        classifier(**{"epochs": 1, "verbose": 0, **value}).fit(X, [0, 1] * 6)


def test_the_value_of_padding_may_be_of_half_precision():
    X = np.random.default_rng(0).normal(size=(12, 3, 2))
    model = LSTMClassifier(4, mask_value=np.float16(2048), epochs=1, verbose=0, random_state=0)
    other = LSTMClassifier(4, mask_value=2048.0, epochs=1, verbose=0, random_state=0)
    y = [0, 1] * 6
    np.testing.assert_array_equal(
        model.fit(X, y).predict_proba(X), other.fit(X, y).predict_proba(X)
    )
