"""Code as users write it, for type checkers only: nothing of it is run (``make lint``)."""

from __future__ import annotations

import joblib
import numpy as np
import pandas as pd
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from typing_extensions import assert_type

import skhep_nn
from skhep_nn import (
    BlockClassifier,
    CNNClassifier,
    DenseClassifier,
    EventBlocks,
    EventWeightBalancer,
    KerasClassifier,
    LSTMClassifier,
    MinMaxScaler,
    ParametricClassifier,
    ResNetClassifier,
    apply,
    build_cache,
    make_auc_scorer,
    make_fom_scorer,
    train_validation_test_split,
)
from skhep_nn.datasets import load_jets, load_lepton_jets, make_resonance
from skhep_nn.estimators import LHCB_ACCEPTANCE
from skhep_nn.io import iterate_events, read_events
from skhep_nn.metrics import auc_by_parameter, roc_auc, roc_curve, significance_scan, weighted_ks
from skhep_nn.plotting import HistoryDisplay, RocDisplay, ScoreDisplay, SignificanceDisplay
from skhep_nn.preprocessing import BlockTransformer, PDGTokenizer, SequencePadder


def readme() -> None:
    events = pd.read_parquet("events.parquet")
    features = ["LepPt", "Met", "HT", "Njet"]
    X, y = events[[*features, "weight"]], events["is_signal"]
    model = Pipeline(
        [
            ("balance", EventWeightBalancer(mode="sqrt", weight_column="weight")),
            ("scale", MinMaxScaler(exclude=["weight"])),
            ("network", DenseClassifier(units=(50, 50), weight_column="weight")),
        ]
    )
    search = GridSearchCV(
        model,
        {"network__units": [(50, 50), (100, 100)], "balance__mode": ["sqrt", "n_background"]},
        scoring=make_fom_scorer("asimov", systematic=0.2, weight_column="weight"),
    ).fit(X, y)
    joblib.dump(search.best_estimator_, "model.joblib")


def arguments_that_are_wrong() -> None:
    DenseClassifier(epochs="many")  # type: ignore[arg-type]
    MinMaxScaler(clip="yes")  # type: ignore[arg-type]
    EventWeightBalancer("sqare")  # type: ignore[arg-type]


def classify() -> None:
    events = load_lepton_jets()
    assert_type(events, pd.DataFrame)
    train, _, test = train_validation_test_split(events, random_state=0)
    features = ["LepPt", "Met", "weight"]
    clf = DenseClassifier(weight_column="weight", random_state=0)
    p = clf.fit(train[features], train["is_signal"]).predict_proba(test[features])
    print(p[:, 1].mean(), clf.best_epoch_ + 1, clf.history_["loss"][-1])
    scan = significance_scan(test["is_signal"], p, test["weight"], kind="asimov")
    assert_type(scan.best.threshold, float)
    assert_type(roc_auc(test["is_signal"], p[:, 1], test["weight"]), float)
    background, signal = roc_curve(test["is_signal"], p[:, 1])[:2]
    print(background + signal, weighted_ks(p[:, 0], p[:, 1]).pvalue, make_auc_scorer())


def draw(clf: DenseClassifier, X: pd.DataFrame, y: pd.Series[int]) -> None:
    HistoryDisplay.from_estimator(clf)
    ScoreDisplay.from_estimator(clf, X, y, weight_column="weight")
    SignificanceDisplay.from_estimator(clf, X, y, kind="asimov")
    display = RocDisplay.from_estimator(clf, X, y, name="network")
    display.plot(kind="rejection").figure_.savefig("roc.png")


def sequences() -> None:
    jets, flavour, _ = load_jets(return_X_y=True)
    blocks = EventBlocks({"track": np.zeros((4, 3, 2)), "weight": np.ones(4)})
    print(len(blocks), blocks["track"].shape)
    transformer = BlockTransformer(
        [("track", SequencePadder(15), ["track_pt"]), ("pdg", PDGTokenizer(), ["track_pdg"])]
    )
    model = Pipeline([("blocks", transformer), ("network", CNNClassifier((64, 32)))])
    model.fit(jets, flavour)
    LSTMClassifier(units=64, go_backwards=True, weight_column="weight").fit(jets, flavour)
    ResNetClassifier(**{**LHCB_ACCEPTANCE, "n_blocks": 5}).fit(jets, flavour)
    BlockClassifier({"track": {"kind": "cnn"}}, head={"units": (16,)}).fit(jets, flavour)


def masses() -> None:
    X = make_resonance(random_state=0)
    clf = ParametricClassifier(parameter="mass", epochs=5).fit(X, X["is_signal"])
    print(clf.at(750).predict_proba(X), auc_by_parameter(clf, X, X["is_signal"]))


def files() -> None:
    read_events("a.root", tree="events", columns=["pt"], cut="pt > 20")
    for part in iterate_events(["a.parquet", "b.parquet"]):
        print(len(part))
    build_cache(["a.parquet"], MinMaxScaler(), "cache")
    print(apply("model.joblib", ["a.root"], "scores.parquet").seconds + 1.0)


def own_network() -> None:
    def network(meta: dict[str, int]) -> object:
        return meta["n_features_in_"]

    KerasClassifier(network, epochs=2, optimizer__clipnorm=1.0)
    skhep_nn.NotThere  # type: ignore[attr-defined]
