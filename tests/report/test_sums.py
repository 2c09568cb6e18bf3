"""Classes whose weights have no positive sum are told of, and every section goes on."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from skhep_nn import Report

KEYS = [
    *("summary", "inputs", "roc", "scores", "calibration", "significance", "cut_flow"),
    *("variations", "sculpting", "importance", "confusion"),
]


def events(n_classes):
    rng = np.random.default_rng(0)
    y = np.arange(60 * n_classes) % n_classes
    X = pd.DataFrame({"pt": rng.normal(y), "eta": rng.normal(size=len(y))})
    return X, y, LogisticRegression().fit(X, y)


def weights(y, bad):
    return np.where(y == bad, -0.5, 1.0)


def sections_of(model, keys, **given):
    return json.loads(Report(model, sections=keys, **given).to_json())["sections"]


def words(section):
    return json.dumps(section)


def figures(section):
    return [one for one in section.get("contents", []) if "figure" in one]


@pytest.mark.parametrize(
    ("n_classes", "bad", "which"),
    [
        (2, 0, "train"),
        (2, 1, "test"),
        (3, 0, "test"),
        (3, 1, "train"),
        (3, 1, "test"),
        (3, 2, "train"),
    ],
)
def test_no_section_fails_whichever_class_sums_to_nothing(n_classes, bad, which):
    X, y, model = events(n_classes)
    parts = {"train": (X, y, np.ones(len(y))), "test": (X, y, np.ones(len(y)))}
    parts[which] = (X, y, weights(y, bad))
    varied = (X * 1.1, y, parts["test"][2])
    options = {"variations": {"jes_up": varied}, "sculpting": "eta", "max_events": 100}
    found = sections_of(model, KEYS, min_effective_background=5, **parts, **options)
    assert {key: one["error"] for key, one in found.items() if "error" in one} == {}


def test_scores_are_drawn_of_the_other_classes_and_the_class_is_named():
    X, y, model = events(2)
    found = sections_of(model, ["scores"], test=(X, y, weights(y, 1)))["scores"]
    assert "The weights of the class signal sum to -30 in test events" in words(found)
    assert figures(found)[0]["alt"].endswith("per class: background")


def test_a_class_without_a_sum_in_training_is_left_out_of_both():
    X, y, model = events(3)
    train = (X, y, weights(y, 2))
    found = sections_of(model, ["scores"], train=train, test=(X, y))["scores"]
    assert "The weights of the class 2 sum to -30 in training events" in words(found)
    assert figures(found)[0]["alt"].endswith("per class: 0, 1")


def test_a_class_that_training_has_no_event_of_is_left_out_of_the_scores():
    X, y, model = events(3)
    found = sections_of(model, ["scores"], train=(X[y < 2], y[y < 2]), test=(X, y))["scores"]
    assert "The weights of the class 2 sum to 0 in training events" in words(found)
    assert figures(found)


def test_without_any_class_there_is_no_picture_but_the_words():
    X, y, model = events(2)
    found = sections_of(model, ["scores", "inputs"], test=(X, y, -np.ones(len(y))))
    for section in found.values():
        assert "class background sum to -60" in words(section)
        assert "class signal sum to -60" in words(section)
        assert not figures(section)


def test_inputs_are_those_of_the_other_classes():
    X, y, model = events(3)
    found = sections_of(model, ["inputs"], test=(X, y, weights(y, 0)))["inputs"]
    assert "The weights of the class 0 sum to -30 in test events" in words(found)
    assert figures(found)


def test_calibration_is_of_validation_events_where_test_events_have_no_sum():
    X, y, model = events(2)
    test, other = (X, y, weights(y, 1)), (X, y)
    found = sections_of(model, ["calibration"], test=test, validation=other)["calibration"]
    assert "The weights of the signal sum to -30 in test events" in words(found)
    assert figures(found)[0]["figure"].endswith("validation events")
    alone = sections_of(model, ["calibration"], test=test)["calibration"]
    assert "The weights of the signal sum to -30 in test events" in alone["missing"]


def test_the_row_of_the_confusion_matrix_is_explained():
    X, y, model = events(2)
    found = sections_of(model, ["confusion"], test=(X, y, weights(y, 0)))["confusion"]
    assert "The weights of the class background sum to -30 in test events" in words(found)
    assert figures(found)


def test_the_area_of_the_class_alone_is_missing():
    X, y, model = events(3)
    found = sections_of(model, ["roc"], test=(X, y, weights(y, 2)))["roc"]
    (table,) = (one for one in found["contents"] if one.get("table", "").startswith("AUC of each"))
    areas = {row["row"]: row["AUC"]["value"] for row in table["rows"]}
    assert areas["2"] is None
    assert areas["0"] is not None
    assert "The weights of the class 2 sum to -30" in words(found)


def test_a_variation_without_a_sum_is_left_out_and_the_others_are_there():
    X, y, model = events(2)
    variations = {"up": (X * 1.1, y), "bad": (X, y, weights(y, 1))}
    found = sections_of(model, ["variations"], test=(X, y), variations=variations)["variations"]
    assert "The weights of the signal sum to -30 in the variation bad" in words(found)
    (table,) = (one for one in found["contents"] if "table" in one)
    assert [row["row"] for row in table["rows"]] == ["nominal", "up"]


def test_nothing_is_said_of_classes_that_have_a_sum():
    X, y, model = events(2)
    found = sections_of(model, KEYS, test=(X, y))
    assert "positive sum" not in words(found)
