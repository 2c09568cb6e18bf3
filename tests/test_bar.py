"""Bars that nobody sees are not made, wherever one could be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import tqdm
from sklearn.tree import DecisionTreeClassifier

from skhep_nn import DenseClassifier, MinMaxScaler
from skhep_nn._bar import NoBar, OneLine, make_bar
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
    "apply": lambda: apply(model(), "a.csv", "s.csv", progress=False),
    "progress 0": lambda: progress(0),
    "progress 2": lambda: progress(2),
    "progress auto": lambda: progress("auto"),
    "network 0": lambda: network(0),
    "network 2": lambda: network(2),
    "network auto": lambda: network("auto"),
}


@pytest.mark.parametrize("what", SILENT)
def test_no_bar_is_made_that_is_not_shown(folder, what, monkeypatch):
    monkeypatch.setattr("skhep_nn._bar.is_watched", lambda: False)
    SILENT[what]()


SHOWN = {
    "read": lambda: read_events("a.csv", progress=True),
    "iterate": lambda: list(iterate_events("a.csv", progress=True)),
    "cache": lambda: build_cache("a.csv", None, "cache", progress=True),
    "apply": lambda: apply(model(), "a.csv", "s.csv", progress=True),
    "progress": lambda: progress(1),
}


@pytest.mark.parametrize("what", SHOWN)
def test_a_bar_that_is_shown_is_made(folder, what, monkeypatch):
    monkeypatch.setattr("skhep_nn._bar.is_watched", lambda: True)
    with pytest.raises(MadeError):
        SHOWN[what]()


LINES = {"read": 1, "iterate": 1, "cache": 1, "apply": 1, "progress": 1}


@pytest.mark.parametrize("what", SHOWN)
def test_in_a_log_file_what_was_asked_for_is_one_line(folder, what, monkeypatch, capsys):
    monkeypatch.setattr("skhep_nn._bar.is_watched", lambda: False)
    SHOWN[what]()
    out, err = capsys.readouterr()
    assert out == ""
    # a pass over the files, each a line
    assert len(err.splitlines()) == LINES[what]
    assert "\r" not in err


QUIET = {
    "read": lambda: read_events("a.csv"),
    "iterate": lambda: list(iterate_events("a.csv")),
    "cache": lambda: build_cache("a.csv", None, "cache"),
    "apply": lambda: apply(model(), "a.csv", "s.csv"),
    "fit": lambda: network("auto"),
}


@pytest.mark.parametrize("what", QUIET)
def test_by_default_nothing_goes_into_a_log_file(folder, what, monkeypatch, capsys):
    monkeypatch.setattr("skhep_nn._bar.is_watched", lambda: False)
    QUIET[what]()
    assert capsys.readouterr() == ("", "")


def test_by_default_what_takes_long_has_a_bar_in_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr("skhep_nn._bar.is_watched", lambda: True)
    bar = make_bar("auto", total=4, desc="reading")
    bar.update()
    assert capsys.readouterr().err == ""
    bar.start_t -= 3
    bar.last_print_t -= 3
    bar.update(3)
    bar.close()
    assert "reading: 100%" in capsys.readouterr().err


TAKES = [
    lambda progress: read_events("a.csv", progress=progress),
    lambda progress: list(iterate_events("a.csv", progress=progress)),
    lambda progress: build_cache("a.csv", None, "cache", progress=progress),
    lambda progress: apply(model(), "a.csv", "s.csv", progress=progress),
]


@pytest.mark.parametrize("call", TAKES)
@pytest.mark.parametrize("wrong", ["yes", None, [1]])
def test_progress_means_the_same_everywhere(folder, call, wrong):
    with pytest.raises(TypeError, match=r'progress=.*; it must be True, False or "auto"'):
        call(wrong)
    for right in (False, "auto", np.bool_(False), 0):
        call(right)


def test_the_line_says_how_much_how_long_and_the_last_numbers(capsys):
    bar = OneLine(total=3, desc="Net", initial=1, bar_format="")
    bar.update(2)
    bar.set_postfix({"loss": "0.5"}, refresh=False)
    bar.close()
    bar.close()
    err = capsys.readouterr().err
    assert err.startswith("Net: 3 of 3 in ")
    assert err.endswith(" s, loss 0.5\n")


def test_a_bar_that_nobody_sees_counts_as_one_that_is_shown():
    for bar in (make_bar(False, total=5, initial=2), NoBar(2)):
        bar.update(1.5)
        bar.set_postfix({}, refresh=False)
        assert bar.n == 3.5
        bar.close()
