from __future__ import annotations

import keras
import pytest

from skhep_nn.training._jit import EPOCH_PRODUCT, STEPS_TO_REPAY, Blueprint, choose


def network(shape, width, layer=keras.layers.Dense, metrics=None):
    layers = [keras.layers.Input(shape), layer(width), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile(loss="mse", weighted_metrics=metrics)
    return model


MANY = max(STEPS_TO_REPAY.values())
# network, batch size, planned steps, scope; "wide" has a product of 1000 * 1000 for each event
RULE = {
    "narrow dense": (((12,), 50), 256, MANY, "epoch"),
    "narrow dense, few steps": (((12,), 50), 256, STEPS_TO_REPAY["epoch"] - 1, False),
    "wide dense": (((1000,), 1000), 1 + EPOCH_PRODUCT // 10**6, MANY, False),
    "wide dense, small batch": (((1000,), 1000), EPOCH_PRODUCT // 10**6, MANY, "epoch"),
    "dense layers on each entry": (((20, 10), 50), 256, MANY, "epoch"),
    "dense layers on many entries": (
        ((1000, 10), 50),
        1 + EPOCH_PRODUCT // (1000 * 10 * 50),
        MANY,
        False,
    ),
    "recurrent": (((20, 10), 8, keras.layers.LSTM), 256, STEPS_TO_REPAY["step"], "step"),
    "recurrent, few steps": (
        ((20, 10), 8, keras.layers.LSTM),
        256,
        STEPS_TO_REPAY["step"] - 1,
        False,
    ),
}


@pytest.mark.parametrize("name", RULE)
def test_auto_follows_the_rule(name):
    arguments, batch_size, steps, scope = RULE[name]
    assert choose(network(*arguments), "auto", batch_size, steps) == scope


def test_a_blueprint_has_what_the_rule_goes_by():
    # the largest product is 12 * 50, or that for each of 20 entries
    assert Blueprint.of(network((20, 12), 50)) == Blueprint(False, 12_000, False)
    assert Blueprint.of(network((12,), 50)) == Blueprint(False, 600, False)
    assert Blueprint.of(network((20, 10), 8, keras.layers.LSTM, ["accuracy"])).reads_sequences
    blueprint = Blueprint.of(network((12,), 50, metrics=["accuracy"]))
    assert blueprint.has_metrics
    assert choose(blueprint, "auto", 256, MANY) == "step"


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
