"""How well the kinds of networks separate events of sequences: ``python -m benchmarks kinds``.

    python -m benchmarks kinds "particle lists" --sides SMARTBKG_RESNET "trees" --seeds 3
    python -m benchmarks kinds jets --sides CNN --events 1000 --set batch_size=256

`--set` gives every classifier other parameters, `--embeddings` another width of the numbers that
codes start with, `--events` so many training events, drawn by the seed.

Each classifier trains on the same events and is scored on the same test events. The figure is the
area under the ROC curve, of several classes the mean of each against the rest; its error is the
spread over the seeds, and that of the test events (bootstrap). Presets and classifiers are as they
come, without validation events unless they split some off themselves.
"""

from __future__ import annotations

import argparse
import ast
import json
import time
from dataclasses import replace

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from benchmarks import kinds_samples
from benchmarks.kinds_sides import SIDES
from skhep_nn.metrics import roc_auc
from skhep_nn.networks import _embeddings

N_BOOTSTRAPS = 200


def main(arguments):
    """Print a row for each classifier as soon as it is there, and the table."""
    options = parse(arguments)
    if options.embeddings:
        _embeddings.INITIAL["config"]["stddev"] = options.embeddings
    rows = []
    for name in options.samples or [*SIDES]:
        sample = kinds_samples.SAMPLES[name]()
        for side in chosen(name, sample, options.sides):
            rows.append(
                {"sample": name, "classifier": side, **measure(name, sample, side, options)}
            )
            print(json.dumps(rows[-1]), flush=True)
    print(table(rows))


def chosen(name, sample, words):
    """The classifiers of a sample whose names contain one of the words; all without words."""
    names = [*sample.columns, *SIDES[name]]
    return [side for side in names if not words or any(word in side for word in words)]


def measure(name, sample, side, options):
    """Area, accuracy and their errors; the seconds of a fit and the epoch that was kept."""
    areas, accuracies, seconds, epochs, found = [], [], [], [], []
    for seed in range(options.seeds):
        start = time.perf_counter()
        p, classes, epoch = trained(name, fewer(sample, options.events, seed), side, seed, options)
        seconds.append(time.perf_counter() - start)
        areas.append(area(sample.y_test, p, classes))
        accuracies.append(np.mean(classes[p.argmax(axis=1)] == sample.y_test))
        epochs.append(epoch)
        found.append(p)
    return {
        "events": min(len(sample.y), options.events or len(sample.y)),
        "area": np.mean(areas),
        "spread": np.std(areas),
        "error": bootstrap_error(sample.y_test, found[0], classes),
        "accuracy": np.mean(accuracies),
        "seconds": np.mean(seconds),
        "epochs": epochs,
    }


def fewer(sample, n_events, seed):
    """The sample with so many training events, all if there is no number."""
    if n_events is None or n_events >= len(sample.y):
        return sample
    rows = np.sort(np.random.default_rng(seed).permutation(len(sample.y))[:n_events])
    columns = {name: (train[rows], test) for name, (train, test) in sample.columns.items()}
    return replace(sample, train=sample.train[rows], y=sample.y[rows], columns=columns)


def trained(name, sample, side, seed, options):
    """Probabilities of the test events, the classes, and the epoch that was kept."""
    if side in sample.columns:
        train, test = sample.columns[side]
        model = HistGradientBoostingClassifier(random_state=seed).fit(train, sample.y)
        return model.predict_proba(test), model.classes_, model.n_iter_
    blocks, model = SIDES[name][side]()
    model.set_params(random_state=seed, verbose=0, **dict(map(setting, options.set))).fit(
        sample.train.select(blocks), sample.y
    )
    p = model.predict_proba(sample.test.select(blocks))
    return p, model.classes_, f"{model.best_epoch_} of {model.n_epochs_}"


def setting(text):
    """Name and value of a parameter, as ``batch_size=64``; what is no literal is text."""
    name, _, value = text.partition("=")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value


def area(y, p, classes):
    """Area under the ROC curve, of several classes the mean of each against the rest."""
    if len(classes) == 2:
        return roc_auc(y, p[:, 1], signal=classes[1])
    return float(np.mean([roc_auc(y, p[:, c], signal=name) for c, name in enumerate(classes)]))


def bootstrap_error(y, p, classes):
    """Standard deviation of the area over samples of the test events."""
    rng = np.random.default_rng(0)
    draws = (rng.integers(len(y), size=len(y)) for _ in range(N_BOOTSTRAPS))
    return float(np.std([area(y[rows], p[rows], classes) for rows in draws]))


def table(rows):
    """The rows as Markdown."""
    lines = [
        "| sample | training events | classifier | AUC | error | accuracy | seconds |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        figure = f"{row['area']:.4f} +- {row['spread']:.4f}"
        cells = (row["sample"], f"{row['events']:,}", row["classifier"], figure)
        rest = (f"{row['error']:.4f}", f"{row['accuracy']:.4f}", f"{row['seconds']:.0f}")
        lines.append(f"| {' | '.join((*cells, *rest))} |")
    return "\n".join(lines)


def parse(arguments):
    """Options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks kinds")
    parser.add_argument("samples", nargs="*", help=f"of {', '.join(SIDES)}")
    parser.add_argument("--sides", nargs="*", default=[], help="words of names of classifiers")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--events", type=int, help="training events")
    parser.add_argument("--set", nargs="*", default=[], help="parameters, as batch_size=256")
    parser.add_argument("--embeddings", type=float, help="width of what codes start with")
    return parser.parse_args(arguments)
