"""Networks with a parameter: published sizes, where the parameter acts, the two parts of it."""

from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest

from skhep_nn import networks
from skhep_nn.networks import _parametric
from skhep_nn.networks._conditioning import CONDITIONING

TABLE = {"features": {"kind": "features", "shape": (27,)}}
RANGE = {"low": [500.0], "high": [1500.0]}
EVERY = list(itertools.product(CONDITIONING, _parametric.PLACEMENTS))


def network(n_features=4, n_outputs=1, **arguments):
    table = {"features": {"kind": "features", "shape": (n_features,)}}
    return networks.parametric(table, n_outputs, **(RANGE | {"units": (6, 5)} | arguments))


def inputs(n_events=7, n_features=4, mass=750.0):
    rng = np.random.default_rng(1)
    features = rng.normal(size=(n_events, n_features)).astype(np.float32)
    return {"features": features, "parameter": np.full((n_events, 1), mass, np.float32)}


@pytest.mark.parametrize(
    ("conditioning", "placement", "expected"),
    [("concatenate", "start", 74_051), ("affine", "all", 76_151)],
)
def test_parameter_counts_of_published_networks(conditioning, placement, expected):
    model = networks.parametric(
        TABLE,
        1,
        **RANGE,
        units=(300, 150, 100, 50),
        conditioning=conditioning,
        placement=placement,
    )
    assert model.count_params() == expected


@pytest.mark.parametrize(("placement", "widths"), [("start", [4]), ("all", [6, 5]), ("end", [5])])
def test_the_parameter_acts_where_the_placement_says(placement, widths):
    model = network(placement=placement)
    acting = [layer for layer in model.layers if isinstance(layer, CONDITIONING["affine"])]
    assert [layer.output.shape[-1] for layer in acting] == widths


@pytest.mark.parametrize("body", ["dense", "resnet"])
@pytest.mark.parametrize(("conditioning", "placement"), EVERY)
def test_the_mass_changes_the_output(conditioning, placement, body):
    settings = {"units": 6, "n_blocks": 2} if body == "resnet" else {}
    model = network(conditioning=conditioning, placement=placement, body=body, **settings)
    # another start than the identity, or kernels of zeros, would hide a missing connection
    assert not np.allclose(model(inputs(mass=500.0)), model(inputs(mass=1500.0)), atol=1e-6)


@pytest.mark.parametrize(("conditioning", "placement"), EVERY)
def test_the_two_parts_are_the_network(conditioning, placement):
    model = network(n_outputs=3, conditioning=conditioning, placement=placement)
    trunk, rest = _parametric.split_at_parameter(model)
    x = inputs()
    whole = model(x)
    known = np.asarray(trunk({"features": x["features"]}))
    parts = rest([known, x["parameter"]])
    assert np.allclose(whole, parts, atol=1e-6)


def test_what_does_not_depend_on_the_parameter_is_all_before_its_first_action():
    sizes = {}
    for placement in _parametric.PLACEMENTS:
        trunk, _ = _parametric.split_at_parameter(network(placement=placement))
        sizes[placement] = trunk.count_params()
    # features 4 -> 6 -> 5: 4 * 6 + 6 = 30 and 6 * 5 + 5 = 35
    assert sizes == {"start": 0, "all": 30, "end": 65}


@pytest.mark.parametrize("body", ["dense", "resnet"])
def test_at_one_value_the_network_takes_the_features_alone(body):
    model = network(body=body, **({"units": 6} if body == "resnet" else {}))
    fixed = _parametric.at_parameter(model, [750.0])
    x = inputs(mass=750.0)
    assert list(fixed.input) == ["features"]
    assert np.allclose(fixed({"features": x["features"]}), model(x), atol=1e-6)


def test_a_saved_and_loaded_network_predicts_the_same_bits(tmp_path):
    model = network(mass_embedding=3, mass_noise=0.1, n_outputs=3)
    model.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    assert np.array_equal(model(inputs()), loaded(inputs()))
    fixed = _parametric.at_parameter(model, [750.0])
    fixed.save(tmp_path / "fixed.keras")
    again = keras.models.load_model(tmp_path / "fixed.keras")
    features = {"features": inputs()["features"]}
    assert np.array_equal(fixed(features), again(features))


def test_noise_on_the_mass_acts_in_training_only():
    model = network(mass_noise=0.5)
    x = inputs()
    assert np.array_equal(model(x, training=False), model(x, training=False))
    assert not np.array_equal(model(x, training=True), model(x, training=True))


def test_an_embedding_widens_the_parameter():
    model = network(mass_embedding=3)
    first = next(layer for layer in model.layers if isinstance(layer, CONDITIONING["affine"]))
    # two functions of 3 numbers, to 6 features, with bias
    assert first.count_params() == 2 * (3 * 6 + 6)


def test_sequences_condition_their_head():
    blocks = {
        "jet": {"kind": "features", "shape": (3,)},
        "track": {"kind": "sequence", "shape": (5, 2)},
    }
    model = networks.parametric(blocks, 1, **RANGE, units=(6,), placement="start")
    trunk, _ = _parametric.split_at_parameter(model)
    assert set(model.input) == {"jet", "track", "parameter"}
    assert set(trunk.input) == {"jet", "track"}
    # the trunk has the network on the sequence
    assert trunk.count_params() > 0


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"conditioning": "afine"}, r"conditioning='afine'; it must be one of \['concatenate'"),
        (
            {"placement": "middle"},
            r"placement='middle'; it must be one of \['start', 'all', 'end'\]",
        ),
        ({"body": "cnn"}, r"body='cnn'; it must be one of \['dense', 'resnet'\]"),
    ],
)
def test_an_unknown_choice_is_named(argument, message):
    with pytest.raises(ValueError, match=message):
        network(**argument)
