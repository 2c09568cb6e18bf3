"""How well classifiers separate on every sample, as they come: ``python -m benchmarks accuracy``.

Each sample is cut into five folds; the classifiers are trained on four and scored on the fifth, for
the folds and seeds asked for. The figure is the (weighted) area under the ROC curve, for several
classes the mean of one against the rest, and for the acceptance of particles the log loss. Errors
are those of paired bootstrap samples of the test events. Defaults were chosen on folds 0 to 2 of
the ATLAS sample, of the lepton jets and of ``make_resonance``; the others are only reported.
"""

from __future__ import annotations

import argparse
import functools
import json
import time
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedKFold

from benchmarks import accuracy_samples
from benchmarks.accuracy_sides import SIDES

RESULTS = Path(__file__).parent / "ACCURACY.md"
N_FOLDS, N_BOOTSTRAPS = 5, 200
REFERENCE = "trees"


def main(arguments):
    """Run what is asked for; each result is kept as soon as it is there."""
    options = parse(arguments)
    names = options.samples or [*accuracy_samples.SAMPLES]
    rows = []
    for name in names:
        sample = accuracy_samples.load(name)
        if sample is None:
            continue
        rows += compare(name, sample, options)
        text = page(rows, options)
        Path(options.output).write_text(text)
    print(page(rows, options))


def compare(name, sample, options):
    """One row per side: its figure, and the difference to the default trees with its error."""
    scores = {
        side: scores_of(name, sample, side, options) for side in options.sides if side in SIDES
    }
    test = np.concatenate([test for _, test in folds(sample, options)])
    w = None if sample.weights is None else sample.weights[test]
    rows = []
    for side, (found, seconds) in scores.items():
        row = {"sample": name, "side": side, "events": len(sample.y), "seconds": seconds}
        row["values"] = [sample.figure(sample.y[test], p, w) for p in found]
        if REFERENCE in scores:
            row |= difference(sample, test, found, scores[REFERENCE][0])
        rows.append(row)
        print(json.dumps(row), flush=True)
    return rows


def scores_of(name, sample, side, options):
    """Scores of the test events for each seed, and the mean seconds of a fit."""
    out, seconds = [], []
    for seed in range(options.seeds):
        parts = []
        for train, test in folds(sample, options):
            start = time.perf_counter()
            w = None if sample.weights is None else sample.weights[train]
            predict = SIDES[side](sample.X.iloc[train], sample.y[train], w, seed)
            seconds.append(time.perf_counter() - start)
            parts.append(predict(sample.X.iloc[test]))
        out.append(np.concatenate(parts))
    return out, float(np.mean(seconds))


def folds(sample, options):
    """Training and test events of each fold asked for."""
    cut = StratifiedKFold(N_FOLDS, shuffle=True, random_state=0).split(sample.X, sample.y)
    return [*cut][: options.folds]


def difference(sample, test, found, reference):
    """Mean over the seeds of the difference to the reference, and its bootstrap error."""
    y, w = sample.y[test], None if sample.weights is None else sample.weights[test]

    def of(rows):
        weights = None if w is None else w[rows]
        figure = functools.partial(sample.figure, y[rows], sample_weight=weights)
        return np.mean([figure(p[rows]) for p in found]) - np.mean(
            [figure(p[rows]) for p in reference]
        )

    rng = np.random.default_rng(0)
    drawn = [of(rng.integers(len(test), size=len(test))) for _ in range(N_BOOTSTRAPS)]
    return {"difference": of(np.arange(len(test))), "error": float(np.std(drawn))}


def page(rows, options):
    """The table as Markdown."""
    lines = [
        "# Accuracy\n",
        "Written by `python -m benchmarks accuracy`: classifiers as they come, on the same events.",
        f"Folds {options.folds} of {N_FOLDS}, seeds {options.seeds}; mean and spread over seeds,",
        "difference to the default trees with the error of paired bootstrap samples. `acceptance`",
        "is a log loss: less is better. Seconds of a fit, on a machine that may have been busy.\n",
        "| sample | events | classifier | figure | difference to trees | seconds |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        figure = f"{np.mean(row['values']):.4f} +- {np.std(row['values']):.4f}"
        paired = f"{row['difference']:+.4f} +- {row['error']:.4f}" if "difference" in row else ""
        cells = (row["sample"], f"{row['events']:,}", row["side"], figure, paired)
        lines.append(f"| {' | '.join(cells)} | {row['seconds']:.1f} |")
    return "\n".join(lines) + "\n"


def parse(arguments):
    """Options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks accuracy")
    parser.add_argument("samples", nargs="*", help=f"of {', '.join(accuracy_samples.SAMPLES)}")
    parser.add_argument("--sides", nargs="*", default=[*SIDES], help=f"of {', '.join(SIDES)}")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folds", type=int, default=3, help="of five")
    parser.add_argument("--output", default=RESULTS)
    return parser.parse_args(arguments)
