"""Labels of any type, and probabilities."""

from __future__ import annotations

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import DataConversionWarning, NotFittedError

from skhep_nn import DenseClassifier, KerasClassifier
from skhep_nn.estimators._fit import _targets

X = np.random.default_rng(0).normal(size=(120, 3))
TWO, THREE = np.arange(120) % 2, np.arange(120) % 3
LABELS = {
    "integers": np.array([0, 1, 2]),
    "other integers": np.array([-7, 3, 211]),
    "strings": np.array(["background", "signal", "ttbar"]),
    "objects": np.array(["background", "signal", "ttbar"], dtype=object),
    "floats": np.array([0.0, 1.0, 2.0]),
    "bytes of int8": np.array([0, 1, 2], dtype=np.int8),
}


@pytest.mark.parametrize("codes", [TWO, THREE], ids=["two classes", "three classes"])
@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_labels_come_back_as_they_were(dense, labels, codes):
    y = labels[codes]
    clf = dense(epochs=1).fit(X, y)
    plain = dense(epochs=1).fit(X, codes)
    assert clf.classes_.tolist() == labels[: codes.max() + 1].tolist()
    assert clf.classes_.dtype == clf.predict(X).dtype == y.dtype
    assert (clf.predict_proba(X) == plain.predict_proba(X)).all()
    assert clf.score(X, y) == plain.score(X, codes)


def test_booleans_come_back_as_booleans(dense):
    clf = dense(epochs=1).fit(X, TWO == 1)
    assert clf.classes_.tolist() == [False, True]
    assert clf.predict(X).dtype == bool


@pytest.mark.parametrize("dtype", ["int64", "Int64", "category", "bool", "boolean", "str", object])
def test_a_pandas_series_gives_labels(dense, dtype):
    y = pd.Series(np.where(TWO == 1, "s", "b") if dtype in ("str", object) else TWO, dtype=dtype)
    predicted = dense(epochs=1).fit(X, y).predict(X)
    assert set(predicted.tolist()) <= set(y.tolist())
    assert type(predicted.tolist()[0]) is type(y.tolist()[0])


def test_a_list_gives_labels(dense):
    y = ["s" if code else "b" for code in TWO]
    assert dense(epochs=1).fit(X, y).classes_.tolist() == ["b", "s"]


@pytest.mark.parametrize("codes", [TWO, THREE], ids=["two classes", "three classes"])
def test_probabilities_sum_to_one(dense, codes):
    probabilities = dense(epochs=1).fit(X, codes).predict_proba(X)
    assert probabilities.shape == (120, codes.max() + 1)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_two_classes_have_one_output_and_more_have_one_each(dense):
    # 3 x 8 + 8 + 8 n + n
    assert dense(epochs=1).fit(X, TWO).model_.count_params() == 41
    assert dense(epochs=1).fit(X, THREE).model_.count_params() == 59


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(120), r"needs at least two classes; y has only one class, 0.0; .*stratify=y"),
        (np.linspace(0, 1, 120), "Unknown label type: continuous"),
        (np.eye(120)[:, :3], "y has shape .* takes one label per event"),
        (None, "requires y to be passed"),
        (np.where(TWO == 1, np.nan, 0.0), "Input y contains NaN"),
        (TWO[:100], "inconsistent numbers of samples"),
    ],
)
def test_what_is_no_label_per_event_is_refused(y, message):
    with pytest.raises(ValueError, match=message):
        DenseClassifier().fit(X, y)


def test_a_column_of_labels_is_flattened_with_a_warning(dense):
    with pytest.warns(DataConversionWarning, match="A column-vector y was passed"):
        clf = dense(epochs=1).fit(X, TWO[:, None])
    assert clf.predict(X).shape == (120,)


def test_an_unfitted_classifier_says_so():
    with pytest.raises(NotFittedError, match="This DenseClassifier instance is not fitted yet"):
        DenseClassifier().predict(X)
    with pytest.raises(AttributeError, match="has no model_ before it is fitted"):
        _ = DenseClassifier().model_


def linear(n_outputs):
    return keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(n_outputs)])


@pytest.mark.parametrize(
    ("codes", "loss"),
    [
        (TWO, keras.losses.BinaryCrossentropy(from_logits=True)),
        (THREE, keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        (THREE, keras.losses.CategoricalCrossentropy(from_logits=True)),
    ],
    ids=["binary", "sparse", "categorical"],
)
def test_outputs_that_are_logits_for_the_loss_become_probabilities(codes, loss):
    model = linear(1 if codes is TWO else 3)
    clf = KerasClassifier(model, loss=loss, verbose=0, random_state=0).fit(X, codes)
    scores = np.exp(model.predict(X, verbose=0).astype(np.float64))
    if codes is TWO:
        scores = np.concatenate([np.ones_like(scores), scores], axis=1)
    expected = scores / scores.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(clf.predict_proba(X), expected, rtol=0, atol=1e-5)


def test_logits_make_no_sense_behind_a_sigmoid(dense):
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    with pytest.raises(ValueError, match="from_logits=True, but the network of DenseClassifier"):
        dense(loss=loss).fit(X, TWO)


def test_one_hot_losses_get_one_hot_targets():
    def network():
        nodes = keras.layers.Dense(3, activation="softmax")
        return keras.Sequential([keras.layers.Input((3,)), nodes])

    common = {"random_state": 0, "verbose": 0, "epochs": 2}
    sparse = KerasClassifier(network, loss="sparse_categorical_crossentropy", **common)
    one_hot = KerasClassifier(network, loss="categorical_crossentropy", **common)
    np.testing.assert_allclose(
        sparse.fit(X, THREE).predict_proba(X), one_hot.fit(X, THREE).predict_proba(X), atol=1e-6
    )


def test_two_classes_may_have_two_outputs():
    def network():
        nodes = keras.layers.Dense(2, activation="softmax")
        return keras.Sequential([keras.layers.Input((3,)), nodes])

    clf = KerasClassifier(network, verbose=0).fit(X, TWO)
    assert clf.predict_proba(X).shape == (120, 2)


@pytest.mark.parametrize(("n_outputs", "codes", "needed"), [(1, THREE, "3"), (3, TWO, "1 or 2")])
def test_a_network_with_the_wrong_number_of_outputs_is_refused(n_outputs, codes, needed):
    def network():
        nodes = keras.layers.Dense(n_outputs, activation="sigmoid")
        return keras.Sequential([keras.layers.Input((3,)), nodes])

    message = f"network has {n_outputs} output nodes for the .* classes .*; it needs {needed}"
    with pytest.raises(ValueError, match=message):
        KerasClassifier(network, verbose=0).fit(X, codes)


@pytest.mark.parametrize("outputs", [[[-2.1], [3.1]], [[5.0, 3.0], [0.5, 0.5]]])
def test_outputs_that_are_no_probabilities_are_an_error_that_says_what_is_missing(outputs):
    with pytest.raises(ValueError, match=r"not probabilities: .* end the network with a sigmoid"):
        _targets.probabilities(np.array(outputs))


def test_numbers_in_an_array_of_objects_are_labels():
    y = np.array([0, 1, 1], dtype=object)
    assert _targets.labels_of(y, "DenseClassifier").dtype.kind == "i"
    assert _targets.labels_of(y > 0, "DenseClassifier", classes=np.array([0, 1])).dtype.kind == "b"


@pytest.mark.parametrize("kind", ["M8[s]", "m8[s]"])
def test_dates_are_no_labels(kind):
    with pytest.raises(ValueError, match="y must hold labels, which are numbers or text"):
        _targets.labels_of(np.array([0, 1]).astype(kind), "DenseClassifier")
