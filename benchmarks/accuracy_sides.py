"""The classifiers that are compared, each a function of training events to one of test events."""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import inspect
import warnings

import numpy as np
from scipy.stats import loguniform, randint
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.model_selection import RandomizedSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import accuracy_dropout, accuracy_edges
from skhep_nn import DenseClassifier, EventWeightBalancer

POINTS = 20
GRID = {
    "learning_rate": loguniform(0.02, 0.3),
    "max_leaf_nodes": randint(7, 64),
    "min_samples_leaf": randint(5, 200),
    "l2_regularization": loguniform(1e-3, 30),
    "max_iter": randint(50, 500),
}


def trees(X, y, w, seed):
    """scikit-learn's boosted trees as they come, on balanced weights."""
    return _fitted(HistGradientBoostingClassifier(random_state=seed), X, y, _balanced(y, w))


def searched_trees(X, y, w, seed):
    """The best of twenty random settings in three folds."""
    forest = HistGradientBoostingClassifier(random_state=seed)
    scoring = "roc_auc" if len(np.unique(y)) == 2 else "roc_auc_ovr"
    search = RandomizedSearchCV(
        forest, GRID, n_iter=POINTS, cv=3, scoring=scoring, random_state=seed
    )
    return _fitted(search, X, y, _balanced(y, w))


def mlp(X, y, w, seed):
    """scikit-learn's network behind its scaler."""
    network = MLPClassifier(random_state=seed)
    weighted = "sample_weight" in inspect.signature(network.fit).parameters
    model = make_pipeline(_imputer(X), StandardScaler(), network)
    arguments = (
        {"mlpclassifier__sample_weight": _balanced(y, w)} if weighted and w is not None else {}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(X, y, **arguments).predict_proba


def ours(X, y, w, seed, class_edges=0, dropout_path=None, **parameters):
    """The network of this package as it comes.

    With other edges, see :mod:`.accuracy_edges`; with other dropout, :mod:`.accuracy_dropout`.
    """
    parameters = {"balance": None if w is None else "equal", **parameters}
    network = DenseClassifier(random_state=seed, verbose=0, **parameters)
    model = make_pipeline(_imputer(X), network)
    edges = accuracy_edges.used(class_edges) if class_edges else contextlib.nullcontext()
    path = accuracy_dropout.followed(dropout_path) if dropout_path else contextlib.nullcontext()
    with edges, path:
        return model.fit(X, y, denseclassifier__sample_weight=w).predict_proba


def _imputer(X):
    return SimpleImputer(strategy="median", add_indicator=bool(X.isna().to_numpy().any()))


def _balanced(y, w):
    return None if w is None else EventWeightBalancer("equal").balance(y, sample_weight=w)


def _fitted(model, X, y, w):
    return model.fit(X, y, sample_weight=w).predict_proba


# The parameters whose defaults are what is measured.
RECIPE = (
    "activation",
    "batch_normalization",
    "batch_sampler",
    "batch_size",
    "dropout",
    "early_stopping",
    "ema",
    "epochs",
    "feature_bins",
    "feature_scale",
    "input_scaling",
    "kernel_initializer",
    "l2",
    "learning_rate",
    "learning_rate_schedule",
    "optimizer",
    "units",
    "weight_decay",
)
# Of a side, and no parameters of the network.
OWN = ("class_edges", "dropout_path")
SIDES = {
    "trees": trees,
    "searched trees": searched_trees,
    "MLP": mlp,
    "ours": ours,
    "ours, n_networks=5": functools.partial(ours, n_networks=5),
}


def side(name):
    """The classifier of that name; behind "ours" its parameters may be changed.

    Examples
    --------
    >>> side("ours, dropout=0.1").keywords
    {'dropout': 0.1}
    """
    return SIDES[name] if name in SIDES else functools.partial(ours, **_changes(name))


def described(name):
    """What the classifier is as it comes: results of former defaults are no results of these."""
    if not name.startswith("ours"):
        return name
    changes = _changes(name)
    own = {name: changes.pop(name) for name in OWN if name in changes}
    given = DenseClassifier(**changes).get_params() | own
    parameters = repr([(p, given[p]) for p in sorted({*RECIPE, *changes, *own})])
    return hashlib.sha256(parameters.encode()).hexdigest()[:12]


def _changes(name):
    head, _, changes = name.partition(",")
    if head != "ours":
        msg = f"there is no side {name!r}; there are {', '.join(SIDES)}, and 'ours, dropout=0.1'"
        raise ValueError(msg)
    call = ast.parse(f"f({changes})", mode="eval").body
    return {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
