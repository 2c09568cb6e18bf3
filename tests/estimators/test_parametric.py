"""ParametricClassifier: masses of background, the mass at application, and all that others do."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace

import joblib
import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from skhep_nn import (
    EventBlocks,
    EventWeightBalancer,
    MinMaxScaler,
    ParametricClassifier,
    make_auc_scorer,
)
from skhep_nn.estimators._fit._order import order_of
from skhep_nn.exceptions import (
    ColumnError,
    ExtrapolationWarning,
    MassLeakWarning,
    WeightError,
)
from skhep_nn.metrics import make_parametric_auc_scorer
from skhep_nn.networks._conditioning import ParameterScaling

MASSES = [500.0, 1000.0, 1500.0]
SMALL = {
    "units": (8,),
    "dropout": 0.0,
    "optimizer": "adam",
    "learning_rate_schedule": "constant",
    "input_scaling": None,
    "feature_scale": False,
    "batch_size": 64,
    "epochs": 3,
    "learning_rate": 0.02,
    "random_state": 0,
    "verbose": 0,
}


def parametric(**parameters):
    return ParametricClassifier(**(SMALL | parameters))


def make_sample(n_events=600, seed=0, masses=MASSES, p=None):
    """A resonance at its mass on a flat background, in units of TeV; `mass` in GeV."""
    rng = np.random.default_rng(seed)
    y = np.arange(n_events) % 2
    mass = np.where(y == 1, rng.choice(masses, n_events, p=p), np.nan)
    m = np.where(y == 1, mass, rng.uniform(0, 2000, n_events)) + rng.normal(0, 100, n_events)
    table = {"m": m / 1000, "z": rng.normal(size=n_events), "mass": mass}
    weight = rng.uniform(0.5, 1.5, n_events)
    return pd.DataFrame({**table, "weight": weight}), y


@pytest.fixture
def sample():
    X, y = make_sample()
    return X.drop(columns="weight"), y


def masses_seen(sample, **parameters):
    """Masses of (train, validation) before the first epoch, then of train in each epoch."""
    seen = []

    class Watched(ParametricClassifier):
        def _prepared(self, *arguments):
            learnt, *parts = super()._prepared(*arguments)
            seen.extend(None if e is None else e.x["parameter"].copy() for e in parts)
            self.codes, redraw = parts[0].codes, parts[0].redraw

            def watched(epoch, source):
                redraw(epoch, source)
                seen.append(np.array(source.data[0]["parameter"]))

            train = replace(parts[0], redraw=redraw and watched)
            return learnt, train, parts[1]

    clf = Watched(**(SMALL | parameters)).fit(*sample)
    return clf, seen


class TestPublishedNetworks:
    @pytest.mark.parametrize(
        ("conditioning", "placement", "expected"),
        [("concatenate", "start", 74_051), ("affine", "all", 76_151)],
    )
    def test_parameter_counts(self, conditioning, placement, expected):
        X = np.random.default_rng(0).normal(size=(40, 28))
        clf = ParametricClassifier(
            parameter=-1,
            conditioning=conditioning,
            placement=placement,
            units=[300, 150, 100, 50],
            input_scaling=None,
            feature_scale=False,
        )
        assert clf.initialize(X, np.arange(40) % 2).model_.count_params() == expected


class TestPitfalls:
    """What goes wrong elsewhere, silently."""

    def test_uniform_masses_against_discrete_ones_warn_and_name_the_cure(self, sample):
        message = r"AUC of 1\.000 .*3 distinct values.*assignment=\"identical\" gives"
        with pytest.warns(MassLeakWarning, match=message):
            clf = parametric(assignment="uniform").fit(*sample)
        assert clf.mass_leak_ > 0.99

    def test_identical_masses_do_not_warn(self, sample):
        for seed in range(3):
            assert parametric(epochs=1, random_state=seed).fit(*sample).mass_leak_ < 0.6

    def test_masses_of_background_in_the_file_play_no_part(self, sample):
        X, y = sample
        expected = parametric().fit(X, y).at(750).predict_proba(X)
        for value in (123.0, -999.0, np.inf, 1000.0):
            filled = X.assign(mass=np.where(y == 1, X["mass"], value))
            found = parametric().fit(filled, y).at(750).predict_proba(X)
            assert np.array_equal(found, expected)

    def test_weights_stay_with_their_events_when_these_are_shuffled(self, sample):
        X, y = sample
        # half of the events have a wrong label and next to no weight
        wrong = np.random.default_rng(1).random(len(y)) < 0.5
        labels = np.where(wrong, 1 - y, y)
        X = X.assign(mass=X["mass"].fillna(1000.0))
        weights = np.where(wrong, 1e-9, 1.0)
        clf = parametric(epochs=20).fit(X, labels, sample_weight=weights)
        at_1000 = (X["mass"] == 1000) | (y == 0)
        right = at_1000 & ~wrong
        score = clf.at(1000).predict_proba(X)[:, 1]
        assert roc_auc_score(y[right], score[right]) > 0.8

    def test_masses_reach_the_network_and_not_a_copy(self, sample):
        clf, (train, _, *epochs) = masses_seen(sample)
        for masses in (train, *epochs):
            assert np.isin(masses, MASSES).all()
        assert len(epochs) == clf.n_epochs_

    def test_units_are_as_given_after_a_fit(self, sample):
        units = [8, 4]
        clf = parametric(units=units).fit(*sample)
        clf.fit(*sample)
        assert clf.units is units
        assert units == [8, 4]

    def test_a_mass_stands_for_itself_in_prediction_whatever_the_others_are(self, sample):
        X, y = sample
        clf = parametric().fit(X, y)
        filled = X.assign(mass=np.where(y == 1, X["mass"], 1000.0))
        together = clf.predict_proba(filled)
        alone = np.concatenate([clf.predict_proba(filled.iloc[[n]]) for n in range(20)])
        assert np.array_equal(together[:20], alone)


class TestAssignment:
    def test_background_has_the_frequencies_of_the_signals_weights(self):
        X, y = make_sample(4_000)
        # the signal at 500 GeV weighs nine times as much
        X["weight"] = np.where(X["mass"] == 500, 9.0, 1.0)
        clf, (train, *_) = masses_seen((X, y), weight_column="weight", early_stopping=False)
        background = train[clf.codes == 0, 0]
        # 9 : 1 : 1
        found = [np.mean(background == m) for m in MASSES]
        assert found == pytest.approx([9 / 11, 1 / 11, 1 / 11], abs=0.04)

    def test_each_epoch_has_masses_of_its_own(self, sample):
        _, (train, _, first, second, _) = masses_seen(sample)
        assert np.array_equal(train, first)
        assert not np.array_equal(first, second)

    def test_the_masses_of_the_signal_never_change(self, sample):
        clf, (train, _, *epochs) = masses_seen(sample)
        for masses in epochs:
            assert np.array_equal(masses[clf.codes == 1], train[clf.codes == 1])

    def test_never_draws_once(self, sample):
        _, seen = masses_seen(sample, resample="never")
        assert len(seen) == 2

    def test_validation_masses_are_drawn_once_and_are_not_those_of_training(self, sample):
        X, y = sample
        seen = []

        class Spied(keras.callbacks.Callback):
            """Masses of background of validation, as the loop holds them, at each epoch's end."""

            def on_epoch_end(self, epoch, logs=None):
                seen.append(parts[1].x["parameter"].copy())

        class Watched(ParametricClassifier):
            def _prepared(self, *arguments):
                learnt, *parts[:] = super()._prepared(*arguments)
                return learnt, *parts

        parts = []
        # the same events in training and validation
        clf = Watched(**(SMALL | {"learning_rate": 1e-9, "callbacks": Spied(), "epochs": 4}))
        clf.fit(X, y, X_val=X, y_val=y)
        train, held_out = (part.x["parameter"][y == 0] for part in parts)
        assert np.isin(held_out, MASSES).all()
        # of three equally frequent masses two draws agree in a third of the events
        assert np.mean(train == held_out) == pytest.approx(1 / 3, abs=0.1)
        assert len(seen) == 4
        assert all(np.array_equal(masses[y == 0], held_out) for masses in seen)
        # a network that does not move has one validation loss, unless its masses change
        losses = clf.history_["val_loss"]
        assert losses == pytest.approx([losses[0]] * 4, abs=1e-6)

    @pytest.mark.parametrize("assignment", ["identical", "uniform", "oversample"])
    @pytest.mark.parametrize("sampler", [None, "balanced", "mass", "process"])
    def test_the_validation_loss_is_that_of_the_network_at_the_drawn_masses(
        self, assignment, sampler
    ):
        (X, y), (X_val, y_val) = (make_sample(400, seed, p=[0.6, 0.3, 0.1]) for seed in (0, 1))
        X, X_val = (T.assign(process=np.where(T["z"] > 0.5, "tt", "W")) for T in (X, X_val))
        parts = []

        class Watched(ParametricClassifier):
            def _prepared(self, *arguments):
                learnt, *parts[:] = super()._prepared(*arguments)
                return learnt, *parts

        settings = {"assignment": assignment, "batch_sampler": sampler, "epochs": 1}
        settings |= {"weight_column": "weight", "process_column": "process"}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MassLeakWarning)
            clf = Watched(**(SMALL | settings)).fit(X, y, X_val=X_val, y_val=y_val)
        held_out = parts[1]
        assert held_out.weights.mean() == pytest.approx(1)
        p = clf.model_.predict(held_out.x, verbose=0).ravel()
        losses = -np.log(np.where(held_out.codes == 1, p, 1 - p))
        expected = np.average(losses, weights=held_out.weights)
        assert clf.history_["val_loss"] == pytest.approx([expected], rel=1e-4)

    @pytest.mark.parametrize("assignment", ["identical", "oversample"])
    @pytest.mark.parametrize("sampler", [None, "balanced", "mass"])
    def test_weights_have_the_mean_one_in_training(self, assignment, sampler):
        X, y = make_sample(p=[0.6, 0.3, 0.1])
        parts = []

        class Watched(ParametricClassifier):
            def _prepared(self, *arguments):
                learnt, *parts[:] = super()._prepared(*arguments)
                return learnt, *parts

        settings = {"assignment": assignment, "batch_sampler": sampler, "epochs": 1}
        Watched(**(SMALL | settings), weight_column="weight").fit(X, y)
        train = parts[0]
        if sampler is None:
            assert train.weights.mean() == pytest.approx(1)
        else:
            means = [train.weights[train.codes == code].mean() for code in (0, 1)]
            assert means == pytest.approx([1, 1])

    def test_two_fits_with_one_seed_are_alike_to_the_bit(self, sample):
        X, _ = sample
        one, two, other = (parametric(random_state=s).fit(*sample) for s in (0, 0, 1))
        assert one.history_ == two.history_
        assert np.array_equal(one.at(750).predict_proba(X), two.at(750).predict_proba(X))
        assert not np.array_equal(one.at(750).predict_proba(X), other.at(750).predict_proba(X))

    def test_oversampling_trains_on_each_background_event_at_every_mass(self, sample):
        clf, (train, *epochs) = masses_seen(sample, assignment="oversample")
        assert len(train) == 300 + 3 * 300
        assert [int((train[clf.codes == 0] == m).sum()) for m in MASSES] == [300] * 3
        # nothing is left to draw
        assert epochs == [None]

    def test_a_uniform_range_is_that_of_mass_range(self):
        rng = np.random.default_rng(0)
        X, y = make_sample(2_000)
        X["mass"] = np.where(y == 1, rng.uniform(500, 1500, 2_000), np.nan)
        clf, (train, *_) = masses_seen(
            (X.drop(columns="weight"), y), assignment="uniform", mass_range=(500, 1500)
        )
        background = train[clf.codes == 0]
        assert 500 <= background.min() < 510
        assert 1490 < background.max() <= 1500

    @pytest.mark.parametrize(
        "mass_range",
        [(1500, 500), [(0, 1), (0, 1)], (1, 2, 3), (0, np.inf), (np.nan, 1), ("a", "b"), [[1], 2]],
    )
    def test_a_bad_range_is_named(self, sample, mass_range):
        clf = parametric(assignment="uniform", mass_range=mass_range)
        with pytest.raises(
            ValueError, match=r"mass_range=.* must be \(low, high\) with low < high"
        ):
            clf.fit(*sample)


class TestBalancing:
    def sums(self, clf, sample):
        """Sum of weight times number of draws, per class and per signal mass, in an epoch."""
        out = {}

        class Watched(type(clf)):
            def _prepared(self, settings, learnt, train, held_out, seed):
                prepared = super()._prepared(settings, learnt, train, held_out, seed)
                learnt, train, _ = prepared
                order = order_of(settings, learnt, train, 64, seed)(0)
                weights = train.weights[order]
                codes, masses = train.codes[order], train.x["parameter"][order, 0]
                out["class"] = np.bincount(codes, weights=weights)
                out["mass"] = [weights[(codes == 1) & (masses == m)].sum() for m in MASSES]
                if train.processes is not None:
                    names = train.processes[order]
                    out["process"] = [
                        weights[(codes == 0) & (names == name)].sum() for name in ("W", "tt")
                    ]
                return prepared

        Watched(**clf.get_params()).fit(*sample)
        return out

    def sample(self):
        X, y = make_sample(2_000, p=[0.8, 0.15, 0.05])
        rng = np.random.default_rng(3)
        process = np.where(y == 1, "x", rng.choice(["tt", "W"], len(y), p=[0.9, 0.1]))
        return X.assign(process=process), y

    def test_balanced_by_mass_every_mass_weighs_the_same(self):
        clf = parametric(batch_sampler="mass", weight_column="weight", exclude=["process"])
        sums = self.sums(clf, self.sample())
        assert sums["class"][0] == pytest.approx(sums["class"][1], rel=0.05)
        assert sums["mass"] == pytest.approx([np.mean(sums["mass"])] * 3, rel=0.1)

    def test_balanced_by_process_every_process_weighs_the_same(self):
        clf = parametric(batch_sampler="process", weight_column="weight", process_column="process")
        sums = self.sums(clf, self.sample())
        assert sums["mass"] == pytest.approx([np.mean(sums["mass"])] * 3, rel=0.1)
        assert sums["process"] == pytest.approx([np.mean(sums["process"])] * 2, rel=0.1)
        assert sums["class"][0] == pytest.approx(sums["class"][1], rel=0.05)

    @pytest.mark.parametrize("assignment", ["identical", "oversample"])
    def test_classes_weigh_the_same_with_any_assignment(self, assignment):
        clf = parametric(batch_sampler="mass", assignment=assignment, exclude=["process", "weight"])
        sums = self.sums(clf, self.sample())
        assert sums["class"][0] == pytest.approx(sums["class"][1], rel=0.05)

    def test_background_is_drawn_at_the_masses_as_often_as_signal(self):
        X, y = self.sample()
        clf = parametric(batch_sampler="mass", exclude=["process", "weight"]).fit(X, y)
        assert clf.parameter_frequencies_.tolist() == pytest.approx([1 / 3] * 3)
        assert clf.mass_leak_ < 0.55

    def test_by_process_needs_its_column(self, sample):
        with pytest.raises(ValueError, match="needs process_column"):
            parametric(batch_sampler="process").fit(*sample)

    def test_a_process_that_is_missing_is_an_error(self):
        X, y = self.sample()
        clf = parametric(batch_sampler="process", process_column="process", exclude=["weight"])
        for missing in (None, np.nan, pd.NA):
            lost = X["process"].astype(object).where(np.arange(len(y)) != 8, missing)
            message = r"process_column='process' has no value in 1 of 1000 background events"
            with pytest.raises(ValueError, match=message):
                clf.set_params(early_stopping=False).fit(X.assign(process=lost), y)

    def test_signal_needs_no_process(self):
        X, y = self.sample()
        clf = parametric(batch_sampler="process", process_column="process", exclude=["weight"])
        expected = clf.fit(X, y).history_
        lost = X["process"].astype(object).where(y == 0, None)
        assert clf.fit(X.assign(process=lost), y).history_ == expected

    def rare(self, seed):
        """25 signal events at 1500 GeV, and 35 % of all weights negative."""
        X, y = make_sample(2_000, seed)
        rare = np.flatnonzero(X["mass"] == 1500)[25:]
        X, y = X.drop(index=rare).reset_index(drop=True), np.delete(y, rare)
        rng = np.random.default_rng(seed)
        return X.assign(weight=np.where(rng.random(len(y)) < 0.35, -1.0, 1.0)), y

    def test_an_automatic_split_that_weights_forbid_is_left_out(self):
        settings = {"batch_sampler": "mass", "weight_column": "weight", "epochs": 1, "units": (4,)}
        without = 0
        for seed in range(6):
            X, y = self.rare(seed)
            clf = parametric(**settings, random_state=seed).fit(X, y)
            without += "val_loss" not in clf.history_
        assert without

    def test_a_split_that_is_left_out_costs_no_second_reading(self, monkeypatch, tmp_path):
        reads, read = [], ParametricClassifier._read
        monkeypatch.setattr(
            ParametricClassifier,
            "_read",
            lambda self, settings, X, *rest: reads.append(len(X)) or read(self, settings, X, *rest),
        )
        X, y = make_sample(2_000, 0)
        one = np.flatnonzero(X["mass"] == 1500)[0]
        X = X.assign(weight=np.where(X["mass"] == 1500, -1.0, 1.0))
        X.loc[one, "weight"] = 1_000.0
        settings = {"batch_sampler": "mass", "weight_column": "weight", "epochs": 1, "units": (4,)}
        clf = parametric(**settings).fit(X, y)
        assert "val_loss" not in clf.history_
        assert reads == [2_000]
        kept = parametric(**settings, checkpoint_dir=tmp_path / "state").fit(X, y)
        assert kept.history_ == clf.history_

    def test_a_split_that_was_asked_for_is_not_left_out(self):
        X, y = make_sample(2_000, 0)
        one = np.flatnonzero(X["mass"] == 1500)[0]
        weights = np.where(X["mass"] == 1500, -1.0, 1.0)
        weights[one] = 1_000.0
        clf = parametric(batch_sampler="mass", early_stopping=True)
        with pytest.raises(WeightError, match=r"signal at \{'mass': 1500.0\} .*sum to -"):
            clf.fit(X, y, sample_weight=weights)

    def test_initialize_reads_its_events_once(self, sample, monkeypatch):
        reads, read = [], ParametricClassifier._read
        monkeypatch.setattr(
            ParametricClassifier,
            "_read",
            lambda self, settings, X, *rest: reads.append(len(X)) or read(self, settings, X, *rest),
        )
        X, y = sample
        clf = parametric().initialize(X, y)
        assert reads == [len(X)]
        assert clf.at(500).predict_proba(X).shape == (len(X), 2)

    def test_initialize_by_process(self):
        X, y = self.sample()
        clf = parametric(batch_sampler="process", process_column="process", exclude=["weight"])
        assert clf.initialize(X, y).at(500).predict_proba(X).shape == (len(X), 2)

    def test_validation_that_was_asked_for_is_named(self):
        X, y = self.rare(0)
        X = X.assign(weight=1.0)
        X_val = X.assign(weight=np.where(X["mass"] == 1500, -1.0, 1.0))
        clf = parametric(batch_sampler="mass", weight_column="weight")
        message = r"weights of signal at \{'mass': 1500.0\} of validation sum to -"
        with pytest.raises(WeightError, match=message):
            clf.fit(X, y, X_val=X_val, y_val=y)

    def test_a_mass_without_weight_is_named(self, sample):
        X, y = sample
        weights = np.where(X["mass"] == 500, -1.0, 1.0)
        with pytest.raises(WeightError, match=r"signal at \{'mass': 500.0\} sum to -"):
            parametric(batch_sampler="mass").fit(X, y, sample_weight=weights)


class TestMassOfSignal:
    def test_a_signal_event_without_mass_is_an_error(self, sample):
        X, y = sample
        X.loc[7, "mass"] = np.nan
        message = r"column 'mass' has no finite value in 1 of \d+ signal events, .*event needs its"
        with pytest.raises(ValueError, match=message):
            parametric(early_stopping=False).fit(X, y)

    def test_so_is_one_in_validation(self, sample):
        X, y = sample
        bad = X.assign(mass=np.nan)
        with pytest.raises(
            ValueError, match=r"'mass' .* in 300 of 300 signal events of validation"
        ):
            parametric().fit(X, y, X_val=bad, y_val=y)

    def test_a_column_of_text_is_named(self, sample):
        X, y = sample
        with pytest.raises(ColumnError, match="column 'mass' of the parameter must hold numbers"):
            parametric().fit(X.assign(mass="heavy"), y)

    def test_pandas_nullable_numbers_are_numbers(self, sample):
        X, y = sample
        expected = parametric().fit(X, y)
        nullable = parametric().fit(X.assign(mass=X["mass"].astype("Int64")), y)
        assert nullable.history_ == expected.history_

    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            ([], r"parameter=\[\] names no column of X"),
            (["mass", "mass"], r"parameter=\['mass', 'mass'\] names column 'mass' twice"),
            (["mass", 2], r"parameter=\['mass', 2\] names column 'mass' twice"),
        ],
    )
    def test_the_parameter_is_at_least_one_column_and_none_twice(self, sample, columns, message):
        with pytest.raises(ValueError, match=message):
            parametric(parameter=columns).fit(*sample)

    def test_validation_and_further_fits_need_the_column(self, sample):
        X, y = sample
        lacking = X[["m", "z"]]
        message = r"^X has no column 'mass'; training and validation need it, with NaN"
        with pytest.raises(ColumnError, match=message):
            parametric().fit(X, y, X_val=lacking, y_val=y)
        with pytest.raises(ColumnError, match=message):
            parametric().fit(X, y).partial_fit(lacking, y)

    def test_oversampling_needs_a_list_of_masses(self):
        X, y = make_sample(2_400)
        X = X.drop(columns="weight").assign(mass=np.linspace(500, 1500, 2_400))
        message = r"signal has 1200 different values of \['mass'\].*use assignment=\"identical\""
        with pytest.raises(ValueError, match=message):
            parametric(assignment="oversample", early_stopping=False).fit(X, y)

    def test_a_missing_column_is_named(self, sample):
        X, y = sample
        with pytest.raises(ColumnError, match=r"parameter='mas' is not a column.*'mass'"):
            parametric(parameter="mas").fit(X, y)

    @pytest.mark.parametrize("signal", [2, "signal"])
    def test_a_signal_that_is_no_class_is_an_error(self, sample, signal):
        with pytest.raises(ValueError, match=r"signal=.* is not a label of y, which has \[0, 1\]"):
            parametric(signal=signal).fit(*sample)

    def test_the_last_class_is_signal_if_none_is_named(self, sample):
        X, y = sample
        labels = np.where(y == 1, "x", "background")
        clf = parametric(signal=None).fit(X, labels)
        assert clf.classes_[clf._signal_code] == "x"

    def test_units_of_the_mass_do_not_matter(self, sample):
        X, y = sample
        gev = parametric().fit(X, y)
        mev = parametric().fit(X.assign(mass=1000 * X["mass"]), y)
        expected = gev.at(mass=750).predict_proba(X)
        assert np.allclose(mev.at(mass=750_000).predict_proba(X), expected, atol=1e-4)


class TestPrediction:
    def test_the_column_holds_the_hypothesis(self, sample):
        X, y = sample
        clf = parametric(epochs=20).fit(X, y)
        at_500 = clf.predict_proba(X.assign(mass=500.0))[:, 1]
        at_1500 = clf.predict_proba(X.assign(mass=1500.0))[:, 1]
        light, heavy = (X["mass"] == 500).to_numpy(), (X["mass"] == 1500).to_numpy()
        assert at_500[light].mean() > at_1500[light].mean() + 0.1
        assert at_1500[heavy].mean() > at_500[heavy].mean() + 0.1

    def test_nan_is_an_error_that_names_the_column_and_the_scorer(self, sample):
        clf = parametric().fit(*sample)
        message = r"NaN: column 'mass' .* 300 of 600 events.*make_parametric_auc_scorer"
        with pytest.raises(ValueError, match=message):
            clf.predict_proba(sample[0])

    @pytest.mark.parametrize("scorer", [make_auc_scorer(), "roc_auc"])
    def test_an_ordinary_scorer_fails_with_the_name_of_the_parametric_one(self, sample, scorer):
        from sklearn.metrics import get_scorer

        clf = parametric().fit(*sample)
        scorer = get_scorer(scorer) if isinstance(scorer, str) else scorer
        with pytest.raises(ValueError, match="make_parametric_auc_scorer"):
            scorer(clf, *sample)

    def test_a_missing_column_is_an_error_that_names_the_ways_out(self, sample):
        X, y = sample
        clf = parametric().fit(X, y)
        with pytest.raises(ColumnError, match=r"no column 'mass'; .*at\(\.\.\.\)"):
            clf.predict_proba(X[["m", "z"]])

    def test_a_mass_outside_the_range_is_a_warning_once(self, sample):
        X, y = sample
        clf = parametric().fit(X, y)
        outside = X.assign(mass=1600.0)
        message = r"'mass' is outside the range of training, \[500, 1500\], in 600 of 600 events"
        with pytest.warns(ExtrapolationWarning, match=message + ", the first at 1600: "):
            clf.predict_proba(outside)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            clf.predict_proba(outside)
            clf.at(1700)

    def test_a_new_fit_may_warn_again(self, sample):
        X, y = sample
        clf = parametric(epochs=1)
        for _ in range(2):
            clf.fit(X, y)
            with pytest.warns(ExtrapolationWarning):
                clf.at(1700)

    def test_warnings_point_to_the_line_of_the_user(self, sample):
        X, y = sample
        with pytest.warns(MassLeakWarning) as caught:
            parametric(assignment="uniform", epochs=1).fit(X, y)
        assert [w.filename for w in caught] == [__file__]
        clf = parametric(epochs=1)
        for call in (
            lambda: clf.at(1700),
            lambda: clf.predict_proba_scan(X, [1700]),
            lambda: clf.predict(X.assign(mass=1700.0)),
        ):
            clf.fit(X, y)
            with pytest.warns(ExtrapolationWarning) as caught:
                call()
            assert caught[0].filename == __file__

    def test_within_the_range_nothing_warns(self, sample):
        X, y = sample
        clf = parametric().fit(X, y)
        clf.predict_proba(X.assign(mass=1500.0))
        clf.at(mass=500)


class TestAt:
    def test_it_is_the_classifier_with_the_mass_in_the_column(self, sample):
        X, y = sample
        clf = parametric().fit(X, y)
        expected = clf.predict_proba(X.assign(mass=750.0))
        for at in (clf.at(mass=750), clf.at(750.0), clf.at([750])):
            for data in (X, X[["m", "z"]], X.assign(mass=3.0)):
                assert np.array_equal(at.predict_proba(data), expected)
        assert np.array_equal(clf.at(750).predict(X), clf.classes_[expected.argmax(axis=1)])
        assert np.array_equal(clf.at(750).predict_log_proba(X), np.log(expected))

    def test_it_is_a_fitted_classifier(self, sample):
        from sklearn.base import is_classifier
        from sklearn.utils.validation import check_is_fitted

        X, y = sample
        at = parametric().fit(X, y).at(750)
        check_is_fitted(at)
        assert is_classifier(at)
        assert at.classes_.tolist() == [0, 1]
        assert at.feature_names_in_.tolist() == ["m", "z"]
        assert at.n_features_in_ == 2
        assert clone(at) is at
        assert at.fit(X, y) is at

    def test_scorers_and_displays_take_it(self, sample):
        from sklearn.metrics import RocCurveDisplay
        from sklearn.model_selection import cross_val_score

        X, y = sample
        at = parametric(epochs=10).fit(X, y).at(1000)
        chosen = (y == 0) | (X["mass"] == 1000)
        X, y = X[chosen][["m", "z"]], y[chosen]
        expected = roc_auc_score(y, at.predict_proba(X)[:, 1])
        assert make_auc_scorer()(at, X, y) == pytest.approx(expected)
        assert RocCurveDisplay.from_estimator(at, X, y).roc_auc == pytest.approx(expected)
        assert len(cross_val_score(at, X, y, cv=2)) == 2

    def test_score_is_weighted(self):
        X, y = make_sample()
        at = parametric(weight_column="weight").fit(X, y).at(750)
        expected = np.average(at.predict(X) == y, weights=X["weight"])
        assert at.score(X, y) == pytest.approx(expected)

    def test_its_network_takes_the_features_alone(self, sample):
        X, y = sample
        at = parametric().fit(X, y).at(750)
        features = X[["m", "z"]].to_numpy(np.float32)
        assert list(at.model_.input) == ["features"]
        found = np.asarray(at.model_({"features": features}))[:, 0]
        assert np.allclose(found, at.predict_proba(X)[:, 1], atol=1e-6)

    def test_its_network_is_saved_and_loaded_to_the_bit(self, sample, tmp_path):
        X, y = sample
        clf = parametric(mass_embedding=4, mass_noise=0.1, conditioning="film").fit(X, y)
        features = {"features": X[["m", "z"]].to_numpy(np.float32)}
        for model in (clf.at(750).model_, clf.at(1100).model_):
            model.save(tmp_path / "at.keras")
            loaded = keras.saving.load_model(tmp_path / "at.keras")
            expected = model.predict(features, verbose=0)
            pairs = zip(loaded.get_weights(), model.get_weights(), strict=True)
            assert all(np.array_equal(one, other) for one, other in pairs)
            assert np.allclose(loaded.predict(features, verbose=0), expected, rtol=0, atol=1e-5)
            model.export(tmp_path / "exported", verbose=False)
            exported = tf.saved_model.load(str(tmp_path / "exported"))
            assert np.allclose(exported.serve(features), expected, atol=1e-5)

    def test_it_is_applied_to_files_without_the_mass(self, sample, tmp_path):
        from skhep_nn import apply

        X, y = sample
        at = parametric().fit(X, y).at(750)
        joblib.dump(at, tmp_path / "at_750.joblib")
        X[["m", "z"]].to_parquet(tmp_path / "data.parquet")
        apply(
            tmp_path / "at_750.joblib", tmp_path / "data.parquet", output=tmp_path / "out.parquet"
        )
        scores = pd.read_parquet(tmp_path / "out.parquet")
        assert np.allclose(scores.iloc[:, -1], at.predict_proba(X)[:, 1])

    def test_joblib_changes_no_bit(self, sample):
        X, y = sample
        at = parametric().fit(X, y).at(750)
        file = io.BytesIO()
        joblib.dump(at, file)
        file.seek(0)
        assert np.array_equal(joblib.load(file).predict_proba(X), at.predict_proba(X))

    @pytest.mark.parametrize(
        ("values", "named"), [((), {"m": 1}), ((1, 2), {}), ((), {}), ((1,), {"mass": 1})]
    )
    def test_a_wrong_hypothesis_is_named(self, sample, values, named):
        clf = parametric().fit(*sample)
        with pytest.raises(TypeError, match=r"a hypothesis has the parameters mass=\.\.\.; got"):
            clf.at(*values, **named)

    def test_nan_is_no_hypothesis(self, sample):
        clf = parametric().fit(*sample)
        with pytest.raises(ValueError, match="needs finite numbers"):
            clf.at(np.nan)

    def test_before_the_fit_there_is_none(self):
        from sklearn.exceptions import NotFittedError

        with pytest.raises(NotFittedError):
            parametric().at(750)


class TestScan:
    @pytest.mark.parametrize("placement", ["start", "all", "end"])
    @pytest.mark.parametrize("body", ["dense", "resnet"])
    def test_it_is_the_prediction_at_each_mass(self, sample, placement, body):
        X, y = sample
        size = {"units": 8, "n_blocks": 2} if body == "resnet" else {}
        clf = parametric(placement=placement, body=body, epochs=1, **size).fit(X, y)
        scan = clf.predict_proba_scan(X, [500, 750, 1000])
        assert scan.shape == (600, 3, 2)
        for column, mass in enumerate([500.0, 750.0, 1000.0]):
            expected = clf.predict_proba(X.assign(mass=mass))
            assert np.allclose(scan[:, column], expected, atol=1e-5)

    def test_it_needs_no_mass_column(self, sample):
        X, y = sample
        clf = parametric().fit(X, y)
        expected = clf.predict_proba_scan(X, [500, 750])
        assert np.array_equal(clf.predict_proba_scan(X[["m", "z"]], [500, 750]), expected)

    def test_a_further_fit_is_seen(self, sample):
        X, y = sample
        clf = parametric(warm_start=True).fit(X, y)
        before = clf.predict_proba_scan(X, [500, 750])
        clf.fit(X, y)
        after = clf.predict_proba_scan(X, [500, 750])
        assert not np.array_equal(before, after)
        assert np.allclose(after[:, 1], clf.at(750).predict_proba(X), atol=1e-6)

    @pytest.mark.parametrize(
        "masses", [[[500, 1]], [np.nan], 500, 5.0, "heavy", ["heavy"], [], [None], [[[500.0]]]]
    )
    def test_hypotheses_that_do_not_fit_are_named(self, sample, masses):
        clf = parametric(epochs=1).fit(*sample)
        message = r"hypotheses=.* must be a sequence of finite numbers, one for each of \['mass'\]"
        with pytest.raises(ValueError, match=message):
            clf.predict_proba_scan(sample[0], masses)

    @pytest.mark.parametrize("value", ["heavy", None, [[750.0]], [None]])
    def test_a_hypothesis_that_is_no_number_is_named(self, sample, value):
        clf = parametric(epochs=1).fit(*sample)
        for arguments, named in [((value,), {}), ((), {"mass": value})]:
            with pytest.raises(ValueError, match=r"needs finite numbers for mass=\.\.\.; got"):
                clf.at(*arguments, **named)


class TestSeveralParameters:
    POINTS = np.array([[500.0, 100.0], [900.0, 100.0], [900.0, 400.0]])

    def sample(self, n_events=600):
        rng = np.random.default_rng(0)
        y = np.arange(n_events) % 2
        masses = self.POINTS[rng.choice(3, n_events)]
        masses[y == 0] = np.nan
        table = {"x": rng.normal(size=n_events), "m_stop": masses[:, 0], "m_lsp": masses[:, 1]}
        return pd.DataFrame(table), y

    def test_they_are_given_by_name_or_in_order(self):
        X, y = self.sample()
        clf = parametric(parameter=["m_stop", "m_lsp"]).fit(X, y)
        expected = clf.predict_proba(X.assign(m_stop=550.0, m_lsp=320.0))
        for at in (clf.at(m_stop=550, m_lsp=320), clf.at(m_lsp=320, m_stop=550), clf.at(550, 320)):
            assert np.array_equal(at.predict_proba(X), expected)
        scan = clf.predict_proba_scan(X, [{"m_stop": 550, "m_lsp": 320}, [900, 100]])
        assert np.allclose(scan[:, 0], expected, atol=1e-5)

    def test_one_name_is_not_enough(self):
        X, y = self.sample()
        clf = parametric(parameter=["m_stop", "m_lsp"]).fit(X, y)
        with pytest.raises(TypeError, match=r"m_stop=\.\.\., m_lsp=\.\.\."):
            clf.at(m_stop=550)

    def test_background_has_whole_points_of_the_signal(self):
        clf, (train, *_) = masses_seen(self.sample(), parameter=["m_stop", "m_lsp"])
        drawn = np.unique(train[clf.codes == 0], axis=0)
        assert drawn.tolist() == self.POINTS.tolist()
        assert clf.parameter_values_.tolist() == self.POINTS.tolist()

    def test_uniform_ones_are_a_leak(self):
        X, y = self.sample()
        with pytest.warns(MassLeakWarning):
            parametric(parameter=["m_stop", "m_lsp"], assignment="uniform").fit(X, y)


class TestAsOtherClassifiers:
    def test_more_than_two_classes(self, sample):
        X, y = sample
        labels = np.where(y == 1, "x", np.where(X["z"] > 0, "tt", "W"))
        clf = parametric(signal="x").fit(X, labels)
        assert clf.predict_proba_scan(X, [500, 1000]).shape == (600, 2, 3)
        assert clf.at(700).predict_proba(X).sum(axis=1) == pytest.approx(np.ones(600))

    def test_arrays_with_the_mass_by_position(self, sample):
        X, y = sample
        clf = parametric(parameter=2).fit(X.to_numpy(), y)
        frame = parametric().fit(X, y)
        assert clf.history_ == frame.history_
        features = X[["m", "z"]].to_numpy()
        assert np.array_equal(clf.at(750).predict_proba(features), frame.at(750).predict_proba(X))
        with pytest.raises(ColumnError, match=r"X has 2 features, but .* is expecting 3 features"):
            clf.predict_proba(features)

    def test_the_scale_of_the_weights_does_not_matter(self):
        X, y = make_sample()
        one = parametric(weight_column="weight").fit(X, y)
        # a power of two, so that no rounding differs
        two = parametric(weight_column="weight").fit(X.assign(weight=X["weight"] * 2**20), y)
        assert one.history_ == two.history_

    def test_negative_weights_are_treated(self):
        X, y = make_sample()
        X.loc[:40, "weight"] *= -1
        clf = parametric(weight_column="weight", negative_weights="drop").fit(X, y)
        assert (clf.n_negative_weights_, clf.n_zero_weights_) == (41, 41)
        assert np.isfinite(clf.history_["loss"]).all()
        assert parametric(weight_column="weight").fit(X, y).n_negative_weights_ == 41

    def test_a_pipeline_whose_scaler_leaves_the_mass_alone(self):
        X, y = make_sample()
        columns = ["mass", "weight"]
        model = Pipeline(
            [
                ("balance", EventWeightBalancer(mode="equal", weight_column="weight")),
                ("scale", MinMaxScaler(exclude=columns)),
                ("network", parametric(weight_column="weight", epochs=20)),
            ]
        ).fit(X, y)
        light = ((X["mass"] == 500) | (y == 0)).to_numpy()
        score = model.predict_proba(X.assign(mass=500.0))[:, 1]
        assert roc_auc_score(y[light], score[light]) > 0.7
        scorer = make_parametric_auc_scorer(weight_column="weight")
        assert scorer(model, X, y) > 0.7

    def test_a_search_over_conditioning_and_placement(self, sample):
        search = GridSearchCV(
            parametric(epochs=2),
            {"conditioning": ["concatenate", "film"], "placement": ["start", "all"]},
            scoring=make_parametric_auc_scorer(),
            cv=2,
            error_score="raise",
        ).fit(*sample)
        assert len(search.cv_results_["params"]) == 4
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()

    def test_joblib_changes_no_bit(self, sample):
        X, y = sample
        clf = parametric().fit(X, y)
        file = io.BytesIO()
        joblib.dump(clf, file)
        file.seek(0)
        loaded = joblib.load(file)
        filled = X.assign(mass=750.0)
        assert np.array_equal(loaded.predict_proba(filled), clf.predict_proba(filled))
        expected = clf.predict_proba_scan(X, MASSES)
        assert np.array_equal(loaded.predict_proba_scan(X, MASSES), expected)

    def test_early_stopping_keeps_the_best_epoch(self, sample):
        clf = parametric(early_stopping=True, patience=2, epochs=30, learning_rate=0.2).fit(*sample)
        losses = clf.history_["val_loss"]
        assert clf.best_epoch_ == int(np.argmin(losses)) + 1

    def test_memory_maps_give_the_bits_of_memory(self, sample, tmp_path):
        X, y = sample
        features = X[["m", "z"]].to_numpy(np.float32)
        np.save(tmp_path / "features.npy", features)
        mapped = np.load(tmp_path / "features.npy", mmap_mode="r")
        mass = X["mass"].to_numpy()
        in_memory = parametric().fit(EventBlocks({"jet": features, "mass": mass}), y)
        blocks = EventBlocks({"jet": mapped, "mass": mass})
        on_disk = parametric().fit(blocks, y)
        assert on_disk.history_ == in_memory.history_
        expected = in_memory.at(750).predict_proba(EventBlocks({"jet": features}))
        assert np.array_equal(on_disk.at(750).predict_proba(blocks), expected)
        expected = in_memory.predict_proba_scan(EventBlocks({"jet": features}), MASSES)
        assert np.array_equal(on_disk.predict_proba_scan(blocks, MASSES), expected)

    def test_a_mapped_table_gives_the_bits_of_memory(self, sample, tmp_path):
        X, y = sample
        np.save(tmp_path / "table.npy", X.to_numpy(np.float32))
        mapped = np.load(tmp_path / "table.npy", mmap_mode="r")
        in_memory = parametric(parameter=2).fit(X.to_numpy(np.float32), y)
        on_disk = parametric(parameter=2).fit(mapped, y)
        assert on_disk.history_ == in_memory.history_
        assert np.array_equal(
            on_disk.at(700).predict_proba(mapped), in_memory.at(700).predict_proba(X.to_numpy())
        )

    def test_sequences_condition_their_head(self, sample):
        X, y = sample
        rng = np.random.default_rng(0)
        track = rng.normal(size=(len(y), 4, 3)).astype(np.float32)
        blocks = EventBlocks({"track": track, "mass": X["mass"].to_numpy()})
        branches = {"track": {"kind": "cnn", "filters": (4,)}}
        clf = parametric(branches=branches, epochs=1).fit(blocks, y)
        scan = clf.predict_proba_scan(blocks, [500, 1000])
        expected = clf.at(1000).predict_proba(EventBlocks({"track": track}))
        assert np.allclose(scan[:, 1], expected, atol=1e-5)
        assert not np.array_equal(scan[:, 0], scan[:, 1])

    def test_an_array_of_sequences_has_no_place_for_the_mass(self):
        with pytest.raises(ValueError, match="put the array into EventBlocks"):
            parametric(parameter=0).fit(np.zeros((6, 4, 3)), [0, 1] * 3)

    def test_residual_blocks_have_one_width(self, sample):
        message = r'units=\(64, 64\), but body="resnet" has residual blocks of one width'
        with pytest.raises(ValueError, match=message):
            parametric(body="resnet", units=(64, 64)).fit(*sample)

    @pytest.mark.parametrize(
        ("where", "n_layers"), [(False, 0), ("input", 1), ("hidden", 2), ("all", 3)]
    )
    @pytest.mark.parametrize("body", ["dense", "resnet"])
    def test_batch_normalization_is_where_it_is_asked_for(self, sample, where, n_layers, body):
        size = {"units": 8, "n_blocks": 1} if body == "resnet" else {"units": (8, 4)}
        clf = parametric(batch_normalization=where, body=body, **size).initialize(*sample)
        layers = clf.model_.layers
        assert sum(isinstance(x, keras.layers.BatchNormalization) for x in layers) == n_layers

    def test_phases_draw_on(self, sample):
        phases = [{"epochs": 2, "learning_rate": 0.02}, {"epochs": 2, "learning_rate": 0.002}]
        clf, (_, _, *epochs) = masses_seen(sample, phases=phases)
        assert clf.n_epochs_ == 4
        # no epoch has the masses of another one
        assert len({masses.tobytes() for masses in epochs}) == 4

    def test_partial_fit_draws_the_masses_of_each_call_and_keeps_the_range(self, sample):
        X, y = sample
        clf = parametric().partial_fit(X, y)
        clf.partial_fit(X.iloc[:100].assign(mass=700.0), y[:100])
        assert clf.parameter_values_[:, 0].tolist() == [700]
        assert clf.parameter_range_.tolist() == [[500, 1500]]
        # a call without signal
        clf.partial_fit(X[y == 0], y[y == 0])
        assert clf.parameter_values_[:, 0].tolist() == [700]
        assert clf.n_epochs_ == 3

    def test_the_first_call_needs_signal(self, sample):
        X, y = sample
        message = r"no events of class 1, the signal; .* the first call of partial_fit"
        with pytest.raises(ValueError, match=message):
            parametric().partial_fit(X[y == 0], y[y == 0], classes=[0, 1])

    @pytest.mark.parametrize("sampler", ["mass", "process"])
    @pytest.mark.parametrize("missing", [0, 1])
    def test_balanced_batches_need_every_class_in_each_call(self, sample, sampler, missing):
        X, y = sample
        X = X.assign(process="tt")
        clf = parametric(batch_sampler=sampler, process_column="process").partial_fit(X, y)
        message = rf'batch_sampler="{sampler}" draws .* every class, .* class {missing} has none'
        with pytest.raises(ValueError, match=message):
            clf.partial_fit(X[y != missing], y[y != missing])

    def test_signal_alone_is_enough_for_a_later_call(self, sample):
        X, y = sample
        clf = parametric().partial_fit(X, y)
        assert clf.partial_fit(X[y == 1], y[y == 1]).n_epochs_ == 2

    def scaling(self, clf):
        (layer,) = [x for x in clf.model_.layers if isinstance(x, ParameterScaling)]
        return layer.low, layer.high

    def test_a_further_fit_on_higher_masses_extends_the_range_and_not_the_scaling(self, sample):
        X, y = sample
        clf = parametric(warm_start=True).fit(X, y)
        with pytest.warns(ExtrapolationWarning):
            before = clf.at(2500).predict_proba(X)
        scaling = self.scaling(clf)
        clf.set_params(learning_rate=1e-9).fit(X.assign(mass=2 * X["mass"]), y)
        assert clf.parameter_range_.tolist() == [[500, 3000]]
        assert self.scaling(clf) == scaling == ([500], [1500])
        # within the range, and the network has hardly moved
        assert np.allclose(clf.at(2500).predict_proba(X), before, atol=1e-4)
        with pytest.warns(ExtrapolationWarning, match=r"\[500, 3000\]"):
            clf.at(3500)

    def test_warm_start_keeps_the_range(self, sample):
        X, y = sample
        clf = parametric(warm_start=True).fit(X, y)
        light = ((X["mass"] < 1200) | (y == 0)).to_numpy()
        clf.fit(X[light], y[light])
        assert clf.parameter_values_[:, 0].tolist() == [500, 1000]
        assert clf.parameter_range_.tolist() == [[500, 1500]]

    def test_a_killed_fit_goes_on_with_the_masses_that_it_would_have_had(self, sample, tmp_path):
        class Killed(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                if epoch == 1:
                    raise RuntimeError

        expected = parametric(epochs=4).fit(*sample)
        folder = tmp_path / "checkpoint"
        killed = parametric(epochs=4, checkpoint_dir=folder, callbacks=Killed())
        with pytest.raises(RuntimeError):
            killed.fit(*sample)
        clf = parametric(epochs=4, checkpoint_dir=folder).fit(*sample)
        assert clf.history_["loss"][-2:] == expected.history_["loss"][-2:]
        X = sample[0]
        assert np.array_equal(clf.at(750).predict_proba(X), expected.at(750).predict_proba(X))

    def test_keras_own_loop_cannot_draw_anew_and_says_so(self, sample):
        class Batchwise(keras.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None):
                pass

        with pytest.raises(ValueError, match="resample needs the compiled training loop"):
            parametric(callbacks=Batchwise()).fit(*sample)
        clf = parametric(callbacks=Batchwise(), resample="never").fit(*sample)
        assert clf.training_loop_.startswith("keras")

    def test_initialize_builds_the_network_that_fit_trains(self, sample):
        X, y = sample
        clf = parametric().initialize(X, y)
        assert clf.at(750).predict_proba(X).shape == (600, 2)
        assert clf.parameter_values_[:, 0].tolist() == MASSES


@pytest.mark.parametrize(
    "ask", [lambda c, X: c.at(1e308), lambda c, X: c.predict_proba_scan(X, [1e308])]
)
def test_a_hypothesis_beyond_the_precision_of_the_network_is_an_error(ask):
    X = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0], "mass": [np.nan, 1.0, np.nan, 2.0]})
    clf = ParametricClassifier(units=(2,), epochs=1, verbose=0).fit(X, [0, 1, 0, 1])
    with pytest.raises(ValueError, match=r"hypothesis for \['mass'\] is beyond float32"):
        ask(clf, X[["x"]])
    with pytest.raises(ValueError, match="column 'mass' has no finite value"):
        clf.predict_proba(X.assign(mass=1e308))
