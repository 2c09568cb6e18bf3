"""Scores of the events of Dask collections."""

from __future__ import annotations

import joblib
import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier

import skhep_nn
from skhep_nn.deploy import map_events
from skhep_nn.exceptions import ColumnError

FEATURES = ["pt", "eta", "mt"]


@pytest.fixture
def model(events):
    return GradientBoostingClassifier(n_estimators=5, random_state=0).fit(
        events[FEATURES], events["is_signal"]
    )


@pytest.fixture
def collection(events):
    dd = pytest.importorskip("dask.dataframe")
    return dd.from_pandas(events.set_index("event_number"), npartitions=3, sort=True)


def test_it_is_a_name_of_the_package():
    assert skhep_nn.map_events is map_events


@pytest.mark.parametrize("given", ["object", "file"])
def test_a_frame_has_its_index_and_the_scores_of_the_model(
    model, events, collection, tmp_path, given
):
    joblib.dump(model, tmp_path / "model.joblib")
    scores = map_events(model if given == "object" else tmp_path / "model.joblib", collection)
    assert scores.columns.tolist() == ["score"]
    assert scores.dtypes["score"] == np.float64
    assert scores.divisions == collection.divisions
    got = scores.compute(scheduler="synchronous")
    assert got.index.equals(events.set_index("event_number").index)
    assert got["score"].tolist() == model.predict_proba(events[FEATURES])[:, 1].tolist()


def test_the_meta_is_that_of_each_part_with_and_without_events(events, collection):
    many = GradientBoostingClassifier(n_estimators=2, random_state=0).fit(
        events[FEATURES], events["process"]
    )
    scores = map_events(many, collection[collection["pt"] > 100])
    assert scores.columns.tolist() == ["score_Wjets", "score_signal", "score_tt", "prediction"]
    for part in scores.partitions:
        got = part.compute(scheduler="synchronous")
        assert got.dtypes.tolist() == scores.dtypes.tolist()
    chosen = events[events["pt"] > 100]
    got = scores.compute(scheduler="synchronous")
    assert got["prediction"].tolist() == many.predict(chosen[FEATURES]).tolist()


def test_the_workers_of_a_client_score(client, model, events, collection):
    got = client.compute(map_events(model, collection, signal=0)["score"]).result()
    assert got.tolist() == model.predict_proba(events[FEATURES])[:, 0].tolist()


def test_a_model_that_refuses_what_is_made_up_has_scores_in_double_precision(events, collection):
    class Strict(GradientBoostingClassifier):
        def predict_proba(self, X):
            if X["pt"].iloc[0] == X["pt"].iloc[1]:
                msg = "twice"
                raise ValueError(msg)
            return super().predict_proba(X).astype(np.float32)

    model = Strict(n_estimators=2).fit(events[FEATURES], events["is_signal"])
    scores = map_events(model, collection)
    assert scores.dtypes["score"] == np.float64
    got = scores.compute(scheduler="synchronous")["score"]
    assert got.tolist() == model.predict_proba(events[FEATURES])[:, 1].tolist()


def test_records_of_dask_awkward(model, events):
    dask_awkward = pytest.importorskip("dask_awkward")
    import awkward as ak
    import dask

    columns = {name: events[name].to_numpy() for name in [*FEATURES, "weight"]}
    records = ak.zip({**columns, "tracks": ak.Array([[1.0, 2.0], [], [3.0]] * 200)}, depth_limit=1)
    collection = dask_awkward.from_awkward(records, npartitions=3)
    scores = map_events(model, collection)
    assert scores.fields == ["score"]
    assert str(scores.type).endswith(" * {score: float64}")
    # its choice of columns fails with Dask of 2026, whatever is computed
    with dask.config.set({"awkward.optimization.enabled": False}):
        got = scores.compute(scheduler="synchronous")
        some = collection[scores["score"] > 0.3].compute(scheduler="synchronous")
    assert str(got.type) == "600 * {score: float64}"
    assert got["score"].to_list() == model.predict_proba(events[FEATURES])[:, 1].tolist()
    assert len(some) == (model.predict_proba(events[FEATURES])[:, 1] > 0.3).sum()


def test_what_cannot_be_scored_is_told_at_once(model, events, collection):
    with pytest.raises(ColumnError, match=r"events lack \['mt'\], which the model needs"):
        map_events(model, collection[["pt", "eta"]])
    with pytest.raises(TypeError, match=r"events must be a dask.dataframe.DataFrame or .*pandas"):
        map_events(model, events)
    with pytest.raises(ValueError, match="signal=7 is not a class of the model"):
        map_events(model, collection, signal=7)


def test_a_feature_that_stands_twice_is_an_error(model, events):
    dd = pytest.importorskip("dask.dataframe")
    frame = events[[*FEATURES, "process"]]
    twice = dd.from_pandas(frame, npartitions=2).rename(columns={"process": "pt"})
    with pytest.raises(ColumnError, match=r"events have the column 'pt' 2 times"):
        map_events(model, twice)
