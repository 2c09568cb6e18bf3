"""Calls of templates of scores, and of what is made of them."""

from __future__ import annotations

import functools
import warnings

import numpy as np

from fuzz import plain
from fuzz.caches import empty_place
from fuzz.call import SCORE, TABLE, WEIGHT, Call, Y
from fuzz.models import Known
from skhep_nn.exceptions import TemplateNoiseWarning
from skhep_nn.metrics import Templates, make_binned_scorer

BINS = np.array([0.0, 0.5, 1.0])
PROCESS = np.where(Y == 1, "ttH", "tt")
EVENTS = {"y_true": Y, "y_score": SCORE, "sample_weight": WEIGHT}
WORDS = (
    "signal",
    "background",
    "bin",
    "process",
    "class ",
    "variation",
    "sample_weight",
    "column",
    "events",
    "X",
    "nominal",
    "label",
)


def quiet(function):
    """Whether a variation is noise is of no concern here."""

    @functools.wraps(function)
    def call(**arguments):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TemplateNoiseWarning)
            return function(**arguments)

    return call


@quiet
def made(**options):
    return Templates.from_predictions(**{**EVENTS, "bins": BINS, **options})


@quiet
def of_estimator(**options):
    return Templates.from_estimator(Known(), **{"bins": BINS, **options})


@functools.cache
def templates():
    return made(variations={"rate": (1.1, 0.9)}, processes=PROCESS)


def check(got, y_true, y_score, sample_weight):
    y = plain.labels(y_true)
    plain.numbers(y_score)
    plain.weights(sample_weight, len(y))
    assert np.isfinite(got.nominal).all()


def check_finite(got, **options):
    assert np.isfinite(got.nominal).all()


def of_tables(up, y, sample_weight):
    tables = {"nominal": TABLE, ("tes", "up"): up}
    return of_estimator(tables=tables, y=y, sample_weight=sample_weight)


def check_tables(got, up, y, sample_weight):
    y = plain.labels(y)
    plain.weights(sample_weight, len(y))
    assert np.isfinite(got.nominal).all()


def check_limit(got, confidence_level):
    assert got.median > 0


def written(method, **options):
    with empty_place():
        return getattr(templates(), method)(**options)


def scored(y, sample_weight):
    scorer = make_binned_scorer(bins=2, min_effective_background=1)
    return scorer(Known(), TABLE, y, sample_weight=sample_weight)


def scored_with(**options):
    scorer = make_binned_scorer(**{"min_effective_background": 1.0, "bins": 2, **options})
    return scorer(Known(), TABLE, Y, sample_weight=WEIGHT)


def check_scored(got, y, sample_weight):
    plain.weights(sample_weight, len(plain.labels(y)))
    assert np.isfinite(got)


OF_EVENTS = {"labels": ("y_true",), "masked": tuple(EVENTS)}
CALLS = [
    Call("Templates.from_predictions", made, EVENTS, check, WORDS, **OF_EVENTS, cost=3),
    Call(
        "Templates.from_predictions of options",
        made,
        {
            "bins": BINS,
            "variations": {"rate": (1.1, 0.9)},
            "processes": PROCESS,
            "signal": 1,
            "systematic": 0.1,
            "simulation_error": True,
            "yields": {0: 10.0, 1: 1.0},
            "luminosity": 2.0,
        },
        check_finite,
        WORDS,
        cost=3,
    ),
    Call(
        "Templates.from_estimator",
        of_tables,
        {"up": TABLE, "y": Y, "sample_weight": WEIGHT},
        check_tables,
        ("tes", *WORDS),
        labels=("y",),
        masked=("y", "sample_weight"),
        cost=3,
    ),
    Call(
        "Templates.from_estimator of options",
        of_estimator,
        {
            "tables": {"nominal": TABLE, "tes_up": TABLE},
            "y": Y,
            "bins": BINS,
            "weight_column": "weight",
            "processes": PROCESS,
            "signal": 1,
            "systematic": 0.1,
        },
        check_finite,
        ("tes", "estimator", *WORDS),
        fixed=("y",),
        cost=3,
    ),
    Call(
        "Templates.limit",
        lambda confidence_level: templates().limit(confidence_level),
        {"confidence_level": 0.95},
        check_limit,
        (),
        cost=6,
    ),
    Call(
        "Templates.to_pyhf",
        lambda **options: written("to_pyhf", **options),
        {"path": "model.json", "observed": None, "channel": "score"},
        None,
        ("bin", "file", "path"),
        cost=4,
    ),
    Call(
        "Templates.to_root",
        lambda **options: written("to_root", **options),
        {"path": "model.root", "observed": None},
        None,
        ("bin", "file", "path"),
        cost=8,
    ),
    Call(
        "make_binned_scorer",
        scored,
        {"y": Y, "sample_weight": WEIGHT},
        check_scored,
        ("y_true", "no binning", *WORDS),
        labels=("y",),
        masked=("y", "sample_weight"),
        cost=4,
    ),
    Call(
        "make_binned_scorer of options",
        scored_with,
        {
            "bins": 2,
            "signal": 1,
            "systematic": 0.1,
            "simulation_error": False,
            "variations": {"rate": (1.2, 0.8)},
            "luminosity": 1.0,
            "yields": {0: 10.0, 1: 1.0},
            "min_background": 0.0,
            "candidates": 10,
            "weight_column": None,
            "weighted": None,
        },
        None,
        ("no binning", *WORDS),
        cost=4,
    ),
]
