"""Calls of the classifiers, of the smallest networks."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from fuzz import inputs, plain
from fuzz.call import TABLE, WEIGHT, Call, Y
from fuzz.models import AT_MASS, FEATURES, KINDS, fitted, make, weighted

# a network of so many units, or so many epochs, is what was asked for
SIZES = inputs.values.filter(lambda value: not inputs.is_huge(value))
SIZED = ("units", "n_networks", "epochs", "patience", "filters", "n_blocks", "dense_units")
OF_USERS = ("activation", "loss", "metrics", "callbacks", "optimizer", "kernel_initializer")
SHARED = {
    "dropout": 0.0,
    "activation": "relu",
    "kernel_initializer": "glorot_uniform",
    "l2": 0.0,
    "batch_normalization": False,
    "input_scaling": "robust",
    "n_networks": 1,
    "feature_scale": True,
    "bn_momentum": 0.9,
    "bn_statistics": "precise",
    "precision": None,
    "optimizer": "adamw",
    "loss": None,
    "learning_rate": None,
    "learning_rate_schedule": "cosine",
    "weight_decay": None,
    "ema": None,
    "decay": 0.0,
    "plateau_factor": 0.1,
    "plateau_patience": 5,
    "epochs": 1,
    "batch_size": 8,
    "shuffle": True,
    "batch_sampler": None,
    "early_stopping": False,
    "patience": 10,
    "validation_fraction": 0.2,
    "phases": None,
    "balance": None,
    "negative_weights": "keep",
    "class_names": ["background", "signal"],
    "metrics": None,
    "callbacks": None,
    "jit_compile": "auto",
    "checkpoint_dir": None,
    "warm_start": False,
    "verbose": 0,
    "random_state": 0,
}
OF_SEQUENCES = {"pool_size": 1, "dense_units": (2,), "dense_dropout": 0.0, "mask_value": 0.0}
OPTIONS = {
    "DenseClassifier": {"units": (2,), **SHARED},
    "LSTMClassifier": {
        "units": 2,
        "cell": "lstm",
        "bidirectional": False,
        "go_backwards": False,
        "convolutions_first": (),
        "kernel_size": 1,
        **OF_SEQUENCES,
    },
    "CNNClassifier": {"filters": (2,), "kernel_size": 1, "pool": "average", **OF_SEQUENCES},
    "ResNetClassifier": {
        "n_blocks": 1,
        "units": 2,
        "layers_per_block": None,
        "block_initializer": None,
        "preactivation": False,
        "block_l2": None,
        "batch_normalization": "auto",
        "output_initializer": "glorot_uniform",
        "dense_units": (),
    },
    "BlockClassifier": {
        "branches": None,
        "shared_embeddings": (),
        "head": None,
        "embedding_size": 8,
        "mask_value": 0.0,
    },
    "ParametricClassifier": {
        "parameter": "mass",
        "signal": 1,
        "conditioning": "affine",
        "placement": "all",
        "mass_embedding": 0,
        "mass_noise": 0.0,
        "assignment": "identical",
        "mass_range": None,
        "resample": "epoch",
        "process_column": None,
        "body": "dense",
        "units": (2,),
    },
    "KerasClassifier": {
        "validation_batch_size": None,
        "validation_split": 0.0,
        "run_eagerly": False,
        "class_weight": None,
    },
    "IndividualMassClassifier": {
        "estimator": make("DenseClassifier"),
        "parameter": "mass",
        "signal": 1,
        "hypotheses": None,
        "dispatch": "exact",
    },
}


def fit_of(kind):
    def fit(X, y, sample_weight):
        network = make(kind).fit(X, y, sample_weight)
        return network.predict_proba(KINDS[kind][2])

    return fit


def fit_of_options(kind):
    def fit(**options):
        network = make(kind, **options).fit(KINDS[kind][1], Y)
        return network.predict_proba(KINDS[kind][2])

    return fit


def fit_with_validation(X_val, y_val, sample_weight_val):
    network = make("DenseClassifier")
    network.fit(FEATURES, Y, WEIGHT, X_val=X_val, y_val=y_val, sample_weight_val=sample_weight_val)
    return network.predict_proba(FEATURES)


def fit_in_parts(X, y, classes, sample_weight):
    network = make("DenseClassifier", n_networks=1)
    return network.partial_fit(X, y, classes, sample_weight).predict_proba(X)


def fit_frame(X):
    network = make("DenseClassifier", weight_column="weight", n_networks=1)
    return network.fit(X, Y).predict_proba(X)


def initialized(X, y):
    return make("DenseClassifier").initialize(X, y).predict_proba(FEATURES)


def predict_frame(X):
    return weighted().predict_proba(X)


def score_of(kind):
    return lambda X, y, sample_weight: fitted(kind).score(X, y, sample_weight)


def method_of(kind, method):
    def predict(X):
        return getattr(fitted(kind), method)(X)

    return predict


def at_of(kind):
    return lambda mass: fitted(kind).at(mass).predict_proba(AT_MASS.drop(columns="mass"))


def scan_of(kind):
    return lambda X, hypotheses: fitted(kind).predict_proba_scan(X, hypotheses)


def check(got, X=None, y=None, sample_weight=None, classes=None, **others):
    assert np.isfinite(got).all()
    assert (got >= 0).all()
    assert np.allclose(got.sum(axis=1), 1, atol=1e-5)
    if y is not None:
        plain.labels(np.ravel(y) if np.ndim(y) == 2 else y)
        plain.weights(sample_weight, len(y))


def check_score_of(kind):
    def check_score(got, X, y, sample_weight):
        y = plain.labels(np.ravel(y) if np.ndim(y) == 2 else y)
        weights = plain.weights(sample_weight, len(y))
        predicted = fitted(kind).predict(X)
        right = [w for p, t, w in zip(predicted, y, weights, strict=True) if p == t]
        assert np.isclose(got, sum(right) / sum(weights))

    return check_score


def check_finite(got, **arguments):
    # logarithms of 0 and of probabilities
    assert not np.isnan(got).any()


def check_scan(got, X, hypotheses):
    assert np.isfinite(got).all()
    assert ((got >= 0) & (got <= 1)).all()


WORDS = ("X", "column", "block", "label", "feature", "events", "weight", "classes", "class ")
ALL = {"labels": ("y",), "masked": ("y", "sample_weight")}
MASSES = ("mass", "hypothes", "parameter", *WORDS)


def calls_of(kind):
    """Fit, prediction, score, and whatever else a kind of classifier has."""
    _, X, new = KINDS[kind]
    weights = {"y": Y, "sample_weight": WEIGHT}
    calls = [
        Call(
            f"{kind}.fit",
            fit_of(kind),
            {"X": X, **weights},
            check,
            MASSES,
            **ALL,
            cost=25,
        ),
        Call(
            f"{kind}.score",
            score_of(kind),
            {"X": new, **weights},
            check_score_of(kind),
            MASSES,
            **ALL,
            cost=4,
        ),
    ]
    methods = ("predict", "predict_proba", "predict_log_proba", "predict_spread")
    checks = {"predict_proba": check, "predict": None}
    calls += [
        Call(
            f"{kind}.{method}",
            method_of(kind, method),
            {"X": new},
            checks.get(method, check_finite),
            MASSES,
            cost=4,
        )
        for method in methods
        if hasattr(fitted_class(kind), method) and (method != "predict_spread" or has_spread(kind))
    ]
    if "Mass" in kind or "Parametric" in kind:
        calls += [
            Call(f"{kind}.at", at_of(kind), {"mass": 750.0}, check, MASSES, cost=4),
            Call(
                f"{kind}.predict_proba_scan",
                scan_of(kind),
                {"X": new.drop(columns="mass"), "hypotheses": np.array([500.0, 750.0])},
                check_scan,
                MASSES,
                cost=4,
            ),
        ]
    return [*calls, options_of(kind)]


def fitted_class(kind):
    import skhep_nn

    return getattr(skhep_nn, kind)


def has_spread(kind):
    return KINDS[kind][0].get("n_networks", 1) > 1


def options_of(kind):
    sizes = dict.fromkeys((*SIZED, "kernel_size", "embedding_size", "pool_size"), SIZES)
    sizes["convolutions_first"] = sizes["mass_embedding"] = SIZES
    # what else draws a number for a text
    # what a function or class of the user does is the user's
    sizes |= dict.fromkeys(OF_USERS, inputs.values.filter(lambda value: not callable(value)))
    sizes["verbose"] = st.one_of(SIZES, st.just(2))
    return Call(
        f"{kind} of options",
        fit_of_options(kind),
        OPTIONS[kind],
        check,
        ("estimator", "name", *WORDS),
        odd={name: odd for name, odd in sizes.items() if name in OPTIONS[kind]},
        cost=12 if kind == "DenseClassifier" else 25,
    )


CALLS = [
    *[call for kind in KINDS for call in calls_of(kind)],
    Call("fit of a frame", fit_frame, {"X": TABLE}, check, WORDS, cost=15),
    Call(
        "fit with validation",
        fit_with_validation,
        {"X_val": FEATURES, "y_val": Y, "sample_weight_val": WEIGHT},
        check,
        WORDS,
        labels=("y_val",),
        masked=("X_val", "y_val", "sample_weight_val"),
        cost=15,
    ),
    Call(
        "partial_fit",
        fit_in_parts,
        {"X": FEATURES, "y": Y, "classes": np.array([0, 1]), "sample_weight": WEIGHT},
        check,
        WORDS,
        labels=("y", "classes"),
        masked=("X", "y", "classes", "sample_weight"),
        cost=15,
    ),
    Call("initialize", initialized, {"X": FEATURES, "y": Y}, check, WORDS, labels=("y",), cost=15),
    Call("predict_proba of a frame", predict_frame, {"X": TABLE}, check, WORDS, cost=3),
]
