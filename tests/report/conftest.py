"""Fitted models and their reports, made once."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skhep_nn import Report

FEATURES = ["pt", "eta", "mt"]
VOID = ("meta", "img", "link", "br", "input", "hr")


class Page(HTMLParser):
    """What is in a page: tags with their attributes, text, and whether tags are closed in turn."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.open, self.broken = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.broken.append(tag)

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text.append(data)

    def all(self, tag):
        """Attributes of every `tag`."""
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


class Made:
    """A report with its page and its numbers."""

    def __init__(self, report):
        self.report = report
        self.html = report.to_html()
        self.page = Page(self.html)
        self.json = json.loads(report.to_json())

    def section(self, key):
        return self.json["sections"][key]

    def numbers(self, key):
        """All named numbers of a section."""
        found = {}
        for content in self.section(key)["contents"]:
            found |= content.get("numbers", {})
        return found

    def table(self, key, start):
        """Rows of the table of a section whose caption begins so, by their names."""
        for content in self.section(key)["contents"]:
            if content.get("table", "").startswith(start):
                return {row["row"]: row for row in content["rows"]}
        raise AssertionError(start)

    def failed(self):
        return {key: one["error"] for key, one in self.json["sections"].items() if "error" in one}


@pytest.fixture(scope="session")
def made():
    """The class that holds a report with its page and numbers."""
    return Made


@pytest.fixture(scope="session")
def parts(new_events):
    """Training, validation and test tables, each with negative weights."""
    return {
        name: new_events(n, seed, n_negative=n // 10)
        for name, n, seed in (("train", 700, 1), ("validation", 600, 2), ("test", 650, 3))
    }


@pytest.fixture(scope="session")
def trees(parts):
    """A Pipeline of a classifier of others."""
    model = Pipeline(
        [
            ("scale", StandardScaler()),
            ("trees", HistGradientBoostingClassifier(max_iter=10, max_leaf_nodes=5)),
        ]
    )
    return model.fit(parts["train"][FEATURES], parts["train"]["is_signal"])


@pytest.fixture(scope="session")
def full(parts, trees):
    """A report with everything that there is to give."""
    up, down = (parts["test"].assign(pt=parts["test"]["pt"] * f) for f in (1.05, 0.95))
    return Made(
        Report(
            trees,
            **parts,
            variations={"up": up, "down": down},
            y="is_signal",
            weight_column="weight",
            process_column="process",
            luminosity=2.0,
            systematic=0.1,
            min_effective_background=10,
            sculpting="mt",
            max_events=300,
            title="A <title> & more",
        )
    )


@pytest.fixture(scope="session")
def bare(parts, trees):
    """A report of test events without weights alone."""
    test = parts["test"]
    return Made(Report(trees, test=(test[FEATURES], np.asarray(test["is_signal"]))))
