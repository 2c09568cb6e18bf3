"""`python -m benchmarks accuracy`: what was measured is kept, added to and written down."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from benchmarks import accuracy, accuracy_results, accuracy_samples, accuracy_sides
from benchmarks.accuracy_drawn import DRAWN
from benchmarks.accuracy_results import Result

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 2, 500)
X = pd.DataFrame({"good": Y + RNG.normal(size=500), "useless": RNG.normal(size=500)})


def rank(column):
    def train(x, y, w, seed):
        TRAINED.append((column, len(x), seed))
        return lambda x: np.column_stack([-x[column], x[column]])

    return train


TRAINED = []


@pytest.fixture
def run(monkeypatch, tmp_path):
    """The command on a sample and classifiers that take no time; the rows of its page."""
    TRAINED.clear()
    sample = accuracy_samples.Sample(X, Y, None, accuracy_samples.area, n_train=300)
    monkeypatch.setattr(accuracy_samples, "SAMPLES", {"one": lambda: sample})
    monkeypatch.setattr(accuracy_sides, "SIDES", {"trees": rank("useless"), "ours": rank("good")})
    accuracy_samples.load.cache_clear()

    def command(*arguments):
        page = tmp_path / "PAGE.md"
        accuracy.main([*arguments, "--output", str(page)])
        return [line for line in page.read_text().splitlines() if line.startswith("| one")]

    yield command
    accuracy_samples.load.cache_clear()


def test_each_fit_is_done_once_and_further_calls_add_what_is_new(run):
    assert len(run("--folds", "0,2", "--seeds", "1")) == 2
    assert TRAINED == [("useless", 300, 0), ("good", 300, 0)] * 2
    run("--folds", "0,2", "--seeds", "1")
    assert len(TRAINED) == 4
    rows = run("--folds", "3", "--seeds", "2", "--sides", "ours")
    assert TRAINED[4:] == [("good", 300, 0), ("good", 300, 1), ("good", 300, 1), ("good", 300, 1)]
    assert "2 x 1" in rows[0]
    assert "3 x 2" in rows[1]


def test_what_is_forgotten_is_measured_anew(run):
    run("--folds", "1", "--seeds", "1")
    run("--folds", "1", "--seeds", "1", "--sides", "ours", "--anew")
    assert [name for name, *_ in TRAINED] == ["useless", "good", "good"]


def test_a_changed_default_is_another_classifier(run, monkeypatch):
    run("--folds", "1", "--seeds", "1")
    monkeypatch.setattr(accuracy_sides, "described", lambda side: f"{side}, improved")
    assert len(run("--folds", "1", "--seeds", "1")) == 2
    assert len(TRAINED) == 4


def test_the_page_has_the_figure_and_the_difference_with_its_error(run):
    trees, ours = run("--folds", "5", "--seeds", "1")
    cells = [cell.strip() for cell in ours.split("|")[1:-1]]
    assert cells[:4] == ["one", "300", "ours", "5 x 1"]
    expected = np.mean(
        [accuracy_samples.area(y, np.column_stack([-x, x])) for x, y in folds_of("good")]
    )
    assert float(cells[4]) == pytest.approx(expected, abs=1e-4)
    value, error = map(float, cells[5].split(" +- "))
    assert 0.1 < value < 0.4
    assert 0.005 < error < 0.06
    assert trees.split("|")[6].strip() == ""


def folds_of(column):
    for fold in range(5):
        x, y, _ = accuracy.parts(accuracy_samples.load("one"), fold)[1]
        yield x[column].to_numpy(), y


def results(side, values, seeds=(0,)):
    return [
        Result("s", side, fold, seed, "", 10, v, [v - 0.1, v + 0.1 * (side == "b"), v], 1.0)
        for fold, v in enumerate(values)
        for seed in seeds
    ]


def test_differences_are_paired_over_common_folds():
    value, error = accuracy_results.difference(
        results("b", [0.8, 0.9, 0.1]), results("a", [0.6, 0.7])
    )
    assert value == pytest.approx(0.2)
    assert error == pytest.approx(np.std([0.2, 0.3, 0.2]))
    assert accuracy_results.difference(results("b", [0.8]), []) is None


def test_the_spread_is_that_of_seeds_over_folds_that_all_have():
    of_two = [
        *results("a", [0.8, 0.6]),
        Result("s", "a", 0, 1, "", 10, 0.82, [], 1.0),
        Result("s", "a", 1, 1, "", 10, 0.62, [], 1.0),
    ]
    value, spread = accuracy_results.mean(of_two)
    assert value == pytest.approx(0.71)
    assert spread == pytest.approx(np.std([0.7, 0.72], ddof=1))


def test_of_one_fit_the_last_result_counts(tmp_path):
    store = accuracy_results.Store(tmp_path / "r.jsonl")
    for value in (0.5, 0.6):
        store.add(Result("s", "a", 0, 0, "d", 10, value, [], 1.0))
    assert [r.figure for r in store.results] == [0.6]
    assert store.has("s", "a", 0, 0, "d")
    assert not store.has("s", "a", 0, 0, "other")
    assert len((tmp_path / "r.jsonl").read_text().splitlines()) == 2


def test_the_network_with_other_parameters_is_a_side():
    partial = accuracy_sides.side("ours, dropout=0.1, units=(8, 8)")
    assert partial.keywords == {"dropout": 0.1, "units": (8, 8)}
    same, other = (accuracy_sides.described(f"ours, dropout={d}") for d in ("'auto'", 0.1))
    assert accuracy_sides.described("ours") == same != other
    own = {accuracy_sides.described(f"ours, {o}") for o in ("class_edges=4", "dropout_path='late'")}
    assert len(own | {same}) == 3
    with pytest.raises(ValueError, match="there is no side 'forest'"):
        accuracy_sides.side("forest")


@pytest.mark.parametrize("name", DRAWN)
def test_samples_that_are_drawn_are_the_same_each_time(name):
    x, y = DRAWN[name](400)
    again, _ = DRAWN[name](400)
    np.testing.assert_array_equal(x, again)
    assert np.isfinite(x).all()
    assert 0.1 < y.mean() < 0.9


def test_results_on_the_page_are_those_that_are_kept():
    lines = accuracy.PAGE.with_suffix(".jsonl").read_text().splitlines()
    kept = {(row["sample"], row["side"]) for row in map(json.loads, lines)}
    rows = [
        line.split("|")[1:4:2]
        for line in accuracy.PAGE.read_text().splitlines()
        if line.startswith("| ") and not line.startswith("| sample |")
    ]
    assert {(sample.strip(), side.strip()) for sample, side in rows} == kept
