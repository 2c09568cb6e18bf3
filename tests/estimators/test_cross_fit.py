"""CrossFitClassifier: which events a network saw, and which network scores an event."""

from __future__ import annotations

import io
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict, cross_validate
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import has_fit_parameter
from threadpoolctl import threadpool_limits

from skhep_nn import (
    CrossFitClassifier,
    DenseClassifier,
    EnsembleClassifier,
    EventNumberFold,
    EventWeightBalancer,
    MinMaxScaler,
    make_auc_scorer,
)
from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import (
    ColumnError,
    FoldsDifferWarning,
    SeenEventsWarning,
    TrainingInterruptedWarning,
    WeightError,
)
from skhep_nn.metrics import fold_spread, roc_auc

# networks of two epochs are not alike
pytestmark = pytest.mark.filterwarnings("ignore::skhep_nn.exceptions.FoldsDifferWarning")

FEATURES = ["pt", "eta"]
SMALL = {"units": (4,), "epochs": 2, "batch_size": 64, "random_state": 0, "verbose": 0}


class Recorder(ClassifierMixin, BaseEstimator):
    """Remembers what it was fitted on; its score is the mean of what it was fitted on."""

    def __init__(self, weight_column=None):
        self.weight_column = weight_column

    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        self.classes_ = np.unique(y)
        self.seen_ = (X, y, sample_weight)
        self.validation_ = (X_val, y_val, sample_weight_val)
        return self

    def predict_proba(self, X):
        p = np.full(len(X), 1 / (2 + len(self.seen_[1])))
        return np.column_stack([1 - p, p])


class WithoutValidation(Recorder):
    """The same, of a classifier that takes no validation events."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(X, y, sample_weight)


def make_sample(n_events=400, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n_events)
    return pd.DataFrame(
        {
            "pt": rng.normal(y, 1.0),
            "event_number": rng.permutation(n_events) + 10**15,
            "eta": rng.normal(-y, 1.0),
            "weight": rng.uniform(0.5, 1.5, n_events) * np.where(rng.random(n_events) < 0.1, -1, 1),
        }
    ), y


@pytest.fixture
def sample():
    """(X, y): two features, the event number between them, weights of either sign."""
    return make_sample()


def logistic(**parameters):
    return CrossFitClassifier(**({"estimator": LogisticRegression(), "n_folds": 3} | parameters))


def of_features(sample):
    X, y = sample
    return X[["pt", "event_number", "eta"]], y


def test_network_k_is_trained_without_fold_k_and_validated_on_the_next(sample):
    X, y = sample
    model = CrossFitClassifier(Recorder(), n_folds=4).fit(X, y, np.abs(X["weight"]))
    folds = EventNumberFold(4).folds(X)
    assert np.array_equal(model.folds(X), folds)
    for number, network in enumerate(model.estimators_):
        held_out = folds == (number + 1) % 4
        train = (folds != number) & ~held_out
        for part, (seen, labels, weights) in (
            (train, network.seen_),
            (held_out, network.validation_),
        ):
            pd.testing.assert_frame_equal(seen, X[part].drop(columns="event_number"))
            assert np.array_equal(labels, y[part])
            assert np.array_equal(weights, np.abs(X["weight"][part]))


@pytest.mark.parametrize("rotate", [True, False])
def test_a_classifier_without_validation_has_all_but_its_fold(sample, rotate):
    X, y = sample
    for estimator in (Recorder(), WithoutValidation()):
        if rotate and has_fit_parameter(estimator, "X_val"):
            continue
        model = CrossFitClassifier(estimator, n_folds=4, rotate_validation=rotate).fit(X, y)
        folds = model.folds(X)
        for number, network in enumerate(model.estimators_):
            assert np.array_equal(network.seen_[1], y[folds != number])


def test_scikit_learns_boosting_is_validated_where_it_stops_early(sample):
    X, y = (part[:150] for part in of_features(sample))
    if not has_fit_parameter(HistGradientBoostingClassifier(), "X_val"):
        pytest.skip("this scikit-learn takes no X_val")
    folds = EventNumberFold(3).folds(X)
    features = X[FEATURES]
    for stops, held_out in ((True, folds == 1), ("auto", np.zeros(len(y), bool))):
        boosting = HistGradientBoostingClassifier(max_iter=2, early_stopping=stops)
        # threads of several test processes wait for each other
        with threadpool_limits(1):
            model = CrossFitClassifier(boosting, n_folds=3).fit(X, y)
        alone = clone(boosting)
        train = (folds != 0) & ~held_out
        if stops is True:
            alone.fit(features[train], y[train], X_val=features[held_out], y_val=y[held_out])
        else:
            alone.fit(features[train], y[train])
        found = model.estimators_[0].predict_proba(features)
        assert np.allclose(found, alone.predict_proba(features))


class Touched(TransformerMixin, BaseEstimator):
    """Remembers the events of its fit, and marks those that it transforms."""

    def fit(self, X, y=None):
        self.fitted_ = X.index
        return self

    def transform(self, X):
        return X.assign(touched=len(self.fitted_))


def test_steps_before_are_fitted_on_training_events_only_and_transform_validation(sample):
    X, y = sample
    inner = Pipeline([("inner", Touched())])
    pipeline = Pipeline([("idle", "passthrough"), ("touch", inner), ("last", Recorder())])
    model = CrossFitClassifier(pipeline, n_folds=4).fit(X, y, np.abs(X["weight"]))
    folds = model.folds(X)
    for number, network in enumerate(model.estimators_):
        held_out = folds == (number + 1) % 4
        train = (folds != number) & ~held_out
        assert network["touch"]["inner"].fitted_.equals(X.index[train])
        seen, _, weights = network["last"].seen_
        assert set(seen["touched"]) == {train.sum()}
        assert np.array_equal(weights, np.abs(X["weight"][train]))
        validation, labels, weights = network["last"].validation_
        assert validation.index.equals(X.index[held_out])
        assert set(validation["touched"]) == {train.sum()}
        assert np.array_equal(labels, y[held_out])
        assert np.array_equal(weights, np.abs(X["weight"][held_out]))
        assert "event_number" not in seen


def test_every_event_is_scored_by_the_network_that_never_saw_it(sample):
    X, y = of_features(sample)
    model = logistic().fit(X, y)
    expected = cross_val_predict(
        LogisticRegression(),
        X[FEATURES],
        y,
        groups=X["event_number"],
        cv=EventNumberFold(3),
        method="predict_proba",
    )
    found = model.predict_proba(X)
    assert np.allclose(found, expected, atol=1e-4)
    assert np.array_equal(model.predict(X), found.argmax(axis=1))
    assert np.array_equal(model.predict_log_proba(X), np.log(found))
    assert model.score(X, y) == pytest.approx(np.mean(found.argmax(axis=1) == y))
    # other rows in another order: the number decides
    some = X.sample(50, random_state=1)
    assert np.allclose(model.predict_proba(some), found[some.index], rtol=1e-12)


def test_data_follow_the_same_rule_and_without_the_number_are_the_mean(sample):
    X, y = of_features(sample)
    model = logistic().fit(X, y)
    data = pd.DataFrame({"pt": [0.1, 0.2], "event_number": [5, 6], "eta": [1.0, 2.0]})
    each = [network.predict_proba(data[FEATURES]) for network in model.estimators_]
    folds = EventNumberFold(3).folds(data)
    expected = [each[fold][at] for at, fold in enumerate(folds)]
    assert np.allclose(model.predict_proba(data), expected, rtol=1e-12)
    assert np.allclose(model.predict_proba(data[FEATURES]), np.mean(each, axis=0), rtol=1e-12)
    with pytest.raises(ColumnError, match="X has no fold_column='event_number'"):
        model.folds(data[FEATURES])


@pytest.mark.parametrize("column", [1, -2, [1]])
def test_arrays_have_the_number_at_a_position(sample, column):
    X, y = of_features(sample)
    table = X.assign(event_number=X["event_number"] - 10**15)
    named = logistic().fit(table, y)
    model = logistic(fold_column=column).fit(table.to_numpy(), y)
    found, without = model.predict_proba(table.to_numpy()), table[FEATURES]
    assert np.allclose(found, named.predict_proba(table), atol=1e-4)
    found = model.predict_proba(without.to_numpy())
    assert np.allclose(found, named.predict_proba(without), atol=1e-4)
    assert model.n_features_in_ == 3
    assert model.estimators_[0].n_features_in_ == 2


def test_several_columns_are_one_number_and_a_part_of_them_is_an_error(sample):
    X, y = of_features(sample)
    X = X.assign(run=np.arange(len(y)) % 7)
    model = logistic(fold_column=["run", "event_number"]).fit(X, y)
    expected = EventNumberFold(3, ["run", "event_number"]).folds(X)
    assert np.array_equal(model.folds(X[["event_number", "run", *FEATURES]]), expected)
    assert model.estimators_[0].feature_names_in_.tolist() == FEATURES
    assert model.predict_proba(X[FEATURES]).shape == (len(y), 2)
    with pytest.raises(ColumnError, match=r"X has a part of fold_column=.* and no column 'run'"):
        model.predict_proba(X.drop(columns="run"))


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_frames_of_other_libraries(sample, library):
    other = pytest.importorskip(library)
    X, y = of_features(sample)
    native = other.table(dict(X)) if library == "pyarrow" else other.from_pandas(X)
    model = logistic().fit(native, y)
    expected = logistic().fit(X, y).predict_proba(X)
    assert np.allclose(model.predict_proba(native), expected, atol=1e-4)


def test_rows_of_one_event_are_never_on_both_sides(sample):
    X, y = sample
    X, y = pd.concat([X, X.assign(pt=X["pt"] + 1)], ignore_index=True), np.tile(y, 2)
    model = CrossFitClassifier(Recorder(), n_folds=4).fit(X, y)
    for number, network in enumerate(model.estimators_):
        tested = set(X["event_number"][model.folds(X) == number])
        for part in (network.seen_, network.validation_):
            assert not tested & set(X["event_number"][part[0].index])


def test_a_hash_of_modulo_and_a_salt(sample):
    X, y = of_features(sample)
    model = logistic(hash="modulo").fit(X, y)
    assert np.array_equal(model.folds(X), X["event_number"] % 3)
    salted = logistic(salt=7).fit(X, y)
    assert np.array_equal(salted.folds(X), EventNumberFold(3, salt=7).folds(X))


def test_each_network_has_seeds_of_its_own_and_the_same_in_each_fit(sample):
    X, y = sample
    model = CrossFitClassifier(DenseClassifier(weight_column="weight", **SMALL), n_folds=3)
    first = model.fit(X, y).predict_proba(X)
    seeds = [network.random_state for network in model.estimators_]
    assert len({*seeds, 0}) == 4
    assert np.array_equal(clone(model).fit(X, y).predict_proba(X), first)
    other = clone(model).set_params(random_state=1).fit(X, y)
    assert not set(seeds) & {network.random_state for network in other.estimators_}
    # the parameter is what the user set
    assert model.estimator.random_state == 0


def test_a_network_is_the_one_that_is_fitted_by_hand(sample):
    X, y = sample
    pipeline = Pipeline(
        [
            ("balance", EventWeightBalancer(weight_column="weight")),
            ("scale", MinMaxScaler(exclude=["weight"])),
            ("network", DenseClassifier(weight_column="weight", **SMALL)),
        ]
    )
    model = CrossFitClassifier(pipeline, n_folds=3).fit(X, y)
    folds, features = model.folds(X), X.drop(columns="event_number")
    # network 0: tested on fold 0, validated on fold 1
    train, held_out = folds == 2, folds == 1
    alone = clone(pipeline)
    alone["network"].set_params(random_state=model.estimators_[0]["network"].random_state)
    head = alone[:-1]
    prepared = head.fit_transform(features[train], y[train])
    alone["network"].fit(
        prepared, y[train], X_val=head.transform(features[held_out]), y_val=y[held_out]
    )
    tested = X[folds == 0]
    expected = alone.predict_proba(tested.drop(columns=["event_number", "weight"]))
    assert np.array_equal(model.predict_proba(tested), expected)
    # real data have no weights
    assert np.array_equal(model.predict_proba(tested.drop(columns="weight")), expected)
    assert model.weight_column == "weight"
    assert set(model.history_) == set(model.estimators_[0]["network"].history_)
    assert model.best_epoch_ in (0, 1, 2)


def test_weights_are_those_of_the_column_and_given_twice_are_an_error(sample):
    X, y = sample
    model = CrossFitClassifier(DenseClassifier(weight_column="weight", **SMALL), n_folds=3)
    model.fit(X, y)
    weighted = np.average(model.predict(X) == y, weights=X["weight"])
    assert model.score(X, y) == pytest.approx(weighted)
    assert make_auc_scorer()(model, X, y) == pytest.approx(
        roc_auc(y, model.predict_proba(X)[:, 1], X["weight"])
    )
    with pytest.raises(WeightError, match="weight_column='weight' and sample_weight"):
        clone(model).fit(X, y, np.ones(len(y)))
    # by position, counted among the columns that the network sees
    by_place = CrossFitClassifier(
        DenseClassifier(weight_column=2, **SMALL), n_folds=3, fold_column=1
    )
    table = X.assign(event_number=X["event_number"] - 10**15).to_numpy()
    by_place.fit(table, y)
    assert by_place.weight_column == 3
    assert by_place.predict_proba(table[:, [0, 2]]).shape == (len(y), 2)


def test_a_classifier_that_takes_no_weights_says_so(sample):
    X, y = of_features(sample)
    with pytest.raises(WeightError, match="KNeighborsClassifier takes no sample_weight"):
        CrossFitClassifier(KNeighborsClassifier(), n_folds=3).fit(X, y, np.ones(len(y)))
    grid = GridSearchCV(make_pipeline(LogisticRegression()), {"memory": [None]}, cv=2)
    weights = np.abs(sample[0]["weight"])
    model = CrossFitClassifier(grid, n_folds=3).fit(X, y, weights)
    part = model.folds(X) != 0
    alone = LogisticRegression().fit(X[FEATURES][part], y[part], weights[part])
    found = model.estimators_[0].best_estimator_[-1].coef_
    assert np.allclose(found, alone.coef_, atol=1e-4)


@pytest.mark.parametrize(
    "cv", [EventNumberFold(3, salt=1), GroupKFold(3)], ids=["event numbers", "groups"]
)
def test_a_search_in_each_fold_splits_by_event_too(sample, cv):
    X, y = of_features(sample)
    X, y = pd.concat([X, X.assign(pt=X["pt"] + 0.1)], ignore_index=True), np.tile(y, 2)
    search = GridSearchCV(LogisticRegression(), {"C": [1e-3, 1.0]}, cv=cv)
    model = CrossFitClassifier(search, n_folds=4).fit(X, y)
    assert [network.n_splits_ for network in model.estimators_] == [3] * 4
    assert model.predict_proba(X).shape == (len(y), 2)


def test_it_is_searched_and_scored_as_any_classifier(sample):
    X, y = of_features(sample)
    grid = {"estimator__C": [0.1, 1.0], "n_folds": [2, 3]}
    search = GridSearchCV(logistic(), grid, cv=EventNumberFold(2, salt=1), scoring="roc_auc")
    assert search.fit(X, y).best_params_.keys() == grid.keys()
    assert len(cross_validate(logistic(), X, y, cv=2)["test_score"]) == 2


def test_blocks_and_their_memory_maps(sample, tmp_path):
    X, y = of_features(sample)
    path = tmp_path / "jet.npy"
    np.save(path, X[FEATURES].to_numpy())
    numbers = X["event_number"].to_numpy()
    blocks = EventBlocks({"jet": np.load(path, mmap_mode="r"), "event_number": numbers})
    model = CrossFitClassifier(DenseClassifier(**SMALL), n_folds=3).fit(blocks, y)
    assert model.estimators_[0].columns_.names == ["jet"]
    assert np.array_equal(model.folds(blocks), EventNumberFold(3).folds(X))
    mean = model.predict_proba(EventBlocks({"jet": X[FEATURES].to_numpy()}))
    each = [
        m.predict_proba(EventBlocks({"jet": X[FEATURES].to_numpy()})) for m in model.estimators_
    ]
    assert np.allclose(mean, np.mean(each, axis=0), atol=1e-7)


@pytest.mark.slow
def test_processes_change_no_number(sample):
    X, y = of_features(sample)
    expected = logistic().fit(X, y).predict_proba(X)
    found = logistic(n_jobs=2).fit(X, y).predict_proba(X)
    assert np.allclose(found, expected, atol=1e-4)


def test_joblib_clone_and_parameters(sample):
    X, y = of_features(sample)
    model = logistic().fit(X, y)
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    assert np.array_equal(joblib.load(file).predict_proba(X), model.predict_proba(X))
    assert clone(model).get_params()["estimator__C"] == 1.0
    assert model.set_params(estimator__C=2.0).estimator.C == 2.0
    with pytest.raises(NotFittedError):
        clone(model).predict_proba(X)
    with pytest.raises(NotFittedError):
        clone(model).folds(X)


def test_networks_of_one_architecture_share_what_is_compiled(sample, monkeypatch):
    from skhep_nn.training import _engine

    made = []
    plain = _engine.Engine.__init__
    monkeypatch.setattr(
        _engine.Engine, "__init__", lambda self, *a, **k: made.append(1) or plain(self, *a, **k)
    )
    settings = {**SMALL, "units": (7,)}
    CrossFitClassifier(DenseClassifier(**settings), n_folds=4).fit(*of_features(sample))
    assert len(made) == 1


def test_the_spread_of_the_folds_is_that_of_the_scores(sample):
    X, y = sample
    model = CrossFitClassifier(DenseClassifier(weight_column="weight", **SMALL), n_folds=3)
    model.fit(X, y)
    expected = fold_spread(
        y, model.predict_proba(X)[:, 1], model.folds(X), sample_weight=X["weight"]
    )
    assert np.array_equal(model.fold_spread_.values, expected.values)
    labels = np.array(["W", "Z", "tt"])[np.arange(len(y)) % 3]
    several = logistic().fit(X[["pt", "event_number", "eta"]], labels)
    assert set(several.fold_spread_.signals) == {"W", "Z", "tt"}


class Shifted(LogisticRegression):
    """A classifier whose scores depend on how many events it saw, as no good one's do."""

    def fit(self, X, y):
        self.shift_ = (len(y) % 2) * 0.4
        return super().fit(X, y)

    def predict_proba(self, X):
        p = 0.6 * super().predict_proba(X)[:, 1] + self.shift_
        return np.column_stack([1 - p, p])


def test_folds_that_are_not_comparable_are_a_warning():
    X, y = of_features(make_sample(2000))
    folds = EventNumberFold(3).folds(X)
    # an odd number of events for one network
    while len({int(np.sum(folds != k)) % 2 for k in range(3)}) == 1:
        X, y, folds = X[1:], y[1:], folds[1:]
    with pytest.warns(FoldsDifferWarning, match="not comparable: mean score of signal: 0"):
        model = CrossFitClassifier(Shifted(), n_folds=3).fit(X, y)
    assert not model.fold_spread_.comparable


def test_events_without_a_number_are_dealt_out_and_scored_by_the_mean(sample):
    X, y = sample[0][FEATURES], sample[1]
    model = CrossFitClassifier(WithoutValidation(), n_folds=5, fold_column=None).fit(X, y)
    seen = [set(X.index) - set(network.seen_[0].index) for network in model.estimators_]
    assert sorted(event for fold in seen for event in fold) == list(range(len(y)))
    for fold in seen:
        assert abs(np.mean(y[list(fold)]) - np.mean(y)) < 0.02
    each = [network.predict_proba(X) for network in model.estimators_]
    assert np.allclose(model.predict_proba(X), np.mean(each, axis=0))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_folds": 1}, "n_folds"),
        ({"fold_column": 2.5}, "fold_column"),
        ({"hash": "md5"}, "hash"),
        ({"hash": "modulo", "salt": 1}, "salt=1 goes with"),
        ({"estimator": KNeighborsClassifier}, "estimator"),
        ({"estimator": Recorder(), "n_folds": 2}, "n_folds=2: with rotate_validation .*>= 3 or"),
        ({"fold_column": "number"}, "fold_column='number' is not a column of X"),
        ({"fold_column": []}, "names no column"),
        ({"fold_column": ["pt", 0]}, "names a column twice"),
        ({"fold_column": "pt"}, "column 'pt'.*whole numbers"),
        ({"n_folds": 300}, r"has no events: 400 events are in \d+ of 300 folds by fold_column"),
    ],
)
def test_what_makes_no_sense_is_named(sample, parameters, message):
    with pytest.raises(ValueError, match=message):
        logistic(**parameters).fit(*of_features(sample))


def test_a_table_of_numbers_alone_has_nothing_to_train_on(sample):
    X, y = sample
    with pytest.raises(ColumnError, match="no feature besides"):
        logistic().fit(X[["event_number"]], y)


def test_a_step_that_names_the_event_number_is_told_that_it_never_sees_it(sample):
    X, y = sample
    scaler = MinMaxScaler(exclude=["weight", "event_number"])
    model = CrossFitClassifier(make_pipeline(scaler, LogisticRegression()), n_folds=3)
    with pytest.raises(ColumnError, match=r"'event_number' \(as exclude\), which fold_column="):
        model.fit(X, y)


def test_a_class_that_a_network_would_not_see_is_an_error(sample):
    X, y = of_features(sample)
    labels = np.where(np.arange(len(y)) == 0, 2, y)
    with pytest.raises(ValueError, match=r"class 2 has no event in the training events of netw"):
        logistic().fit(X, labels)


def test_an_ensemble_in_each_fold_gets_the_validation_events(sample):
    X, y = sample
    model = CrossFitClassifier(EnsembleClassifier(Recorder(), 2), n_folds=3).fit(X, y)
    held_out = model.folds(X) == 1
    for member in model.estimators_[0].estimators_:
        assert np.array_equal(member.validation_[1], y[held_out])


class Stops(Recorder):
    """A network that the user interrupts: it warns and keeps what it has."""

    begun = 0

    def fit(self, X, y, sample_weight=None):
        Stops.begun += 1
        warnings.warn("interrupted", TrainingInterruptedWarning, stacklevel=2)
        return super().fit(X, y)


def test_an_interrupted_fit_ends_as_a_whole(sample):
    with pytest.raises(KeyboardInterrupt):
        CrossFitClassifier(Stops(), n_folds=3).fit(*of_features(sample))
    assert Stops.begun == 1


def test_a_scaler_outside_is_nothing_special(sample):
    X, y = of_features(sample)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    model = CrossFitClassifier(pipeline, n_folds=3).fit(X, y)
    folds = model.folds(X)
    alone = clone(pipeline).fit(X[FEATURES][folds != 2], y[folds != 2])
    expected = alone.predict_proba(X[FEATURES][folds == 2])
    assert np.allclose(model.predict_proba(X[folds == 2]), expected, atol=1e-4)


FROZEN = {
    "member of a vote": lambda m: VotingClassifier([("a", m), ("b", Recorder())], voting="soft"),
    "member of a stack": lambda m: StackingClassifier([("a", m)], LogisticRegression(), cv=2),
    "last step": lambda m: make_pipeline("passthrough", m),
    "in an ensemble": lambda m: EnsembleClassifier(make_pipeline(m), n_members=2),
}


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("around", FROZEN.values(), ids=FROZEN)
def test_a_frozen_classifier_inside_is_warned_of_since_it_may_have_seen_the_events(
    n_jobs, around, sample
):
    X, y = of_features(sample)
    frozen = FrozenEstimator(LogisticRegression().fit(X[FEATURES], y))
    model = CrossFitClassifier(around(frozen), n_folds=3, n_jobs=n_jobs)
    with pytest.warns(SeenEventsWarning, match=r"frozen in the estimator: .*the same for each"):
        model.fit(X, y)


@pytest.mark.parametrize("make", [CrossFitClassifier, EnsembleClassifier])
def test_a_frozen_estimator_cannot_be_fitted_for_each_fold(make, sample):
    X, y = of_features(sample)
    frozen = FrozenEstimator(LogisticRegression().fit(X, y))
    with pytest.raises(ValueError, match=r"estimator=FrozenEstimator\(LogisticRegression\) is fit"):
        make(frozen).fit(X, y)


def test_a_frozen_transformer_is_no_classifier(sample):
    X, y = of_features(sample)
    scale = FrozenEstimator(StandardScaler().fit(X[FEATURES]))
    CrossFitClassifier(make_pipeline(scale, LogisticRegression()), n_folds=3).fit(X, y)
