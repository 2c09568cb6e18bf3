"""Calls of cuts, closure in slices and bias studies, and slow sums that say what is right."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import takewhile

import numpy as np
import pandas as pd

from fuzz import plain
from fuzz.call import SCORE, TABLE, WEIGHT, Call, Y
from fuzz.metrics import close, events
from skhep_nn import metrics

EVENTS = {"y_true": Y, "y_score": SCORE, "sample_weight": WEIGHT}
NODES = np.column_stack([1 - SCORE, SCORE])
CLOSURE = {
    "y_true": Y,
    "probability": SCORE,
    "by": WEIGHT,
    "within": TABLE["pt"].to_numpy(),
    "sample_weight": WEIGHT,
}
BIAS = {"kept": SCORE > 0.4, "events": TABLE, "sample_weight": WEIGHT}
SIDES = ("signal", "background")
WORDS = (*SIDES, "bins", "column", "variable", "weight", "feature", "X")


def cut_keeps(side, threshold):
    total = sum(Fraction(w) for _, w in side)
    return float(sum(Fraction(w) for s, w in side if s >= threshold) / total)


def of_signal(y_score, **given):
    """Two lists of scores and weights; of two columns the second is that of signal."""
    if plain.is_table(y_score):
        y_score = [score for _, score in plain.matrix(y_score)]
    return events(y_score=y_score, **given)


def check_signal_cut(got, efficiency, **given):
    signal, background = of_signal(**given)
    (wanted,) = plain.numbers([efficiency])
    scores = sorted({s for s, _ in (*signal, *background)}, reverse=True)
    kept = [cut_keeps(signal, s) for s in scores]
    assert got == next(s for s, k in zip(scores, kept, strict=True) if k >= wanted * (1 - 1e-12))


def check_background_cut(got, background_efficiency, **given):
    signal, background = of_signal(**given)
    (wanted,) = plain.numbers([background_efficiency])
    scores = sorted({s for s, _ in (*signal, *background)}, reverse=True)
    most = wanted * (1 + 1e-12)
    # until there is too much for the first time: with negative weights there may be less again
    passing = [*takewhile(lambda s: cut_keeps(background, s) <= most, scores)]
    assert got == passing[-1]


def check_cut_of_nodes(got, y_true, y_score, classes, **options):
    y = plain.labels(y_true)
    if not plain.is_table(y_score):
        # of one score per event; what columns are called is not asked
        plain.numbers(y_score)
        return
    p, columns = plain.matrix(y_score), sorted(set(y)) if classes is None else plain.labels(classes)
    assert len(set(columns)) == len(columns)
    at = columns.index(1)
    signal = [(row[at], 1.0) for row, label in zip(p, y, strict=True) if label == 1]
    assert cut_keeps(signal, got) >= 0.5


def check_closure(got, y_true, probability, by, within, sample_weight):
    y, p = plain.labels(y_true), plain.numbers(probability)
    by, within = plain.numbers(by), plain.numbers_or_missing(within)
    w = plain.weights(sample_weight, len(y))
    rows = list(zip(y, p, by, within, w, strict=True))
    ends = [*zip(got.edges[:-1], got.edges[1:], strict=True)]
    for at, ((low, high), test) in enumerate(zip(ends, got.tests, strict=True)):
        last = at == len(ends) - 1
        inside = [
            row
            for row in rows
            if (low <= row[3] < high or (last and row[3] == high))
            and test.edges[0] <= row[2] <= test.edges[-1]
        ]
        close(test.counts.sum(), math.fsum(row[4] for row in inside if row[0] == 1))
        close(test.expected.sum(), math.fsum(row[4] * row[1] for row in inside))


def check_bias(got, kept, events, sample_weight):
    chosen = plain.numbers(kept)
    w = plain.weights(sample_weight, len(chosen))
    passing = math.fsum(weight for k, weight in zip(chosen, w, strict=True) if k)
    close(got.fraction, passing / math.fsum(w))
    if not isinstance(events, pd.DataFrame):
        return
    for name, one in got.variables.items():
        column = events[name]
        assert isinstance(column, pd.Series)
        values = plain.numbers_or_missing(column)
        known = [k for k, v in enumerate(values) if not math.isnan(v)]
        assert one.n_missing == len(values) - len(known)
        assert one.n_events.sum() == len(known)
        close(one.total.sum(), math.fsum(w[k] for k in known))
        close(one.kept.sum(), math.fsum(w[k] for k in known if chosen[k]))


def studied(**options):
    return metrics.bias_study(**{"kept": BIAS["kept"], "events": TABLE, **options})


CALLS = [
    Call(
        "threshold_at of signal",
        metrics.threshold_at,
        {**EVENTS, "efficiency": 0.5},
        check_signal_cut,
        SIDES,
        labels=("y_true",),
        masked=tuple(EVENTS),
    ),
    Call(
        "threshold_at of background",
        metrics.threshold_at,
        {**EVENTS, "background_efficiency": 0.5},
        check_background_cut,
        SIDES,
        labels=("y_true",),
        masked=tuple(EVENTS),
    ),
    Call(
        "threshold_at of nodes",
        metrics.threshold_at,
        {
            "y_true": Y,
            "y_score": NODES,
            "classes": np.array([0, 1]),
            "efficiency": 0.5,
        },
        check_cut_of_nodes,
        (*SIDES, "columns"),
        fixed=("efficiency",),
        labels=("y_true", "classes"),
        masked=("y_true", "y_score", "classes"),
    ),
    Call(
        "threshold_at of options",
        metrics.threshold_at,
        {
            "y_true": Y,
            "y_score": NODES,
            "efficiency": np.array([0.5, 0.8]),
            "background_efficiency": None,
            "signal": 1,
        },
        None,
        (*SIDES, "columns"),
        fixed=("y_true", "y_score"),
        masked=("efficiency",),
    ),
    Call(
        "closure_tests",
        lambda **given: metrics.closure_tests(**given, bins=2, within_bins=2),
        CLOSURE,
        check_closure,
        WORDS,
        labels=("y_true",),
        masked=tuple(CLOSURE),
        cost=2,
    ),
    Call(
        "closure_tests of options",
        lambda **options: metrics.closure_tests(**CLOSURE, **options).to_frame(),
        {
            "bins": np.array([0.0, 1.0, 2.0]),
            "within_bins": np.array([0.0, 50.0, 100.0]),
            "signal": 1,
            "min_variance": 5.0,
        },
        None,
        WORDS,
        masked=("bins", "within_bins"),
        cost=2,
    ),
    Call(
        "ClosureTests.to_frame",
        metrics.closure_tests(**CLOSURE, bins=2, within_bins=2).to_frame,
        {"bins": False},
    ),
    Call(
        "bias_study",
        lambda **given: metrics.bias_study(**given, bins=2),
        BIAS,
        check_bias,
        WORDS,
        masked=("kept", "sample_weight"),
        cost=3,
    ),
    Call(
        "bias_study of options",
        studied,
        {
            "variables": ["pt", "eta"],
            "bins": 2,
            "weight_column": "weight",
        },
        None,
        WORDS,
        cost=3,
    ),
    Call(
        "bias_study of edges",
        studied,
        {"variables": {"pt": "pT [GeV]"}, "bins": {"pt": np.array([0.0, 50.0, 100.0])}},
        None,
        WORDS,
        cost=3,
        odd={},
    ),
]
