"""Event weights need a loss with one value per event."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from skhep_nn import DenseClassifier
from skhep_nn.estimators._fit import _loss, _targets

N = 12
X = np.random.default_rng(0).normal(size=(N, 2))
CLASSES = {2: np.arange(N) % 2, 3: np.arange(N) % 3}
WEIGHTS = np.linspace(0.5, 2, N)


def mean_of_batch(y_true, y_pred):
    return keras.ops.mean(keras.ops.square(keras.ops.cast(y_true, y_pred.dtype) - y_pred))


def mean_of_columns(y_true, y_pred):
    return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=0)


def per_event(y_true, y_pred):
    return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


def dense(loss):
    return DenseClassifier(units=(2,), epochs=1, loss=loss, verbose=0, random_state=0, n_networks=1)


@pytest.mark.parametrize(
    ("loss", "n_classes"),
    [
        (keras.losses.BinaryCrossentropy(axis=0), 2),
        (keras.losses.CosineSimilarity(axis=0), 2),
        (keras.losses.CosineSimilarity(axis=0), 3),
        (keras.losses.CategoricalCrossentropy(axis=0), 3),
        (mean_of_batch, 2),
        (mean_of_columns, 2),
    ],
)
def test_weights_and_a_loss_of_the_whole_batch_are_an_error(loss, n_classes):
    with pytest.raises(ValueError, match="event weights cannot act; a loss must give one value"):
        dense(loss).fit(X, CLASSES[n_classes], WEIGHTS)


@pytest.mark.parametrize("loss", [mean_of_batch, mean_of_columns])
def test_without_weights_a_mean_of_the_batch_is_a_loss(loss):
    assert dense(loss).fit(X, CLASSES[2]).n_epochs_ == 1


@pytest.mark.parametrize("loss", [per_event, keras.losses.Huber(), "mean_squared_error"])
def test_a_loss_with_one_value_per_event_is_weighted(loss):
    weighted, plain = (dense(loss).fit(X, CLASSES[2], w).history_["loss"] for w in (WEIGHTS, None))
    assert weighted != plain


@pytest.mark.parametrize("reduction", ["none", None])
def test_a_loss_that_is_not_reduced_is_an_error(reduction):
    loss = keras.losses.BinaryCrossentropy(reduction=reduction)
    with pytest.raises(ValueError, match=f"reduction={reduction!r}, .* leave reduction= out"):
        dense(loss).fit(X, CLASSES[2])


@pytest.mark.parametrize(
    "name", sorted(set(_loss.loss_classes()) - {"loss", "c_t_c", *_loss.BINARY})
)
def test_every_loss_of_keras_is_given_targets_of_which_it_makes_a_value_per_event(name):
    loss = _loss.loss_classes()[name]()
    p = np.random.default_rng(0).dirichlet(np.ones(3), N).astype("float32")
    one_hot = _loss.wants_one_hot(loss, 3)
    y = _targets.targets(CLASSES[3], 3, 3, one_hot=one_hot)
    values = keras.ops.convert_to_numpy(loss.call(y, p))
    # the overlap of Dice and Tversky is that of the batch
    assert values.shape == (() if name in ("dice", "tversky") else (N,))
    if "generalized" in name:
        np.testing.assert_allclose(values, 2 * (1 - np.sqrt(p[np.arange(N), CLASSES[3]])), 1e-6)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_policy_without_orthogonal_matrices_is_told_of(cell):
    from skhep_nn import LSTMClassifier

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("bfloat16")
    try:
        model = LSTMClassifier(units=2, cell=cell, epochs=1, verbose=0)
        with pytest.raises(ValueError, match='policy "mixed_bfloat16", whose weights are float32'):
            model.fit(np.zeros((N, 3, 2)), CLASSES[2])
    finally:
        keras.config.set_dtype_policy(before)
