"""A fit reads from top to bottom: of two files that call each other one is the upper one."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import numpy as np
import pytest

import skhep_nn
from skhep_nn import DenseClassifier
from skhep_nn.estimators._fit import _recipe
from skhep_nn.training._pool import POOL

ROOT = Path(skhep_nn.__file__).parent
# A pair that calls both ways, with the reason.
ALLOWED = {
    ("estimators/_fit/_pooled_network.py", "training/_pool.py"): "the pool has engines made by it",
}
X = np.random.default_rng(0).normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)


def calls_of(function):
    """Pairs of files of the package, of which the first calls the second in `function`."""
    found, names = set(), {}

    def place(code):
        if code not in names:
            path = Path(code.co_filename)
            inside = path.is_relative_to(ROOT)
            names[code] = path.relative_to(ROOT).as_posix() if inside else None
        return names[code]

    def note(frame, event, argument):
        callee = place(frame.f_code) if event == "call" else None
        caller = frame.f_back
        # what is called by way of Keras or contextlib is called by who called that
        while callee is not None and caller is not None and place(caller.f_code) is None:
            caller = caller.f_back
        if callee is not None and caller is not None:
            found.add((place(caller.f_code), callee))

    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(None)
    return {(a, b) for a, b in found if a != b}


def both_ways(calls):
    return {tuple(sorted(pair)) for pair in calls if pair[::-1] in calls}


def fit(**parameters):
    settings = {"units": (4,), "epochs": 2, "random_state": 0, "verbose": 0}
    return lambda: DenseClassifier(**{**settings, **parameters}).fit(X, Y)


def test_the_profile_sees_calls():
    def up():
        both_ways(set())

    assert calls_of(up) == set()
    assert ("estimators/_base_classifier.py", "estimators/_fit/_run.py") in calls_of(fit())
    assert both_ways({("a", "b"), ("b", "a"), ("a", "c")}) == {("a", "b")}


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"early_stopping": True, "metrics": ["accuracy"], "balance": "equal"},
        {"phases": [{"learning_rate": 0.01}, {"learning_rate": 0.001}]},
    ],
    ids=["as it comes", "with a split", "in phases"],
)
def test_no_two_files_call_each_other_in_a_fit(parameters):
    # an engine that is there already is not made
    POOL.clear()
    assert both_ways(calls_of(fit(**parameters))) <= set(ALLOWED)


def test_what_is_allowed_is_there():
    POOL.clear()
    assert both_ways(calls_of(fit())) >= set(ALLOWED)


def test_a_prediction_goes_down_too():
    classifier = fit()()
    assert both_ways(calls_of(lambda: classifier.predict_proba(X))) <= set(ALLOWED)


def test_what_is_fixed_after_fit_is_not_computed_in_each_prediction(monkeypatch):
    classifier = fit()()
    expected = classifier.predict_proba(X)
    asked = []
    monkeypatch.setattr(_recipe, "described", asked.append)
    monkeypatch.setattr(DenseClassifier, "get_params", asked.append)
    assert (classifier.predict_proba(X) == expected).all()
    assert not asked
    # it is no part of a file
    assert "_known_key" not in classifier.network_.recipe.__getstate__()


def written_by(path):
    """Attributes ending in ``_`` that a source file writes, of whatever object."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        written = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        if written and node.attr.endswith("_") and not node.attr.startswith("__"):
            yield node.attr


def test_what_a_fit_has_learnt_is_written_in_one_place():
    # estimators without a network of their own keep what they learn themselves
    folders = {"estimators", "_fit", "_keras", "_blocks", "_parametric"}
    files = [p for p in (ROOT / "estimators").rglob("*.py") if p.parent.name in folders]
    files = [path for path in files if path.name != "_individual.py"]
    writers = {path.relative_to(ROOT).as_posix() for path in files if list(written_by(path))}
    assert writers == set()
    assert "estimators_" in written_by(ROOT / "estimators/_parametric/_individual.py")
    # what is left is `vars(...)`: the constructor's helpers, and the one that keeps
    updated = [
        f"{path.name} {node.name}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and "vars(self).update" in ast.unparse(node)
    ]
    assert updated == ["_base_classifier.py _store_routed", "_base_classifier.py _keep"]


def test_a_fit_that_fails_leaves_no_network_and_nothing_new():
    classifier = fit()()
    with pytest.raises(ValueError, match="NaN"):
        classifier.fit(np.full((60, 5), np.nan), np.repeat([2, 3], 30))
    assert not classifier.__sklearn_is_fitted__()
    assert classifier.n_features_in_ == 3
    assert classifier.classes_.tolist() == [0, 1]
