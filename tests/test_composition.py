"""Questions to an estimator, however it is put together, have one answer everywhere."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    QuantileTransformer,
    StandardScaler,
)

from skhep_nn import (
    CalibratedClassifier,
    EventWeightBalancer,
    MinMaxScaler,
    _columns,
    _composition,
    make_auc_scorer,
)
from skhep_nn.cache import build_cache
from skhep_nn.exceptions import ColumnError, WeightError
from skhep_nn.metrics import auc_by_parameter, roc_auc
from skhep_nn.plotting import RocDisplay
from skhep_nn.preprocessing import BlockTransformer


class Weighted(ClassifierMixin, BaseEstimator):
    """Naive Bayes on all columns but that of the weights."""

    def __init__(self, weight_column=None, exclude=()):
        self.weight_column = weight_column
        self.exclude = exclude

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.n_features_in_ = np.shape(X)[1]
        if hasattr(X, "columns"):
            self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.bayes_ = GaussianNB().fit(self._features(X), y)
        return self

    def predict_proba(self, X):
        return self.bayes_.predict_proba(self._features(X))

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _features(self, X):
        if isinstance(self.weight_column, int):
            return np.delete(np.asarray(X), self.weight_column, axis=1)
        return np.asarray(X.drop(columns=self.weight_column, errors="ignore"))


@pytest.fixture
def events():
    rng = np.random.default_rng(0)
    y = np.arange(300) % 2
    X = pd.DataFrame({"x": rng.normal(y, 2), "z": rng.normal(size=300)})
    X["weight"] = rng.uniform(0.2, 1, 300) * np.exp(X["x"].abs())
    return X, y


def search(estimator):
    return GridSearchCV(estimator, {}, cv=2, scoring="accuracy")


def vote(estimator):
    return VotingClassifier([("a", estimator), ("b", estimator)], voting="soft")


def stack(estimator):
    return StackingClassifier([("a", estimator), ("b", estimator)], cv=2)


WRAPPED = {
    "alone": lambda clf: clf,
    "Pipeline": lambda clf: make_pipeline(MinMaxScaler(exclude=["weight"]), clf),
    "balanced": lambda clf: make_pipeline(EventWeightBalancer(weight_column="weight"), clf),
    "search": search,
    "vote": vote,
    "stack": stack,
    "calibrated": lambda clf: CalibratedClassifierCV(clf, cv=2),
    "calibrated with weights": lambda clf: CalibratedClassifier(clf, "logistic", cv=2),
    "one-vs-rest": OneVsRestClassifier,
    "threshold": FixedThresholdClassifier,
    "vote in Pipeline in search": lambda clf: search(
        make_pipeline(MinMaxScaler(exclude="weight"), vote(clf))
    ),
    "Pipelines in a vote": lambda clf: vote(make_pipeline(MinMaxScaler(exclude="weight"), clf)),
    "searches in a stack": lambda clf: stack(search(clf)),
    "calibrated vote": lambda clf: CalibratedClassifierCV(vote(clf), cv=2),
    "vote of calibrated": lambda clf: vote(CalibratedClassifierCV(clf, cv=2)),
}


@pytest.mark.parametrize("fitted", [False, True])
@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_the_weight_column_is_found_in_every_composition(events, wrap, fitted):
    estimator = wrap(Weighted("weight"))
    if fitted:
        estimator = FrozenEstimator(estimator.fit(*events))
    assert _composition.weight_column(estimator, "test") == "weight"


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_display_scorer_and_auc_by_parameter_agree(events, wrap):
    X, y = events
    estimator = wrap(Weighted("weight")).fit(X, y)
    scores = estimator.predict_proba(X)[:, 1]
    expected = roc_auc(y, scores, X["weight"])
    assert abs(expected - roc_auc(y, scores)) > 1e-3
    assert make_auc_scorer()(estimator, X, y) == pytest.approx(expected, abs=1e-12)
    assert RocDisplay.from_estimator(estimator, X, y).auc == pytest.approx(expected, abs=1e-12)
    table = auc_by_parameter(estimator, X, y, parameter=np.full(len(y), 500.0))
    assert table["auc"].iloc[0] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_the_last_step_is_the_classifier(events, wrap):
    assert isinstance(_composition.last_step(wrap(Weighted("weight"))), Weighted)
    assert isinstance(_composition.last_step(wrap(Weighted("weight")).fit(*events)), Weighted)


def test_members_that_disagree_are_an_error_that_says_so(events):
    X, y = events[0].assign(other=1.0), events[1]
    pair = [("a", Weighted("weight")), ("b", Weighted("other"))]
    for estimator in (VotingClassifier(pair, voting="soft"), StackingClassifier(pair, cv=2)):
        estimator.fit(X, y)
        message = r"members of the estimator have the weight columns \['weight', 'other'\]"
        for use in (make_auc_scorer(), RocDisplay.from_estimator):
            with pytest.raises(WeightError, match=message):
                use(estimator, X, y)
        with pytest.raises(WeightError, match=message):
            auc_by_parameter(estimator, X, y, parameter=np.full(len(y), 1.0))
        assert make_auc_scorer(weight_column="other")(estimator, X, y) > 0


def test_steps_that_disagree_are_an_error():
    pipeline = make_pipeline(EventWeightBalancer(weight_column="w"), Weighted("weight"))
    with pytest.raises(WeightError, match=r"steps of the estimator have .* \['w', 'weight'\]"):
        _composition.weight_column(pipeline, "test")


def test_a_member_without_weight_column_has_no_say(events):
    pair = [("a", Weighted("weight")), ("b", LogisticRegression())]
    estimator = VotingClassifier(pair, voting="soft").fit(*events)
    assert _composition.weight_column(estimator, "test") == "weight"
    dropped = VotingClassifier([("a", "drop"), ("b", Weighted("weight"))])
    assert _composition.weight_column(dropped, "test") == "weight"


def test_the_classifier_on_top_of_a_stack_reads_no_column_of_x():
    estimator = StackingClassifier([("a", GaussianNB())], final_estimator=Weighted(0))
    assert _composition.weight_column(estimator, "test") is None


def test_the_best_estimator_of_a_search_is_asked(events):
    X, y = events
    grid = {"weight_column": ["weight"]}
    found = GridSearchCV(Weighted("x"), grid, cv=2, scoring="accuracy").fit(X, y)
    assert _composition.weight_column(found, "test") == "weight"


def test_a_position_behind_a_step_that_makes_other_columns_is_an_error(events):
    X, y = events
    moved = make_pipeline(PCA(2), Weighted(0)).fit(X, y)
    with pytest.raises(WeightError, match="counts the columns behind step 'pca'"):
        make_auc_scorer()(moved, X, y)
    kept = make_pipeline(StandardScaler(), Weighted(2)).fit(X, y)
    assert _composition.weight_column(kept, "test") == 2


def test_the_weights_are_those_that_the_first_step_sees(events):
    X = events[0].to_numpy()
    blocks = BlockTransformer([("event", "passthrough", [0, 1])], weight_column=2)
    estimator = make_pipeline(blocks, Weighted("weight"))
    assert _composition.weight_column(estimator, "test") == 2
    weights = _composition.weights_of(estimator, X, None, None, "test")
    np.testing.assert_array_equal(weights, X[:, 2])


@pytest.mark.parametrize("wrap", [WRAPPED["alone"], search, vote, FrozenEstimator])
def test_an_array_without_the_weight_column_is_an_error(events, wrap):
    X, y = events[0][["weight", "x", "z"]].to_numpy(), events[1]
    clf = Weighted(0).fit(X, y) if wrap is FrozenEstimator else Weighted(0)
    estimator = wrap(clf)
    estimator = estimator.fit(X, y)
    message = r"weight_column=0 is not a column of X, which has 2 columns; .* were 3"
    for scorer in (make_auc_scorer(), make_auc_scorer(weight_column=0)):
        with pytest.raises(ColumnError, match=message):
            scorer(estimator, X[:, 1:], y)
    with pytest.raises(ColumnError, match=message):
        RocDisplay.from_estimator(estimator, X[:, 1:], y)
    with pytest.raises(ColumnError, match=message):
        auc_by_parameter(estimator, X[:, 1:], y, parameter=np.ones(len(y)))


def test_a_position_in_a_frame_is_the_column_that_had_it_in_fit(events):
    X, y = events[0][["weight", "x", "z"]], events[1]
    estimator = Weighted("weight").fit(X, y)
    moved = X[["x", "z", "weight"]]
    weights = _composition.weights_of(estimator, moved, None, 0, "test")
    np.testing.assert_array_equal(weights, X["weight"])
    with pytest.raises(ColumnError, match="weight_column=0 is not a column of X"):
        _composition.weights_of(estimator, X[["x", "z"]], None, 0, "test")


def test_columns_that_steps_name_are_listed_once_each():
    estimator = make_pipeline(
        EventWeightBalancer(weight_column="weight", process_column="process"),
        MinMaxScaler(exclude=["weight", "process"]),
        Weighted("weight"),
    )
    found = _composition.columns_named(search(estimator), _columns.ABSENT_IN_DATA)
    assert sorted(found) == ["process", "weight"]
    assert _composition.columns_named(estimator, "weight_column") == ["weight"]
    assert _composition.columns_named(object(), "weight_column") == []
    assert _composition.columns_named(EventWeightBalancer(), "process_column") == []


def test_steps_open_pipelines_searches_and_frozen_estimators(events):
    inner = Pipeline([("scale", StandardScaler()), ("clf", GaussianNB())])
    scaler = MinMaxScaler(exclude="weight")
    outer = make_pipeline(scaler, "passthrough", FrozenEstimator(inner.fit(*events)))
    *before, last = _composition.steps(search(outer).fit(*events))
    assert [type(step).__name__ for step in before] == ["MinMaxScaler", "StandardScaler"]
    assert isinstance(last, GaussianNB)
    X = events[0]
    np.testing.assert_array_equal(
        last.predict_proba(_composition.transformed(before, X)), outer.fit(*events).predict_proba(X)
    )
    calibrated = CalibratedClassifierCV(GaussianNB(), cv=2)
    assert _composition.steps(calibrated) == [calibrated]


class Parametric(GaussianNB):
    parameter = "mass"


@pytest.mark.parametrize("wrap", [WRAPPED["alone"], search, vote, stack, OneVsRestClassifier])
def test_the_parameter_of_a_classifier_inside_is_found(wrap):
    assert _composition.parameter(wrap(Parametric())) == "mass"
    assert _composition.parameter(wrap(GaussianNB())) is None


def test_the_score_of_signal_is_a_probability_a_sum_or_a_decision(events):
    X, y = events
    three = np.arange(len(y)) % 3
    clf = LogisticRegression().fit(X, three)
    np.testing.assert_allclose(
        _composition.signal_score(clf, X, [0, 2]), 1 - _composition.signal_score(clf, X, 1)
    )
    from sklearn.svm import LinearSVC

    decided = LinearSVC().fit(X, y)
    np.testing.assert_array_equal(
        _composition.signal_score(decided, X, 0), -decided.decision_function(X)
    )
    with pytest.raises(ValueError, match=r"signal='s' is not a class of the estimator.*\[0, 1\]"):
        _composition.signal_score(decided, X, "s")
    with pytest.raises(TypeError, match="LinearSVC has no predict_proba"):
        _composition.signal_score(decided, X, [0, 1])


CATEGORIES = [[0, 1, 2]]
LEARNS = [
    (StandardScaler(), True),
    (QuantileTransformer(), True),
    (OneHotEncoder(), True),
    (OneHotEncoder(categories=CATEGORIES), False),
    (OrdinalEncoder(categories=CATEGORIES), False),
    (Normalizer(), False),
    (FunctionTransformer(), False),
    (FrozenEstimator(StandardScaler()), False),
    (make_pipeline(Normalizer(), OrdinalEncoder(categories=CATEGORIES)), False),
    (make_pipeline(Normalizer(), StandardScaler()), True),
    (make_column_transformer((OneHotEncoder(categories=CATEGORIES), ["n"])), False),
    (make_column_transformer((StandardScaler(), ["n"])), True),
]


@pytest.mark.parametrize(("transformer", "expected"), LEARNS, ids=lambda value: str(value)[:40])
def test_a_transformer_that_is_given_all_learns_nothing(transformer, expected):
    assert _composition.learns(transformer) is expected
    streams = not expected or hasattr(transformer, "partial_fit")
    assert _composition.can_stream(transformer) is streams


@pytest.mark.parametrize(
    "encoder", [OneHotEncoder(categories=CATEGORIES), OrdinalEncoder(categories=CATEGORIES)]
)
def test_an_encoder_with_given_categories_streams_in_blocks_and_in_a_cache(tmp_path, encoder):
    X = pd.DataFrame({"n": [0, 2, 1, 1, 0]})
    blocks = BlockTransformer([("n", encoder, ["n"])])
    for part in (X[:2], X[2:]):
        blocks.partial_fit(part)
    expected = np.asarray(blocks.transform(X)["n"])
    X.to_csv(tmp_path / "events.csv", index=False)
    cache = build_cache(
        [tmp_path / "events.csv"], encoder, tmp_path / "cache", chunk_size=2, progress=False
    )
    np.testing.assert_array_equal(np.asarray(cache), expected)


def test_an_encoder_that_learns_streams_in_neither(tmp_path):
    X = pd.DataFrame({"n": [0, 2, 1]})
    X.to_csv(tmp_path / "events.csv", index=False)
    assert not hasattr(BlockTransformer([("n", OneHotEncoder(), ["n"])]), "partial_fit")
    with pytest.raises(ValueError, match="OneHotEncoder has no partial_fit"):
        build_cache([tmp_path / "events.csv"], OneHotEncoder(), tmp_path / "c", progress=False)


@pytest.mark.parametrize("signal", [["b", "c", "b"], ("c", "b"), np.array(["b", "c"]), {"b", "c"}])
def test_the_score_of_several_classes_has_each_once(signal):
    X, y = np.arange(12.0)[:, None], np.repeat(["a", "b", "c"], 4)
    model = GaussianNB().fit(X, y)
    expected = model.predict_proba(X)[:, 1:].sum(axis=1)
    assert _composition.signal_score(model, X, signal).tolist() == expected.tolist()


def test_bagging_is_a_composition_too(events):
    X, y = events[0].to_numpy(), events[1]
    fitted = BaggingClassifier(Weighted(2), n_estimators=2, random_state=0).fit(X, y)
    assert _composition.weight_column(fitted, "test") == 2


def test_it_imports_neither_keras_nor_tensorflow():
    code = (
        "import sys, skhep_nn._composition\n"
        "assert not {'keras', 'tensorflow', 'scikeras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
