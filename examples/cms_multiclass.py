"""Five processes as in the CMS tutorial "NN in CMS", multi-class script.

Seventeen variables, two hidden layers of 100, SQRT balancing; a scan over decay rates of the
learning rate and seeds. Cuts on the signal node keep events whose highest node it is. The best cut
is found on validation events, and its significance given for test events. The scan, and the
outputs of the best network for test events, are written to ``examples_output/`` as csv.

    python examples/cms_multiclass.py

Measured (split 0, seeds 0 to 2, scikit-learn 1.9.1, TensorFlow 2.21.0, Keras 3.15.1): significance
0.25 to 0.36 at the best cut of validation events, and 0.10 to 0.17 on test events at that cut.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pandas as pd
import sklearn
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.pipeline import Pipeline

from skhep_nn import (
    DenseClassifier,
    EventWeightBalancer,
    MinMaxScaler,
    train_validation_test_split,
)
from skhep_nn.datasets import load_lepton_jets
from skhep_nn.estimators import CMS_MULTICLASS
from skhep_nn.metrics import significance_scan
from skhep_nn.plotting import ConfusionMatrixDisplay, HistoryDisplay

# 1/pb, CMS 2016, and the relative uncertainty of the background
COUNTING = {"luminosity": 35_866.0, "systematic": 0.2}
# from 0.7 in the script, where this sample has too little background left
CUTS = {"signal": "signal", "argmax_only": True, "thresholds": 200, "score_range": (0.2, 1.0)}


def main(epochs=300, decays=(1e-2, 1e-3, 1e-4), seeds=(0, 1, 2), output="examples_output"):
    """Scan, write both tables, draw the losses and the confusion matrix of the best network."""
    # three equal parts, each with the full yield of every process
    parts = train_validation_test_split(load_lepton_jets(), (1 / 3, 1 / 3, 1 / 3), random_state=0)
    (X, y), (X_val, y_val), test = (features_and_process(part) for part in parts)
    model, grid = (
        pipeline({**CMS_MULTICLASS, "epochs": epochs}),
        {"network__decay": decays, "network__random_state": seeds},
    )
    cv = PredefinedSplit([-1] * len(X) + [0] * len(X_val))
    report = partial(significances, test=test)
    search = GridSearchCV(model, grid, scoring=report, cv=cv, refit=False, error_score="raise")
    with sklearn.config_context(enable_metadata_routing=True):
        search.fit(pd.concat([X, X_val]), pd.concat([y, y_val]), X_val=X_val, y_val=y_val)
        results = table(search.cv_results_)
        best = search.cv_results_["params"][results["validation significance"].idxmax()]
        model.set_params(**best).fit(X, y, X_val=X_val, y_val=y_val)
        default = pipeline({"random_state": 0}).fit(X, y, X_val=X_val, y_val=y_val)
    print(results.to_string(index=False, float_format="{:.4g}".format))
    print("\ndefault network:", pd.Series(report(default, X_val, y_val)).to_string(), sep="\n")
    Path(output).mkdir(parents=True, exist_ok=True)
    results.to_csv(f"{output}/cms_multiclass_scan.csv", index=False)
    outputs(model, *test).to_csv(f"{output}/cms_multiclass_outputs.csv", index=False)
    losses = HistoryDisplay.from_estimator(model)
    confusion = ConfusionMatrixDisplay.from_estimator(model, *test)
    losses.figure_.savefig(f"{output}/cms_multiclass_losses.png", dpi=150)
    confusion.figure_.savefig(f"{output}/cms_multiclass_confusion.png", dpi=150)
    return results


def features_and_process(events):
    """The table of features and weights, and the process of each event."""
    return events.drop(columns=["process", "is_signal", "event_number"]), events["process"]


def pipeline(settings):
    """The network of the lowest weighted validation loss is kept."""
    network = DenseClassifier(**settings, weight_column="weight")
    with sklearn.config_context(enable_metadata_routing=True):
        network.set_fit_request(X_val=True, y_val=True)
    balancer = EventWeightBalancer("sqrt", signal="signal", weight_column="weight")
    steps = [("balance", balancer), ("scale", MinMaxScaler(exclude="weight")), ("network", network)]
    return Pipeline(steps, transform_input=["X_val"])


def significances(model, X, y, test):
    """What the script reports: the best cut of validation events, and what it gives in test."""
    validation, test = (scan(model, *events) for events in ((X, y), test))
    return {
        "validation significance": validation.best_value,
        "cut": validation.best_threshold,
        "test significance at the cut": test.at(validation.best_threshold).figure_of_merit,
        "best test significance": test.best_value,
    }


def scan(model, X, y):
    """Significance of 200 cuts on the signal node, of events whose highest node it is."""
    nodes = model.predict_proba(X)
    return significance_scan(y, nodes, X["weight"], classes=model.classes_, **CUTS, **COUNTING)


def table(found):
    """One row for each decay rate and seed."""
    columns = {"param_network__decay": "decay rate", "param_network__random_state": "seed"}
    columns |= {name: name[10:] for name in found if name.startswith("mean_test_")}
    return pd.DataFrame(found)[[*columns]].rename(columns=columns)


def outputs(model, X, y):
    """Network outputs of each event with its weight and process."""
    nodes = pd.DataFrame(model.predict_proba(X), columns=model.classes_, index=X.index)
    return nodes.assign(predicted=model.predict(X), weight=X["weight"], process=y)


if __name__ == "__main__":
    main()
