"""What classes are called in a report."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from skhep_nn import Report

KEYS = ["summary", "data", "inputs", "roc", "scores", "cut_flow", "confusion"]


def events(n_classes):
    rng = np.random.default_rng(0)
    y = np.arange(60 * n_classes) % n_classes
    X = pd.DataFrame({"pt": rng.normal(y), "eta": rng.normal(size=len(y))})
    return X, y, LogisticRegression().fit(X, y)


def sections_of(n_classes, *, on_the_model=None, **options):
    X, y, model = events(n_classes)
    if on_the_model is not None:
        model.class_names = on_the_model
    report = Report(model, test=(X, y), sections=KEYS, min_effective_background=5, **options)
    return json.loads(report.to_json())["sections"], report.to_html()


def rows(section, start):
    for content in section["contents"]:
        if content.get("table", "").startswith(start):
            return [row["row"] for row in content["rows"]]
    raise AssertionError(start)


def test_two_classes_have_their_names_in_tables_pictures_and_texts():
    found, page = sections_of(2, class_names={0: "ttbar", 1: "Higgs"})
    assert {key for key, one in found.items() if "error" in one} == set()
    assert rows(found["data"], "Test events") == ["Higgs", "ttbar", "all"]
    assert "per class: Higgs, ttbar" in json.dumps(found["scores"])
    assert "Signal is 1 (Higgs)." in json.dumps(found["summary"])
    # the text of the axis of the matrix is in its picture
    assert "ttbar" in page


def test_classes_without_a_name_keep_what_they_are_called():
    found, _ = sections_of(3, class_names={2: "charm"})
    assert rows(found["data"], "Test events") == ["0", "1", "charm", "all"]
    assert rows(found["roc"], "AUC of each class") == ["0", "1", "charm"]
    found, _ = sections_of(2)
    assert rows(found["data"], "Test events") == ["background", "signal", "all"]


@pytest.mark.parametrize("given", [["ttbar", "Higgs"], {0: "ttbar", 1: "Higgs"}])
def test_names_of_the_classifier_are_those_of_its_report_unless_others_are_given(given):
    found, page = sections_of(2, on_the_model=given)
    assert rows(found["data"], "Test events") == ["Higgs", "ttbar", "all"]
    assert "Signal is 1 (Higgs)." in json.dumps(found["summary"])
    assert "ttbar" in page
    found, page = sections_of(2, on_the_model=given, class_names=["QCD", "stop"])
    assert rows(found["data"], "Test events") == ["QCD", "stop", "all"]
    assert "ttbar" not in page


def test_signal_may_be_a_list_of_one():
    found, _ = sections_of(2, signal=[0])
    assert rows(found["data"], "Test events") == ["background", "signal", "all"]


@pytest.mark.parametrize(
    ("names", "error", "says"),
    [
        ({2: "charm"}, ValueError, r"class_names has 2, which is not a class of the model"),
        ({"1": "charm"}, ValueError, r"class_names has '1', which is not a class"),
        ({0: "top", 1: "top"}, ValueError, "each needs a name of its own"),
        ({0: "signal"}, ValueError, "each needs a name of its own"),
        (["a", "b", "c"], ValueError, r"class_names has 3 names.*the model has 2 classes"),
        ("top", TypeError, "class_names='top'; it must be a dict of label to name, or a list"),
    ],
)
def test_names_that_do_not_fit_are_an_error(names, error, says):
    with pytest.raises(error, match=says):
        sections_of(2, class_names=names)
