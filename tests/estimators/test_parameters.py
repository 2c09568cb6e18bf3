"""One table of training parameters; unknown and contradictory ones; the learning rate."""

from __future__ import annotations

import functools
import inspect
import re
from decimal import Decimal
from fractions import Fraction

import keras
import numpy as np
import pytest
from sklearn.base import clone

from skhep_nn import DenseClassifier, EventBlocks, EventWeightBalancer, KerasClassifier, estimators
from skhep_nn.estimators._base_classifier import BaseClassifier
from skhep_nn.estimators._parameters import ELSEWHERE

PUBLIC = [getattr(estimators, name) for name in estimators.__all__]
# one network per mass is made of classifiers, and is none of networks itself
CLASSIFIERS = [c for c in PUBLIC if inspect.isclass(c) and issubclass(c, BaseClassifier)]
# KerasClassifier keeps the defaults of scikeras, so that its users' code runs unchanged.
DIFFERENT = {
    KerasClassifier: {
        "optimizer": "rmsprop",
        "learning_rate_schedule": "constant",
        "epochs": 1,
        "batch_size": None,
        "early_stopping": False,
        "verbose": 1,
    }
}
TRAINING = {
    "optimizer": "adamw",
    "loss": None,
    "learning_rate": None,
    "learning_rate_schedule": "cosine",
    "weight_decay": None,
    "ema": None,
    "decay": 0.0,
    "plateau_factor": 0.1,
    "plateau_patience": 5,
    "epochs": "auto",
    "batch_size": "auto",
    "shuffle": True,
    "batch_sampler": None,
    "early_stopping": "auto",
    "patience": 10,
    "validation_fraction": 0.2,
    "phases": None,
    "balance": None,
    "negative_weights": "keep",
    "weight_column": None,
    "exclude": (),
    "class_names": None,
    "metrics": None,
    "callbacks": None,
    "jit_compile": "auto",
    "checkpoint_dir": None,
    "warm_start": False,
    "random_state": None,
    "verbose": "auto",
}
X = np.random.default_rng(0).normal(size=(128, 3))
Y = np.arange(128) % 2


BLOCKS = EventBlocks({"jet": X, "track": X[:, :, None]})
EVENTS = {
    estimators.BlockClassifier: BLOCKS,
    estimators.CNNClassifier: BLOCKS,
    estimators.LSTMClassifier: BLOCKS,
    estimators.ResNetClassifier: BLOCKS,
}


def network(meta, width=4):
    hidden = keras.layers.Dense(width, activation="relu")
    nodes = keras.layers.Dense(1, activation="sigmoid")
    return keras.Sequential([keras.layers.Input((meta["n_features_in_"],)), hidden, nodes])


ARGUMENTS = {KerasClassifier: {"model": network}, estimators.ParametricClassifier: {"parameter": 0}}


def documented(cls, section):
    """Names in a section of a numpydoc docstring, with their text."""
    lines = inspect.cleandoc(cls.__doc__).split("\n")
    start = lines.index(section) + 2
    entries, names = {}, []
    for line, after in zip(lines[start:], [*lines[start + 1 :], ""], strict=True):
        if re.match(r"^-+$", after):
            break
        found = re.match(r"^(\*{0,2}\w+(?:, \w+)*)(?: : (.*))?$", line)
        if found:
            names = found[1].split(", ")
            entries |= {name: [found[2] or ""] for name in names}
        elif names and line.startswith("    "):
            for name in names:
                entries[name].append(line.strip())
    return {name: " ".join(text) for name, text in entries.items()}


def without_default(text):
    return re.sub(r"default=[^ ]*( .class.*?>)?", "", text)


@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_training_parameters_have_the_same_names_and_defaults_everywhere(cls):
    signature = inspect.signature(cls).parameters
    expected = TRAINING | DIFFERENT.get(cls, {})
    assert {name: signature[name].default for name in TRAINING} == expected
    assert {name: cls().get_params()[name] for name in TRAINING} == expected


@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_training_parameters_have_the_same_words_everywhere(cls):
    own, reference = documented(cls, "Parameters"), documented(DenseClassifier, "Parameters")
    for name in TRAINING:
        assert without_default(own[name]) == without_default(reference[name])


@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_every_parameter_is_documented_with_its_default(cls):
    text = documented(cls, "Parameters")
    for name, parameter in inspect.signature(cls).parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            assert f"**{name}" in text
            assert name == "routed"
        elif parameter.default not in (None, 0.0) and name != "model":
            assert f"default={parameter.default!r}" in text[name].replace('"', "'")
        else:
            assert text[name]


@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_every_attribute_is_documented_and_there(cls):
    clf = cls(**ARGUMENTS.get(cls, {}), epochs=1, verbose=0).fit(EVENTS.get(cls, X), Y)
    internal = {
        "X_dtype_", "X_shape_", "block_shapes_", "columns_", "n_classes_", "n_outputs_",
        "n_outputs_expected_", "network_", "target_type_", "weight_factor_", "y_dtype_", "y_ndim_",
    }  # fmt: skip
    public = {name for name in vars(clf) if name.endswith("_")} - internal
    attributes = documented(cls, "Attributes")
    assert public <= set(attributes)
    assert [name for name in attributes if not hasattr(clf, name)] == ["feature_names_in_"]


def test_parameters_are_stored_as_they_are():
    values = {"units": [3, 4], "dropout": [0.1, 0.2], "balance": EventWeightBalancer("sqrt")}
    clf = DenseClassifier(**values)
    assert all(getattr(clf, name) is value for name, value in values.items())
    assert clf.get_params()["balance__mode"] == "sqrt"
    assert clf.set_params(balance__mode="equal").balance.mode == "equal"


def test_the_repr_shows_what_differs_from_the_defaults():
    clf = DenseClassifier(units=(8,), optimizer__clipnorm=1.0)
    assert repr(clf) == "DenseClassifier(optimizer__clipnorm=1.0, units=(8,))"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"unit": (8,)}, "DenseClassifier has no parameter 'unit'; did you mean 'units'"),
        ({"learning_rte": 1.0}, "no parameter 'learning_rte'; did you mean 'learning_rate'"),
        ({"optimizer__clipnrm": 1.0}, "'optimizer__clipnrm'; did you mean 'optimizer__clipnorm'"),
        ({"lr": 1.0}, "no parameter 'lr'; did you mean 'learning_rate'"),
        ({"hidden_layer_sizes": (8,)}, "'hidden_layer_sizes'; did you mean 'units'"),
        ({"class_weight": "balanced"}, "'class_weight'; did you mean 'balance'"),
        ({"optimizer__lr": 1.0}, r"no parameter 'optimizer__lr'.*learning_rate"),
        ({"optimiser__clipnorm": 1.0}, "no parameter 'optimiser__clipnorm'"),
        ({"model__units": (8,)}, "no parameter 'model__units'; did you mean 'units'"),
        ({"fit__epochs": 3}, "no parameter 'fit__epochs'; did you mean 'epochs'"),
    ],
)
def test_an_unknown_parameter_is_an_error_in_fit_that_names_the_nearest(arguments, message):
    clf = DenseClassifier(**arguments)
    with pytest.raises(TypeError, match=message):
        clf.fit(X, Y)


def test_names_of_other_libraries_lead_to_parameters_that_there_are():
    assert set(ELSEWHERE.values()) <= set(DenseClassifier().get_params())
    assert not set(ELSEWHERE) & set(DenseClassifier().get_params())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"wdth": 3}, "KerasClassifier has no parameter 'wdth'; did you mean 'width'"),
        ({"model__wdth": 3}, "no parameter 'model__wdth'; did you mean 'model__width'"),
        ({"epoch": 3}, "no parameter 'epoch'; did you mean 'epochs'"),
        ({"fit__epoch": 3}, "no parameter 'fit__epoch'; did you mean 'fit__epochs'"),
        ({"fit__initial_epoch": 3}, "no parameter 'fit__initial_epoch'"),
        ({"compile__metric": []}, "no parameter 'compile__metric'; did you mean 'compile__metric"),
    ],
)
def test_an_unknown_parameter_of_a_function_too(arguments, message):
    with pytest.raises(TypeError, match=message):
        KerasClassifier(network, **arguments).fit(X, Y)


def test_a_classifier_without_a_network_says_what_it_needs():
    with pytest.raises(TypeError, match="KerasClassifier needs model, a function that returns"):
        KerasClassifier().fit(X, Y)
    with pytest.raises(TypeError, match=r"needs model, .*; got 'dense'"):
        KerasClassifier("dense").fit(X, Y)


def test_an_unknown_argument_of_fit_or_predict_is_an_error():
    clf = KerasClassifier(network, verbose=0)
    with pytest.raises(TypeError, match="argument 'epoch'; did you mean 'epochs'"):
        clf.fit(X, Y, epoch=3)
    with pytest.raises(TypeError, match="argument 'batchsize'; did you mean 'batch_size'"):
        clf.fit(X, Y).predict(X, batchsize=3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0), ("batch_size", 0), ("batch_size", -2), ("validation_fraction", 1.0),
        ("patience", 0), ("learning_rate", 0.0), ("negative_weights", "ignore"),
        ("early_stopping", "yes"), ("learning_rate_schedule", "cosin"), ("units", 0),
        ("units", (8, 0)), ("dropout", 1.0), ("l2", -1.0), ("batch_normalization", "first"),
        ("plateau_factor", 1.0), ("decay", -1.0), ("weight_decay", -0.1), ("ema", 1.0),
        ("epochs", "all"), ("input_scaling", "minmax"), ("feature_scale", "yes"),
        ("random_state", "seed"), ("dropout", [0.1, 0.2]),
        ("jit_compile", "yes"), ("activation", "rleu"), ("kernel_initializer", "he"),
        ("optimizer", "adan"), ("loss", "cross_entropy"), ("metrics", ["aux"]),
    ],
)  # fmt: skip
def test_a_value_out_of_range_is_an_error_that_names_the_parameter(name, value):
    with pytest.raises((ValueError, TypeError), match=f"{name}|{value}"):
        DenseClassifier(**({"units": (8,), "epochs": 1} | {name: value})).fit(X, Y)


def test_a_learning_rate_given_twice_is_an_error():
    with pytest.raises(ValueError, match=r"learning_rate=0.1 and optimizer__learning_rate=0.2 are"):
        DenseClassifier(learning_rate=0.1, optimizer__learning_rate=0.2).fit(X, Y)
    adam = keras.optimizers.Adam(0.1)
    with pytest.raises(ValueError, match=r"learning_rate=0.1 together with the optimizer object"):
        DenseClassifier(learning_rate=0.1, optimizer=adam).fit(X, Y)
    with pytest.raises(ValueError, match="learning_rate_schedule together with the optimizer"):
        DenseClassifier(learning_rate_schedule="inverse_time", optimizer=adam).fit(X, Y)


@pytest.mark.parametrize(
    "arguments",
    [
        {"optimizer": "adam", "learning_rate": 0.05},
        {"optimizer": "adam", "optimizer__learning_rate": 0.05},
        {"optimizer": keras.optimizers.Adam, "learning_rate": 0.05},
        {"optimizer": keras.optimizers.Adam(0.05)},
    ],
    ids=["by name", "routed", "class", "object"],
)
def test_ways_to_say_the_learning_rate_are_equal(dense, arguments):
    reference = dense(learning_rate=0.05).fit(X, Y)
    clf = dense(**({"learning_rate": None} | arguments)).fit(X, Y)
    assert float(clf.model_.optimizer.learning_rate.numpy()) == pytest.approx(0.05)
    assert (clf.predict_proba(X) == reference.predict_proba(X)).all()


@pytest.mark.parametrize(
    "arguments",
    [
        {"optimizer": "SGD"},
        {"learning_rate": 0.05},
        {"optimizer": keras.optimizers.SGD, "ema": 0.9},
    ],
    ids=["by name", "with a rate", "class"],
)
def test_a_search_makes_one_optimizer_in_each_fit(dense, monkeypatch, arguments):
    arguments = {"optimizer": "sgd", "learning_rate": None} | arguments
    dense(**arguments).fit(X, Y)  # the engine is built, and the name is known
    made, init = [], keras.optimizers.SGD.__init__

    @functools.wraps(init)
    def counted(self, *args, **kwargs):
        made.append(kwargs.get("name"))
        init(self, *args, **kwargs)

    monkeypatch.setattr(keras.optimizers.SGD, "__init__", counted)
    dense(**arguments).fit(X, Y)
    assert made == ["sgd"]


def test_the_name_of_an_optimizer_may_be_routed(dense):
    clf = dense(optimizer="sgd", learning_rate=None, optimizer__name="steepest").fit(X, Y)
    assert clf.model_.optimizer.name == "steepest"


def test_a_word_is_known_no_longer_than_what_a_user_registers_for_it(dense):
    class Tilted(keras.initializers.HeNormal):
        """Keras finds it by its name in the scope only."""

    with keras.saving.custom_object_scope({"Tilted": Tilted}):
        dense(kernel_initializer="Tilted").fit(X, Y)
    with pytest.raises(ValueError, match="kernel_initializer='Tilted' is no initializer of Keras"):
        dense(kernel_initializer="Tilted").fit(X, Y)


def test_an_optimizer_object_serves_every_fit(dense):
    adam = keras.optimizers.Adam(0.05)
    for make in (
        lambda: dense(learning_rate=None, optimizer=adam),
        lambda: KerasClassifier(network, optimizer=adam, verbose=0, random_state=0),
    ):
        clf = make()
        first = clf.fit(X, Y).predict_proba(X)
        assert (clf.fit(X, Y).predict_proba(X) == first).all()
        assert (make().fit(X, Y).predict_proba(X) == first).all()
    assert not adam.built


def plain_sgd_step(kernel_and_bias, rate):
    """One step of gradient descent on the logistic loss of all events, in NumPy."""
    w, b = kernel_and_bias
    p = 1 / (1 + np.exp(-(X @ w + b)))
    return w - rate * X.T @ (p - Y) / len(Y), b - rate * np.mean(p - Y)


@pytest.mark.parametrize("decay", [0.0, 0.5])
def test_inverse_time_is_the_legacy_decay(dense, decay):
    # without hidden layers this is logistic regression; lr / (1 + decay * step)
    clf = dense(
        units=(),
        optimizer="sgd",
        learning_rate=0.3,
        learning_rate_schedule="inverse_time",
        decay=decay,
        batch_size=-1,
        epochs=7,
    )
    kernel, bias = clone(clf).initialize(X, Y).model_.get_weights()
    expected = kernel[:, 0].astype(float), float(bias[0])
    for step in range(7):
        expected = plain_sgd_step(expected, 0.3 / (1 + decay * step))
    kernel, bias = clf.fit(X, Y).model_.get_weights()
    np.testing.assert_allclose(kernel[:, 0], expected[0], atol=1e-5)
    assert bias[0] == pytest.approx(expected[1], abs=1e-5)


def test_plateau_lowers_the_rate_when_the_loss_no_longer_falls(dense):
    clf = dense(
        learning_rate=0.4,
        learning_rate_schedule="plateau",
        plateau_factor=0.5,
        plateau_patience=2,
        epochs=12,
        early_stopping=False,
    ).fit(X, Y, X_val=X, y_val=1 - Y)
    rate, best, waited, expected = 0.4, np.inf, 0, []
    for loss in clf.history_["val_loss"]:
        expected.append(rate)
        waited = 0 if loss < best else waited + 1
        best = min(best, loss)
        if waited == 2:
            rate, waited = rate * 0.5, 0
    assert clf.history_["learning_rate"] == pytest.approx(expected)
    assert min(expected) < 0.4


def test_a_keras_schedule_is_a_schedule(dense):
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.01, decay_steps=1, decay_rate=0.1)
    one = dense(learning_rate=None, learning_rate_schedule=schedule).fit(X, Y)
    other = dense(learning_rate_schedule="inverse_time", decay=0.1).fit(X, Y)
    assert (one.predict_proba(X) == other.predict_proba(X)).all()


def compiled_network(rate=0.01):
    model = network({"n_features_in_": 3})
    model.compile("sgd" if rate == 0.01 else keras.optimizers.SGD(rate), "binary_crossentropy")
    return model


def test_a_schedule_reaches_a_network_that_came_compiled():
    common = {"verbose": 0, "random_state": 0, "epochs": 2}
    slow = KerasClassifier(compiled_network, learning_rate=1e-12, **common).fit(X, Y)
    decayed = KerasClassifier(
        compiled_network, learning_rate_schedule="inverse_time", decay=1e12, **common
    ).fit(X, Y)
    initial = KerasClassifier(compiled_network, **common).initialize(X, Y)
    np.testing.assert_allclose(slow.predict_proba(X), initial.predict_proba(X), atol=1e-6)
    # the first step is at the full rate, the others do nothing
    assert float(decayed.model_.optimizer.learning_rate.numpy()) < 1e-13
    own = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    with pytest.raises(ValueError, match="came compiled with a schedule of its own"):
        KerasClassifier(compiled_network, rate=own, learning_rate=0.1, **common).fit(X, Y)


@pytest.mark.parametrize("size", [None, -1, 32, 1000])
def test_batch_size_none_is_32_and_minus_one_is_all(dense, size):
    equal = {None: 32, -1: 128, 32: 32, 1000: 128}
    one = dense(batch_size=size, epochs=1).fit(X, Y)
    other = dense(batch_size=equal[size], epochs=1).fit(X, Y)
    assert (one.predict_proba(X) == other.predict_proba(X)).all()
    # Adam counts its steps
    assert int(one.model_.optimizer.iterations.numpy()) == -(-128 // equal[size])


def test_without_shuffling_batches_come_in_the_order_of_the_events(dense):
    order = np.random.default_rng(1).permutation(128)
    one = dense(shuffle=False, epochs=1).fit(X, Y)
    again = dense(shuffle=False, epochs=1, random_state=0).fit(X, Y)
    other = dense(shuffle=False, epochs=1).fit(X[order], Y[order])
    assert (one.predict_proba(X) == again.predict_proba(X)).all()
    assert (one.predict_proba(X) != other.predict_proba(X)).any()


def test_a_sampler_of_imbalanced_learn_selects_the_events_of_an_epoch(dense):
    from imblearn.over_sampling import SMOTE
    from imblearn.under_sampling import RandomUnderSampler

    rare = np.arange(128) < 16
    sampler = RandomUnderSampler()
    clf = dense(batch_sampler=sampler, batch_size=8, epochs=2).fit(X, rare)
    # 16 + 16 events in batches of 8, two epochs
    assert int(clf.model_.optimizer.iterations.numpy()) == 8
    assert not hasattr(sampler, "sample_indices_")
    again = dense(batch_sampler=sampler, batch_size=8, epochs=2).fit(X, rare)
    assert (clf.predict_proba(X) == again.predict_proba(X)).all()
    with pytest.raises(ValueError, match="makes new events instead of selecting some"):
        dense(batch_sampler=SMOTE()).fit(X, rare)


def test_balanced_batches_learn_a_rare_class_as_a_common_one(dense):
    rare = np.arange(128) < 16
    balanced = dense(batch_sampler="balanced", batch_size=32, epochs=10).fit(X, rare)
    # in every batch half of the events are of the rare class, so that the network expects as many
    assert balanced.predict_proba(X)[rare, 1].mean() == pytest.approx(0.5, abs=0.15)
    plain = dense(batch_size=32, epochs=10).fit(X, rare)
    assert plain.predict_proba(X)[:, 1].mean() == pytest.approx(0.125, abs=0.1)


@pytest.mark.parametrize(
    "metrics",
    [["accuracy"], [keras.metrics.BinaryAccuracy(name="accuracy")]],
    ids=["name", "object"],
)
def test_metrics_are_weighted_like_the_loss(dense, metrics):
    weights = np.where(Y == 1, 3.0, 1.0)
    clf = dense(metrics=metrics, epochs=2).fit(
        X, Y, weights, X_val=X, y_val=Y, sample_weight_val=weights
    )
    right = clf.predict(X) == Y
    expected = weights[right].sum() / weights.sum()
    accuracy = clf.history_["val_accuracy"][clf.best_epoch_ - 1]
    assert accuracy == pytest.approx(expected, abs=1e-6)
    assert list(clf.history_) == ["loss", "accuracy", "val_loss", "val_accuracy"]


def test_metrics_and_losses_take_routed_arguments(dense):
    clf = dense(
        metrics=[keras.metrics.AUC],
        metrics__0__num_thresholds=17,
        loss="BinaryCrossentropy",
        loss__label_smoothing=0.2,
        optimizer__clipnorm=0.5,
        epochs=1,
    ).fit(X, Y)
    assert clf.model_.loss.get_config()["label_smoothing"] == 0.2
    assert clf.model_.optimizer.clipnorm == 0.5
    metric = clf.model_.get_compile_config()["weighted_metrics"][0]
    assert metric["config"]["num_thresholds"] == 17


def test_the_architecture_can_be_said_in_arrays_and_lists(dense):
    sizes = np.array([8, 6])
    one = dense(units=sizes, dropout=np.array([0.1, 0.2]), epochs=1).fit(X, Y)
    other = dense(units=[8, 6], dropout=(0.1, 0.2), epochs=1).fit(X, Y)
    assert (one.predict_proba(X) == other.predict_proba(X)).all()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"activation": "rellu"},
            r"activation='rellu' is no activation of Keras; did you .*'relu'",
        ),
        ({"kernel_initializer": "he_norml"}, "'he_norml' is no initializer .*'he_normal'"),
        (
            {"loss": "binary_crossentropi"},
            "is no loss of Keras; did you mean 'binary_crossentropy'",
        ),
        ({"optimizer": "adamm"}, "optimizer='adamm' is no optimizer of Keras; did you mean"),
        ({"metrics": ["accuracy", "acuracy"]}, "metrics='acuracy' is no metric of Keras"),
        ({"optimizer": None}, "optimizer is None; give an optimizer"),
        (
            {"loss": "categorical_crossentropy"},
            "is for one output node per class; the network has 1",
        ),
        ({"loss": "sparse_categorical_crossentropy"}, "'binary_crossentropy' fits it"),
    ],
)
def test_what_keras_does_not_have_is_named(dense, sample, parameters, message):
    X, y = sample
    with pytest.raises(ValueError, match=message):
        dense(weight_column="weight", **parameters).fit(X, y)


def test_a_loss_for_one_output_does_not_fit_three_classes(dense, sample):
    X, y = sample
    with pytest.raises(ValueError, match="is for one output node; the network has 3"):
        dense(loss="binary_crossentropy", weight_column="weight").fit(X, np.arange(len(y)) % 3)


def test_the_parameter_of_a_word_is_named(dense):
    with pytest.raises(ValueError, match=r"balance='equal' .* pass an EventWeightBalancer\(...\)"):
        dense(balance="equal").set_params(balance__mode="sqrt")
    with pytest.raises(ValueError, match="batch_sampler='balanced' has no 'random_state' to set"):
        dense(batch_sampler="balanced").set_params(batch_sampler__random_state=0)
    changed = dense(balance="equal").set_params(
        balance=EventWeightBalancer("equal"), balance__mode="sqrt"
    )
    assert changed.balance.mode == "sqrt"


@pytest.mark.parametrize(
    "parameters", [{"decay": 1e-3}, {"plateau_factor": 0.5}, {"plateau_patience": 2}]
)
def test_a_parameter_without_its_schedule_is_warned_of(dense, sample, parameters):
    X, y = sample
    with pytest.warns(UserWarning, match=r"has no effect with learning_rate_schedule='constant'"):
        dense(weight_column="weight", **parameters).fit(X, y)


def test_logarithms_of_probabilities_are_those_of_numpy(dense, sample):
    X, y = sample
    fitted = dense(weight_column="weight", units=(), learning_rate=1.0).fit(X, y)
    far = X.assign(pt=X["pt"] * 1e6)
    with np.errstate(divide="ignore"):
        expected = np.log(fitted.predict_proba(far))
    assert np.isneginf(expected).any()
    np.testing.assert_array_equal(fitted.predict_log_proba(far), expected)


@pytest.mark.parametrize("value", [Fraction(1, 3), Decimal("0.5")])
def test_a_fraction_is_no_number_of_a_parameter(value):
    with pytest.raises(ValueError, match="'l2' parameter of DenseClassifier must be a float"):
        DenseClassifier(l2=value).fit(np.eye(4), [0, 1, 0, 1])


@pytest.mark.parametrize("value", [0, np.ma.masked_equal([1, 2], 2), [[0.5]], {"auc": 1}])
@pytest.mark.parametrize("name", ["optimizer", "loss", "metrics", "kernel_initializer"])
def test_what_keras_makes_nothing_of_is_an_error_that_names_the_parameter(name, value):
    with pytest.raises(TypeError, match=f"DenseClassifier.{name} must have names, functions or"):
        DenseClassifier(**{name: value}).fit(np.eye(4), [0, 1, 0, 1])


@pytest.mark.parametrize("n_networks", [np.array([1, 2]), "two", 0, None])
def test_a_number_of_networks_that_is_none_is_an_error(n_networks):
    with pytest.raises(ValueError, match="'n_networks' parameter of DenseClassifier must be"):
        DenseClassifier(n_networks=n_networks).fit(np.eye(4), [0, 1, 0, 1])


def test_a_learning_rate_may_be_any_number(dense):
    X, y = np.eye(4), [0, 1, 0, 1]
    one = dense(learning_rate=1, learning_rate_schedule="constant").fit(X, y).predict_proba(X)
    same = dense(learning_rate=1.0, learning_rate_schedule="constant").fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(one, same)


def short_form(base, **fixed):
    """A user's subclass that states one argument of its own and none of its base."""

    class ShortForm(base):
        def __init__(self, rate=0.01):
            super().__init__(learning_rate=rate, epochs=1, verbose=0, **fixed)
            self.rate = rate

    return ShortForm


@pytest.mark.parametrize("cls", CLASSIFIERS, ids=lambda cls: cls.__name__)
def test_a_subclass_need_not_state_the_parameters_of_its_base(cls):
    clf = short_form(cls, **ARGUMENTS.get(cls, {}))(rate=0.02)
    assert list(clf.get_params()) == ["rate"] or cls is KerasClassifier
    events = EVENTS.get(cls, np.hstack([np.ones((128, 1)), X]))
    assert clone(clf).fit(events, Y).predict_proba(events).shape == (128, 2)


@pytest.mark.parametrize("name", ["CNNClassifier", "LSTMClassifier", "ResNetClassifier"])
def test_short_forms_say_the_same_of_what_they_share(name):
    told = documented(getattr(estimators, name), "Parameters")
    of_block = documented(estimators.BlockClassifier, "Parameters")
    assert told["mask_value"] == of_block["mask_value"]
    assert told["l2"] == "float, default=0.0 L2 penalty on the kernels."
    wanted = "()" if name == "ResNetClassifier" else "(100, 100)"
    assert f"default={wanted} " in told["dense_units"]
