"""Seconds per epoch of the classifiers of blocks against Keras' fit of the very same network."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from benchmarks.networks import AS_IN_KERAS
from benchmarks.timing import PLANNED, EpochTimer, in_turns
from skhep_nn import BlockKind, EventBlocks, estimators

GOAL = 1.3


@dataclass(frozen=True)
class Case:
    """A classifier and its events.

    Parameters
    ----------
    classifier : str
    arguments : dict or str
        Of the classifier; a str is a preset.
    events : callable
        Number of events to X.
    n_events, batch_size : int
    """

    classifier: str
    arguments: object
    events: object
    n_events: int
    batch_size: int


class Timer(EpochTimer):
    """A timer that stays itself where a classifier copies its callbacks."""

    def __deepcopy__(self, memo):
        return self


def jets(n_events):
    """Jets of 15 features with up to 20 tracks of 10 features."""
    rng = np.random.default_rng(0)
    blocks = {
        "jet": rng.normal(size=(n_events, 15)).astype("float32"),
        "track": rng.normal(size=(n_events, 20, 10)).astype("float32"),
        "track_mask": np.arange(20) < rng.integers(1, 21, n_events)[:, None],
    }
    return EventBlocks(blocks)


def decays(n_events):
    """Events of up to 100 particles and decay strings of up to 150 tokens."""
    rng = np.random.default_rng(0)
    lengths = {"pdg": 100, "mother_pdg": 100, "decay": 150}
    blocks = {name: rng.integers(0, 542, (n_events, n)) for name, n in lengths.items()}
    blocks["particle"] = rng.normal(size=(n_events, 100, 13)).astype("float32")
    return EventBlocks(blocks, dict.fromkeys(lengths, BlockKind("tokens", vocabulary_size=542)))


def table(n_events):
    """Twelve features."""
    return np.random.default_rng(0).normal(size=(n_events, 12)).astype("float32")


EACH_TRACK = {"kernel_size": 1, "pool": "average", "dropout": 0.0, "dense_dropout": 0.0}
CASES = {
    "CNNClassifier, 20 tracks": Case("CNNClassifier", EACH_TRACK, jets, 20_000, 256),
    "LSTMClassifier, 20 tracks": Case("LSTMClassifier", {}, jets, 20_000, 256),
    "ResNetClassifier, 20 tracks": Case("ResNetClassifier", {}, jets, 20_000, 256),
    "ResNetClassifier, LHCB_ACCEPTANCE": Case(
        "ResNetClassifier", "LHCB_ACCEPTANCE", table, 200_000, 10_000
    ),
    "BlockClassifier, SMARTBKG_RESNET": Case(
        "BlockClassifier", "SMARTBKG_RESNET", decays, 2_000, 128
    ),
}


def run(name):
    """Rows of the table for one case."""
    case = CASES[name]
    X = case.events(case.n_events)
    y = np.random.default_rng(1).integers(0, 2, case.n_events)
    seconds = in_turns(
        {
            "ours": functools.partial(ours, case, X, y),
            "Keras fit": functools.partial(fit, case, X, y),
        }
    )
    goals = {"ours": None, "Keras fit": f">= {GOAL}"}
    return [
        {
            "case": name,
            "side": side,
            "seconds": value,
            "ratio": value / seconds["ours"],
            "goal": goals[side],
        }
        for side, value in seconds.items()
    ]


def ours(case, X, y):
    """The classifier as it comes; the plan of 100 epochs is what the rule for XLA goes by."""
    timer = Timer()
    classifier(case, early_stopping=False, callbacks=[timer]).fit(X, y)
    return timer.median


def fit(case, X, y):
    """Keras' fit of the network that the classifier builds."""
    timer = Timer()
    model = classifier(case).initialize(X, y).model_
    x = X.rows() if hasattr(X, "rows") else X
    arguments = {"batch_size": case.batch_size, "epochs": PLANNED, "callbacks": [timer]}
    model.fit(x, y[:, None].astype("float32"), verbose=0, **arguments)
    return timer.median


def classifier(case, **arguments):
    """The classifier of a case, one phase of 100 epochs."""
    given = case.arguments
    given = getattr(estimators, given) if isinstance(given, str) else given
    fixed = {
        "epochs": PLANNED,
        "batch_size": case.batch_size,
        "random_state": 1,
        "verbose": 0,
    }
    given = {key: value for key, value in given.items() if key != "phases"}
    return getattr(estimators, case.classifier)(**{**AS_IN_KERAS, **given, **fixed, **arguments})
