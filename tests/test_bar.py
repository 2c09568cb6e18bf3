"""Bars that nobody sees are not made, wherever one could be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import tqdm
from sklearn.tree import DecisionTreeClassifier

from skhep_nn import DenseClassifier, MinMaxScaler
from skhep_nn._bar import NoBar, make_bar
from skhep_nn.cache import build_cache
from skhep_nn.cli import main
from skhep_nn.deploy import apply
from skhep_nn.io import iterate_events, read_events
from skhep_nn.training._progress import Progress


class MadeError(Exception):
    """A bar was made."""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with a file of events, in a process in which no bar can be made."""
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"pt": np.arange(9.0)}).to_csv("a.csv", index=False)

    def make(*_, **__):
        raise MadeError

    # what takes the lock
    monkeypatch.setattr(tqdm.tqdm, "__new__", make)
    monkeypatch.setattr(tqdm.tqdm, "get_lock", make)
    return tmp_path


def model():
    return DecisionTreeClassifier().fit(pd.DataFrame({"pt": [0.0, 5.0]}), [0, 1])


def progress(verbose):
    bar = Progress(2, verbose, "fit")
    bar.within(0, 0.5)
    bar.epoch_done(0, {"loss": 0.5})
    bar.close()


def network(verbose):
    X = np.arange(8.0)[:, None]
    DenseClassifier((2,), epochs=1, verbose=verbose, early_stopping=False).fit(X, X[:, 0] > 3)


SILENT = {
    "read": lambda: read_events("a.csv"),
    "iterate": lambda: list(iterate_events("a.csv", chunk_size=3)),
    "cache": lambda: build_cache("a.csv", MinMaxScaler(), "cache", progress=False),
    "cache command": lambda: main(["cache", "a.csv", "-o", "cache", "--quiet"]),
    "apply": lambda: apply(model(), "a.csv", "s.csv", verbose=0),
    "progress 0": lambda: progress(0),
    "progress 2": lambda: progress(2),
    "progress auto": lambda: progress("auto"),
    "network 0": lambda: network(0),
    "network 2": lambda: network(2),
    "network auto": lambda: network("auto"),
}


@pytest.mark.parametrize("what", SILENT)
def test_no_bar_is_made_that_is_not_shown(folder, what, monkeypatch):
    monkeypatch.setattr("skhep_nn.training._progress.is_watched", lambda: False)
    SILENT[what]()


SHOWN = {
    "iterate": lambda: list(iterate_events("a.csv", progress=True)),
    "cache": lambda: build_cache("a.csv", None, "cache", progress=True),
    "apply": lambda: apply(model(), "a.csv", "s.csv", verbose=1),
    "progress": lambda: progress(1),
}


@pytest.mark.parametrize("what", SHOWN)
def test_a_bar_that_is_shown_is_made(folder, what):
    with pytest.raises(MadeError):
        SHOWN[what]()


def test_a_bar_that_nobody_sees_counts_as_one_that_is_shown():
    for bar in (make_bar(False, total=5, initial=2), NoBar(2)):
        bar.update(1.5)
        bar.set_postfix({}, refresh=False)
        assert bar.n == 3.5
        bar.close()
