"""Systematic variations as nuisances of the binned significance of a report."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from skhep_nn import Report
from skhep_nn.exceptions import TemplateNoiseWarning
from skhep_nn.metrics import binned_significance, optimise_binning
from skhep_nn.report._sections._varied import pairs

WITH = "Significance of the bins with the variations as nuisances"
WITHOUT = "Significance of the bins without the variations"
OPTIONS = {"systematic": 0.05, "min_effective_background": 20}


@pytest.fixture(scope="module")
def events():
    """A table, labels, weights of either sign and a model."""
    rng = np.random.default_rng(0)
    y = np.arange(1200) % 4 == 0
    X = pd.DataFrame({"pt": rng.normal(2.0 * y), "eta": rng.normal(size=len(y))})
    weights = np.where(rng.random(len(y)) < 0.1, -0.3, 1.0)
    return X, y, weights, LogisticRegression().fit(X, y)


def numbers_of(section):
    found = {}
    for content in section["contents"]:
        found |= content.get("numbers", {})
    return found


def report_of(model, keys=("significance",), **given):
    return json.loads(Report(model, sections=keys, **OPTIONS, **given).to_json())["sections"]


def shifted(X, by):
    return X.assign(pt=X["pt"] + by)


def score(model, X):
    return model.predict_proba(X)[:, 1]


def edges_of(events):
    X, y, weights, model = events
    options = {"signal": True, **OPTIONS}
    return optimise_binning(y, score(model, X), 2 * weights, **options)


def expected(events, variations):
    X, y, weights, model = events
    found = binned_significance(
        y, score(model, X), 2 * weights, signal=True, bins=edges_of(events), systematic=0.05,
        variations=variations,
    )  # fmt: skip
    return found.significance


def test_significance_is_that_of_the_function_with_and_without_variations(events):
    X, y, weights, model = events
    up, down = shifted(X, 0.3), shifted(X, -0.3)
    varied = {"jes_up": (up, y, weights), "jes_down": (down, y, weights)}
    found = report_of(model, ("significance", "summary"), test=(X, y, weights), luminosity=2.0,
                      variations=varied)  # fmt: skip
    numbers = numbers_of(found["significance"])
    sides = {"jes": (score(model, up), score(model, down))}
    assert numbers[WITHOUT]["value"] == pytest.approx(expected(events, None))
    assert numbers[WITH]["value"] == pytest.approx(expected(events, sides))
    assert numbers[WITH]["value"] < numbers[WITHOUT]["value"]
    of_bins = next(one for name, one in numbers.items() if name.startswith("Significance of "))
    assert of_bins == numbers[WITHOUT]
    summary = numbers_of(found["summary"])
    assert summary["The same with the variations as nuisances"] == numbers[WITH]


def test_a_table_says_what_each_nuisance_costs(events):
    X, y, weights, model = events
    varied = {"jes_up": (shifted(X, 0.3), y, weights), "jes_down": (shifted(X, -0.3), y, weights)}
    section = report_of(model, test=(X, y, weights), variations=varied)["significance"]
    table = next(
        one for one in section["contents"] if one.get("table") == "Variations as nuisances"
    )
    (row,) = table["rows"]
    assert row["row"] == "jes"
    # of a single nuisance
    numbers = numbers_of(section)
    assert row["significance without it"]["value"] == pytest.approx(numbers[WITHOUT]["value"])


def test_a_variation_of_one_side_is_mirrored_and_the_report_says_so(events):
    X, y, weights, model = events
    heavier = np.where(y, weights, 1.2 * weights)
    given = {"test": (X, y, weights), "luminosity": 2.0}
    found = report_of(model, variations={"scale": (X, y, heavier)}, **given)["significance"]
    side = {"sample_weight": 2 * heavier}
    assert numbers_of(found)[WITH]["value"] == pytest.approx(
        expected(events, {"scale": (side, None)})
    )
    assert "Of one side, which is mirrored: scale." in json.dumps(found)


def test_variations_of_other_events_are_templates_of_their_own(events):
    X, y, weights, model = events
    given = {"test": (X, y, weights), "luminosity": 2.0}
    # every event but a few of the background: another number of events
    kept = y | (np.arange(len(y)) % 7 > 0)
    varied = {"loss": (X[kept], y[kept], weights[kept])}
    found = report_of(model, variations=varied, **given)["significance"]
    side = {
        "y_true": y[kept],
        "y_score": score(model, X[kept]),
        "sample_weight": 2 * weights[kept],
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TemplateNoiseWarning)
        wanted = expected(events, {"loss": (side, None)})
    assert numbers_of(found)[WITH]["value"] == pytest.approx(wanted)


def test_a_nominal_sample_of_its_own_is_what_they_vary(events):
    X, y, weights, model = events
    nominal, up = (shifted(X, 0.1), y, weights), (shifted(X, 0.5), y, weights)
    varied = {"nominal": nominal, "up": up}
    found = report_of(model, test=(X, y, weights), variations=varied)["significance"]
    numbers = numbers_of(found)
    of_bins = next(one for name, one in numbers.items() if name.startswith("Significance of "))
    assert numbers[WITHOUT]["value"] != pytest.approx(of_bins["value"])
    assert numbers[WITH]["value"] < numbers[WITHOUT]["value"]


def test_a_variation_without_a_positive_sum_is_left_out_of_the_nuisances(events):
    X, y, weights, model = events
    varied = {"up": (shifted(X, 0.3), y, weights), "bad": (X, y, -np.abs(weights))}
    found = report_of(model, test=(X, y, weights), variations=varied)["significance"]
    table = next(one for one in found["contents"] if one.get("table") == "Variations as nuisances")
    assert [row["row"] for row in table["rows"]] == ["up"]
    assert "in the variation bad" in json.dumps(found)


def test_without_variations_there_is_one_significance(events):
    X, y, weights, model = events
    found = report_of(model, test=(X, y, weights))["significance"]
    assert "nuisance" not in json.dumps(found)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["jes_up", "jes_down"], {"jes": ("jes_up", "jes_down")}),
        (["jesDown", "jesUp"], {"jes": ("jesUp", "jesDown")}),
        (["down", "up"], {"variation": ("up", "down")}),
        (["jes_up"], {"jes_up": ("jes_up", None)}),
        (["setup", "up"], {"setup": ("setup", None), "up": ("up", None)}),
        (
            ["jes", "jes_up", "jes_down"],
            {"jes": ("jes", None), "jes (up, down)": ("jes_up", "jes_down")},
        ),
    ],
)
def test_two_sides_are_one_uncertainty(names, expected):
    assert pairs(names) == expected
