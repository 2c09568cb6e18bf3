"""Calls of blocks, splits and matching of events, and slow loops that say what is right."""

from __future__ import annotations

import math

import numpy as np

from fuzz import plain
from fuzz.call import MASS, RANDOM, TABLE, WEIGHT, Call, N, Y
from skhep_nn import (
    BlockKind,
    EventBlocks,
    EventNumberFold,
    LeaveOneMassOut,
    train_validation_test_split,
)
from skhep_nn.io import label_selected

PROCESS = np.array(["tt", "W"] * 20)
EVENTS = TABLE.loc[np.arange(40) % N].reset_index(drop=True).assign(process=PROCESS)
TRACKS = RANDOM.normal(size=(N, 3, 2))


def blocks(jet, track, weight):
    return EventBlocks({"jet": jet, "track": track, "weight": weight})


def check_blocks(got, **arrays):
    for name, given in arrays.items():
        array = np.ma.getdata(given) if np.ma.isMaskedArray(given) else np.asarray(given)
        if array.dtype != object:
            np.testing.assert_array_equal(np.asarray(got[name]), array)
    assert len(got[::2]) == len(range(0, len(got), 2))


def chosen(key):
    return EventBlocks({"x": np.arange(N), "track": TRACKS})[key]


def check_chosen(got, key):
    if not isinstance(got, EventBlocks):
        return
    expected = np.arange(N)[
        [key] if np.ndim(key) == 0 and not isinstance(key, slice) and key is not Ellipsis else key
    ]
    np.testing.assert_array_equal(np.asarray(got["x"]), expected)


def described(kinds, name, vocabulary_size):
    kind = BlockKind(name, vocabulary_size=vocabulary_size)
    given = {"code": kind} if kinds is None else kinds
    return EventBlocks({"track": TRACKS, "code": np.zeros((N, 3), int)}, given)


def split(**options):
    return train_validation_test_split(**{"random_state": 0, **options})


def check_split(got, events, process_column, weight_column="weight"):
    assert sum(map(len, got)) == len(events)
    values = plain.numbers(np.asarray(events["weight"], dtype=object))
    for part in got:
        new = np.asarray(part["weight"], dtype=float)
        assert math.isclose(new.sum(), math.fsum(values), rel_tol=1e-5)


def folds(y, parameter):
    splitter = LeaveOneMassOut(0, n_background_splits=2, random_state=0)
    is_column = isinstance(parameter, np.ndarray) and parameter.ndim == 1
    return list(splitter.split(parameter[:, None] if is_column else parameter, y))


def check_folds(got, y, parameter):
    y = plain.labels(y)
    for train, test in got:
        assert not set(train) & set(test)
        assert len(train) + len(test) == len(y)


def selected(events, chosen, on):
    return label_selected({"event": events}, {"event": chosen}, on=on)


def check_selected(got, events, chosen, on):
    events, chosen = (plain.labels(v) if len(v) else [] for v in (events, chosen))
    for event, label in zip(events, got, strict=True):
        assert bool(label) == (event in chosen)


HELD = EventBlocks({"x": np.arange(N), "track": TRACKS})


def method_of_blocks(method):
    def call(**arguments):
        return getattr(HELD, method)(**arguments)

    return call


def joined(parts):
    return EventBlocks.concatenate(parts)


def masses_of(X, y):
    splitter = LeaveOneMassOut(0)
    splitter.get_n_splits(X, y)
    return splitter.masses(X, y)


def event_folds(X, n_folds, columns, salt):
    splitter = EventNumberFold(n_folds, columns, salt=salt)
    splitter.get_n_splits(X)
    return splitter.folds(X)


def check_event_folds(got, X, n_folds, columns, salt):
    assert len(got) == len(X)
    assert set(got.tolist()) <= set(range(n_folds))


WORDS = ("block", "events", "column", "EventBlocks", "X", "array", "process")

CALLS = [
    Call(
        "EventBlocks",
        blocks,
        {"jet": TABLE[["pt", "eta"]].to_numpy(), "track": TRACKS, "weight": WEIGHT},
        check_blocks,
        WORDS,
        masked=("weight",),
    ),
    Call(
        "EventBlocks of kinds",
        described,
        {"kinds": None, "name": "tokens", "vocabulary_size": 3},
        None,
        ("kind", *WORDS),
    ),
    Call("EventBlocks[key]", chosen, {"key": np.array([0, 2])}, check_chosen, WORDS),
    Call(
        "train_validation_test_split",
        split,
        {"events": EVENTS, "process_column": PROCESS},
        check_split,
        ("weight", *WORDS),
        labels=(),
        masked=("process_column",),
        cost=4,
    ),
    Call(
        "train_validation_test_split of options",
        split,
        {
            "events": EVENTS,
            "fractions": (0.5, 0.25, 0.25),
            "process_column": "process",
            "weight_column": "weight",
            "event_number": None,
        },
        None,
        WORDS,
        fixed=("events",),
        cost=4,
    ),
    Call(
        "LeaveOneMassOut",
        folds,
        {"y": Y, "parameter": MASS},
        check_folds,
        ("mass", "signal", "background", "column 0", "y_true", *WORDS),
        labels=("y",),
        masked=("y",),
        cost=2,
    ),
    Call(
        "label_selected",
        selected,
        {"events": np.arange(N), "chosen": np.array([3, 5]), "on": "event"},
        check_selected,
        ("selected", *WORDS),
        cost=2,
    ),
    *[
        Call(
            f"EventBlocks.{method}",
            method_of_blocks(method),
            valid,
            None,
            ("assign", "kind", "name", "indices", *WORDS),
        )
        for method, valid in (
            ("assign", {"x": np.arange(N)}),
            ("mask", {"name": "track"}),
            ("rows", {"indices": np.array([0, 2])}),
            ("take", {"name": "x", "indices": np.array([0, 2])}),
            ("select", {"names": ["x"]}),
            ("dtype", {"name": "x"}),
            ("event_shape", {"name": "x"}),
            ("with_kinds", {"x": "features"}),
        )
    ],
    Call("EventBlocks.concatenate", joined, {"parts": [HELD, HELD]}, None, ("parts", *WORDS)),
    Call(
        "LeaveOneMassOut.masses",
        masses_of,
        {"X": MASS[:, None], "y": Y},
        None,
        ("parameter", "mass", "signal", "background", "column 0", "y_true", *WORDS),
        labels=("y",),
        masked=("y",),
    ),
    Call(
        "EventNumberFold",
        event_folds,
        {
            "X": TABLE.assign(event_number=np.arange(N)),
            "n_folds": 3,
            "columns": "event_number",
            "salt": 0,
        },
        check_event_folds,
        ("number", "fold", *WORDS),
    ),
]
