"""Signal against background as in the CMS tutorial "NN in CMS", binary script.

Twelve variables, two hidden layers of 50, both classes balanced to the number of background
events, the network of the lowest weighted validation loss; the cut is chosen on validation events
and its significance quoted for test events. Table and pictures go to ``examples_output/``.

    python examples/cms_binary.py

Measured (seeds 0, scikit-learn 1.9.1, TensorFlow 2.21.0, Keras 3.15.1): weighted AUC 0.9412 on
validation and 0.9417 on test events, best cut 0.9562, significance 0.196 on validation events and
0.142 on test events at that cut.
"""

from __future__ import annotations

from pathlib import Path

import sklearn
from sklearn.pipeline import Pipeline

from skhep_nn import (
    DenseClassifier,
    EventWeightBalancer,
    MinMaxScaler,
    train_validation_test_split,
)
from skhep_nn.datasets import load_lepton_jets
from skhep_nn.estimators import CMS_BINARY
from skhep_nn.metrics import roc_auc, significance_scan
from skhep_nn.plotting import HistoryDisplay, RocDisplay, ScoreDisplay, SignificanceDisplay

FEATURES = ["LepPt", "LepEta", "LepChg", "Met", "mt", "Njet", "Jet1Pt", "HT", "NbLoose"]
FEATURES += ["JetHBpt", "JetHBCSV", "DrJetHBLep"]
# 1/pb, CMS 2016; relative uncertainty of the background; a cut that keeps less background than 50
# effective events would be chosen for a fluctuation
COUNTING = {"luminosity": 35_866.0, "systematic": 0.2, "min_effective_background": 50}


def main(epochs=2000, output="examples_output"):
    """Train, choose the cut, print a table, draw four pictures."""
    # a quarter, a quarter and a half, each with the full yield of every process
    parts = train_validation_test_split(load_lepton_jets(), (0.25, 0.25, 0.5), random_state=0)
    train, validation, test = ((p[[*FEATURES, "weight"]], p["is_signal"]) for p in parts)
    model = fit(train, validation, {**CMS_BINARY, "epochs": epochs})
    default = fit(train, validation, {})
    best = scan(model, *validation).best
    at_cut = scan(model, *test).at(best.threshold)
    aucs = [roc_auc(y, score(model, X), X["weight"]) for X, y in (train, validation, test)]
    X, y = test
    table = {
        "trainable parameters": f"{model[-1].model_.count_params():,}",
        "best epoch": f"{model[-1].best_epoch_} of {model[-1].n_epochs_}",
        "weighted AUC": "training {:.4f}, validation {:.4f}, test {:.4f}".format(*aucs),
        "the same, default network": f"test {roc_auc(y, score(default, X), X['weight']):.4f}",
        "best cut on validation": f"{best.threshold:.4f}",
        "significance on validation": f"{best.figure_of_merit:.3f}",
        "significance on test, at it": f"{at_cut.figure_of_merit:.3f}",
        "expected there": f"{at_cut.signal:.0f} signal, {at_cut.background:.0f} background",
    }
    text = "\n".join(f"{name:<30}{value}" for name, value in table.items())
    print(text)
    Path(output).mkdir(parents=True, exist_ok=True)
    Path(output, "cms_binary.txt").write_text(text + "\n")
    for name, display in displays(model, train, test, best.threshold).items():
        display.figure_.savefig(f"{output}/cms_binary_{name}.png", dpi=150)
    return model, best, at_cut


def fit(train, validation, settings):
    """The Pipeline, fitted with validation events of our own, which its first steps transform."""
    names = ["background", "signal"]
    network = DenseClassifier(**settings, weight_column="weight", class_names=names)
    balancer = EventWeightBalancer("n_background", weight_column="weight")
    scaler = MinMaxScaler(exclude="weight")
    with sklearn.config_context(enable_metadata_routing=True):
        network.set_params(random_state=0).set_fit_request(X_val=True, y_val=True)
        steps = [("balance", balancer), ("scale", scaler), ("network", network)]
        model = Pipeline(steps, transform_input=["X_val"])
        return model.fit(*train, X_val=validation[0], y_val=validation[1])


def score(model, X):
    """Probability of signal."""
    return model.predict_proba(X)[:, 1]


def scan(model, X, y):
    """Asimov significance of every cut."""
    return significance_scan(y, score(model, X), X["weight"], **COUNTING)


def displays(model, train, test, cut):
    """Losses, ROC, scores of training and test events, significance on test events."""
    overlay = {"X_train": train[0], "y_train": train[1]}
    return {
        "losses": HistoryDisplay.from_estimator(model),
        "roc": RocDisplay.from_estimator(model, *test),
        "scores": ScoreDisplay.from_estimator(model, *test, **overlay),
        "significance": SignificanceDisplay.from_estimator(model, *test, cut=cut, **COUNTING),
    }


if __name__ == "__main__":
    main()
