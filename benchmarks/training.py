"""Seconds per epoch of the training cases: ours, Keras' fit, peers, and the matrix products."""

from __future__ import annotations

import functools
import itertools
import time
import warnings

import numpy as np

from benchmarks import networks
from benchmarks.timing import EPOCHS, PLANNED, EpochTimer, in_turns, seconds_of


def run(name):
    """Rows of the table for one case."""
    case = networks.CASES[name]
    data = networks.sample(case)
    sides = {
        "ours": functools.partial(ours, case, data),
        "Keras fit": functools.partial(fit, case, data),
    }
    sides |= {peer: functools.partial(PEERS[peer], case, data) for peer in case.peers}
    sides["limit: matrix products"] = functools.partial(products, case)
    seconds = in_turns(sides)
    return [_row(name, side, value, seconds["ours"], case) for side, value in seconds.items()]


def ours(case, data):
    """Through the classifier; the plan of 100 epochs is what the rule for XLA goes by."""
    from skhep_nn import KerasClassifier

    x, y, weights = data
    timer = EpochTimer()
    classifier = KerasClassifier(
        functools.partial(case.network, case.shape),
        epochs=PLANNED,
        batch_size=case.batch_size,
        callbacks=[timer],
        random_state=1,
        verbose=0,
    )
    classifier.fit(x, y, weights)
    return timer.median


def fit(case, data):
    """A plain Keras script."""
    x, y, weights = data
    timer = EpochTimer()
    case.network(case.shape).fit(
        x,
        y[:, None],
        sample_weight=weights,
        batch_size=case.batch_size,
        epochs=PLANNED,
        callbacks=[timer],
        verbose=0,
    )
    return timer.median


def mlp(case, data):
    """scikit-learn's MLPClassifier, weights left out."""
    from sklearn.neural_network import MLPClassifier

    x, y, _ = data
    times = [time.perf_counter()]
    network = MLPClassifier(
        (50, 50), batch_size=case.batch_size, max_iter=1, warm_start=True, random_state=1
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one epoch at a time never converges
        for _ in range(EPOCHS):
            network.fit(x, y)
            times.append(time.perf_counter())
    return float(np.median(np.diff(times)[1:]))


def skorch(case, data):
    """The same dense network in PyTorch through skorch, weights left out."""
    import torch
    from skorch import NeuralNetBinaryClassifier

    x, y, _ = data
    widths = [case.shape[0], 50, 50]
    modules = []
    for before, after in itertools.pairwise(widths):
        modules += [torch.nn.Linear(before, after), torch.nn.ReLU()]
    network = NeuralNetBinaryClassifier(
        torch.nn.Sequential(*modules, torch.nn.Linear(50, 1), torch.nn.Flatten(0)),
        optimizer=torch.optim.Adam,
        batch_size=case.batch_size,
        max_epochs=2,
        train_split=None,
        iterator_train__shuffle=True,
        verbose=0,
    )
    network.fit(x, y)
    return network.history[-1, "dur"]


def products(case):
    """The matrix products of an epoch alone: forward, and two backward for each."""
    n_steps = case.n_events // case.batch_size
    rng = np.random.default_rng(0)
    shapes = [(rows * case.batch_size, k, n) for rows, k, n in case.products]
    arrays = [
        tuple(rng.normal(size=shape).astype(np.float32) for shape in ((m, k), (k, n), (m, n)))
        for m, k, n in shapes
    ]
    outputs = [tuple(np.empty_like(a) for a in (c, b, a)) for a, b, c in arrays]

    def epoch():
        for _ in range(n_steps):
            for (a, b, c), (forward, d_weights, d_inputs) in zip(arrays, outputs, strict=True):
                np.matmul(a, b, out=forward)
                np.matmul(a.T, c, out=d_weights)
                np.matmul(c, b.T, out=d_inputs)

    return seconds_of(epoch)


PEERS = {"skorch": skorch, "MLP": mlp}
GOALS = {"skorch": 12.0, "MLP": 3.0}


def _row(name, side, value, ours_seconds, case):
    goal = {"Keras fit": case.goal, **GOALS}.get(side)
    if side.startswith("limit"):
        limit = 1.6 if "10x128" in name else None
        return {
            "case": name,
            "side": side,
            "seconds": value,
            "ratio": value / ours_seconds,
            "goal": limit and f">= {1 / limit:.3f} (ours at most {limit} times the limit)",
        }
    return {
        "case": name,
        "side": side,
        "seconds": value,
        "ratio": value / ours_seconds,
        "goal": goal and f">= {goal}",
    }
