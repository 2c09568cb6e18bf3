"""ATLAS Higgs challenge: dense networks and boosted trees with event weights, fold by fold.

H to tau tau against background, full simulation, event weights, missing values. A dense network
in scikit-learn's Pipeline and scikit-learn's HistGradientBoostingClassifier see the same folds
and the same balanced weights. The file is the official one (CERN Open Data record 328), or a part
of it in the same layout; without a path it is looked for in scikit-learn's data home.

    python examples/higgs_ml.py atlas-higgs-challenge-2014-v2.csv.gz --seeds 5

On the first 4,999 signal and 4,999 background events of the file the mean weighted AUC of the five
folds is 0.9185 for the trees and 0.9230 for the network, as they come (five seeds).
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline

from skhep_nn import DenseClassifier, EventWeightBalancer
from skhep_nn.datasets import fetch_higgs_ml
from skhep_nn.metrics import figure_of_merit, roc_auc, significance_scan


def main(arguments=None):
    """Train, compare by weighted AUC, and quote the significance of the average network."""
    options = parse(arguments)
    X, y, w = fetch_higgs_ml(options.path, official_yields=True, return_X_y=True)
    folds = [*StratifiedKFold(options.folds, shuffle=True, random_state=options.split).split(X, y)]
    trees = scores(fit_trees, X, y, w, folds)
    seeds = {f"network, seed {seed}": network(options, seed) for seed in range(options.seeds)}
    networks = {name: scores(fit, X, y, w, folds) for name, fit in seeds.items()}
    average = {f"average of {options.seeds}": np.mean([*networks.values()], axis=0)}
    rows = {"boosted trees": trees, **networks, **average}
    aucs = pd.DataFrame({name: auc_of_folds(y, p, w, folds) for name, p in rows.items()}).T
    paired = aucs - aucs.loc["boosted trees"]
    table = pd.DataFrame({"weighted AUC": aucs.mean(axis=1), "difference": paired.mean(axis=1)})
    table["spread over folds"] = paired.std(axis=1)
    print(table.to_string(float_format="{:.4f}".format))
    mean = table.loc[[*networks], "difference"].mean()
    print(f"mean paired difference of {options.seeds} seeds: {mean:+.4f}")
    for name, score in {"boosted trees": trees, **average}.items():
        print(f"{name}: {significance(y, score, w, folds)}")
    return table


def network(options, seed):
    """How to fit a network: missing values and their indicators; balanced event weights."""
    filled = SimpleImputer(strategy="median", add_indicator=True)
    classifier = DenseClassifier(balance="equal", epochs=options.epochs, random_state=seed)
    model = make_pipeline(filled, classifier)
    return lambda X, y, w: model.fit(X, y, denseclassifier__sample_weight=w)


def fit_trees(X, y, w):
    """Boosted trees on the same balanced weights; they need no preprocessing."""
    balanced = EventWeightBalancer("equal").balance(y, sample_weight=w)
    return HistGradientBoostingClassifier(random_state=0).fit(X, y, sample_weight=balanced)


def scores(fit, X, y, w, folds):
    """The score of each event by a model that was trained on the other folds."""
    score = np.empty(len(y))
    for train, test in folds:
        score[test] = fit(X.iloc[train], y[train], w[train]).predict_proba(X.iloc[test])[:, 1]
    return score


def auc_of_folds(y, score, w, folds):
    """Weighted AUC of each fold; a common factor of a class's weights does not change it."""
    return [roc_auc(y[test], score[test], w[test]) for _, test in folds]


def significance(y, score, w, folds):
    """AMS and Asimov significance at official yields; each fold's cut is chosen on the others."""
    kept = np.zeros(len(y), dtype=bool)
    yields = {label: w[y == label].sum() for label in (0, 1)}
    for others, fold in folds:
        scan = significance_scan(y[others], score[others], w[others], kind="ams", yields=yields)
        kept[fold] = score[fold] >= scan.best_threshold
    s, b = (w[kept & (y == label)].sum() for label in (1, 0))
    ams, asimov = (figure_of_merit(s, b, kind=kind) for kind in ("ams", "asimov"))
    error = np.sqrt(np.sum(w[kept & (y == 0)] ** 2))
    return f"AMS {ams:.2f}, Asimov {asimov:.2f} (s = {s:.0f}, b = {b:.0f} +- {error:.0f})"


def parse(arguments):
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", help="file in the layout of CERN Open Data record 328")
    for name, default in {"seeds": 1, "folds": 5, "epochs": 20, "split": 0}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
