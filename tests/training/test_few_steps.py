"""A fit of few steps calls each of them, in a program that serves every number of events."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from skhep_nn import DenseClassifier
from skhep_nn.training import _loop, clear_pool
from skhep_nn.training._engine import Engine
from skhep_nn.training._schedule import Cosine

METRICS = {None: None, "auc": lambda: [keras.metrics.AUC(name="auc")]}


@pytest.fixture
def traced(monkeypatch):
    """Names of the programs that were made."""
    names, make = [], Engine._made

    def made(self, key, function):
        names.append(key[0])
        return make(self, key, function)

    monkeypatch.setattr(Engine, "_made", made)
    return names


def programs(engine):
    """Names of what was traced for `engine`."""
    return {key[0] for key in engine._functions if key != "timed"}


@pytest.mark.parametrize(
    ("network", "metrics", "schedule"),
    [
        ("dense", None, None),
        ("dense", "auc", None),
        ("dense", None, Cosine(epochs=3)),
        ("batch_norm", "auc", Cosine(epochs=3)),
        ("dropout", "auc", Cosine(epochs=3)),
    ],
    ids=["dense", "metrics", "schedule", "batch_norm and both", "dropout and both"],
)
def test_few_steps_compute_what_the_program_of_many_does(
    network, metrics, schedule, make_data, compiled, run, assert_same_weights
):
    data, validation = make_data(), make_data(70, seed=5)
    fits = []
    for few_steps in (0, 100):
        model = compiled(network, metrics=METRICS[metrics])
        plan = {"schedule": schedule, "few_steps": few_steps}
        outcome, engine = run(model, data, validation, **plan)
        assert (("train", 32) in programs(engine)) == (few_steps == 0)
        fits.append((outcome.history, model))
    (many, first), (few, second) = fits
    assert set(many) == set(few)
    for name, values in many.items():
        np.testing.assert_allclose(few[name], values, rtol=0, atol=1e-5)
    assert_same_weights(first.variables, second.variables, 1e-4)


@pytest.mark.parametrize("batch_size", [-1, 256, 30])
def test_samples_of_any_size_share_what_was_traced(batch_size, make_data, traced):
    clear_pool()
    x, y, _ = make_data(201)
    for n in (40, 55, 100, 201):
        # two epochs, so that the fit of 201 events in batches of 30 has few steps
        model = DenseClassifier(units=(3,), batch_size=batch_size, epochs=2, random_state=0)
        model.fit(x[:n], y[:n, 0])
    assert traced.count("one step") == 1
    assert not [name for name in traced if name[0] == "train"]


def test_one_step_per_epoch_is_called_alone_in_fits_of_any_length(make_data, compiled, run):
    _, engine = run(compiled(), make_data(20), batch_size=20)
    assert programs(engine) == {"one step"}


@pytest.mark.parametrize("n_events", [_loop.FEW_STEPS, _loop.FEW_STEPS + 1])
def test_many_steps_are_one_program(n_events, make_data, compiled, run):
    _, engine = run(
        compiled(), make_data(n_events), epochs=1, batch_size=1, few_steps=_loop.FEW_STEPS
    )
    assert programs(engine) == {"one step" if n_events == _loop.FEW_STEPS else ("train", 1)}
