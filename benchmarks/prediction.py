"""Prediction of a million events and of one, against Keras' predict and one compiled call."""

from __future__ import annotations

import numpy as np

from benchmarks.networks import PLAIN
from benchmarks.timing import in_turns, seconds_of

N_EVENTS = 1_000_000


def run(name):
    """Rows of the table for one case."""
    from skhep_nn import DenseClassifier

    rng = np.random.default_rng(0)
    x = rng.normal(size=(N_EVENTS, 12)).astype(np.float32)
    y = (x[:, 0] > 0).astype(int)
    arguments = PLAIN | UNITS.get(name, {})
    classifier = DenseClassifier(**arguments, epochs=1, random_state=1, verbose=0)
    classifier.fit(x[:20_000], y[:20_000])
    return SIDES[name](name, classifier, classifier.model_, x)


def many(name, classifier, model, x):
    """All at once."""
    sides = {
        "ours": lambda: seconds_of(lambda: classifier.predict_proba(x)),
        "Keras predict, batch 65536": lambda: seconds_of(
            lambda: model.predict(x, batch_size=65_536, verbose=0)
        ),
    }
    goals = {"Keras predict, batch 65536": ">= 2"}
    return _rows(name, in_turns(sides), goals)


def wide(name, classifier, model, x):
    """All at once, beside calls of one compiled function of 65,536 events each."""
    import tensorflow as tf

    run = tf.function(lambda a: model(a, training=False))
    parts = [x[start : start + 65_536] for start in range(0, 15 * 65_536, 65_536)]
    events = np.concatenate(parts)
    classifier.predict_proba(events)
    run(parts[0])
    sides = {
        "ours": lambda: seconds_of(lambda: classifier.predict_proba(events)),
        "calls of 65,536 events": lambda: seconds_of(lambda: [run(a).numpy() for a in parts]),
    }
    return _rows(name, in_turns(sides), {"calls of 65,536 events": ">= 1"})


def one(name, classifier, model, x):
    """One row at a time; seconds per event."""
    sides = {
        "ours": lambda: _per_call(lambda: classifier.predict_proba(x[:1]), 200),
        "Keras predict": lambda: _per_call(lambda: model.predict(x[:1], verbose=0), 10),
    }
    return _rows(name, in_turns(sides), {"ours": "<= 0.001 s"})


def _per_call(function, n_calls):
    function()
    return float(np.median([seconds_of(function) for _ in range(n_calls)]))


def _rows(name, seconds, goals):
    return [
        {
            "case": name,
            "side": side,
            "seconds": value,
            "ratio": value / seconds["ours"],
            "goal": goals.get(side),
        }
        for side, value in seconds.items()
    ]


UNITS = {"predict 1M events, 100-100": {"units": (100, 100)}}
SIDES = {
    "predict 1M events": many,
    "predict 1M events, 100-100": wide,
    "predict one event": one,
}
