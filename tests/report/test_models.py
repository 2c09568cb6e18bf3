from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC

from skhep_nn import (
    BlockClassifier,
    DenseClassifier,
    EventBlocks,
    EventWeightBalancer,
    MinMaxScaler,
    ParametricClassifier,
    Report,
)
from skhep_nn.metrics import auc_by_parameter, roc_auc
from skhep_nn.report import SECTIONS

FEATURES = ["pt", "eta", "mt"]
FAST = {"epochs": 2, "random_state": 0, "batch_size": 256}
OPTIONS = {"min_effective_background": 5, "max_events": 200}


@pytest.fixture(scope="module")
def network(parts):
    """A search over a Pipeline of the package, with weights of its own."""
    model = Pipeline(
        [
            ("balance", EventWeightBalancer(mode="equal", weight_column="weight")),
            ("scale", MinMaxScaler(exclude=["weight"])),
            ("network", DenseClassifier(units=(6,), weight_column="weight", **FAST)),
        ]
    )
    train = parts["train"].assign(weight=parts["train"]["weight"].abs())
    X, y = train[[*FEATURES, "weight"]], train["is_signal"]
    return GridSearchCV(model, {"network__units": [(6,)]}, cv=2).fit(X, y)


@pytest.fixture(scope="module")
def of_network(network, parts, made):
    return made(Report(network, **parts, y="is_signal", **OPTIONS))


def test_a_search_over_networks_has_all_sections_for_which_there_are_events(of_network):
    assert of_network.failed() == {}
    without = {k for k, one in of_network.json["sections"].items() if "missing" in one}
    assert without == {"variations", "sculpting", "masses"}


def test_the_weights_are_those_of_the_models_own_column(of_network, network, parts):
    test = parts["test"]
    score = network.predict_proba(test[[*FEATURES, "weight"]])[:, 1]
    expected = roc_auc(test["is_signal"], score, test["weight"])
    assert of_network.numbers("summary")["AUC, test"]["value"] == pytest.approx(expected)


def test_losses_parameters_and_counts_of_every_step_are_there(of_network):
    assert of_network.numbers("losses")["Epochs"] == 2
    captions = [one["table"] for one in of_network.section("parameters")["contents"]]
    assert captions == [
        "GridSearchCV",
        "balance: EventWeightBalancer",
        "scale: MinMaxScaler",
        "network: DenseClassifier",
    ]
    search = of_network.table("parameters", "GridSearchCV")
    assert search["best network__units"]["value"] == "(6,)"
    units = of_network.table("parameters", "network")["units"]
    assert (units["value"], units["default"]) == ("(6,)", "no")
    assert "balance: EventWeightBalancer" in of_network.table("losses_of_events", "Counted")


def test_importance_is_of_the_features_alone(of_network):
    assert set(of_network.table("importance", "Importance")) == set(FEATURES)
    captions = [one.get("figure", "") for one in of_network.section("importance")["contents"]]
    assert any("gradient × input" in caption for caption in captions)


def test_three_classes_have_an_area_each_and_a_matrix(parts, made):
    train, test = parts["train"], parts["test"]
    model = LogisticRegression(max_iter=2000).fit(train[FEATURES], train["process"])
    with pytest.raises(ValueError, match=r"signal=None, but the model has the classes \['Wjets'"):
        Report(model, test=test, y="process").to_json()
    found = made(
        Report(
            model, train=train, test=test, y="process", weight_column="weight", signal="signal",
            **OPTIONS,
        )
    )  # fmt: skip
    assert found.failed() == {}
    rows = found.table("roc", "AUC of each class")
    probability = model.predict_proba(test[FEATURES])
    for at, label in enumerate(model.classes_):
        expected = roc_auc(test["process"], probability[:, at], test["weight"], signal=label)
        assert rows[label]["AUC"]["value"] == pytest.approx(expected)
    assert found.numbers("roc")["AUC, test"]["value"] == rows["signal"]["AUC"]["value"]
    assert "Confusion matrix of 3 classes" in found.html


def test_blocks_are_drawn_as_far_as_they_are_numbers_per_event(made):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 400)
    weight = np.where(rng.random(400) < 0.1, -1.0, 1.0)
    X = EventBlocks(
        {
            "jet": rng.normal(y[:, None], size=(400, 2)).astype(np.float32),
            "track": rng.normal(size=(400, 3, 2)).astype(np.float32),
            "weight": weight,
        }
    )
    model = BlockClassifier(weight_column="weight", negative_weights="abs", **FAST).fit(X, y)
    up = X.assign(jet=np.asarray(X["jet"]) * np.float32(1.1))
    keys = ("summary", "inputs", "roc", "variations", "importance", "confusion", "provenance")
    report = Report(
        model, train=(X[:200], y[:200]), test=(X[200:], y[200:]), **OPTIONS,
        variations={"up": (up[200:], y[200:])}, sections=[s for s in SECTIONS if s.key in keys],
    )  # fmt: skip
    found = made(report)
    assert found.failed() == {}
    assert set(found.table("importance", "Importance")) == {"jet[0]", "jet[1]", "track"}
    assert set(found.table("inputs", "Probability")) == {"jet[0]", "jet[1]"}


def test_a_parametric_network_has_curves_and_background_gets_masses(new_events, made):
    events = new_events(500, 5, n_negative=20)
    is_signal = events["is_signal"] == 1
    mass = np.where(is_signal, 500.0 + 250 * (events.index % 2), np.nan)
    X, y = events[["pt", "eta", "weight"]].assign(mass=mass), events["is_signal"]
    model = ParametricClassifier(
        units=(6,), weight_column="weight", negative_weights="abs", **FAST
    ).fit(X, y)
    sections = [s for s in SECTIONS if s.key in ("roc", "inputs", "importance", "masses")]
    found = made(Report(model, train=(X, y), test=(X, y), sections=sections, **OPTIONS))
    assert found.failed() == {}
    rows = found.table("masses", "At each mass")
    expected = auc_by_parameter(model, X, y)["auc"]
    assert [row["AUC"]["value"] for row in rows.values()] == pytest.approx(expected.tolist())
    assert list(rows) == ["500.0", "750.0"]


def test_a_classifier_without_probabilities_has_what_scores_allow(parts, made):
    train, test = parts["train"], parts["test"]
    model = LinearSVC().fit(train[FEATURES], train["is_signal"])
    found = made(Report(model, test=(test[FEATURES], test["is_signal"]), **OPTIONS))
    assert found.failed() == {}
    for key in ("calibration", "confusion"):
        assert found.section(key)["missing"] == "It needs probabilities."
    assert "contents" in found.section("roc")


def test_labels_may_be_booleans_or_text_and_arrays_have_no_names(parts, made):
    train = parts["train"]
    X, y = train[FEATURES].to_numpy(), np.where(train["is_signal"] == 1, "X", "bkg")
    model = CalibratedClassifierCV(LogisticRegression(max_iter=2000), cv=2).fit(X, y)
    sections = [s for s in SECTIONS if s.key in ("summary", "data", "scores", "importance")]
    options = OPTIONS | {"sections": sections}
    found = made(Report(model, test=(X, y, np.ones(len(y))), signal="X", **options))
    assert found.failed() == {}
    assert set(found.table("importance", "Importance")) == {"x0", "x1", "x2"}
    assert set(found.table("data", "Test")) == {"X", "bkg", "all"}
    model = LogisticRegression(max_iter=2000).fit(X, y == "X")
    found = made(Report(model, test=(X, y == "X"), **options))
    assert found.failed() == {}
    assert set(found.table("data", "Test")) == {"signal", "background", "all"}
