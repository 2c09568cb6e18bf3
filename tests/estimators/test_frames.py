"""Classifiers of frames that are not of pandas: the same columns, weights and bits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier
from sklearn.feature_selection import RFE, SequentialFeatureSelector
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.semi_supervised import SelfTrainingClassifier

from skhep_nn import (
    BlockClassifier,
    DenseClassifier,
    EventWeightBalancer,
    IndividualMassClassifier,
    KerasClassifier,
    MinMaxScaler,
    ParametricClassifier,
    make_auc_scorer,
)
from skhep_nn.cache import MemmapCache
from skhep_nn.exceptions import ColumnError
from skhep_nn.preprocessing import BlockTransformer, SequencePadder

LIBRARIES = {"polars": pl.from_pandas, "pyarrow": pa.Table.from_pandas}
SETTINGS = {"epochs": 2, "random_state": 0, "verbose": 0}


@pytest.fixture(params=LIBRARIES)
def convert(request):
    return LIBRARIES[request.param]


@pytest.fixture(scope="module")
def events():
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    X = pd.DataFrame({"pt": rng.normal(y, 1), "eta": rng.normal(size=60).astype(np.float32)})
    X["mass"] = np.where(y == 1, 1.0 + (np.arange(60) // 2) % 2, np.nan)
    X["process"] = np.where(y == 1, "tt", "ww")
    X["weight"] = rng.uniform(0.5, 2, 60)
    return X, y


def network(meta):
    import keras

    return keras.Sequential(
        [
            keras.layers.Input((meta["n_features_in_"],)),
            keras.layers.Dense(4, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )


CLASSIFIERS = {
    "dense": lambda: DenseClassifier(
        units=(4,), weight_column="weight", exclude=["process", "mass"], **SETTINGS
    ),
    "keras": lambda: KerasClassifier(
        network, weight_column="weight", exclude=["process", "mass"], **SETTINGS
    ),
    "parametric": lambda: ParametricClassifier(
        units=(4,), weight_column="weight", process_column="process", **SETTINGS
    ),
    "individual": lambda: IndividualMassClassifier(
        DenseClassifier(units=(4,), weight_column="weight", exclude="process", **SETTINGS)
    ),
}


@pytest.fixture(params=CLASSIFIERS)
def classifier(request):
    return CLASSIFIERS[request.param]()


def test_fit_and_prediction_have_the_bits_of_pandas(classifier, events, convert):
    X, y = events
    asked = X.assign(mass=1.0)
    of_pandas = classifier.fit(X, y).predict_proba(asked)
    fitted = classifier.fit(convert(X), pl.Series(y))
    assert fitted.feature_names_in_.tolist() == list(X)
    np.testing.assert_array_equal(fitted.predict_proba(convert(asked)), of_pandas)
    np.testing.assert_array_equal(fitted.predict_proba(asked), of_pandas)


def test_another_order_is_an_error(classifier, events, convert):
    X, y = events
    fitted = classifier.fit(convert(X), y)
    asked = convert(X.assign(mass=1.0)[["weight", "process", "mass", "eta", "pt"]])
    with pytest.raises(ColumnError, match="same order"):
        fitted.predict_proba(asked)


def test_pandas_in_fit_and_another_library_later_have_the_same_bits(events, convert):
    X, y = events
    fitted = CLASSIFIERS["dense"]().fit(X, y)
    expected = fitted.predict_proba(X)
    np.testing.assert_array_equal(fitted.predict_proba(convert(X)), expected)
    features = convert(X).select(["pt", "eta"])
    np.testing.assert_array_equal(fitted.predict_proba(features), expected)
    assert fitted.score(convert(X), pl.Series(y)) == fitted.score(X, y)


def test_validation_events_and_partial_fit_may_be_of_any_library(events, convert):
    X, y = events
    of_pandas = CLASSIFIERS["dense"]().fit(X, y, X_val=X, y_val=y)
    of_other = CLASSIFIERS["dense"]().fit(convert(X), y, X_val=convert(X), y_val=pa.array(y))
    assert of_other.history_ == of_pandas.history_
    of_pandas = CLASSIFIERS["dense"]().partial_fit(X, y).partial_fit(X, y)
    of_other = CLASSIFIERS["dense"]().partial_fit(convert(X), y).partial_fit(convert(X), y)
    assert of_other.history_ == of_pandas.history_


def test_weights_and_labels_may_be_series_of_any_library(events):
    X, y = events
    features, weights = X[["pt", "eta"]], X["weight"].to_numpy()
    clf = DenseClassifier(units=(4,), **SETTINGS)
    expected = clf.fit(features, y, weights).predict_proba(features)
    for series in (pl.Series, pa.array, lambda v: pd.Series(v).convert_dtypes()):
        fitted = clf.fit(features, series(y), series(weights))
        np.testing.assert_array_equal(fitted.predict_proba(features), expected)
        assert fitted.score(features, series(y), series(weights)) > 0


def test_the_balancing_column_is_found(events, convert):
    X, y = events
    settings = {"balance": EventWeightBalancer(process_column="process"), "weight_column": "weight"}
    settings |= {"exclude": ["process", "mass"], "units": (4,), **SETTINGS}
    expected = DenseClassifier(**settings).fit(X, y).predict_proba(X)
    fitted = DenseClassifier(**settings).fit(convert(X), y)
    np.testing.assert_array_equal(fitted.predict_proba(X), expected)


@pytest.mark.parametrize("output", [None, "polars", "pandas"])
def test_a_pipeline_works_to_its_end_with_any_output(events, convert, output):
    X, y = events[0].drop(columns=["mass", "process"]), events[1]
    steps = [
        EventWeightBalancer(weight_column="weight"),
        MinMaxScaler(exclude="weight"),
        DenseClassifier(units=(4,), weight_column="weight", **SETTINGS),
    ]
    expected = make_pipeline(*steps).fit(X, y).predict_proba(X)
    pipeline = make_pipeline(*steps)
    if output is not None:
        pipeline[:-1].set_output(transform=output)
    fitted = pipeline.fit(convert(X), y)
    np.testing.assert_array_equal(fitted.predict_proba(convert(X)), expected)
    np.testing.assert_array_equal(fitted.predict_proba(X[["pt", "eta"]]), expected)
    assert fitted.score(convert(X), y) == make_pipeline(*steps).fit(X, y).score(X, y)


def test_a_search_scores_polars_with_the_weights(events):
    X, y = events[0].drop(columns=["mass", "process"]), events[1]
    search = GridSearchCV(
        DenseClassifier(weight_column="weight", **SETTINGS),
        {"units": [(2,), (4,)]},
        scoring=make_auc_scorer(weight_column="weight"),
        cv=2,
    )
    expected = search.fit(X, y).cv_results_["mean_test_score"]
    np.testing.assert_array_equal(
        search.fit(pl.from_pandas(X), y).cv_results_["mean_test_score"], expected
    )
    probabilities = cross_val_predict(
        search.estimator, pl.from_pandas(X), y, cv=2, method="predict_proba"
    )
    assert probabilities.shape == (60, 2)


def test_blocks_of_lists_have_the_bits_of_pandas(convert):
    rng = np.random.default_rng(1)
    y = np.arange(40) % 2
    tracks = [rng.normal(size=n % 4 + 1) for n in range(40)]
    X = pd.DataFrame({"met": rng.normal(y, 1), "weight": rng.uniform(1, 2, 40)})
    lists = pa.array([list(t) for t in tracks])
    X["track"] = pd.Series(lists, dtype=pd.ArrowDtype(lists.type))
    table = pa.table({"met": X["met"], "weight": X["weight"], "track": lists})
    native = pl.from_arrow(table) if convert is pl.from_pandas else table
    model = make_pipeline(
        BlockTransformer(
            [("event", "passthrough", ["met"]), ("track", SequencePadder(3), ["track"])],
            weight_column="weight",
        ),
        BlockClassifier(weight_column="weight", **SETTINGS),
    )
    expected = model.fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(model.fit(native, y).predict_proba(native), expected)


def test_a_cache_of_a_frame_is_that_of_pandas(events, convert, tmp_path):
    X, y = events[0].drop(columns=["mass", "process"]), events[1]
    model = make_pipeline(
        MemmapCache(tmp_path), DenseClassifier(units=(4,), weight_column="weight", **SETTINGS)
    )
    expected = model.fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(model.fit(convert(X), y).predict_proba(convert(X)), expected)


@pytest.mark.parametrize(
    "dtypes",
    [
        {"pt": "Float64", "n": "Int64", "b": "boolean"},
        {"pt": "double[pyarrow]", "n": "int64[pyarrow]", "b": "bool[pyarrow]"},
        {"pt": "object", "n": "object", "b": "object"},
        {"pt": "float64", "n": "category", "b": "bool"},
    ],
    ids=["nullable", "arrow", "object", "category"],
)
def test_numbers_of_any_type_of_pandas_are_features(dtypes):
    rng = np.random.default_rng(2)
    y = np.arange(40) % 2
    X = pd.DataFrame({"pt": rng.normal(y, 1), "n": rng.integers(0, 4, 40), "b": y > 0})
    clf = DenseClassifier(units=(4,), **SETTINGS)
    expected = clf.fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(clf.predict_proba(X.astype(dtypes)), expected)
    np.testing.assert_array_equal(clf.fit(X.astype(dtypes), y).predict_proba(X), expected)
    scaler = MinMaxScaler().fit(X)
    if "category" not in dtypes.values():
        scaled = scaler.transform(X.astype(dtypes))
        np.testing.assert_array_equal(scaled.to_numpy(), scaler.transform(X).to_numpy())


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "boolean", "int64[pyarrow]"])
def test_a_missing_feature_is_an_error_that_names_the_column(dtype):
    y = np.arange(6) % 2
    X = pd.DataFrame({"pt": np.arange(6.0), "n": pd.array([1, 0, None, 1, 0, 1], dtype=dtype)})
    with pytest.raises(ValueError, match=r"column 'n' is nan in event 2"):
        DenseClassifier(**SETTINGS).fit(X, y)
    assert MinMaxScaler().fit(X).n_missing_["n"] == 1


@pytest.mark.parametrize("dtype", ["str", "string", "category", "datetime64[ns]", "complex128"])
def test_a_column_of_no_numbers_is_named(dtype):
    X = pd.DataFrame({"pt": np.arange(4.0), "t": [1, 2, 3, 4]})
    X["t"] = X["t"].astype(dtype) if dtype != "category" else pd.Categorical(list("abab"))
    if dtype in ("str", "string"):
        X["t"] = X["t"].replace("1", "a")
    with pytest.raises(ValueError, match="column 't' is not numeric"):
        DenseClassifier(**SETTINGS).fit(X, [0, 1, 0, 1])
    with pytest.raises(ColumnError, match="column 't' does not hold numbers"):
        MinMaxScaler().fit(X)


@pytest.mark.parametrize("as_one", [list, tuple, np.array])
def test_a_column_of_lists_is_named_with_what_pads_it(as_one):
    X = pd.DataFrame({"pt": [1.0, 2.0], "pdg": [as_one(range(90)), as_one([211])]})
    with pytest.raises(ValueError, match=r"column 'pdg' .*SequencePadder in a Block") as error:
        DenseClassifier(**SETTINGS).fit(X, [0, 1])
    assert len(str(error.value)) < 300


def test_the_index_and_names_that_are_no_text_change_nothing(events):
    X, y = events[0][["pt", "eta", "weight"]], events[1]
    clf = DenseClassifier(units=(4,), weight_column="weight", **SETTINGS)
    expected = clf.fit(X, y).predict_proba(X)
    shuffled = X.set_axis(np.arange(60)[::-1] * 3, axis=0)
    np.testing.assert_array_equal(clf.fit(shuffled, pd.Series(y)).predict_proba(shuffled), expected)
    renamed = X.set_axis([("jet", "pt"), ("jet", "eta"), ("event", "weight")], axis=1)
    clf.set_params(weight_column=2)
    np.testing.assert_array_equal(clf.fit(renamed, y).predict_proba(renamed), expected)


ARRAY = {"units": (4,), "weight_column": 0, **SETTINGS}


def _without_weights(call):
    return pytest.raises(ColumnError, match=r"weight_column=0 .* which has 2 columns; .* were 3")


def test_an_array_without_its_weight_column_is_an_error_in_every_method(events):
    X, y = events[0][["weight", "pt", "eta"]].to_numpy(), events[1]
    lacking = X[:, 1:]
    clf = DenseClassifier(**ARRAY).fit(X, y)
    assert clf.predict_proba(lacking).shape == (60, 2)
    with _without_weights("score"):
        clf.score(lacking, y)
    with _without_weights("X_val"):
        DenseClassifier(**ARRAY).fit(X, y, X_val=lacking, y_val=y)
    with _without_weights("partial_fit"):
        DenseClassifier(**ARRAY).partial_fit(X, y).partial_fit(lacking, y)
    with _without_weights("warm_start"):
        DenseClassifier(warm_start=True, **ARRAY).fit(X, y).fit(lacking, y)


def test_a_classifier_at_a_mass_finds_the_weights_of_an_array_or_says_they_are_gone(events):
    X, y = events[0][["weight", "mass", "pt", "eta"]].to_numpy(), events[1]
    clf = ParametricClassifier(parameter=1, **ARRAY).fit(X, y)
    at = clf.at(1.0)
    expected = np.average(at.predict(X) == y, weights=X[:, 0])
    assert at.score(X, y) == pytest.approx(expected)
    with pytest.raises(ColumnError, match=r"weight_column=0 .* which has 2 columns; .* were 4"):
        at.score(X[:, 2:], y)


def test_one_classifier_per_mass_finds_the_weights_of_an_array_or_says_they_are_gone(events):
    X, y = events[0][["mass", "weight", "pt", "eta"]].fillna(1.0).to_numpy(), events[1]
    clf = IndividualMassClassifier(DenseClassifier(**ARRAY), parameter=0).fit(X, y)
    assert clf.weight_column == 1
    expected = np.average(clf.predict(X) == y, weights=X[:, 1])
    assert clf.score(X, y) == pytest.approx(expected)
    assert clf.at(1.0).predict(X[:, 2:]).shape == (60,)
    for use in (clf.score, clf.at(1.0).score):
        with pytest.raises(ColumnError, match=r"X has 3 features|weight_column=1 is not"):
            use(X[:, [0, 2, 3]], y)


def test_integer_names_are_no_positions(events):
    X, y = events[0][["weight", "pt", "eta"]].set_axis([0, 2, 3], axis=1), events[1]
    with pytest.raises(ColumnError, match="weight_column=1 is not a column of X"):
        DenseClassifier(units=(4,), weight_column=1, **SETTINGS).fit(X, y)
    fitted = DenseClassifier(units=(4,), weight_column=0, **SETTINGS).fit(X, y)
    assert fitted.score(X, y) == pytest.approx(
        np.average(fitted.predict(X) == y, weights=X[0].to_numpy())
    )


def test_a_name_that_comes_twice_is_an_error(events):
    X, y = events[0][["pt", "eta", "weight"]], events[1]
    fitted = DenseClassifier(units=(4,), weight_column="weight", **SETTINGS).fit(X, y)
    for twice in (["pt", "weight", "weight"], ["pt", "pt", "weight"]):
        doubled = X.set_axis(twice, axis=1)
        new = clone(fitted)
        for use in (fitted.score, fitted.partial_fit, new.fit, MinMaxScaler().fit):
            with pytest.raises(ColumnError, match=r"occurs 2 times"):
                use(doubled, y)
        with pytest.raises(ColumnError, match=r"occurs 2 times"):
            fitted.predict_proba(doubled)


@pytest.mark.parametrize(
    "meta",
    [
        lambda clf: BaggingClassifier(clf, n_estimators=2),
        SelfTrainingClassifier,
        lambda clf: SequentialFeatureSelector(clf, n_features_to_select=1, cv=2),
        RFE,
    ],
    ids=["bagging", "self-training", "sequential", "rfe"],
)
def test_a_meta_estimator_that_strips_names_is_told_of(events, meta):
    X, y = events[0][["pt", "eta", "weight"]], events[1].copy()
    y[:4] = -1 if meta is SelfTrainingClassifier else y[:4]
    clf = DenseClassifier(units=(4,), weight_column="weight", **SETTINGS)
    with pytest.raises(ValueError, match=r"meta-estimator, this one strips the names"):
        _raise_first(meta(clf), X, y)


def _one_each(estimator):
    return np.ones(estimator.n_features_in_)


def _raise_first(meta, X, y):
    if isinstance(meta, SequentialFeatureSelector):
        # its cross-validation would only warn, unless it is told to raise
        meta.set_params(scoring=lambda *args: 0.0)
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            meta.fit(X, y)
        return
    meta.fit(X, y)


def test_what_the_error_says_to_do_works(events):
    X, y = events[0][["pt", "eta", "weight"]], events[1].copy()
    clf = DenseClassifier(units=(4,), **SETTINGS)
    features, weights = X[["pt", "eta"]], X["weight"]
    for meta in (BaggingClassifier(clf, n_estimators=2), RFE(clf, importance_getter=_one_each)):
        meta.fit(features, y, sample_weight=weights)
    y[:4] = -1
    fitted = SelfTrainingClassifier(clf.set_params(weight_column=2)).fit(X, y)
    assert fitted.estimator_.columns_.optional == (2,)


def test_a_dict_or_records_given_to_a_classifier_name_the_line_to_write(events):
    X, y = events[0][["pt", "eta"]], events[1]
    fitted = DenseClassifier(units=(4,), **SETTINGS).fit(X, y)
    as_dict, records = {name: X[name].to_numpy() for name in X}, X.to_records(index=False)
    individual = IndividualMassClassifier(GaussianNB())
    for wrong in (as_dict, records):
        for use in (DenseClassifier(**SETTINGS).fit, fitted.score, individual.fit):
            with pytest.raises(TypeError, match="DataFrame"):
                use(wrong, y)
        for use in (fitted.predict, MinMaxScaler().fit, EventWeightBalancer().fit):
            with pytest.raises(TypeError, match="DataFrame"):
                use(wrong, *[y] * (use.__name__ == "fit"))
