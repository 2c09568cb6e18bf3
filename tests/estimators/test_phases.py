"""Training in phases: what each starts from, its loss, its parameters; what is refused."""

from __future__ import annotations

import copy

import joblib
import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skhep_nn import DenseClassifier, KerasClassifier
from skhep_nn.estimators._fit._phases import KEYS
from skhep_nn.exceptions import TrainingError, TrainingInterruptedWarning
from skhep_nn.training import _order as order
from skhep_nn.training import _stream
from skhep_nn.training._checkpoint import Checkpoint
from skhep_nn.training._pool import POOL

FEATURES = ["pt", "eta", "mt"]
TWO = [{"learning_rate": 0.01, "label_smoothing": 0.1, "epochs": 2}, {"learning_rate": 1e-3}]
# Steps so large that every epoch is worse than what was before.
DIVERGES = {"optimizer": "adam", "learning_rate": 50.0}
STANDS_STILL = 1e-12


def network(meta):
    return keras.Sequential(
        [
            keras.layers.Input((meta["n_features_in_"],)),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )


def compiled_network(meta):
    model = network(meta)
    model.compile(keras.optimizers.SGD(0.25, momentum=0.5), "binary_crossentropy")
    return model


def of_two_nodes(meta):
    return keras.Sequential(
        [
            keras.layers.Input((meta["n_features_in_"],)),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )


class Recorder(keras.callbacks.Callback):
    """Notes the learning rate of each epoch, and the beginning and end of training."""

    seen: list = []  # noqa: RUF012

    def on_train_begin(self, logs=None):
        self.seen.append("begin")

    def on_epoch_begin(self, epoch, logs=None):
        rate = float(np.array(self.model.optimizer.learning_rate))
        self.seen.append((epoch, pytest.approx(rate), int(self.model.optimizer.iterations.numpy())))

    def on_train_end(self, logs=None):
        self.seen.append("end")


class AtBatches(keras.callbacks.Callback):
    """Makes the fit use Keras' own loop; notes the losses that it sees."""

    seen: list = []  # noqa: RUF012

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(logs["loss"])


class Interrupt(keras.callbacks.Callback):
    """Ctrl-C when a hook is called for the n-th time."""

    def __init__(self, hook, n):
        super().__init__()
        self.left = n
        setattr(self, hook, self.count)

    def count(self, *arguments, logs=None):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def nothing_seen():
    Recorder.seen, AtBatches.seen = [], []


@pytest.fixture
def halves(sample):
    X, y = sample
    X = X[FEATURES].to_numpy(np.float32)
    return (X[:400], y[:400]), {"X_val": X[400:], "y_val": y[400:]}


@pytest.fixture(params=["DenseClassifier", "KerasClassifier"])
def make(request, dense):
    if request.param == "DenseClassifier":
        return dense
    common = {"random_state": 0, "verbose": 0, "optimizer": "adam", "epochs": 3, "batch_size": 64}
    return lambda **p: KerasClassifier(network, **(common | p))


def same_network(one, other, X):
    return (one.predict_proba(X) == other.predict_proba(X)).all()


def step_by_step(model, data, batch_size, orders):
    """Plain Keras over the batches of the epochs with these orders."""
    for rows in orders:
        for start in range(0, len(rows), batch_size):
            x, y, weights = (part[rows[start : start + batch_size]] for part in data)
            model.train_on_batch(x, y, sample_weight=weights)


@pytest.mark.parametrize("shuffle", [True, False])
def test_two_phases_are_two_fits_of_keras_compiled_anew(dense, sample, shuffle):
    X, y = sample
    weights = X["weight"].to_numpy()
    data = X[FEATURES].to_numpy(np.float32), y[:, None].astype("f4"), weights / weights.mean()
    phases = [
        {"learning_rate": 0.01, "label_smoothing": 0.1, "epochs": 2},
        {"learning_rate": 0.05, "optimizer": "sgd", "batch_size": 100, "epochs": 3},
    ]
    clf = dense(weight_column="weight", phases=phases, shuffle=shuffle)
    model = clf.initialize(X, y).model_
    clf.fit(X, y)
    draw = (order.shuffled if shuffle else order.as_given)(600, 0)
    model.compile(keras.optimizers.Adam(0.01), keras.losses.BinaryCrossentropy(label_smoothing=0.1))
    step_by_step(model, data, 64, [draw(0), draw(1)])
    model.compile(keras.optimizers.SGD(0.05), keras.losses.BinaryCrossentropy())
    # the numbers of the epochs, and with them their orders, go on
    step_by_step(model, data, 100, [draw(2), draw(3), draw(4)])
    expected = model.predict(data[0], verbose=0)[:, 0]
    np.testing.assert_allclose(clf.predict_proba(X)[:, 1], expected, rtol=0, atol=1e-4)
    assert clf.history_["phase"] == [1, 1, 2, 2, 2]
    assert clf.n_epochs_ == clf.best_epoch_ == 5


def test_phases_of_a_network_of_the_users_own_are_those_of_keras_too(halves):
    (X, y), _ = halves
    phases = [{"learning_rate": 0.01, "loss": "mse"}, {"optimizer": "sgd", "label_smoothing": 0.2}]
    common = {"epochs": 2, "batch_size": 64, "shuffle": False, "random_state": 0, "verbose": 0}
    clf = KerasClassifier(network, phases=phases, **common).initialize(X, y)
    model = keras.models.clone_model(clf.model_)
    model.set_weights(clf.model_.get_weights())
    clf.fit(X, y)
    data, orders = (X, y[:, None].astype("f4"), np.ones(400)), [np.arange(400)] * 2
    model.compile(keras.optimizers.RMSprop(0.01), "mse")
    step_by_step(model, data, 64, orders)
    model.compile("sgd", keras.losses.BinaryCrossentropy(label_smoothing=0.2))
    step_by_step(model, data, 64, orders)
    expected = model.predict(X, verbose=0)[:, 0]
    np.testing.assert_allclose(clf.predict_proba(X)[:, 1], expected, rtol=0, atol=1e-4)
    assert clf.history_["phase"] == [1, 1, 2, 2]


def test_each_phase_has_its_learning_rate_and_a_new_optimizer(make, halves):
    phases = [{"learning_rate": 0.25}, {"learning_rate": 0.125, "epochs": 1}, {"batch_size": 200}]
    make(phases=phases, learning_rate=0.5, epochs=2, callbacks=Recorder).fit(*halves[0])
    # 400 events in batches of 64 are 7 steps, of 200 they are 2
    first = ["begin", (0, 0.25, 0), (1, 0.25, 7), "end"]
    second = ["begin", (0, 0.125, 0), "end"]
    third = ["begin", (0, 0.5, 0), (1, 0.5, 2), "end"]
    assert Recorder.seen == first + second + third


def test_schedules_and_plateaus_start_anew(dense, halves):
    train, validation = halves
    clf = dense(
        phases=[{"learning_rate": 64.0}, {"learning_rate": 32.0}],
        optimizer="sgd",
        epochs=4,
        learning_rate_schedule="plateau",
        plateau_patience=1,
        plateau_factor=0.5,
    ).fit(*train, **validation)
    rates = clf.history_["learning_rate"]
    assert (rates[0], rates[4]) == (64.0, 32.0)
    assert rates[3] < 64.0
    scheduled = {"learning_rate_schedule": "inverse_time", "decay": 1.0, "callbacks": Recorder}
    dense(phases=[{"learning_rate": 0.5}, {"learning_rate": 0.25}], **scheduled).fit(*train)
    # after 7 steps the rate is an eighth: lr / (1 + 7 * decay)
    rates = [seen[:2] for seen in Recorder.seen if seen not in ("begin", "end")]
    assert rates[:2] == [(0, 0.5), (1, 0.5 / 8)]
    assert rates[3:5] == [(0, 0.25), (1, 0.25 / 8)]


@pytest.mark.parametrize("loss", [None, "binary_crossentropy", keras.losses.BinaryCrossentropy])
def test_smoothing_acts_on_training_and_validation_loss(make, halves, loss):
    train, validation = halves
    weights = {"sample_weight": np.ones(400), "sample_weight_val": np.linspace(0.1, 1, 200)}
    phases = [{"label_smoothing": 0.3, "learning_rate": STANDS_STILL, "epochs": 1}]
    clf = make(phases=phases, loss=loss, batch_size=-1).fit(*train, **validation, **weights)

    def smoothed_loss(X, y, w):
        p, target = clf.predict_proba(X)[:, 1], y * 0.7 + 0.15
        return np.average(-target * np.log(p) - (1 - target) * np.log(1 - p), weights=w)

    expected = smoothed_loss(*train, weights["sample_weight"])
    assert clf.history_["loss"] == [pytest.approx(expected, rel=1e-5)]
    # the validation weights have the class shares of the training events
    X, y = validation["X_val"], validation["y_val"]
    w = weights["sample_weight_val"]
    shares = np.bincount(train[1])[y] / np.bincount(y, w)[y]
    expected = smoothed_loss(X, y, w * shares)
    assert clf.history_["val_loss"] == [pytest.approx(expected, rel=1e-5)]


def classes_of(X):
    return np.digitize(X[:, 0], [-0.5, 0.5])


@pytest.mark.parametrize("loss", [None, "sparse_categorical_crossentropy"])
def test_smoothing_of_several_classes_is_that_of_one_hot_targets(dense, halves, loss):
    (X, _), _ = halves
    y = classes_of(X)
    smoothed = {"label_smoothing": 0.3, "learning_rate": STANDS_STILL}
    clf = dense(phases=[smoothed, {}], loss=loss, batch_size=-1, epochs=1).fit(X, y)
    before = dense(phases=[smoothed], loss=loss, batch_size=-1, epochs=1).fit(X, y)
    log_p = np.log(before.predict_proba(X))
    target = np.eye(3)[y] * 0.7 + 0.1
    plain = -log_p[np.arange(len(y)), y].mean()
    expected = [-(target * log_p).sum(axis=1).mean(), plain]
    assert clf.history_["loss"] == pytest.approx(expected, rel=1e-5)


def test_smoothing_of_two_nodes_for_two_classes(halves):
    (X, y), _ = halves
    smoothed = {"label_smoothing": 0.3, "learning_rate": STANDS_STILL}
    clf = KerasClassifier(of_two_nodes, phases=[smoothed], batch_size=-1, random_state=0, verbose=0)
    log_p = np.log(clf.fit(X, y).predict_proba(X))
    target = np.eye(2)[y] * 0.7 + 0.15
    expected = -(target * log_p).sum(axis=1).mean()
    assert clf.history_["loss"] == pytest.approx([expected], rel=1e-5)


def test_smoothing_in_a_phase_stands_above_that_of_the_loss(dense, halves):
    train, _ = halves
    loss = {"loss": "BinaryCrossentropy", "loss__label_smoothing": 0.5}
    own = dense(**loss, phases=[{"label_smoothing": 0.0}]).fit(*train)
    assert own.history_["loss"] == dense().fit(*train).history_["loss"]
    kept = dense(**loss, phases=[{}]).fit(*train)
    assert kept.history_["loss"] == dense(**loss).fit(*train).history_["loss"]


def test_a_phase_that_diverges_leaves_the_network_of_the_phase_before(make, halves):
    train, validation = halves
    alone = make(learning_rate=0.01).fit(*train, **validation)
    clf = make(phases=[{"learning_rate": 0.01}, DIVERGES | {"epochs": 2}]).fit(*train, **validation)
    assert same_network(clf, alone, train[0])
    assert clf.best_epoch_ == alone.best_epoch_
    assert clf.history_["phase"] == [1, 1, 1, 2, 2]
    assert clf.history_["val_loss"][:3] == alone.history_["val_loss"]
    assert min(clf.history_["val_loss"][3:]) > max(clf.history_["val_loss"][:3])


def test_averaged_weights_of_a_phase_that_diverges_are_left_too(dense, halves):
    train, validation = halves
    alone = dense(learning_rate=0.01).fit(*train, **validation)
    averaged = {"optimizer": keras.optimizers.Adam(50.0, use_ema=True), "epochs": 1}
    phases = [{"learning_rate": 0.01}, {"learning_rate": None} | averaged]
    clf = dense(learning_rate=None, phases=phases).fit(*train, **validation)
    assert same_network(clf, alone, train[0])


@pytest.mark.parametrize("smoothings", [(0.0, 0.8), (0.8, 0.0)])
@pytest.mark.parametrize("rate", [0.01, 0.3, 3.0])
def test_the_best_so_far_is_judged_by_the_loss_of_the_phase(dense, halves, smoothings, rate):
    train, validation = halves
    rates = (0.01, rate)
    phases = [
        {"label_smoothing": smoothing, "learning_rate": rate}
        for smoothing, rate in zip(smoothings, rates, strict=True)
    ]
    first = dense(phases=phases[:1]).fit(*train, **validation)
    # the loss of phase 2, for the network that phase 1 has left
    still = dense(phases=[phases[0], phases[1] | {"learning_rate": STANDS_STILL, "epochs": 1}])
    start = still.fit(*train, **validation).history_["val_loss"][-1]
    clf = dense(phases=phases).fit(*train, **validation)
    losses = clf.history_["val_loss"][3:]
    assert min(losses) != pytest.approx(start, rel=1e-6)
    best = 4 + int(np.argmin(losses)) if min(losses) < start else first.best_epoch_
    assert clf.best_epoch_ == best
    if best == first.best_epoch_:
        assert same_network(clf, first, train[0])
    else:
        assert not same_network(clf, first, train[0])


def test_a_later_epoch_may_be_the_best_with_a_larger_loss(dense, halves):
    train, validation = halves
    phases = [{"learning_rate": 0.01}, {"learning_rate": 0.01, "label_smoothing": 0.9}]
    clf = dense(phases=phases).fit(*train, **validation)
    # at 0.9 the loss is nearly log(2), whatever the network
    assert min(clf.history_["val_loss"][3:]) > min(clf.history_["val_loss"][:3])
    assert clf.best_epoch_ > 3


def test_patience_is_that_of_the_phase_and_starts_anew(make, halves):
    train, validation = halves
    good = {"learning_rate": 0.01, "patience": 1}
    phases = [good, DIVERGES | {"patience": 2, "epochs": 9}, good | {"epochs": 1}]
    clf = make(phases=phases, early_stopping=True).fit(*train, **validation)
    assert clf.history_["phase"] == [1, 1, 1, 2, 2, 3]


def test_a_phase_starts_from_the_best_epoch_and_not_from_the_last(dense, halves):
    train, validation = halves
    good, still = {"learning_rate": 0.01}, {"learning_rate": STANDS_STILL, "epochs": 1}
    clf = dense(phases=[good, DIVERGES, still]).fit(*train, **validation)
    alone = dense(phases=[good]).fit(*train, **validation)
    assert clf.history_["val_loss"][-1] == pytest.approx(min(alone.history_["val_loss"]), rel=1e-6)


def test_without_validation_events_a_phase_starts_from_the_last_epoch(dense, halves):
    train, _ = halves
    still = {"learning_rate": STANDS_STILL, "epochs": 1}
    one = dense(phases=[{"learning_rate": 0.01}]).fit(*train)
    clf = dense(phases=[{"learning_rate": 0.01}, still]).fit(*train)
    np.testing.assert_allclose(clf.predict_proba(train[0]), one.predict_proba(train[0]), atol=1e-6)
    assert clf.best_epoch_ == clf.n_epochs_ == 4


def test_a_loss_that_is_not_finite_names_the_phase(dense, halves):
    (X, y), _ = halves
    phases = [{"learning_rate": 0.01}, {"optimizer": "sgd", "learning_rate": 1e38}]
    with pytest.raises(TrainingError, match=r"in epoch [123] of 3 in phase 2 of 2; try a lower"):
        dense(phases=phases, l2=0.1).fit(X, y)


def test_terminate_on_nan_keeps_the_phase_before(dense, halves):
    train, validation = halves
    phases = [{"learning_rate": 0.01}, {"optimizer": "sgd", "learning_rate": 1e38}]
    ends = keras.callbacks.TerminateOnNaN()
    clf = dense(phases=phases, l2=0.1, callbacks=ends).fit(*train, **validation)
    alone = dense(learning_rate=0.01, l2=0.1).fit(*train, **validation)
    assert same_network(clf, alone, train[0])


def test_equal_weights_and_balancing_act_in_every_phase(dense, sample):
    X, y = sample
    common = {"weight_column": "weight", "balance": "equal", "early_stopping": True}
    phases = [{"learning_rate": STANDS_STILL, "epochs": 1}] * 2
    clf = dense(phases=phases, batch_size=-1, **common).fit(X, y)
    assert clf.history_["loss"][0] == pytest.approx(clf.history_["loss"][1], rel=1e-6)
    alone = dense(learning_rate=STANDS_STILL, epochs=1, batch_size=-1, **common).fit(X, y)
    assert clf.history_["loss"][0] == alone.history_["loss"][0]


@pytest.mark.parametrize("parameters", [{"batch_sampler": "balanced"}, {"dropout": 0.3}, {}])
def test_two_fits_are_identical(dense, sample, parameters):
    X, y = sample
    parameters = {"weight_column": "weight", "early_stopping": True, "phases": TWO} | parameters
    one = dense(**parameters).fit(X, y)
    POOL.clear()
    other = dense(**parameters).fit(X, y)
    assert one.history_ == other.history_
    assert same_network(one, other, X)


@pytest.mark.parametrize("sampler", [None, "balanced"])
@pytest.mark.parametrize("buffer", [None, 1024])
def test_events_on_disk_train_in_phases(dense, halves, tmp_path, monkeypatch, sampler, buffer):
    (X, y), _ = halves
    np.save(tmp_path / "x.npy", X)
    M = np.load(tmp_path / "x.npy", mmap_mode="r")
    parameters = {"phases": TWO, "batch_size": 16, "batch_sampler": sampler}
    memory = dense(**parameters).fit(X, y)
    if buffer is not None:
        # many buffers: other orders, the same training
        monkeypatch.setattr(_stream, "BUFFER_BYTES", buffer)
    disk = dense(**parameters).fit(M, y)
    if buffer is None or sampler:
        assert disk.history_ == memory.history_
    else:
        assert disk.history_["loss"] == pytest.approx(memory.history_["loss"], rel=0.05)
    assert disk.history_["phase"] == [1, 1, 2, 2, 2]


def test_warm_start_runs_all_phases_again(make, halves):
    train, validation = halves
    clf = make(phases=TWO, warm_start=True).fit(*train, **validation)
    first = clf.history_
    clf.fit(*train, **validation)
    assert clf.history_["phase"] == first["phase"] == [1, 1, 2, 2, 2]
    assert clf.history_["loss"][0] < first["loss"][0]
    assert float(clf.model_.optimizer.learning_rate.numpy()) == pytest.approx(1e-3)


def test_two_phases_are_two_fits_with_warm_start(dense, halves):
    (X, y), _ = halves
    clf = dense(phases=[{"epochs": 1}, {"epochs": 1, "optimizer": "sgd"}], shuffle=False)
    by_hand = dense(epochs=1, shuffle=False, warm_start=True).fit(X, y)
    by_hand.set_params(optimizer="sgd").fit(X, y)
    assert same_network(clf.fit(X, y), by_hand, X)


def test_a_network_with_an_initializer_object_has_phases_too(dense, halves):
    (X, y), _ = halves
    parameters = {"phases": TWO, "kernel_initializer": keras.initializers.HeNormal(seed=1)}
    assert dense(**parameters).fit(X, y).history_["phase"] == [1, 1, 2, 2, 2]


def test_partial_fit_has_no_phases(make, halves):
    (X, y), _ = halves
    plain, phased = make().partial_fit(X, y), make(phases=TWO).partial_fit(X, y)
    assert phased.history_ == plain.history_
    assert same_network(plain, phased, X)


def test_partial_fit_after_phases_has_the_loss_of_the_classifier(make, halves):
    (X, y), _ = halves
    phases = [{"learning_rate": 0.01, "label_smoothing": 0.9}]
    clf = make(phases=phases, learning_rate=STANDS_STILL, batch_size=-1).fit(X, y)
    p = clf.predict_proba(X)[np.arange(len(y)), y]
    clf.partial_fit(X, y)
    assert clf.history_["loss"][-1] == pytest.approx(-np.log(p).mean(), rel=1e-5)
    assert clf.n_epochs_ == 4
    assert "phase" not in clf.history_


def test_a_search_tries_phases(dense, halves):
    (X, y), _ = halves
    grid = {"phases": [None, TWO, [{"learning_rate": STANDS_STILL}]]}
    search = GridSearchCV(dense(), grid, cv=3, scoring="neg_log_loss").fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    assert scores.argmin() == 2
    assert scores[0] != scores[1]
    assert search.best_estimator_.phases in (None, TWO)


def test_clone_and_joblib_keep_phases(make, halves, tmp_path):
    (X, y), _ = halves
    clf = make(phases=TWO).fit(X, y)
    assert clone(clf).phases == TWO
    joblib.dump(clf, tmp_path / "clf.joblib")
    again = joblib.load(tmp_path / "clf.joblib")
    assert again.phases == TWO
    assert same_network(clf, again, X)


def test_the_list_is_never_changed(make, halves):
    phases = copy.deepcopy(TWO)
    clf = make(phases=phases, learning_rate=0.5).fit(*halves[0])
    assert clf.phases is phases
    assert phases == TWO
    assert (clf.learning_rate, clf.epochs) == (0.5, 3)


def test_a_loss_for_other_outputs_is_named_before_any_phase_is_trained(make, halves):
    (X, y), _ = halves
    loss = "sparse_categorical_crossentropy"
    clf = make(phases=[{}, {"loss": loss}])
    with pytest.raises(ValueError, match=f"phase 2 of 2: loss '{loss}' is for one output node per"):
        clf.fit(X, y)
    assert not hasattr(clf, "history_")


def test_keras_own_loop_gives_the_numbers_of_the_compiled_one(make, halves):
    train, validation = halves
    phases = [*TWO, DIVERGES | {"patience": 1}]
    common = {"phases": phases, "shuffle": False, "early_stopping": True}
    compiled = make(**common).fit(*train, **validation)
    own = make(**common, callbacks=AtBatches).fit(*train, **validation)
    assert own.training_loop_.startswith("keras")
    np.testing.assert_allclose(
        own.predict_proba(train[0]), compiled.predict_proba(train[0]), atol=1e-5
    )
    assert own.history_["phase"] == compiled.history_["phase"] == [1, 1, 2, 2, 2, 3]
    assert own.best_epoch_ == compiled.best_epoch_
    for name in ("loss", "val_loss"):
        assert own.history_[name][:5] == pytest.approx(compiled.history_[name][:5], rel=1e-4)


def test_keras_own_loop_shuffles_anew_in_each_phase(make, halves):
    still = {"learning_rate": STANDS_STILL, "epochs": 1}
    make(phases=[still, still], callbacks=AtBatches).fit(*halves[0])
    first, second = AtBatches.seen[:7], AtBatches.seen[7:]
    assert first[:6] != pytest.approx(second[:6], rel=1e-4)
    assert first[6] == pytest.approx(second[6], rel=1e-5)


def test_phases_of_a_network_that_came_compiled(halves):
    (X, y), _ = halves
    phases = [{"learning_rate": 0.5, "epochs": 2}, {"batch_size": 200}]
    common = {"loss": "binary_crossentropy", "random_state": 0, "verbose": 0}
    clf = KerasClassifier(compiled_network, phases=phases, callbacks=Recorder, **common).fit(X, y)
    # what a phase does not set is as the network came
    second = ["begin", (0, 0.25, 0), "end"]
    assert Recorder.seen == ["begin", (0, 0.5, 0), (1, 0.5, 13), "end", *second]
    assert clf.model_.optimizer.momentum == 0.5


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("change", [{"loss": "mse"}, {"optimizer": "sgd"}, {"label_smoothing": 0}])
def test_a_network_that_came_compiled_has_its_optimizer_and_loss(halves, n, change):
    phases = [{}, {}]
    phases[n - 1] = change
    message = f"{next(iter(change))}.*, but the network came compiled"
    with pytest.raises(ValueError, match=message):
        KerasClassifier(compiled_network, phases=phases, verbose=0, callbacks=Recorder).fit(
            *halves[0]
        )
    assert Recorder.seen == []


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        ([{"lerning_rate": 0.1}], ("phase 1 of .*phases has the key 'lerning_rate'; a phase may "
         "set learning_rate, optimizer, label_smoothing, epochs, patience, batch_size, loss; "
         "did you mean 'learning_rate'")),
        ([{}, {"units": (3,)}], "phase 2 of .*phases has the key 'units'; a phase may set "),
        ([{}, {3: 4}], "phase 2 of .*phases has the key 3; a phase may set "),
        ([], r"phases must be a list of dicts, one per phase, or None.*got \[\]"),
        ([{}, {"epochs": 0}], "phase 2 of 2: The 'epochs' parameter .* must be an int in"),
        ([{"learning_rate": -1}], "phase 1 of 1: The 'learning_rate' parameter .* must be a float"),
        ([{"label_smoothing": 1.0}], r"'label_smoothing' .* in the range \[0.0, 1.0\). Got 1.0"),
        ([{"label_smoothing": -0.1}], r"'label_smoothing' .* in the range \[0.0, 1.0\)"),
        ([{"patience": 0.5}], "'patience' parameter .* must be an int"),
        ([{"batch_size": 0}], "'batch_size' parameter .* must be"),
        ([{}, {"optimizer": "adan"}], "phase 2 of 2: .*adan"),
        ([{}, {"loss": "cross_entropy"}], "phase 2 of 2: .*cross_entropy"),
        ([{}, {"loss": "hinge", "label_smoothing": 0.1}], ("phase 2 of 2: label_smoothing=0.1 "
         "needs a loss that can smooth labels, a cross-entropy; the loss is 'hinge'")),
        ([{}, {"optimizer": keras.optimizers.Adam(), "learning_rate": 0.1}],
         "phase 2 of 2: learning_rate=0.1 together with the optimizer object"),
    ],
)  # fmt: skip
def test_what_a_phase_cannot_be_is_an_error_before_any_training(make, halves, phases, message):
    clf = make(phases=phases, learning_rate=None, callbacks=Recorder)
    with pytest.raises(ValueError, match=message):
        clf.fit(*halves[0])
    assert Recorder.seen == []


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        ({"learning_rate": 0.1}, "phases must be a list of dicts, one per phase, .*got {'learning"),
        ("two", "phases must be a list of dicts, one per phase, .*got 'two'"),
        ([{}, 0.1], "phases must be a list of dicts; phase 2 is 0.1"),
    ],
)
def test_what_is_no_list_of_dicts_is_an_error(make, halves, phases, message):
    with pytest.raises(TypeError, match=message):
        make(phases=phases).fit(*halves[0])


def test_a_learning_rate_and_a_schedule_with_its_own_contradict_each_other(dense, halves):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 100, 0.9)
    clf = dense(
        phases=[{"learning_rate": 0.1}], learning_rate=None, learning_rate_schedule=schedule
    )
    with pytest.raises(ValueError, match=r"of 1: learning_rate=0\.1 together with a schedule"):
        clf.fit(*halves[0])


def test_a_loss_from_logits_in_a_later_phase_is_found_before_the_first(dense, halves):
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    clf = dense(phases=[{}, {"loss": loss}], callbacks=Recorder)
    with pytest.raises(ValueError, match="phase 2 of 2: loss 'binary_crossentropy' has from_log"):
        clf.fit(*halves[0])
    assert Recorder.seen == []


def test_the_documentation_lists_the_keys():
    text = DenseClassifier.__doc__.partition("phases : list of dict")[2].partition("balance :")[0]
    assert [key for key in KEYS if key not in text] == []


def test_arguments_of_fit_do_not_stand_above_a_phase(halves):
    phases = [{"epochs": 1}, {}]
    common = {"random_state": 0, "verbose": 0}
    clf = KerasClassifier(network, phases=phases, **common).fit(*halves[0], epochs=2)
    assert clf.history_["phase"] == [1, 2, 2]
    clf = KerasClassifier(network, phases=phases, fit__epochs=2, **common).fit(*halves[0])
    assert clf.history_["phase"] == [1, 2, 2]


def test_ctrl_c_does_not_go_on_to_the_next_phase(make, halves):
    train, validation = halves
    clf = make(phases=[{"learning_rate": 0.01}, {}], callbacks=[Interrupt("on_epoch_end", 2)])
    message = "interrupted in phase 1 of 2 after 2 of 3 epochs; the network of epoch [12] "
    with pytest.warns(TrainingInterruptedWarning, match=message):
        clf.fit(*train, **validation)
    assert clf.history_["phase"] == [1, 1]


@pytest.mark.parametrize(
    ("hook", "n", "message"),
    [
        ("on_epoch_begin", 4, "interrupted in phase 2 of 2 after 0 of 3 epochs; the network of ep"),
        ("on_epoch_begin", 5, r"in phase 2 of 2 after 1 of 3 .* \(counted over all phases\) is ke"),
        ("on_train_begin", 2, "interrupted before phase 2 of 2; the network of epoch [123] is kep"),
    ],
)
@pytest.mark.parametrize("others", [[], [AtBatches()]], ids=["compiled", "keras"])
def test_ctrl_c_in_a_later_phase_keeps_the_best_so_far(make, halves, hook, n, message, others):
    train, validation = halves
    alone = make(phases=[{"learning_rate": 0.01}], callbacks=others).fit(*train, **validation)
    clf = make(phases=[{"learning_rate": 0.01}, DIVERGES], callbacks=[Interrupt(hook, n), *others])
    if others and hook == "on_train_begin":
        message = "interrupted in phase 2 of 2 after 0 of 3"
    with pytest.warns(TrainingInterruptedWarning, match=message):
        clf.fit(*train, **validation)
    assert clf.best_epoch_ == alone.best_epoch_
    assert same_network(clf, alone, train[0])
    assert clf.model_.predict(train[0], verbose=0).shape == (400, 1)


def test_each_phase_has_a_bar_of_its_own(dense, halves, capsys):
    dense(phases=TWO, verbose=2).fit(*halves[0])
    lines = capsys.readouterr().out.strip().split("\n")
    assert [line.split(": loss")[0] for line in lines] == [
        "DenseClassifier, phase 1 of 2: epoch 1/2",
        "DenseClassifier, phase 1 of 2: epoch 2/2",
        "DenseClassifier, phase 2 of 2: epoch 1/3",
        "DenseClassifier, phase 2 of 2: epoch 2/3",
        "DenseClassifier, phase 2 of 2: epoch 3/3",
    ]


class KilledError(Exception):
    """Stands for the end of the process."""


@pytest.fixture
def dies_after(monkeypatch):
    """A function: the process 'dies' when the state has been written so many times."""
    save = Checkpoint.save

    def arrange(n):
        count = [0]

        def save_and_die(self, loop):
            save(self, loop)
            count[0] += 1
            if count[0] == n:
                raise KilledError

        monkeypatch.setattr(Checkpoint, "save", save_and_die)

    return arrange


PHASES = [
    {"learning_rate": 0.05, "label_smoothing": 0.1},
    DIVERGES | {"epochs": 2},
    {"learning_rate": 1e-3, "batch_size": 50},
]


# 3, 2 and 3 epochs, and one more writing at the end of the first two phases
@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 7, 8, 9])
def test_a_killed_fit_continues_in_its_phase(make, halves, tmp_path, dies_after, n):
    train, validation = halves
    parameters = {"phases": PHASES, "learning_rate_schedule": "plateau", "plateau_patience": 1}
    whole = make(**parameters).fit(*train, **validation)
    dies_after(n)
    with pytest.raises(KilledError):
        make(**parameters, checkpoint_dir=tmp_path).fit(*train, **validation)
    dies_after(None)
    continued = make(**parameters, checkpoint_dir=tmp_path).fit(*train, **validation)
    assert continued.history_ == whole.history_
    assert continued.best_epoch_ == whole.best_epoch_
    assert same_network(continued, whole, train[0])
    assert list(tmp_path.iterdir()) == []


def test_a_phase_that_a_callback_ended_does_not_go_on_when_the_fit_is_continued(
    dense, halves, tmp_path, dies_after
):
    train, validation = halves
    stop = keras.callbacks.EarlyStopping(patience=1, min_delta=1e9)
    parameters = {"phases": TWO, "callbacks": [stop], "epochs": 9}
    whole = dense(**parameters).fit(*train, **validation)
    dies_after(3)
    with pytest.raises(KilledError):
        dense(**parameters, checkpoint_dir=tmp_path).fit(*train, **validation)
    dies_after(None)
    continued = dense(**parameters, checkpoint_dir=tmp_path).fit(*train, **validation)
    assert continued.history_ == whole.history_
    assert same_network(continued, whole, train[0])


def test_a_fit_without_random_state_continues_with_its_seed(dense, halves, tmp_path, dies_after):
    (X, y), _ = halves
    parameters = {"phases": TWO, "random_state": None, "checkpoint_dir": tmp_path}
    dies_after(4)
    with pytest.raises(KilledError):
        dense(**parameters).fit(X, y)
    (file,) = tmp_path.iterdir()
    keep = Checkpoint(tmp_path, file.stem.removeprefix("fit-"))
    seed = keep.agree_on_seed(None)
    assert keep.phase == 2
    assert keep.earlier["phase"] == [1, 1]
    dies_after(None)
    continued = dense(**parameters).fit(X, y)
    assert same_network(continued, dense(phases=TWO, random_state=seed).fit(X, y), X)


def test_events_can_be_prepared_and_redrawn_by_a_subclass(halves):
    class Doubles(DenseClassifier):
        """Trains on its events twice, with half the weight, and notes the epochs."""

        def _prepared(self, settings, learnt, train, held_out, seed):
            assert held_out is None
            twice = train.at(np.tile(np.arange(len(train)), 2))
            assert len(twice) == 800
            twice.weights = twice.weights / 2
            twice.redraw = lambda epoch, source: epochs.append((epoch, source.n_events))
            return learnt, twice, None

    (X, y), _ = halves
    epochs = []
    phases = [{}, {"learning_rate": STANDS_STILL}]
    parameters = {"units": (8,), "dropout": 0.0, "epochs": 2, "phases": phases}
    clf = Doubles(**parameters, batch_size=-1, random_state=0).fit(X, y)
    plain = DenseClassifier(**parameters, batch_size=-1, random_state=0).fit(X, y)
    assert epochs == [(0, 800), (1, 800), (2, 800), (3, 800)]
    # the mean over twice the events of half the weight
    assert clf.history_["loss"][0] == pytest.approx(plain.history_["loss"][0] / 2, rel=1e-5)
