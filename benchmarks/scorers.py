"""Noise of scorers: the error of the difference between two networks, on replicas of the events.

Two dense networks score every event of the ATLAS challenge (or the part of the file at hand) from
the folds that they did not train on; the events are drawn anew with replacement, the same for
both. Run: python -m benchmarks.scorers [number of replicas, default 100]
"""

from __future__ import annotations

import sys

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline

from skhep_nn import DenseClassifier
from skhep_nn.datasets import fetch_higgs_ml
from skhep_nn.metrics import make_auc_scorer, make_binned_scorer, make_fom_scorer

UNITS = (50, 50), (100, 100, 100)


def scorers(yields):
    """Each scorer by its name; the yields are the official ones in every replica."""
    found = {"area under the ROC curve": make_auc_scorer()}
    for systematic in (0.0, 0.1, 0.2):
        options = {"systematic": systematic, "yields": yields}
        for least in (10, 50):
            name = f"best cut, {systematic:.0%} systematic, {least} effective events"
            found[name] = make_fom_scorer(min_effective_background=least, **options)
        found[f"bins, {systematic:.0%} systematic"] = make_binned_scorer(**options)
    return found


class Scored:
    """A classifier whose table is the score."""

    classes_ = np.array([0, 1])

    def predict_proba(self, X):
        """Both probabilities."""
        return np.column_stack([1 - X, X])


def scores(X, y, w, units):
    """Score of each event by a network that was trained on the other folds."""
    found = np.empty(len(y))
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(X, y):
        filled = SimpleImputer(strategy="median", add_indicator=True)
        network = DenseClassifier(units=units, balance="equal", epochs=20, random_state=0)
        model = make_pipeline(filled, network.set_params(verbose=0))
        model.fit(X.iloc[train], y[train], denseclassifier__sample_weight=w[train])
        found[test] = model.predict_proba(X.iloc[test])[:, 1]
    return found


def main(n_replicas=100):
    """Print the figure of the first network, and the error of the difference as a part of it."""
    X, y, w = fetch_higgs_ml(official_yields=True, return_X_y=True)
    networks = [scores(X, y, w, units) for units in UNITS]
    yields = {label: w[y == label].sum() for label in (0, 1)}
    rng, wanted = np.random.default_rng(0), scorers(yields)
    values = {name: [] for name in wanted}
    for _ in range(n_replicas):
        at = rng.integers(0, len(y), len(y))
        for name, scorer in wanted.items():
            pair = [scorer(Scored(), s[at], y[at], sample_weight=w[at]) for s in networks]
            values[name].append(pair)
    title = f"{len(y)} events, {n_replicas} replicas"
    print(f"{title:50} {'figure':>8} {'error of the difference':>24}")
    for name, pairs in values.items():
        first, second = np.transpose(pairs)
        error = np.std(first - second) / np.mean(pairs)
        print(f"{name:50} {first.mean():8.3f} {error:24.2%}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
