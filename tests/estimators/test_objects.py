"""Keras objects, a user's own too: kept whole through fit, clone, search and files."""

from __future__ import annotations

import copy
import functools
import os
import pickle
import subprocess
import sys
from pathlib import Path

import joblib
import keras
import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from skhep_nn import DenseClassifier, KerasClassifier
from skhep_nn._keras_objects import assembled, parts_of, rebuilt, same

RNG = np.random.default_rng(0)
Y = (RNG.random(160) < 0.5).astype(int)
X = RNG.normal(Y[:, None], 1.0, (160, 3)).astype("float32")
SMALL = {
    "epochs": 2,
    "random_state": 0,
    "verbose": 0,
    "batch_size": 160,
    "learning_rate_schedule": "constant",
    "jit_compile": False,
}
# no layers but the dense ones, which are soon compiled
PLAIN = {
    "units": (3,),
    "activation": "relu",
    "optimizer": "sgd",
    "dropout": 0.0,
    "input_scaling": None,
    "feature_scale": False,
}

OWN = '''
import keras


class Scaled(keras.losses.Loss):
    def __init__(self, factor=1.0, name="scaled", reduction="sum_over_batch_size"):
        super().__init__(name=name, reduction=reduction)
        self.factor = factor

    def call(self, true, predicted):
        return keras.losses.binary_crossentropy(true, predicted) * self.factor


class Demanding(keras.losses.Loss):
    """Its argument has no default and another name inside."""

    def __init__(self, factor):
        super().__init__()
        self.times = factor

    def call(self, true, predicted):
        return keras.losses.binary_crossentropy(true, predicted) * self.times


class CallsItself(keras.losses.Loss):
    """A loss with its own ``__call__``, one value per event."""

    def __call__(self, true, predicted, sample_weight=None):
        return keras.losses.binary_crossentropy(true, predicted)


class PlainLoss:
    """A callable that is no loss of Keras."""

    def __call__(self, true, predicted):
        return keras.losses.binary_crossentropy(true, predicted)


def own_loss(true, predicted):
    return keras.losses.binary_crossentropy(true, predicted)


def one_number(true, predicted):
    return keras.ops.mean(keras.ops.abs(true - predicted))


class MeanOutput(keras.metrics.Metric):
    """A metric with an argument that its configuration leaves out."""

    def __init__(self, factor=1.0, name="mean_output", **kwargs):
        super().__init__(name=name, **kwargs)
        self.factor = factor
        self.total = self.add_variable((), "zeros", name="total")
        self.count = self.add_variable((), "zeros", name="count")

    def update_state(self, true, predicted, sample_weight=None):
        self.total.assign(self.total + self.factor * keras.ops.sum(predicted))
        self.count.assign(self.count + keras.ops.cast(keras.ops.shape(predicted)[0], "float32"))

    def result(self):
        return self.total / self.count


class Unweighted(MeanOutput):
    """A metric that takes no weights."""

    def update_state(self, true, predicted):
        super().update_state(true, predicted)


class Slower(keras.optimizers.SGD):
    """An optimizer with an argument that its configuration leaves out."""

    def __init__(self, learning_rate=0.01, slower=1.0, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.slower = slower

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient, variable, learning_rate / self.slower)


class Halving(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, start):
        self.start = start

    def __call__(self, step):
        return self.start * 0.5 ** keras.ops.cast(step, "float32")


class Doubled(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return keras.ops.ones(shape, dtype) * 0.2


class Shift(keras.layers.Layer):
    """A layer that is not registered with Keras."""

    def call(self, x):
        return x + 0.5


def own_activation(x):
    return keras.ops.tanh(x) * 1.5


class Note(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.epochs = epoch


def network(meta, width=3):
    return keras.Sequential([
        keras.layers.Input((meta["n_features_in_"],)),
        Shift(),
        keras.layers.Dense(width, activation=own_activation, kernel_initializer=Doubled()),
        keras.layers.Dense(1, activation="sigmoid"),
    ])
'''


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A module of a user's own that a new process can import too."""
    folder = tmp_path_factory.mktemp("objects")
    (folder / "own_objects.py").write_text(OWN)
    sys.path.insert(0, str(folder))
    yield __import__("own_objects")
    sys.path.remove(str(folder))


def dense(**parameters):
    return DenseClassifier(**(PLAIN | SMALL | parameters))


PARAMETERS = {
    "own loss": lambda own: {"loss": own.Scaled(2.0)},
    "own loss by state": lambda own: {"loss": own.Demanding(2.0)},
    "own loss class": lambda own: {"loss": own.Scaled, "loss__factor": 2.0},
    "own loss that calls itself": lambda own: {"loss": own.CallsItself()},
    "callable": lambda own: {"loss": own.PlainLoss()},
    "own loss function": lambda own: {"loss": own.own_loss},
    "partial": lambda own: {"loss": functools.partial(own.own_loss)},
    "huber": lambda own: {"loss": keras.losses.Huber(delta=0.01)},
    "own metrics": lambda own: {"metrics": [own.MeanOutput(3.0), own.one_number, "accuracy"]},
    "own metric class": lambda own: {"metrics": [own.MeanOutput], "metrics__factor": 3.0},
    "wrapped function": lambda own: {
        "metrics": [keras.metrics.MeanMetricWrapper(own.one_number, name="one")]
    },
    "own optimizer": lambda own: {"optimizer": own.Slower(0.1, slower=4.0)},
    "own optimizer class": lambda own: {"optimizer": own.Slower, "optimizer__slower": 4.0},
    "own schedule": lambda own: {"learning_rate_schedule": own.Halving(0.1)},
    "schedule in optimizer": lambda own: {"optimizer": keras.optimizers.SGD(own.Halving(0.1))},
    "own callback": lambda own: {"callbacks": [own.Note()]},
    "reduces the rate": lambda own: {
        "callbacks": [keras.callbacks.ReduceLROnPlateau(monitor="loss")],
        "learning_rate_schedule": "constant",
    },
}


@pytest.fixture(params=["dense", "keras"])
def make(request, own):
    if request.param == "dense":
        return dense
    return lambda **parameters: KerasClassifier(own.network, **(SMALL | parameters))


def history(classifier):
    """What decides all numbers of a fit, but for the last bits of sums in another order."""
    return {name: pytest.approx(values, rel=1e-5) for name, values in classifier.history_.items()}


@pytest.mark.parametrize(
    ("kind", "case"),
    [
        *(("dense", case) for case in PARAMETERS),
        *(("keras", case) for case in ("own loss", "huber", "own metrics", "own optimizer")),
        *(("keras", case) for case in ("own schedule", "reduces the rate")),
    ],
)
def test_objects_are_kept_through_clones_and_files(kind, case, own, tmp_path):
    parameters = PARAMETERS[case](own)
    make = dense if kind == "dense" else functools.partial(KerasClassifier, own.network, **SMALL)
    classifier = make(**parameters)
    copied = clone(copy.deepcopy(pickle.loads(pickle.dumps(classifier))))
    expected = classifier.fit(X, Y).predict_proba(X)
    assert (copied.fit(X, Y).predict_proba(X) == expected).all()
    assert copied.history_ == history(classifier)
    joblib.dump(classifier, tmp_path / "fitted.joblib")
    loaded = joblib.load(tmp_path / "fitted.joblib")
    assert (loaded.predict_proba(X) == expected).all()
    # it trains on as the original would
    for each in (classifier, loaded):
        each.set_params(callbacks=None).partial_fit(X, Y)
    assert (loaded.predict_proba(X) == classifier.predict_proba(X)).all()


def test_a_new_process_reads_them(own, tmp_path):
    cases = []
    for name in ("own loss", "own metrics", "own optimizer", "own schedule", "own callback"):
        parameters = PARAMETERS[name](own)
        for classifier in (
            dense(**parameters),
            KerasClassifier(own.network, **(SMALL | parameters)),
        ):
            cases.append((name, classifier.fit(X, Y), classifier.predict_proba(X)))
    joblib.dump((X, Y, cases), tmp_path / "cases.joblib")
    program = (
        "import joblib\n"
        f"X, y, cases = joblib.load({str(tmp_path / 'cases.joblib')!r})\n"
        "for name, classifier, expected in cases:\n"
        "    assert (classifier.predict_proba(X) == expected).all(), name\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(Path(own.__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# what arguments do


ARGUMENTS = {
    "huber": ("loss", [keras.losses.Huber(delta=d) for d in (0.01, 100.0)]),
    "own loss": ("loss", lambda own: [own.Scaled(f) for f in (1.0, 2.0)]),
    "own optimizer": ("optimizer", lambda own: [own.Slower(0.1, slower=f) for f in (1.0, 4.0)]),
    "own schedule": ("learning_rate_schedule", lambda own: [own.Halving(r) for r in (0.1, 0.01)]),
}


@pytest.mark.parametrize("case", ARGUMENTS)
def test_arguments_act_in_a_fit_and_in_the_fit_of_a_clone(make, own, case):
    name, values = ARGUMENTS[case]
    values = values(own) if callable(values) else values
    losses = [clone(make(**{name: value})).fit(X, Y).history_["loss"][-1] for value in values]
    assert losses[0] != losses[1]


@pytest.mark.parametrize("axis", [0, -1])
def test_the_axis_of_a_cosine_similarity_acts(make, axis):
    # over the one output the cosine is 1 or 0: -1 for signal, 0 for background
    loss = keras.losses.CosineSimilarity(axis=axis)
    last = clone(make(loss=loss)).fit(X, Y).history_["loss"][-1]
    assert (last == pytest.approx(-Y.mean(), abs=1e-4)) == (axis == -1)


def test_the_gain_of_an_identity_acts():
    for gain in (0.5, 3.0):
        initializer = keras.initializers.Identity(gain=gain)
        classifier = clone(dense(units=(3,), kernel_initializer=initializer, learning_rate=1e-9))
        kernel = classifier.fit(X, Y).model_.layers[1].kernel
        np.testing.assert_allclose(np.array(kernel), gain * np.eye(3), atol=1e-6)


def test_a_layer_as_activation_keeps_its_slope():
    slopes = [
        dense(activation=keras.layers.LeakyReLU(negative_slope=slope)).fit(X, Y).predict_proba(X)
        for slope in (0.0, 1.0)
    ]
    assert (slopes[0] != slopes[1]).any()


def test_a_loss_of_another_argument_does_not_continue_a_checkpoint():
    from skhep_nn.training._checkpoint import digest

    digests = {digest(keras.losses.Huber(delta=delta)) for delta in (0.1, 1.0)}
    assert len(digests) == 2
    assert digest(keras.losses.Huber(delta=0.1)) == digest(keras.losses.Huber(delta=0.1))


def test_an_own_metric_has_its_factor(own):
    fitted = dense(metrics=[own.MeanOutput(1.0), own.MeanOutput(3.0, name="three")]).fit(X, Y)
    one, three = (np.array(fitted.history_[name]) for name in ("mean_output", "three"))
    np.testing.assert_allclose(three, 3 * one, rtol=1e-5)


def test_a_metric_of_one_number_is_the_mean_over_events(make, own):
    fitted = make(metrics=[own.one_number, "mean_absolute_error"], batch_size=48).fit(X, Y)
    np.testing.assert_allclose(
        fitted.history_["one_number"], fitted.history_["mean_absolute_error"], rtol=1e-5
    )


def test_a_metric_that_takes_no_weights_says_so(make, own):
    with pytest.raises(TypeError, match="Unweighted takes no sample_weight"):
        make(metrics=[own.Unweighted()]).fit(X, Y)


def test_a_loss_with_its_own_call_is_weighted(own):
    weights = RNG.uniform(0.5, 2, 160)
    losses = [
        dense(loss=loss).fit(X, Y, weights).history_["loss"]
        for loss in (own.CallsItself(), keras.losses.BinaryCrossentropy())
    ]
    np.testing.assert_allclose(*losses, rtol=1e-5)


def test_metrics_by_the_name_of_the_output(make):
    fitted = make(metrics={"out1": ["accuracy"]}).fit(X, Y)
    assert len(fitted.history_["accuracy"]) == 2


@pytest.mark.parametrize(
    "parameters",
    [
        {"loss": ["BinaryCrossentropy"], "loss__0__label_smoothing": 0.5},
        {"loss": {"out1": "BinaryCrossentropy"}, "loss__out1__label_smoothing": 0.5},
        {"loss": [keras.losses.BinaryCrossentropy], "loss__label_smoothing": 0.5},
        {"loss": {"out1": keras.losses.BinaryCrossentropy}, "loss__label_smoothing": 0.5},
    ],
)
def test_a_loss_in_a_list_or_dict_with_routed_arguments(make, parameters):
    expected = make(loss=keras.losses.BinaryCrossentropy(label_smoothing=0.5)).fit(X, Y)
    assert make(**parameters).fit(X, Y).history_ == history(expected)


def test_several_losses_are_an_error(make):
    with pytest.raises(ValueError, match="has 2 losses; a classifier takes a network with one"):
        make(loss=["binary_crossentropy"] * 2).fit(X, Y)


def test_a_search_over_losses_in_workers(own):
    # one search, since each worker imports Keras: the own ones by path, the lambda by value
    doubled = lambda t, p: 2 * keras.losses.binary_crossentropy(t, p)  # noqa: E731
    grid = [
        {"network": [dense()], "network__loss": [own.Scaled(5.0), own.own_loss, doubled]},
        {"network": [KerasClassifier(own.network, **SMALL)], "network__loss": [doubled]},
    ]
    pipeline = Pipeline([("network", dense())])
    # workers that are there already know nothing of the folder with the own module
    get_reusable_executor().shutdown(wait=True)
    search = GridSearchCV(pipeline, grid, cv=2, n_jobs=2).fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


# what has no import path


def test_what_has_no_import_path_trains_and_is_refused_in_a_file(make):
    class Local(keras.losses.Loss):
        def call(self, true, predicted):
            return keras.losses.binary_crossentropy(true, predicted)

    without = [Local(), lambda t, p: 2 * keras.losses.binary_crossentropy(t, p)]
    for loss in without:
        fitted = clone(make(loss=loss)).fit(X, Y)
        assert (copy.deepcopy(fitted).predict_proba(X) == fitted.predict_proba(X)).all()
        with pytest.raises(pickle.PicklingError, match=r"loss of .*define it by name"):
            pickle.dumps(fitted)


def test_a_prebuilt_network_with_a_lambda_says_what_to_do():
    hidden = keras.layers.Lambda(lambda x: keras.ops.tanh(x) * 2)
    nodes = keras.layers.Dense(1, activation="sigmoid")
    model = keras.Sequential([keras.layers.Input((3,)), hidden, nodes])
    with pytest.raises(TypeError, match=r"lambda that uses keras.*define it as a function"):
        clone(KerasClassifier(model))


def test_an_optimizer_that_cannot_be_made_anew_says_so():
    class Secretive(keras.optimizers.SGD):
        def __init__(self, rate):
            super().__init__(rate)

    with pytest.raises(TypeError, match=r"Secretive cannot be made anew .* give it a get_config"):
        dense(optimizer=Secretive(0.1)).fit(X, Y)


# callbacks


CALLBACKS = {
    "csv": lambda path: keras.callbacks.CSVLogger(path / "log.csv"),
    "early": lambda path: keras.callbacks.EarlyStopping(monitor="loss", restore_best_weights=True),
    "reduce": lambda path: keras.callbacks.ReduceLROnPlateau(monitor="loss"),
    "checkpoint": lambda path: keras.callbacks.ModelCheckpoint(path / "m.keras", monitor="loss"),
    "schedule": lambda path: keras.callbacks.LearningRateScheduler(halved),
}


def halved(epoch):
    return 0.01 * 0.5**epoch


@pytest.mark.parametrize("kind", CALLBACKS)
def test_after_a_fit_with_a_callback_it_is_cloned_and_pickled(make, kind, tmp_path):
    fitted = make(callbacks=[CALLBACKS[kind](tmp_path)]).fit(X, Y)
    for other in (clone(fitted), pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
        assert other.fit(X, Y).n_epochs_ == fitted.n_epochs_


class Study:
    """A stand-in for what prunes trials: one object that everybody reports to."""

    def __init__(self):
        self.reports = []


class Pruning(keras.callbacks.Callback):
    """Reports to a trial and stops when it says so."""

    def __init__(self, trial):
        super().__init__()
        self._trial = trial

    def on_epoch_end(self, epoch, logs=None):
        self._trial.reports.append(logs["loss"])
        self.model.stop_training = True


def test_a_callback_reports_to_the_study_of_the_user(make):
    study = Study()
    fitted = clone(make(callbacks=[Pruning(study)])).fit(X, Y)
    assert fitted.n_epochs_ == 1
    assert study.reports == fitted.history_["loss"]


class Predicts(keras.callbacks.Callback):
    """Counts the hooks of predictions."""

    calls = ()

    def on_predict_begin(self, logs=None):
        type(self).calls = (*self.calls, "begin")

    def on_predict_end(self, logs=None):
        type(self).calls = (*self.calls, "end")


@pytest.mark.parametrize("name", ["callbacks", "predict__callbacks"])
def test_callbacks_see_predictions(own, name):
    Predicts.calls = ()
    fitted = KerasClassifier(own.network, **SMALL, **{name: [Predicts()]}).fit(X, Y)
    fitted.predict(X)
    assert Predicts.calls == ("begin", "end")


def test_callbacks_of_one_prediction():
    Predicts.calls = ()
    dense().fit(X, Y).predict_proba(X, callbacks=[Predicts()])
    assert Predicts.calls == ("begin", "end")


class WithLambda(keras.metrics.MeanMetricWrapper):
    def __init__(self, name="with_lambda"):
        super().__init__(lambda y, p: keras.ops.mean(p, -1), name=name)


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
def test_a_metric_around_a_lambda_is_an_error_that_says_what_to_do():
    with pytest.raises(TypeError, match=r"WithLambda holds a lambda, .* define it by name"):
        rebuilt(WithLambda())


class Holding(keras.callbacks.Callback):
    def __init__(self, path):
        super().__init__()
        self.log = path.open("w")


def test_a_callback_with_an_open_file_is_named_when_it_is_saved(tmp_path):
    callback = Holding(tmp_path / "log")
    with pytest.raises(pickle.PicklingError, match=r"callback Holding holds .*log.*; close it in"):
        pickle.dumps(callback)
    callback.log.close()
    assert pickle.loads(pickle.dumps(callback)).log is None


# those that wrap others, and the base of all
WRAPPERS = {"Optimizer", "LossScaleOptimizer", "MultiOptimizer"}
OPTIMIZERS = {
    name
    for name, one in vars(keras.optimizers).items()
    if isinstance(one, type) and issubclass(one, keras.optimizers.Optimizer)
}


@pytest.mark.parametrize("name", sorted(OPTIMIZERS - WRAPPERS))
def test_what_every_optimizer_of_keras_is_made_of_can_be_saved(name):
    optimizer = getattr(keras.optimizers, name)(learning_rate=0.02, clipnorm=0.5)
    parts = pickle.loads(pickle.dumps(parts_of(optimizer)))
    assert same(assembled(*parts), optimizer)


def test_an_optimizer_around_others_has_no_rate_for_a_schedule_to_start_from():
    X, y = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20) % 2
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.01))
    model = DenseClassifier(units=(2,), optimizer=optimizer, epochs=1, verbose=0)
    with pytest.raises(ValueError, match=r"wraps another and has no learning rate.*'cosine'"):
        model.fit(X, y)
    assert model.set_params(learning_rate_schedule="constant").fit(X, y).n_epochs_ == 1


@pytest.mark.skipif("MultiOptimizer" not in OPTIMIZERS, reason="this Keras has none")
def test_several_optimizers_in_one_are_an_error():
    optimizer = keras.optimizers.MultiOptimizer([keras.optimizers.Adam(0.01)])
    model = DenseClassifier(units=(2,), optimizer=optimizer, learning_rate_schedule="constant")
    with pytest.raises(ValueError, match="wraps several; give one of them"):
        model.fit(np.zeros((4, 2)), [0, 1, 0, 1])


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_a_metric_that_gives_an_array_of_one_number_is_that_and_several_are_an_error(run_eagerly):
    X, y = np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) % 2

    def network():
        return keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1, "sigmoid")])

    def fitted(metric):
        options = {"metrics": [metric], "epochs": 1, "random_state": 0, "run_eagerly": run_eagerly}
        return KerasClassifier(network, loss="binary_crossentropy", verbose=0, **options).fit(X, y)

    with_one = fitted(keras.metrics.F1Score(threshold=0.5)).history_["f1_score"]
    assert with_one == fitted(keras.metrics.F1Score("micro", threshold=0.5)).history_["f1_score"]
    with pytest.raises(ValueError, match=r"'precision' gives 2 numbers.* take one threshold"):
        fitted(keras.metrics.Precision(thresholds=[0.3, 0.6], name="precision"))


@pytest.mark.parametrize(
    ("of_fit", "of_reader"), [("float32", "mixed_float16"), ("mixed_float16", "float32")]
)
def test_a_network_is_read_under_another_policy_than_that_of_its_fit(of_fit, of_reader):
    X, y = np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) % 2

    def network():
        return keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1, "sigmoid")])

    before = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy(of_fit)
        options = {"loss": "binary_crossentropy", "epochs": 1, "random_state": 0, "verbose": 0}
        model = KerasClassifier(network, **options).fit(X, y)
        saved = pickle.dumps(model.model_)
        keras.config.set_dtype_policy(of_reader)
        read = pickle.loads(saved)
        assert keras.config.dtype_policy().name == of_reader
        assert type(read.optimizer) is type(model.model_.optimizer)
        for one, other in zip(read.variables, model.model_.variables, strict=True):
            np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(
            read.predict(X, verbose=0), model.model_.predict(X, verbose=0)
        )
    finally:
        keras.config.set_dtype_policy(before)
