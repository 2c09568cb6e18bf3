"""Arguments of the functions that build networks: an error names what is odd."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skhep_nn import networks

SEQUENCE = {"kind": "sequence", "shape": (3, 2)}
TWO = {"event": {"kind": "features", "shape": (2,)}, "track": SEQUENCE}
BUILDERS = {
    "dense": lambda **odd: networks.dense(**{"shape": (2,), "n_outputs": 1, **odd}),
    "blocks": lambda **odd: networks.blocks(**{"inputs": TWO, "n_outputs": 1, **odd}),
    "parametric": lambda **odd: networks.parametric(
        **{"inputs": TWO, "n_outputs": 1, "low": [500.0], "high": [900.0], **odd}
    ),
}


def test_counts_may_be_integers_of_numpy():
    assert BUILDERS["dense"](n_outputs=np.int8(3)).output_shape == (None, 3)


@pytest.mark.parametrize("noise", [1.5, 2**64])
def test_noise_on_masses_is_a_part_of_their_range(noise):
    with pytest.raises(ValueError, match=r"mass_noise=.*; it must be from 0 to 1"):
        BUILDERS["parametric"](mass_noise=noise)


def test_groups_that_share_an_embedding_are_a_list():
    with pytest.raises(ValueError, match=r"shared_embeddings=.*; it must be a list of groups"):
        BUILDERS["blocks"](shared_embeddings=np.array("a"))


@pytest.mark.parametrize("build", BUILDERS.values(), ids=list(BUILDERS))
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_outputs", 5e-324),
        ("n_outputs", None),
        ("n_outputs", np.timedelta64(1, "s")),
        ("input_scaling", np.ones(2)),
        ("feature_scale", "yes"),
        ("feature_bins", 0.5),
        ("bn_momentum", 1.0),
        ("bn_momentum", "0.9"),
    ],
)
def test_what_all_networks_take_is_named(build, name, value):
    with pytest.raises(ValueError, match=name):
        build(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("shape", 0),
        ("shape", (0,)),
        ("shape", ("a",)),
        ("shape", (2**40,)),
        ("kernel_initializer", -0.0),
        ("kernel_initializer", range(3)),
        ("kernel_initializer", {"a": [1, 2]}),
        ("kernel_initializer", np.zeros((0, 2))),
        ("l2", -1.0),
        ("l2", 10**400),
        ("l2", [[1], [1, 2]]),
        ("l2", np.datetime64("2020")),
        ("kernel_initializer", {"class_name": "Nope", "config": {}}),
        ("activation", pd.Series(dtype=float)),
        ("activation", "rellu"),
        ("activation", 3),
        ("batch_normalization", np.zeros((0, 2))),
    ],
)
def test_what_a_dense_network_takes_is_named(name, value):
    with pytest.raises(ValueError, match=name):
        BUILDERS["dense"](**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("inputs", 0),
        ("inputs", {}),
        ("inputs", {"event": 3}),
        ("inputs", {"event": {"kind": "features"}}),
        ("inputs", {"event": {"kind": "other", "shape": (2,)}}),
        ("branches", 1.5),
        ("head", range(3)),
        ("shared_embeddings", -0.0),
        ("shared_embeddings", "code"),
        ("named", 0),
    ],
)
def test_what_a_network_of_blocks_takes_is_named(name, value):
    with pytest.raises((TypeError, ValueError), match=name):
        BUILDERS["blocks"](**{name: value})


def test_a_network_of_one_block_takes_its_array():
    model = networks.blocks({"track": SEQUENCE}, 1, named=False)
    assert model.input_shape == (None, 3, 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("low", "a"),
        ("low", [1e5]),
        ("high", [np.inf]),
        ("high", [900.0, 1000.0]),
        ("mass_noise", -1.0),
        ("mass_embedding", 0.5),
        ("body", ["dense"]),
    ],
)
def test_what_a_parametric_network_takes_is_named(name, value):
    with pytest.raises(ValueError, match=name):
        BUILDERS["parametric"](**{name: value})
