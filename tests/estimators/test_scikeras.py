"""Code written for scikeras' KerasClassifier runs unchanged; first, the code of its notebooks."""

from __future__ import annotations

import inspect
import pickle
import re
import warnings

import keras
import numpy as np
import pytest
import scikeras.wrappers
from sklearn.base import clone
from sklearn.datasets import make_classification, make_moons
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, VotingClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

import skhep_nn
from skhep_nn import KerasClassifier

X, Y = make_classification(120, 20, n_informative=10, random_state=0)


def get_clf(meta, hidden_layer_sizes, dropout):
    model = keras.models.Sequential()
    model.add(keras.layers.Input(shape=(meta["n_features_in_"],)))
    for hidden_layer_size in hidden_layer_sizes:
        model.add(keras.layers.Dense(hidden_layer_size, activation="relu"))
        model.add(keras.layers.Dropout(dropout))
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    return model


def get_clf_model(hidden_layer_sizes, meta, compile_kwargs):
    model = keras.Sequential()
    model.add(keras.layers.Input(shape=(meta["n_features_in_"],)))
    for hidden_layer_size in hidden_layer_sizes:
        model.add(keras.layers.Dense(hidden_layer_size, activation="relu"))
    if meta["target_type_"] == "binary":
        n_output_units, output_activation, loss = 1, "sigmoid", "binary_crossentropy"
    elif meta["target_type_"] == "multiclass":
        n_output_units = meta["n_classes_"]
        output_activation, loss = "softmax", "sparse_categorical_crossentropy"
    model.add(keras.layers.Dense(n_output_units, activation=output_activation))
    model.compile(loss=loss, optimizer=compile_kwargs["optimizer"])
    return model


class MLPClassifier(KerasClassifier):
    def __init__(
        self,
        hidden_layer_sizes=(100,),
        optimizer="adam",
        optimizer__learning_rate=0.001,
        epochs=200,
        verbose=0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.hidden_layer_sizes = hidden_layer_sizes
        self.optimizer = optimizer
        self.epochs = epochs
        self.verbose = verbose

    def _keras_build_fn(self, compile_kwargs):
        model = keras.Sequential()
        model.add(keras.layers.Input(shape=(self.n_features_in_,)))
        for hidden_layer_size in self.hidden_layer_sizes:
            model.add(keras.layers.Dense(hidden_layer_size, activation="relu"))
        n_output_units = 1 if self.target_type_ == "binary" else self.n_classes_
        output_activation = "sigmoid" if self.target_type_ == "binary" else "softmax"
        loss = f"{'binary' if n_output_units == 1 else 'sparse_categorical'}_crossentropy"
        model.add(keras.layers.Dense(n_output_units, activation=output_activation))
        model.compile(loss=loss, optimizer=compile_kwargs["optimizer"])
        return model


class MaxValLoss(keras.callbacks.Callback):
    def __init__(self, monitor, threshold):
        self.monitor = monitor
        self.threshold = threshold

    def on_epoch_end(self, epoch, logs=None):
        if logs[self.monitor] > self.threshold:
            self.model.stop_training = True


def test_every_argument_has_the_default_of_scikeras():
    ours = inspect.signature(KerasClassifier.__init__).parameters
    for name, theirs in inspect.signature(
        scikeras.wrappers.KerasClassifier.__init__
    ).parameters.items():
        if name != "kwargs":
            assert ours[name].default == theirs.default, name
    assert list(ours)[1] == "model"


def test_basic_usage():
    clf = KerasClassifier(
        model=get_clf, loss="binary_crossentropy", hidden_layer_sizes=(10,), dropout=0.5
    )
    clf.fit(X, Y)
    assert clf.predict(X[:5]).shape == (5,)
    assert clf.predict_proba(X[:5]).shape == (5, 2)
    pipe = Pipeline([("scale", StandardScaler()), ("clf", clf)])
    assert pipe.fit(X, Y).predict(X).shape == (120,)
    restored = pickle.loads(pickle.dumps(clf))
    assert (restored.predict_proba(X) == clf.predict_proba(X)).all()


def test_a_saved_model_is_used_by_initialize(tmp_path):
    clf = KerasClassifier(get_clf, hidden_layer_sizes=(10,), dropout=0.5, verbose=0).fit(X, Y)
    clf.model_.save(tmp_path / "my_model.keras")
    new = KerasClassifier(keras.models.load_model(tmp_path / "my_model.keras"))
    new.initialize(X, Y)
    assert (new.predict_proba(X) == clf.predict_proba(X)).all()


def test_a_callback_that_stops_and_a_routed_validation_split():
    x, y = make_moons(n_samples=100, noise=0.2, random_state=0)
    kwargs = {
        "model": get_clf,
        "loss": "binary_crossentropy",
        "dropout": 0.5,
        "hidden_layer_sizes": (10,),
        "metrics": ["binary_accuracy"],
        "fit__validation_split": 0.2,
        "epochs": 5,
        "verbose": False,
        "random_state": 0,
    }
    clf = KerasClassifier(**kwargs).fit(x, y)
    assert len(clf.history_["val_binary_accuracy"]) == 5
    clf = KerasClassifier(**kwargs, callbacks=[MaxValLoss("val_binary_accuracy", 0.1)]).fit(x, y)
    assert len(clf.history_["loss"]) == 1


def test_grid_search_over_special_prefixes():
    clf = KerasClassifier(
        model=get_clf,
        loss="binary_crossentropy",
        optimizer="adam",
        optimizer__learning_rate=0.1,
        model__hidden_layer_sizes=(10,),
        model__dropout=0.5,
        verbose=False,
    )
    params = {
        "optimizer__learning_rate": [0.05, 0.1],
        "model__hidden_layer_sizes": [(10,), (5, 5)],
    }
    gs = GridSearchCV(clf, params, scoring="accuracy", cv=2).fit(X, Y)
    assert set(gs.best_params_) == set(params)
    best = gs.best_estimator_
    assert float(best.model_.optimizer.learning_rate.numpy()) == pytest.approx(
        gs.best_params_["optimizer__learning_rate"]
    )


def mlp():
    return KerasClassifier(
        model=get_clf_model,
        hidden_layer_sizes=(10,),
        optimizer="adam",
        optimizer__learning_rate=0.001,
        epochs=2,
        verbose=0,
        random_state=0,
    )


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_function_that_compiles_with_compile_kwargs(n_classes):
    x, y = make_classification(120, n_informative=5, n_classes=n_classes, random_state=0)
    clf = mlp().fit(x, y)
    assert clf.predict_proba(x).shape == (120, n_classes)
    assert float(clf.model_.optimizer.learning_rate.numpy()) == pytest.approx(0.001)


def test_a_subclass_with_its_own_arguments_and_network():
    clf = MLPClassifier(hidden_layer_sizes=(10,), epochs=2, random_state=0)
    assert clf.fit(X, Y).score(X, Y) > 0
    assert len(clf.history_["loss"]) == 2
    assert clf.get_params()["hidden_layer_sizes"] == (10,)
    assert clf.get_params()["batch_size"] is None
    again = clone(clf).set_params(batch_size=60).fit(X, Y)
    assert again.random_state == 0
    assert int(again.model_.optimizer.iterations.numpy()) == 4


def test_ensembles():
    learner = mlp().set_params(epochs=10, optimizer__learning_rate=0.01)
    adaboost = AdaBoostClassifier(estimator=learner, n_estimators=2, random_state=0).fit(X, Y)
    bagging = BaggingClassifier(estimator=mlp(), n_estimators=2, random_state=0).fit(X, Y)
    voting = VotingClassifier([("a", mlp()), ("b", mlp())], voting="soft").fit(X, Y)
    for ensemble in (adaboost, bagging, voting):
        assert ensemble.score(X, Y) > 0
    first, second = (e.model_.get_weights()[0] for e in bagging.estimators_)
    assert (first != second).any()


@pytest.mark.parametrize(
    "function",
    [
        lambda: get_clf({"n_features_in_": 20}, (5,), 0.0),
        lambda meta: get_clf(meta, (5,), 0.0),
        lambda meta, compile_kwargs: get_clf(meta, (5,), 0.0),
        lambda meta, params: get_clf(meta, (params["batch_size"] // 8,), 0.0),
        lambda **kwargs: get_clf(kwargs["meta"], (5,), 0.0),
    ],
    ids=["nothing", "meta", "compile_kwargs", "params", "kwargs"],
)
def test_a_function_gets_what_it_asks_for(function):
    clf = KerasClassifier(function, batch_size=40, verbose=0).fit(X, Y)
    assert clf.model_.count_params() == 20 * 5 + 5 + 5 + 1


def test_arguments_of_the_function_with_and_without_prefix():
    plain = KerasClassifier(get_clf, hidden_layer_sizes=(5,), dropout=0.0, verbose=0)
    prefixed = KerasClassifier(
        get_clf, model__hidden_layer_sizes=(5,), model__dropout=0.0, verbose=0
    )
    for clf in (plain, prefixed):
        assert clf.fit(X, Y).model_.count_params() == 111
    assert plain.set_params(hidden_layer_sizes=(6,)).fit(X, Y).model_.count_params() == 133
    assert clone(prefixed).get_params()["model__hidden_layer_sizes"] == (5,)


def test_meta_tells_what_scikeras_tells():
    seen = {}

    def function(meta):
        seen.update(meta)
        return get_clf(meta, (5,), 0.0)

    KerasClassifier(function, verbose=0).fit(X, np.where(Y == 1, "s", "b"))
    assert seen["n_features_in_"] == 20
    assert seen["X_shape_"] == (120, 20)
    assert seen["n_classes_"] == 2
    assert seen["n_outputs_expected_"] == 1
    assert seen["target_type_"] == "binary"
    assert seen["classes_"].tolist() == ["b", "s"]


def test_meta_counts_features_without_the_weight_column():
    function = lambda meta: get_clf(meta, (5,), 0.0)  # noqa: E731
    clf = KerasClassifier(function, weight_column=0, exclude=[1], verbose=0)
    assert clf.fit(np.abs(X), Y).model_.count_params() == 18 * 5 + 5 + 5 + 1
    assert clf.n_features_in_ == 20


def test_the_old_name_build_fn():
    clf = KerasClassifier(build_fn=lambda meta: get_clf(meta, (5,), 0.0), verbose=0)
    with pytest.warns(UserWarning, match="``build_fn`` will be renamed to ``model``"):
        clf.fit(X, Y)


def test_fit_arguments_hold_for_one_call():
    clf = KerasClassifier(get_clf, hidden_layer_sizes=(5,), dropout=0.0, verbose=0, fit__epochs=3)
    assert len(clf.fit(X, Y).history_["loss"]) == 3
    assert len(clf.fit(X, Y, epochs=2, batch_size=60).history_["loss"]) == 2
    assert int(clf.model_.optimizer.iterations.numpy()) == 4
    assert (clf.fit__epochs, clf.epochs, clf.batch_size) == (3, 1, None)
    assert clf.predict(X, batch_size=7, verbose=0).shape == (120,)


def test_partial_fit_and_warm_start():
    clf = mlp()
    for n in range(3):
        clf.partial_fit(X, Y)
        assert clf.current_epoch == n + 1
    clf = mlp().set_params(warm_start=True).fit(X, Y)
    model = clf.model_
    assert clf.fit(X, Y).model_ is model
    assert clf.set_params(warm_start=False).fit(X, Y).model_ is not model


def test_initialize_builds_without_training():
    clf = mlp()
    assert not clf.initialized_
    clf.initialize(X, Y)
    assert clf.initialized_
    before = clf.predict_proba(X)
    np.testing.assert_allclose(before[:, 1], clf.model_.predict(X, verbose=0)[:, 0], atol=1e-5)
    clf.partial_fit(X, Y)
    assert (clf.predict_proba(X) != before).any()


def test_a_prebuilt_model_is_trained_itself():
    model = get_clf({"n_features_in_": 20}, (5,), 0.0)
    clf = KerasClassifier(model, verbose=0).fit(X, Y)
    assert clf.model_ is model
    assert clone(clf).model is not model
    compiled = get_clf({"n_features_in_": 20}, (5,), 0.0)
    compiled.compile("sgd", "binary_crossentropy")
    assert isinstance(
        KerasClassifier(compiled, verbose=0).fit(X, Y).model_.optimizer, keras.optimizers.SGD
    )


def test_a_model_compiled_with_another_loss_is_an_error():
    def function(meta, compile_kwargs):
        model = get_clf(meta, (5,), 0.0)
        model.compile("sgd", "mean_squared_error")
        return model

    with pytest.raises(
        ValueError, match="loss='binary_crossentropy', but the network came compiled"
    ):
        KerasClassifier(function, loss="binary_crossentropy", verbose=0).fit(X, Y)


@keras.saving.register_keras_serializable("skhep_nn tests")
class Subclassed(keras.Model):
    """A network written as a class."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.nodes = keras.layers.Dense(1, activation="sigmoid")

    def call(self, inputs):
        return self.nodes(inputs)


def test_a_network_written_as_a_class():
    clf = KerasClassifier(lambda: Subclassed(name="own"), verbose=0, random_state=0).fit(X, Y)
    assert clf.predict_proba(X).shape == (120, 2)


class OwnStep(Subclassed):
    """A network with its own training step."""

    def train_step(self, data):
        return super().train_step(data)


def test_a_network_with_its_own_training_step_is_trained_by_keras():
    clf = KerasClassifier(lambda: OwnStep(name="own"), verbose=0, random_state=0).fit(X, Y)
    assert clf.training_loop_ == "keras: OwnStep has its own train_step"


def test_run_eagerly_trains_with_keras():
    clf = KerasClassifier(get_clf, hidden_layer_sizes=(5,), dropout=0.0, verbose=0)
    eager = clone(clf).set_params(run_eagerly=True, batch_size=60).fit(X, Y)
    assert eager.training_loop_ == "keras: run_eagerly=True"


def test_two_outputs_are_refused():
    def function():
        inputs = keras.layers.Input((20,))
        outputs = [keras.layers.Dense(1, activation="sigmoid")(inputs) for _ in range(2)]
        model = keras.Model(inputs, outputs)
        model.compile("sgd", ["binary_crossentropy"] * 2)
        return model

    with pytest.raises(ValueError, match="the network has 2 outputs; a classifier takes"):
        KerasClassifier(function, verbose=0).fit(X, Y)


def test_events_of_zero_weight_are_not_dropped():
    # scikeras drops them in silence: batches, steps and the shuffling then change
    weights = np.where(np.arange(120) % 2 == 0, 0.0, 1.0)
    clf = mlp().set_params(epochs=1, batch_size=30).fit(X, Y, sample_weight=weights)
    assert int(clf.model_.optimizer.iterations.numpy()) == 4
    assert clf.n_zero_weights_ == 60


def test_no_warning_comes_of_a_plain_fit():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mlp().fit(X, Y).predict(X)


class OwnArguments(KerasClassifier):
    """A subclass that states its arguments without ``**kwargs``, as scikit-learn's do."""

    def __init__(self, units=(8,), epochs=2, verbose=0):
        super().__init__(epochs=epochs, verbose=verbose)
        self.units = units

    def _keras_build_fn(self, meta):
        return get_clf(meta, self.units, 0.0)


def test_a_subclass_without_further_arguments_is_made_cloned_and_searched():
    assert set(OwnArguments().get_params()) == {"units", "epochs", "verbose"}
    clf = clone(OwnArguments(units=(5,))).fit(X, Y)
    assert clf.model_.count_params() == 20 * 5 + 5 + 5 + 1
    assert clf.optimizer == "rmsprop"
    search = GridSearchCV(OwnArguments(), {"units": [(3,), (4,)]}, cv=2).fit(X, Y)
    assert search.best_params_["units"] in [(3,), (4,)]
    assert (pickle.loads(pickle.dumps(clf)).predict_proba(X) == clf.predict_proba(X)).all()


def test_a_subclass_with_further_arguments_is_searched():
    grid = {"hidden_layer_sizes": [(3,), (4,)], "optimizer__learning_rate": [0.01]}
    clf = MLPClassifier(epochs=1, random_state=0)
    search = GridSearchCV(clf, grid, cv=2).fit(X, Y)
    assert float(search.best_estimator_.model_.optimizer.learning_rate.numpy()) == pytest.approx(
        0.01
    )


@pytest.mark.parametrize("wide", [5, 100])
def test_a_network_may_return_a_list_of_one_output(wide):
    def function():
        inputs = keras.layers.Input((20,))
        hidden = keras.layers.Dense(wide, activation="relu")(inputs)
        return keras.Model(inputs, [keras.layers.Dense(1, activation="sigmoid")(hidden)])

    clf = KerasClassifier(function, loss="binary_crossentropy", verbose=0).fit(X, Y)
    np.testing.assert_allclose(
        clf.predict_proba(X)[:, 1:],
        np.squeeze(clf.model_.predict(X, verbose=0))[:, None],
        atol=1e-5,
    )


@pytest.mark.parametrize("name", ["target_encoder", "feature_encoder", "scorer"])
def test_what_only_scikeras_lets_override_is_an_error(name):
    class Overriding(KerasClassifier):
        pass

    setattr(Overriding, name, property(lambda self: None))
    with pytest.raises(TypeError, match=f"Overriding overrides {name}, which is not used; "):
        Overriding(get_clf, hidden_layer_sizes=(3,), dropout=0.0).fit(X, Y)


def test_no_optimizer_is_right_for_a_compiled_network_only():
    def compiled(meta):
        model = get_clf(meta, (3,), 0.0)
        model.compile("sgd", "binary_crossentropy")
        return model

    clf = KerasClassifier(compiled, optimizer=None, verbose=0).fit(X, Y)
    assert isinstance(clf.model_.optimizer, keras.optimizers.SGD)
    bare = KerasClassifier(get_clf, optimizer=None, hidden_layer_sizes=(3,), dropout=0.0, verbose=0)
    with pytest.raises(ValueError, match="optimizer is None; give an optimizer, or"):
        bare.fit(X, Y)


def test_class_weights_of_one_fit_are_those_of_the_parameter():
    common = {"hidden_layer_sizes": (3,), "dropout": 0.0, "verbose": 0, "random_state": 0}
    weights = {0: 1.0, 1: 5.0}
    expected = KerasClassifier(get_clf, class_weight=weights, **common).fit(X, Y).predict_proba(X)
    called = KerasClassifier(get_clf, **common).fit(X, Y, class_weight=weights)
    routed = KerasClassifier(get_clf, fit__class_weight=weights, **common).fit(X, Y)
    for clf in (called, routed):
        assert (clf.predict_proba(X) == expected).all()
    assert called.class_weight is None


def test_balanced_class_weights_in_partial_fit_are_refused():
    clf = mlp().set_params(class_weight="balanced")
    with pytest.raises(
        ValueError, match="class_weight='balanced' is not supported for partial_fit"
    ):
        clf.partial_fit(X, Y)
    assert clf.set_params(class_weight={0: 1.0, 1: 2.0}).partial_fit(X, Y).current_epoch == 1


def test_last_events_without_a_class_are_an_error_of_events():
    order = np.argsort(Y)
    clf = mlp().set_params(validation_split=0.1)
    with pytest.raises(ValueError, match=r"12 last events \(validation_split=0.1\) have none of"):
        clf.fit(X[order], Y[order])


class Unconstructed(KerasClassifier):
    def __init__(self, units=(8,)):
        self.units = units


def test_a_subclass_that_does_not_construct_its_base_is_told_so():
    X, y = make_moons(20, random_state=0)
    with pytest.raises(TypeError, match=r"Unconstructed has no .*; call super\(\).__init__\(\) in"):
        Unconstructed().fit(X, y)


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("initial_epoch", "epochs count from 0 in each fit; warm_start=True trains on"),
        ("steps_per_epoch", "an epoch is one pass over the events; set batch_size and epochs"),
        ("validation_steps", "the loss of all validation events is computed"),
        ("validation_freq", "the validation loss is computed after each epoch"),
    ],
)
def test_what_only_keras_fit_takes_is_an_error_that_says_what_holds_instead(name, instead):
    common = {"hidden_layer_sizes": (3,), "dropout": 0.0}
    called = f"fit() got an unexpected keyword argument '{name}'; {instead}"
    with pytest.raises(TypeError, match=f"^{re.escape(called)}$"):
        KerasClassifier(get_clf, **common).fit(X, Y, **{name: 1})
    routed = f"KerasClassifier has no parameter 'fit__{name}'; {instead}"
    with pytest.raises(TypeError, match=f"^{re.escape(routed)}$"):
        KerasClassifier(get_clf, **common, **{f"fit__{name}": 1}).fit(X, Y)


def test_arguments_that_neither_knows_are_errors():
    clf = mlp().initialize(X, Y)
    with pytest.raises(TypeError, match=r"fit\(\) got an unexpected .* 'epoch'; did you mean"):
        clf.fit(X, Y, epoch=3)
    for predict in (clf.predict, clf.predict_proba, clf.predict_log_proba):
        with pytest.raises(TypeError, match=r"unexpected keyword argument 'batchsize'; did you"):
            predict(X, batchsize=3)


def test_there_is_no_regressor():
    with pytest.raises(AttributeError, match="KerasRegressor"):
        skhep_nn.KerasRegressor  # noqa: B018


@pytest.mark.parametrize("y", [np.stack([Y, 1 - Y], axis=1), np.stack([Y, Y, Y], axis=1)])
def test_several_targets_are_refused(y):
    with pytest.raises(ValueError, match=r"y .*shape"):
        mlp().fit(X, y)


@pytest.mark.parametrize("n_nodes", [2, 3])
def test_other_numbers_of_nodes_than_classes_are_refused(n_nodes):
    def function():
        nodes = keras.layers.Dense(n_nodes, activation="softmax")
        return keras.Sequential([keras.layers.Input((20,)), nodes])

    y = np.where(X[:, 0] > 1, 2, Y) if n_nodes == 2 else Y
    with pytest.raises(ValueError, match=f"{n_nodes}.*{5 - n_nodes} classes"):
        KerasClassifier(function, verbose=0).fit(X, y)


@pytest.mark.parametrize("labels", [[0, 1], ["b", "s"], [0, 1, 2], ["b", "s", "t"]], ids=str)
def test_meta_is_that_of_scikeras(labels):
    y = np.array(labels)[np.arange(120) % len(labels)]
    is_binary = len(labels) == 2
    loss = "binary_crossentropy" if is_binary else "sparse_categorical_crossentropy"
    both = []

    def function(meta):
        both.append(dict(meta))
        nodes = keras.layers.Dense(
            1 if is_binary else 3, activation="sigmoid" if is_binary else "softmax"
        )
        return keras.Sequential([keras.layers.Input((20,)), nodes])

    for kind in (scikeras.wrappers.KerasClassifier, KerasClassifier):
        kind(function, loss=loss, verbose=0).initialize(X, y)
    theirs, ours = both
    # these two are what classifiers of ours do not have, see docs
    assert theirs.keys() - ours.keys() == {"target_encoder_", "feature_encoder_"}
    assert (theirs.pop("X_dtype_"), ours.pop("X_dtype_")) == (np.float64, np.float32)
    assert theirs.pop("classes_").tolist() == ours.pop("classes_").tolist() == labels
    for name in ours.keys() & theirs.keys():
        assert ours[name] == theirs[name], name


@pytest.mark.parametrize("name", ["target_encoder_", "feature_encoder_"])
def test_meta_has_no_encoders(name):
    with pytest.raises(KeyError, match=name):
        KerasClassifier(lambda meta: meta[name], verbose=0).fit(X, Y)
    assert not hasattr(mlp().initialize(X, Y), name)
