"""Calls of the displays of several panels: pairs, nodes, slices, variables and maps."""

from __future__ import annotations

import functools

import numpy as np

from fuzz import plotting, studies
from fuzz.call import SCORE, TABLE, WEIGHT, Call, Y
from fuzz.pictures import EVENTS, WORDS, call, estimated, plotted
from skhep_nn import metrics
from skhep_nn import plotting as displays

POINTS = np.column_stack([np.repeat([500.0, 750.0], 6), np.tile([100.0, 200.0], 6)])
SIDES = np.repeat([0, 1], 2)[np.arange(12) % 4]
OF_NODES = {"y_true": Y, "y_score": studies.NODES, "sample_weight": WEIGHT}
CLOSURE = {**studies.CLOSURE}
MAPPED = {"y_true": SIDES, "y_score": SCORE, "parameter": POINTS, "sample_weight": WEIGHT}
BY = {"by": TABLE["pt"].to_numpy(), "within": WEIGHT}


@functools.cache
def results():
    """What functions of the metrics give."""
    return {
        "tests": metrics.closure_tests(**CLOSURE, bins=2, within_bins=2),
        "study": metrics.bias_study(**studies.BIAS, bins=2),
        "table": metrics.auc_by_parameter_from_scores(**MAPPED),
    }


@functools.cache
def pairs():
    return displays.RocPairsDisplay.from_predictions(**OF_NODES)


@functools.cache
def nodes():
    return displays.ScorePanelsDisplay.from_predictions(**OF_NODES, bins=4)


LOOKS = {"class_names": {1: "signal"}, "ax": None}
CALLS = [
    call("RocPairsDisplay", OF_NODES, labels=("y_true",)),
    call(
        "RocPairsDisplay",
        {
            **OF_NODES,
            "classes": np.array([0, 1]),
            "signals": [1],
            "score": "ratio",
            "kind": "rejection",
            "band": True,
            **LOOKS,
        },
        fixed=tuple(OF_NODES),
    ),
    estimated("RocPairsDisplay", EVENTS),
    plotting.of_estimator("RocPairsDisplay", odd_estimator=True),
    plotting.of_network("RocPairsDisplay"),
    call("ScorePanelsDisplay", OF_NODES, labels=("y_true",)),
    call(
        "ScorePanelsDisplay",
        {
            **OF_NODES,
            "classes": np.array([0, 1]),
            "nodes": [1],
            "bins": 4,
            "log": True,
            **LOOKS,
        },
        fixed=tuple(OF_NODES),
    ),
    estimated("ScorePanelsDisplay", EVENTS),
    plotting.of_estimator("ScorePanelsDisplay", odd_estimator=True),
    plotting.of_network("ScorePanelsDisplay"),
    call("ClosurePanelsDisplay", CLOSURE, labels=("y_true",), bins=2, within_bins=2),
    call(
        "ClosurePanelsDisplay",
        {
            **CLOSURE,
            "bins": 2,
            "within_bins": 2,
            "variable": "pT",
            "within_name": "eta",
            "log": False,
            "ax": None,
        },
        fixed=tuple(CLOSURE),
    ),
    estimated("ClosurePanelsDisplay", EVENTS, **BY, bins=2, within_bins=2),
    estimated(
        "ClosurePanelsDisplay",
        {"by": "pt", "within": "eta", "variable": None, "within_name": None, "signal": 1},
        X=TABLE,
        y=Y,
        bins=2,
        within_bins=2,
    ),
    plotting.of_estimator("ClosurePanelsDisplay", odd_estimator=True, **BY, bins=2, within_bins=2),
    call(
        "ClosurePanelsDisplay",
        {"tests": results()["tests"], "variable": "", "within": "", "ax": None},
        "from_tests",
    ),
    call("BiasDisplay", studies.BIAS, "from_events", bins=2),
    call(
        "BiasDisplay",
        {
            "kept": studies.BIAS["kept"],
            "events": TABLE,
            "variables": {"pt": "pT [GeV]"},
            "bins": 2,
            "weight_column": "weight",
            "ax": None,
        },
        "from_events",
        fixed=("kept", "events"),
    ),
    call("BiasDisplay", {"study": results()["study"], "ax": None}, "from_study"),
    call("ParameterMapDisplay", MAPPED, labels=("y_true",)),
    call(
        "ParameterMapDisplay",
        {
            **MAPPED,
            "quantity": "auc",
            "hypotheses": [[500.0, 100.0], [750.0, 200.0]],
            "signal": 1,
            "parameter_names": ["m1", "m2"],
            "values": True,
            "cmap": "viridis",
            "ax": None,
        },
        fixed=tuple(MAPPED),
    ),
    estimated("ParameterMapDisplay", {**EVENTS, "y": SIDES, "parameter": POINTS}),
    plotting.of_estimator(
        "ParameterMapDisplay", {"y": SIDES}, odd_estimator=True, parameter=POINTS
    ),
    call(
        "ParameterMapDisplay",
        {"table": results()["table"], "quantity": "auc", "parameter_names": None, "ax": None},
        "from_table",
    ),
    *[
        Call(f"{name}.plot", plotted(display), options, None, WORDS, cost=5, draws=True)
        for name, display, options in (
            ("RocPairsDisplay", pairs, {"ax": None, "kind": "rejection", "band": True}),
            ("ScorePanelsDisplay", nodes, {"ax": None, "log": True}),
            (
                "ClosurePanelsDisplay",
                lambda: displays.ClosurePanelsDisplay(results()["tests"]),
                {"ax": None, "log": False},
            ),
            ("BiasDisplay", lambda: displays.BiasDisplay(results()["study"]), {"ax": None}),
            (
                "ParameterMapDisplay",
                lambda: displays.ParameterMapDisplay(results()["table"]),
                {"ax": None, "values": True, "cmap": "viridis"},
            ),
        )
    ],
]
