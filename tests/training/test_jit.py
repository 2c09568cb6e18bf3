from __future__ import annotations

import keras
import pytest

from skhep_nn.training._jit import COSTS, EPOCH_PRODUCT, Blueprint, Cost, choose


def network(shape, width, layer=keras.layers.Dense, metrics=None):
    layers = [keras.layers.Input(shape), layer(width), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile(loss="mse", weighted_metrics=metrics)
    return model


# repaid by what each step saves, whatever the network
MANY = 100_000
# network, batch size, planned steps, scope; "wide" has a product of 1000 * 1000 for each event
RULE = {
    "narrow dense": (((12,), 50), 256, MANY, "epoch"),
    "narrow dense, few steps": (((12,), 50), 256, 1_000, False),
    "wide outputs, as few steps": (((28,), 3_000), 256, 1_000, "epoch"),
    "wide dense": (((1000,), 1000), 1 + EPOCH_PRODUCT // 10**6, MANY, False),
    "wide dense, small batch": (((1000,), 1000), EPOCH_PRODUCT // 10**6, MANY, "epoch"),
    "dense layers on each entry": (((20, 10), 50), 256, MANY, "epoch"),
    "dense layers on many entries": (
        ((1000, 10), 50),
        1 + EPOCH_PRODUCT // (1000 * 10 * 50),
        MANY,
        False,
    ),
    "recurrent": (((20, 10), 8, keras.layers.LSTM), 256, 3_000, "step"),
    "recurrent, few steps": (
        ((20, 10), 8, keras.layers.LSTM),
        256,
        1_000,
        False,
    ),
}


@pytest.mark.parametrize("name", RULE)
def test_auto_follows_the_rule(name):
    arguments, batch_size, steps, scope = RULE[name]
    assert choose(network(*arguments), "auto", batch_size, steps) == scope


def test_a_blueprint_has_what_the_rule_goes_by():
    # the largest product is 12 * 50, or that for each of 20 entries
    of_entries = Blueprint.of(network((20, 12), 50))
    assert of_entries == Blueprint(False, 12_000, False, n_numbers=20 * 51, n_layers=2)
    assert Blueprint.of(network((12,), 50)) == Blueprint(False, 600, False, 51, 2)
    assert Blueprint.of(network((20, 10), 8, keras.layers.LSTM, ["accuracy"])).reads_sequences
    blueprint = Blueprint.of(network((12,), 50, metrics=["accuracy"]))
    assert blueprint.has_metrics
    assert choose(blueprint, "auto", 256, MANY) == "step"


@pytest.mark.parametrize(("steps", "repaid"), [(60, False), (61, True)])
def test_compiling_is_repaid_by_what_the_steps_save(steps, repaid):
    # 1 + 20 * 0.01 s to compile; 0.01 + 2 * 100 * 5e-5 s saved in each step
    cost = Cost(compiling=1.0, compiling_layer=0.01, saved=0.01, saved_number=5e-5)
    plan = Blueprint(False, 0, False, n_numbers=100, n_layers=21)
    assert cost.repaid_by(steps, plan, batch_size=2) is repaid


@pytest.mark.parametrize("reads_sequences", [True, False])
def test_larger_steps_repay_compiling_sooner_and_more_layers_later(reads_sequences, monkeypatch):
    scope = "step" if reads_sequences else "epoch"
    monkeypatch.setitem(COSTS, scope, Cost(1.0, 0.1, 0.0, 1e-6))

    def chosen(n_numbers, n_layers, batch_size, steps):
        return choose(
            Blueprint(reads_sequences, 1, False, n_numbers, n_layers), "auto", batch_size, steps
        )

    # 2 s to compile, 1 ms saved in each step
    assert chosen(100, 10, 10, 1_999) is False
    assert chosen(100, 10, 10, 2_001) == scope
    assert chosen(200, 10, 10, 1_999) == scope
    assert chosen(100, 10, 20, 1_999) == scope
    assert chosen(100, 11, 10, 2_001) is False


def test_tokens_are_sequences_inside():
    layers = [keras.layers.Input((9,)), keras.layers.Embedding(5, 3), keras.layers.LSTM(2)]
    model = keras.Sequential([*layers, keras.layers.Dense(1)])
    model.compile(loss="mse")
    assert Blueprint.of(model).reads_sequences


@pytest.mark.parametrize("scope", ["epoch", "step", False])
def test_a_given_scope_is_taken_as_it_is(scope):
    assert choose(network((12,), 50), scope, 256, 1) is scope


def test_metrics_turn_the_epoch_into_the_step():
    model = network((12,), 50, metrics=["accuracy"])
    assert choose(model, "epoch", 256, 1) == "step"
    assert choose(model, "auto", 256, MANY) == "step"


@pytest.mark.parametrize("value", ["all", True, None])
def test_another_scope_is_an_error(value):
    with pytest.raises(ValueError, match=f"jit_compile={value!r}; it must be one of"):
        choose(network((12,), 50), value, 256, 1)
