from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import auc_by_parameter, make_auc_scorer, make_parametric_auc_scorer
from skhep_nn.model_selection import LeaveOneMassOut

CV = StratifiedKFold(3)


@pytest.fixture
def fitted(resonance, stubs):
    return stubs["Scanner"]().fit(*resonance)


def test_it_is_the_mean_of_the_areas_whatever_the_number_of_events(fitted, resonance):
    X, y = resonance
    table = auc_by_parameter(fitted, X, y, weight_column="weight")
    scorer = make_parametric_auc_scorer(weight_column="weight")
    assert scorer(fitted, X, y) == table["auc"].mean()
    # 0.3, 0.2, 0.1 of the events: another number
    assert scorer(fitted, X, y) != pytest.approx(
        np.average(table["auc"], weights=table["n_signal"]), abs=1e-3
    )


def test_it_may_be_the_worst_mass_or_some_masses(fitted, resonance):
    X, y = resonance
    auc = auc_by_parameter(fitted, X, y)["auc"]
    assert make_parametric_auc_scorer(average="min")(fitted, X, y) == auc.min()
    some = make_parametric_auc_scorer(hypotheses=[500, 1000])
    assert some(fitted, X, y) == auc.loc[[500.0, 1000.0]].mean()


def test_an_ordinary_scorer_cannot_score_background_without_mass(fitted, resonance):
    X, y = resonance
    with pytest.raises(ValueError, match="column 'mass' has NaN"):
        make_auc_scorer()(fitted, X, y)
    assert 0.5 < make_parametric_auc_scorer()(fitted, X, y) < 1


def test_column_and_argument_give_the_same_and_weights_count(fitted, resonance):
    X, y = resonance
    X = X.assign(weight=X["weight"] * np.where(np.arange(len(X)) % 9 == 0, -1, 1))
    by_column = make_parametric_auc_scorer(weight_column="weight")(fitted, X, y)
    assert make_parametric_auc_scorer()(fitted, X, y, sample_weight=X["weight"]) == by_column
    assert make_parametric_auc_scorer()(fitted, X, y) != by_column


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_grid_search(resonance, stubs, n_jobs):
    X, y = resonance
    scorer = make_parametric_auc_scorer(weight_column="weight")
    model = make_pipeline(FunctionTransformer(), stubs["ColumnReader"](weight_column="weight"))
    grid = {"columnreader__flip": [True, False]}
    search = GridSearchCV(model, grid, scoring=scorer, cv=CV, n_jobs=n_jobs, error_score="raise")
    search.fit(X, y)
    assert search.best_params_ == {"columnreader__flip": False}
    train, test = next(CV.split(X, y))
    first = clone(model).fit(X.iloc[train], y[train])
    assert search.cv_results_["split0_test_score"][1] == scorer(first, X.iloc[test], y[test])
    assert search.score(X, y) == scorer(search.best_estimator_, X, y)


def test_with_leave_one_mass_out_each_score_is_that_of_the_mass_left_out(resonance, stubs):
    X, y = resonance
    cv = LeaveOneMassOut(random_state=0)
    scores = cross_val_score(
        stubs["Scanner"](), X, y, scoring=make_parametric_auc_scorer(), cv=cv, error_score="raise"
    )
    for (_, test), mass, value in zip(cv.split(X, y), (500.0, 750.0, 1000.0), scores, strict=True):
        model = stubs["Scanner"]().fit(X, y)
        table = auc_by_parameter(model, X.iloc[test], y[test])
        assert table.index.tolist() == [mass]
        assert value == table["auc"].iloc[0]


def test_metadata_routing_brings_weights(resonance, stubs):
    X, y = resonance
    model, weights = stubs["ColumnReader"](), X["weight"].to_numpy()
    with sklearn.config_context(enable_metadata_routing=True):
        scorer = make_parametric_auc_scorer().set_score_request(sample_weight=True)
        routed = cross_val_score(
            model, X, y, scoring=scorer, cv=CV, params={"sample_weight": weights}
        )
        with pytest.raises(UnsetMetadataPassedError):
            cross_val_score(
                model,
                X,
                y,
                scoring=make_parametric_auc_scorer(),
                cv=CV,
                params={"sample_weight": weights},
            )
    by_column = cross_val_score(
        model, X, y, scoring=make_parametric_auc_scorer(weight_column="weight"), cv=CV
    )
    np.testing.assert_array_equal(routed, by_column)


def test_weights_that_were_meant_to_be_there_are_missed(resonance, stubs):
    X, y = resonance
    model = stubs["Scanner"](weight_column="weight").fit(X, y)
    by_column = make_parametric_auc_scorer(weight_column="weight")(model, X, y)
    assert make_parametric_auc_scorer()(model, X, y) == by_column
    model = stubs["Scanner"]().fit(X, y)
    with pytest.raises(WeightError, match="is weighted by weighted=True, but got no sample_weight"):
        make_parametric_auc_scorer(weighted=True)(model, X, y)
    with pytest.raises(WeightError, match="got weight_column='weight' and sample_weight"):
        make_parametric_auc_scorer(weight_column="weight")(model, X, y, sample_weight=X["weight"])


def test_without_weights_on_purpose_each_event_counts_once(resonance, stubs):
    X, y = resonance
    model = stubs["Scanner"](weight_column="weight").fit(X, y)
    expected = auc_by_parameter(model, X, y, sample_weight=1.0)["auc"].mean()
    assert make_parametric_auc_scorer(weighted=False)(model, X, y) == expected


def test_it_survives_pickling_copying_and_shows_its_arguments(fitted, resonance):
    scorer = make_parametric_auc_scorer(
        parameter=["mass"], hypotheses=[500.0], average="min", signal=1, weight_column="weight"
    )
    value = scorer(fitted, *resonance)
    for again in (pickle.loads(pickle.dumps(scorer)), copy.deepcopy(scorer)):
        assert again(fitted, *resonance) == value
    shown = repr(scorer)
    assert shown.startswith("make_parametric_auc_scorer(")
    for part in (
        "parameter=['mass']",
        "hypotheses=[500.0]",
        "average='min'",
        "weight_column='weight'",
    ):
        assert part in shown
    assert repr(make_parametric_auc_scorer()) == "make_parametric_auc_scorer()"


def test_the_parameter_may_be_that_of_the_estimator(fitted, resonance):
    X, y = resonance
    renamed = X.rename(columns={"mass": "m"})
    model = clone(fitted).set_params(parameter="m").fit(renamed, y)
    value = make_parametric_auc_scorer(parameter=None)(model, renamed, y)
    assert value == make_parametric_auc_scorer()(fitted, X, y)


def test_it_cannot_tune_a_threshold(resonance, stubs):
    X, y = resonance
    X = X.assign(mass=X["mass"].fillna(500.0))
    tuned = TunedThresholdClassifierCV(
        stubs["ColumnReader"](), scoring=make_parametric_auc_scorer(), cv=2
    )
    with pytest.raises(ValueError, match="the AUC does not depend on a threshold"):
        tuned.fit(X, y)


def test_an_unknown_average_is_an_error():
    with pytest.raises(ValueError, match=r"average='max'; it must be one of \['mean', 'min'\]"):
        make_parametric_auc_scorer(average="max")


def test_a_mass_that_a_fold_does_not_have_is_an_error(fitted, resonance):
    with pytest.raises(ValueError, match="there is no signal of mass=800"):
        make_parametric_auc_scorer(hypotheses=[500, 800])(fitted, *resonance)
