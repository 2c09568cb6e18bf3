"""Several networks in one classifier: means, spreads, parts for validation, faults."""

from __future__ import annotations

import joblib
import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skhep_nn import BlockClassifier, DenseClassifier, EventBlocks, ParametricClassifier
from skhep_nn.estimators._fit import _ensemble, _run, _split
from skhep_nn.estimators._fit._events import Events
from skhep_nn.exceptions import TrainingInterruptedWarning
from skhep_nn.training import _jit

SMALL = {"units": (4,), "epochs": 2, "batch_size": 64, "random_state": 0, "verbose": 0}
VALIDATED = {"early_stopping": True, "learning_rate_schedule": "constant"}


def ensemble(n_networks=3, **parameters):
    return DenseClassifier(n_networks=n_networks, **(SMALL | parameters))


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    return (rng.normal(size=(300, 3)) + y[:, None]).astype("float32"), y


@pytest.fixture(scope="module")
def fitted(sample):
    return ensemble().fit(*sample)


def test_the_probability_is_the_mean_over_the_networks(fitted, sample):
    parts = [member.predict_proba(sample[0]) for member in fitted.members_]
    np.testing.assert_allclose(fitted.predict_proba(sample[0]), np.mean(parts, axis=0), atol=1e-6)
    assert np.abs(parts[0] - parts[1]).max() > 1e-3


def test_the_spread_is_their_standard_deviation(fitted, sample):
    parts = [member.predict_proba(sample[0]) for member in fitted.members_]
    spread = fitted.predict_spread(sample[0])
    assert spread.shape == (300, 2)
    np.testing.assert_allclose(spread, np.std(parts, axis=0, ddof=1), atol=1e-6)


def test_one_network_has_no_spread(sample):
    with pytest.raises(ValueError, match="predict_spread needs several networks; n_networks=1"):
        ensemble(1).fit(*sample).predict_spread(sample[0])


def test_a_fit_with_a_seed_is_the_same_again_also_one_network_at_a_time(
    fitted, sample, monkeypatch
):
    monkeypatch.setattr(_ensemble, "_threads", lambda n_networks: 1)
    again = clone(fitted).fit(*sample)
    np.testing.assert_array_equal(again.predict_proba(sample[0]), fitted.predict_proba(sample[0]))


def test_what_is_told_of_a_fit(fitted):
    assert fitted.best_epochs_ == [2, 2, 2]
    assert fitted.best_epoch_ == fitted.n_epochs_ == 2
    losses = [member.history_["loss"] for member in fitted.members_]
    np.testing.assert_allclose(fitted.history_["loss"], np.mean(losses, axis=0))
    assert fitted.get_params()["n_networks"] == 3
    assert not any("membership" in name for m in fitted.members_ for name in vars(m))


def test_parts_for_validation_are_all_events_together():
    codes = np.array([0] * 7 + [1] * 5 + [2] * 3)
    events = Events(np.arange(15.0)[:, None], codes, np.ones(15))
    parts = [events.parted(_split.in_fold(events, number, 3)) for number in range(3)]
    held_out = np.concatenate([part.x[:, 0] for _, part in parts])
    assert sorted(held_out) == list(range(15))
    for train, part in parts:
        assert sorted([*train.x[:, 0], *part.x[:, 0]]) == list(range(15))
        assert set(part.codes) == {0, 1, 2}


def test_without_positive_weights_in_every_part_nothing_is_held_out():
    events = Events(np.arange(4.0)[:, None], np.array([0, 0, 1, 1]), np.array([1.0, 1, 5, -2]))
    assert not any(_split.has_weights(events, _split.in_fold(events, n, 2)) for n in range(2))


def test_each_network_is_validated_where_a_part_is_held_out(sample):
    clf = ensemble(**VALIDATED).fit(*sample)
    assert len(clf.history_["val_loss"]) == 2
    assert len({m.history_["val_loss"][0] for m in clf.members_}) == 3


def test_given_validation_events_serve_every_network(sample):
    X, y = sample
    clf = ensemble().fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
    for member in clf.members_:
        p = member.predict_proba(X[200:])[np.arange(100), y[200:]]
        best = member.history_["val_loss"][member.best_epoch_ - 1]
        # classes have the shares that they have in training
        shares = np.bincount(y[:200]) / np.bincount(y[200:])
        loss = np.average(-np.log(p), weights=shares[y[200:]])
        assert loss == pytest.approx(best, rel=1e-3)


def test_event_weights_reach_every_network(table):
    X, y = table
    clf = ensemble(weight_column="weight").fit(X, y)
    alone = clone(clf.members_[1]).fit(X, y)
    p = clf.members_[1].predict_proba(X)
    np.testing.assert_array_equal(alone.predict_proba(X), p)
    # real data have no weights
    np.testing.assert_array_equal(clf.predict_proba(X), clf.predict_proba(X.drop(columns="weight")))


def test_xla_is_worth_its_while_where_all_networks_together_take_so_many_steps(sample, monkeypatch):
    # of 300 events, 64 in a batch; repaid by ten steps
    monkeypatch.setitem(_jit.COSTS, "epoch", _jit.Cost(10.0, 0.0, 1.0, 0.0))
    clf = ensemble(2, epochs=1).fit(*sample)
    member = clf.members_[1]
    alone = clone(member).fit(*sample)
    assert [member.jit_compile_, alone.jit_compile_] == ["epoch", False]
    alike = clone(member).set_params(jit_compile=member.jit_compile_).fit(*sample)
    p = member.predict_proba(sample[0])
    np.testing.assert_array_equal(alike.predict_proba(sample[0]), p)


def test_it_survives_joblib(fitted, sample, tmp_path):
    joblib.dump(fitted, tmp_path / "model.joblib")
    loaded = joblib.load(tmp_path / "model.joblib")
    np.testing.assert_array_equal(loaded.predict_proba(sample[0]), fitted.predict_proba(sample[0]))
    np.testing.assert_array_equal(
        loaded.predict_spread(sample[0]), fitted.predict_spread(sample[0])
    )


def test_the_model_is_one_keras_model_of_all_networks(fitted, sample, tmp_path):
    fitted.model_.save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    out = np.array(model(sample[0]))[:, 0]
    np.testing.assert_allclose(out, fitted.predict_proba(sample[0])[:, 1], atol=1e-6)


def test_a_search_chooses_the_number_of_networks(sample):
    search = GridSearchCV(ensemble(), {"n_networks": [1, 2]}, cv=2, error_score="raise")
    assert search.fit(*sample).best_params_["n_networks"] in (1, 2)


def test_training_goes_on_with_warm_start(sample):
    clf = ensemble(warm_start=True).fit(*sample)
    before = clf.history_["loss"]
    after = clf.fit(*sample).history_["loss"]
    assert after[0] < before[0]
    with pytest.raises(ValueError, match=r"n_networks=2, but 3 were trained; .* keep their num"):
        clf.set_params(n_networks=2).fit(*sample)


def test_partial_fit_trains_an_epoch_of_each(sample):
    X, y = sample
    clf = ensemble().partial_fit(X[:150], y[:150], classes=[0, 1]).partial_fit(X[150:], y[150:])
    assert clf.n_epochs_ == 2
    assert len(clf.members_) == 3
    assert clf.predict_spread(X).max() > 0


def test_networks_are_there_before_training(sample):
    clf = ensemble().initialize(*sample)
    assert clf.predict_spread(sample[0]).max() > 0


def test_batch_samplers_and_phases_work_as_with_one_network(sample):
    phases = [{"epochs": 1}, {"epochs": 1, "learning_rate": 1e-3}]
    clf = ensemble(2, batch_sampler="balanced", phases=phases).fit(*sample)
    assert clf.history_["phase"] == [1, 2]
    assert clf.members_[0].history_["phase"] == [1, 2]


def test_events_on_disk_train_the_same_networks(sample, tmp_path):
    X, y = sample
    mapped = np.memmap(tmp_path / "x", X.dtype, "w+", shape=X.shape)
    mapped[:] = X
    parameters = {**VALIDATED, "shuffle": False}
    blocks = [EventBlocks({"features": one}) for one in (X, mapped)]
    options = {**SMALL, **parameters, "n_networks": 2}
    options.pop("units")
    fits = [BlockClassifier(head={"units": 4}, **options).fit(b, y) for b in blocks]
    np.testing.assert_allclose(*[c.predict_proba(blocks[0]) for c in fits], atol=1e-5)


def test_an_ensemble_at_every_mass(sample):
    X, y = sample
    X = np.c_[X, np.where(y == 1, np.where(np.arange(300) % 2, 500.0, 1000.0), np.nan)]
    clf = ParametricClassifier(3, units=(4,), epochs=2, n_networks=2, random_state=0, verbose=0)
    clf.fit(X, y)
    scanned = clf.predict_proba_scan(X[:, :3], [500, 1000])
    at = [member.predict_proba_scan(X[:, :3], [500, 1000]) for member in clf.members_]
    np.testing.assert_allclose(scanned, np.mean(at, axis=0), atol=1e-6)
    np.testing.assert_allclose(clf.at(500).predict_proba(X[:, :3]), scanned[:, 0], atol=1e-6)


def test_a_bad_number_of_networks_is_named(sample):
    with pytest.raises(ValueError, match="'n_networks' parameter"):
        ensemble(0).fit(*sample)


def test_an_error_of_one_network_is_that_of_the_fit(sample):
    X, y = sample
    with pytest.raises(ValueError, match="column 1"):
        ensemble().fit(np.where(np.arange(3) == 1, np.nan, X), y)


class InterruptInEpoch(keras.callbacks.Callback):
    """Stands for Ctrl-C in the given epoch of the given network."""

    def __init__(self, network, epoch, seen):
        super().__init__()
        self.network, self.epoch, self.seen = network, epoch, seen

    def __deepcopy__(self, memo):
        return self

    def on_train_begin(self, logs=None):
        self.seen.append("fit")

    def on_epoch_begin(self, epoch, logs=None):
        if len(self.seen) == self.network and epoch == self.epoch:
            raise KeyboardInterrupt


def test_an_interrupted_fit_keeps_the_networks_that_have_an_epoch(sample):
    with pytest.warns(TrainingInterruptedWarning):
        clf = ensemble(callbacks=[InterruptInEpoch(2, 1, [])]).fit(*sample)
    assert [m.n_epochs_ for m in clf.members_] == [2, 1]
    assert clf.predict_proba(sample[0]).shape == (300, 2)


def test_interrupted_in_its_first_epoch_nothing_is_fitted(sample):
    clf = ensemble(callbacks=[InterruptInEpoch(1, 0, [])])
    with pytest.raises(KeyboardInterrupt):
        clf.fit(*sample)
    assert not clf.__sklearn_is_fitted__()


def test_an_interruption_in_threads_ends_every_network(sample, monkeypatch):
    monkeypatch.setattr(_ensemble, "_threads", lambda n_networks: 2)
    original = _run.fit

    def interrupted(classifier, *arguments):
        arguments[-1].stop.set()
        return original(classifier, *arguments)

    monkeypatch.setattr(_run, "fit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ensemble().fit(*sample)


class Killed(Exception):
    """Stands for a kill."""


def test_a_killed_fit_goes_on_from_the_networks_that_are_done(sample, tmp_path):
    class KillInThird(InterruptInEpoch):
        def on_epoch_begin(self, epoch, logs=None):
            if len(self.seen) == self.network and epoch == self.epoch:
                raise Killed

    whole = ensemble().fit(*sample)
    folder, seen = tmp_path / "states", []
    with pytest.raises(Killed):
        ensemble(checkpoint_dir=folder, callbacks=[KillInThird(3, 1, [])]).fit(*sample)
    assert len(list(folder.rglob("*.npz"))) == 3
    again = ensemble(checkpoint_dir=folder, callbacks=[InterruptInEpoch(9, 9, seen)]).fit(*sample)
    np.testing.assert_array_equal(again.predict_proba(sample[0]), whole.predict_proba(sample[0]))
    assert again.best_epochs_ == whole.best_epochs_
    assert not list(folder.rglob("*.npz"))
