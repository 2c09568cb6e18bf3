"""Batch normalisation of the kept network: its own means and variances, and a warning without."""

from __future__ import annotations

import math
import warnings
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from skhep_nn import CNNClassifier, DenseClassifier, EventBlocks
from skhep_nn.exceptions import BatchNormalizationWarning
from skhep_nn.training import _batch_normalization

RNG = np.random.default_rng(0)
N = 400
X = RNG.normal([5.0, -30.0, 200.0], [1.0, 4.0, 20.0], size=(N, 3))
Y = (X[:, 0] + RNG.normal(size=N) > 5).astype(int)
PLAIN = {
    "input_scaling": None,
    "feature_scale": False,
    "dropout": 0.0,
    "batch_size": 100,
    "epochs": 2,
    "random_state": 0,
    "verbose": 0,
}


def normalisations(fit):
    model = getattr(fit, "model_", fit)
    return [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]


def fitted(**parameters):
    return DenseClassifier((8,), **PLAIN | {"batch_normalization": "input"} | parameters).fit(X, Y)


def test_means_and_variances_are_those_of_the_training_events():
    (layer,) = normalisations(fitted())
    np.testing.assert_allclose(np.array(layer.moving_mean), X.mean(axis=0), rtol=1e-4)
    # that of all events, which is more than the mean of those inside batches
    np.testing.assert_allclose(np.array(layer.moving_variance), X.var(axis=0), rtol=1e-3)


def test_those_inside_are_those_that_the_kept_network_gives():
    model = fitted(batch_normalization="hidden").model_
    (layer,) = normalisations(model)
    before = keras.Model(model.input, layer.input)(X.astype("float32")).numpy()
    np.testing.assert_allclose(np.array(layer.moving_mean), before.mean(axis=0), rtol=1e-3)
    np.testing.assert_allclose(np.array(layer.moving_variance), before.var(axis=0), rtol=1e-2)


def test_momentum_reaches_every_layer_and_moving_averages_can_be_kept():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BatchNormalizationWarning)
        clf = fitted(bn_statistics="moving", bn_momentum=0.5, epochs=1)
    (layer,) = normalisations(clf)
    assert layer.momentum == 0.5
    # four steps from zero
    mean = np.array(layer.moving_mean)
    np.testing.assert_allclose(mean, X.mean(axis=0) * (1 - 0.5**4), rtol=0.03)


def test_averages_that_describe_no_batch_are_warned_of():
    with pytest.warns(BatchNormalizationWarning, match="predicts otherwise than it was trained"):
        fitted(bn_statistics="moving", bn_momentum=0.999)
    with warnings.catch_warnings():
        warnings.simplefilter("error", BatchNormalizationWarning)
        fitted()


@pytest.mark.parametrize(
    ("loss", "in_training", "warned"),
    [
        (0.3, 0.1, True),
        (0.3, 0.2, False),
        # of events that lie so far apart that the network is sure of all of them
        (3.4e-8, 6.5e-9, False),
        (0.02, 0.0, True),
        (math.nan, 0.1, True),
        (0.3, math.nan, True),
    ],
)
def test_which_losses_are_warned_of(loss, in_training, warned, monkeypatch):
    monkeypatch.setattr(_batch_normalization, "_batches", lambda source, plan: [(X, Y, None)])
    engine = SimpleNamespace(evaluate=lambda *batch: {"loss": loss})
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        _batch_normalization._check(engine, None, None, in_training)
    assert [note.category for note in told] == [BatchNormalizationWarning] * warned


def test_dropout_draws_as_it_would_have_drawn():
    settings = {"dropout": 0.5, "epochs": 1, "batch_normalization": "hidden"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BatchNormalizationWarning)
        precise = fitted(**settings)
        moving = fitted(**settings, bn_statistics="moving")
    for one, other in zip(precise.network_.variables, moving.network_.variables, strict=True):
        # only two of them may differ
        assert one.shape == other.shape
    differ = [
        not np.array_equal(one, other)
        for one, other in zip(precise.network_.variables, moving.network_.variables, strict=True)
    ]
    assert sum(differ) == 2


def test_partial_fit_leaves_the_averages_as_they_are():
    clf = DenseClassifier((8,), **PLAIN | {"batch_normalization": "input"}).partial_fit(X, Y)
    (layer,) = normalisations(clf)
    np.testing.assert_allclose(
        np.array(layer.moving_mean), X.mean(axis=0) * (1 - 0.9**4), rtol=0.03
    )


def test_padding_counts_in_none_of_them():
    track = RNG.normal(7.0, 2.0, size=(N, 5, 2)).astype("float32")
    real = np.arange(5) < RNG.integers(1, 6, N)[:, None]
    blocks = EventBlocks({"track": track * real[..., None], "track_mask": real})
    arguments = {k: v for k, v in PLAIN.items() if k != "dropout"}
    clf = CNNClassifier((4,), dense_units=(), batch_normalization="input", **arguments)
    (layer,) = normalisations(clf.fit(blocks, Y))
    np.testing.assert_allclose(np.array(layer.moving_mean), track[real].mean(axis=0), rtol=0.02)
