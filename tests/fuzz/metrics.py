"""Calls of the metrics, and slow sums that say what is right."""

from __future__ import annotations

import math
import warnings
from fractions import Fraction

import numpy as np

from fuzz import plain
from fuzz.call import MASS, SCORE, TABLE, WEIGHT, Call, Y
from fuzz.models import Known
from skhep_nn import metrics
from skhep_nn.exceptions import TemplateNoiseWarning


def close(got, expected):
    assert math.isclose(got, expected, rel_tol=1e-6, abs_tol=1e-9), (got, expected)


def events(y_true, y_score, sample_weight):
    """(signal, background): pairs of score and weight."""
    y, scores = plain.labels(y_true), plain.numbers(y_score)
    weights = plain.weights(sample_weight, len(y))
    assert len(y) == len(scores) == len(weights)
    rows = list(zip(y, scores, weights, strict=True))
    return [(s, w) for t, s, w in rows if t == 1], [(s, w) for t, s, w in rows if t != 1]


def area(signal, background):
    # in fractions, which have no range
    total = sum(Fraction(w) for _, w in signal) * sum(Fraction(w) for _, w in background)
    pairs = [(a, b, s, t) for s, a in signal for t, b in background]
    parts = (Fraction(a) * Fraction(b) * (2 * (s > t) + (s == t)) for a, b, s, t in pairs)
    return float(sum(parts) / (2 * total))


def check_area(got, y_true, y_score, sample_weight):
    close(got, area(*events(y_true, y_score, sample_weight)))


def check_error(got, y_true, y_score, sample_weight):
    sides = events(y_true, y_score, sample_weight)
    few = min(sum(w != 0 for _, w in side) for side in sides) < 2
    assert math.isnan(got) if few else got >= 0


def check_curve(got, y_true, y_score, sample_weight):
    signal, background = events(y_true, y_score, sample_weight)
    for at, threshold in list(enumerate(got[2]))[1:]:
        for side, values in ((background, got[0]), (signal, got[1])):
            kept = sum(Fraction(w) for s, w in side if s >= threshold)
            close(values[at], float(kept / sum(Fraction(w) for _, w in side)))


def check_scan(got, y_true, y_score, sample_weight, **options):
    if np.ndim(y_score) == 2:
        # a column for each of two classes; that of the signal is cut on
        y_score = np.asarray(y_score)[:, 1]
    signal, background = events(y_true, y_score, sample_weight)
    for at, threshold in enumerate(got.thresholds):
        close(got.signal[at], math.fsum(w for s, w in signal if s >= threshold))
        close(got.background[at], math.fsum(w for s, w in background if s >= threshold))


def check_scan_options(got, y_true, y_score, **options):
    assert np.isfinite(got.signal).all()
    assert np.isfinite(got.background).all()
    for name in ("luminosity", "systematic", "min_background", "b_reg"):
        if name in options:
            plain.numbers([options[name]])


BINS = np.array([0.0, 0.5, 1.0])


def check_bins(got, y_true, y_score, sample_weight, variations=None):
    signal, background = events(y_true, y_score, sample_weight)
    for at, inside in enumerate((lambda s: s < 0.5, lambda s: s >= 0.5)):
        close(got.signal[at], math.fsum(w for s, w in signal if inside(s)))
        close(got.background[at], math.fsum(w for s, w in background if inside(s)))
    assert got.significance >= 0


def check_edges(got, y_true, y_score, sample_weight):
    check_labels_and_weights(None, y_true, y_score, sample_weight)
    assert np.isfinite(got).all()
    assert (np.diff(got) > 0).all()


def in_bins(variations=None, **events):
    # whether the up side is noise is of no concern here
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TemplateNoiseWarning)
        return metrics.binned_significance(
            **events, bins=BINS, n_bootstrap=2, variations=variations
        )


def in_bins_with(up, **events):
    return in_bins(variations={"jes": (up, None)}, **events)


def check_varied(got, up):
    # a number is a factor on all weights
    plain.numbers([up] if np.ndim(up) == 0 else up)
    assert got.significance >= 0


def check_ks(got, a, b, weights_a=None, weights_b=None):
    a, b = plain.numbers(a), plain.numbers(b)
    wa, wb = plain.weights(weights_a, len(a)), plain.weights(weights_b, len(b))

    def below(values, weights, x):
        pairs = list(zip(values, map(Fraction, weights), strict=True))
        return float(sum(w for v, w in pairs if v <= x) / sum(w for _, w in pairs))

    close(got.statistic, max(abs(below(a, wa, x) - below(b, wb, x)) for x in a + b))
    assert 0 <= got.pvalue <= 1


def check_closure(got, y_true, probability, by, bins, sample_weight):
    y, p = plain.labels(y_true), plain.numbers(probability)
    by, w = plain.numbers(by), plain.weights(sample_weight, len(y))
    assert len(y) == len(p) == len(by) == len(w)
    inside = [got.edges[0] <= value <= got.edges[-1] for value in by]
    selected = [wi for t, wi, i in zip(y, w, inside, strict=True) if t == 1 and i]
    close(got.counts.sum(), math.fsum(selected))
    close(got.expected.sum(), math.fsum(a * b for a, b, i in zip(w, p, inside, strict=True) if i))


def check_merit(got, s, b, **options):
    shape = np.broadcast_shapes(np.shape(s), np.shape(b), np.shape(options.get("systematic", 0)))
    assert np.shape(got) == shape
    s, b = (
        np.reshape(plain.numbers_or_missing(np.ravel(v) if np.ndim(v) != 1 else v), np.shape(v))
        for v in (s, b)
    )
    spread = (np.broadcast_to(values, shape).ravel() for values in (s, b))
    for value, si, bi in zip(np.ravel(got), *spread, strict=True):
        if not bi > 0 or math.isnan(si):
            assert math.isnan(value)
        else:
            assert value >= 0
            assert si > 0 or value == 0
            if options["kind"] == "s/sqrt(b)":
                close(value, max(si, 0) / math.sqrt(bi))


def points_of(parameter):
    """One point per event: its mass, or several numbers."""
    if not plain.is_table(parameter):
        return [(mass,) for mass in plain.numbers_or_missing(parameter)]
    return [tuple(row) for row in plain.matrix(parameter, plain.numbers_or_missing)]


def scores_of(y_score, n_points):
    """The scores at each point: the same, or a column for each."""
    if plain.is_table(y_score):
        return [list(column) for column in zip(*plain.matrix(y_score), strict=True)]
    return [plain.numbers(y_score)] * n_points


def check_by_mass(got, y_true, y_score, parameter, sample_weight):
    y, columns = plain.labels(y_true), scores_of(y_score, len(got))
    points, weights = points_of(parameter), plain.weights(sample_weight, len(y))
    for scores, (mass, row) in zip(columns, got.iterrows(), strict=True):
        rows = list(zip(y, scores, points, weights, strict=True))
        background = [(s, w) for t, s, _, w in rows if t != 1]
        point = mass if isinstance(mass, tuple) else (mass,)
        signal = [(s, w) for t, s, p, w in rows if t == 1 and p == point]
        close(row["auc"], area(signal, background))


def check_significance_by_mass(got, y_true, y_score, parameter, sample_weight):
    plain.weights(sample_weight, len(plain.labels(y_true)))
    scores_of(y_score, len(got))
    points_of(parameter)
    assert (got["figure_of_merit"] >= 0).all()


def check_labels_and_weights(got, y_true, y_score, sample_weight):
    plain.labels(y_true)
    plain.numbers(y_score)
    plain.weights(sample_weight, len(SCORE))


def check_score(got, y, sample_weight):
    close(got, area(*events(y, SCORE, sample_weight)))


def check_finite(got, y, sample_weight):
    plain.labels(y)
    plain.weights(sample_weight, len(SCORE))
    assert np.isfinite(got)


def auc_score(y, sample_weight):
    return metrics.make_auc_scorer()(Known(), TABLE, y, sample_weight=sample_weight)


def fom_score(y, sample_weight):
    scorer = metrics.make_fom_scorer(min_effective_background=1)
    return scorer(Known(), TABLE, y, sample_weight=sample_weight)


def parametric_score(y, sample_weight):
    scorer = metrics.make_parametric_auc_scorer(parameter=MASS)
    return scorer(Known(), TABLE, y, sample_weight=sample_weight)


def options_of_scorer(**options):
    scorer = metrics.make_fom_scorer(**{"min_effective_background": 1.0, **options})
    return scorer(Known(), TABLE, Y, sample_weight=WEIGHT)


EVENTS = {"y_true": Y, "y_score": SCORE, "sample_weight": WEIGHT}
OF_EVENTS = {"labels": ("y_true",), "masked": ("y_true", "y_score", "sample_weight")}
BY_MASS = {"y_true": Y, "y_score": SCORE, "parameter": MASS, "sample_weight": WEIGHT}
OF_MASS = {"labels": ("y_true",), "masked": tuple(BY_MASS), "words": ("signal", "mass")}
SIGNAL = ("signal", "background")

CALLS = [
    Call("roc_auc", metrics.roc_auc, EVENTS, check_area, SIGNAL, **OF_EVENTS),
    Call("roc_auc_error", metrics.roc_auc_error, EVENTS, check_error, SIGNAL, **OF_EVENTS),
    Call("roc_curve", metrics.roc_curve, EVENTS, check_curve, SIGNAL, **OF_EVENTS),
    Call("significance_scan", metrics.significance_scan, EVENTS, check_scan, SIGNAL, **OF_EVENTS),
    Call(
        "significance_scan of options",
        metrics.significance_scan,
        {
            "y_true": Y,
            "y_score": SCORE,
            "kind": "asimov",
            "systematic": 0.1,
            "b_reg": 10.0,
            "signal": 1,
            "thresholds": 5,
            "score_range": (0.0, 1.0),
            "min_background": 0.0,
            "min_effective_background": 1.0,
            "yields": {0: 10.0, 1: 1.0},
            "luminosity": 2.0,
        },
        check_scan_options,
        (*SIGNAL, "sample_weight"),
        fixed=("y_true", "y_score"),
    ),
    Call(
        "significance_scan of nodes",
        metrics.significance_scan,
        {
            "y_true": Y,
            "y_score": np.column_stack([1 - SCORE, SCORE]),
            "classes": np.array([0, 1]),
            "node": 1,
            "argmax_only": False,
        },
        None,
        (*SIGNAL, "columns"),
        masked=("y_true", "y_score", "classes"),
        labels=("y_true", "classes"),
    ),
    Call("binned_significance", in_bins, EVENTS, check_bins, SIGNAL, **OF_EVENTS, cost=3),
    Call(
        "binned_significance of a variation",
        lambda up: in_bins_with(up, **EVENTS),
        {"up": SCORE**2},
        check_varied,
        (*SIGNAL, "jes", "variation"),
        masked=("up",),
        cost=3,
    ),
    Call(
        "binned_significance of options",
        lambda **options: metrics.binned_significance(**EVENTS, **options),
        {
            "bins": BINS,
            "systematic": 0.1,
            "simulation_error": True,
            "signal": 1,
            "yields": {0: 10.0, 1: 1.0},
            "luminosity": 2.0,
            "n_bootstrap": 2,
        },
        None,
        (*SIGNAL, "bin", "sample_weight"),
        cost=3,
    ),
    Call(
        "optimise_binning",
        lambda **events: metrics.optimise_binning(**events, min_effective_background=1),
        EVENTS,
        check_edges,
        (*SIGNAL, "no binning"),
        **OF_EVENTS,
        cost=3,
    ),
    Call(
        "optimise_binning of options",
        lambda **options: metrics.optimise_binning(**EVENTS, **options),
        {
            "n_bins": 2,
            "min_effective_background": 1.0,
            "min_background": 0.5,
            "systematic": 0.1,
            "simulation_error": False,
            "variations": {"rate": (1.2, 0.8)},
            "candidates": SCORE,
            "signal": 1,
            "yields": {0: 10.0, 1: 1.0},
            "luminosity": 2.0,
        },
        None,
        (*SIGNAL, "no binning", "sample_weight"),
        cost=3,
    ),
    Call(
        "weighted_ks",
        metrics.weighted_ks,
        {"a": SCORE, "b": SCORE**2, "weights_a": WEIGHT, "weights_b": WEIGHT},
        check_ks,
        masked=("a", "b", "weights_a", "weights_b"),
    ),
    Call(
        "closure_test",
        metrics.closure_test,
        {"y_true": Y, "probability": SCORE, "by": WEIGHT, "bins": 3, "sample_weight": WEIGHT},
        check_closure,
        SIGNAL,
        labels=("y_true",),
        masked=("y_true", "probability", "by", "sample_weight"),
    ),
    Call(
        "closure_test of options",
        metrics.closure_test,
        {
            "y_true": Y,
            "probability": SCORE,
            "by": WEIGHT,
            "bins": np.array([0.0, 1.0, 2.0]),
            "signal": 1,
            "min_variance": 5.0,
        },
        None,
        SIGNAL,
        masked=("bins",),
        fixed=("y_true", "probability", "by"),
    ),
    *[
        Call(
            f"figure_of_merit {kind}",
            metrics.figure_of_merit,
            {"s": SCORE, "b": WEIGHT, "kind": kind, "systematic": 0.1, "b_reg": 10.0},
            check_merit,
            masked=("s", "b", "systematic"),
            fixed=("kind",),
        )
        for kind in ("asimov", "s/sqrt(b)", "s/sqrt(s+b+sigma_b^2)", "ams")
    ],
    Call(
        "figure_of_merit of options",
        metrics.figure_of_merit,
        {"s": SCORE, "b": WEIGHT, "kind": "asimov", "sigma_b": WEIGHT / 3},
        None,
        masked=("sigma_b",),
        fixed=("s", "b"),
    ),
    Call(
        "auc_by_parameter_from_scores",
        metrics.auc_by_parameter_from_scores,
        BY_MASS,
        check_by_mass,
        **OF_MASS,
        cost=3,
    ),
    Call(
        "significance_by_parameter_from_scores",
        lambda **events: metrics.significance_by_parameter_from_scores(
            **events, min_effective_background=1
        ),
        BY_MASS,
        check_significance_by_mass,
        ("signal", "mass", "background"),
        labels=("y_true",),
        masked=tuple(BY_MASS),
        cost=3,
    ),
    *[
        Call(
            f"{name} of an estimator",
            lambda function=function, **events: function(Known(), TABLE, **events),
            {
                "y": Y,
                "parameter": MASS,
                "sample_weight": WEIGHT,
                "hypotheses": np.array([500, 750]),
            },
            None,
            ("y_true", "signal", "mass", "background"),
            labels=("y",),
            masked=("y", "parameter", "sample_weight"),
            cost=3,
        )
        for name, function in (
            ("auc_by_parameter", metrics.auc_by_parameter),
            (
                "significance_by_parameter",
                lambda *args, **options: metrics.significance_by_parameter(
                    *args, **options, min_effective_background=1
                ),
            ),
        )
    ],
    *[
        Call(
            f"scorer {name}",
            function,
            {"y": Y, "sample_weight": WEIGHT},
            check,
            ("y_true", "parameter", "figure of merit", *SIGNAL),
            labels=("y",),
            masked=("y", "sample_weight"),
            cost=2,
        )
        for name, function, check in (
            ("of the area", auc_score, check_score),
            ("of the figure of merit", fom_score, check_finite),
            ("of masses", parametric_score, check_finite),
        )
    ],
    Call(
        "make_fom_scorer",
        options_of_scorer,
        {
            "kind": "asimov",
            "signal": 1,
            "threshold": 0.2,
            "systematic": 0.1,
            "b_reg": 10.0,
            "luminosity": 1.0,
            "yields": {0: 10.0, 1: 1.0},
            "min_background": 0.0,
            "thresholds": None,
        },
        None,
        (*SIGNAL, "sample_weight"),
        cost=2,
    ),
]
