"""Features in bins: a piecewise linear encoding beside the features."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from skhep_nn import networks
from skhep_nn.networks._feature_bins import MOST_NUMBERS, START, FeatureBins, bins_of

LOW = [[0.0, 1.0], [-2.0, 0.0]]
SLOPE = [[1.0, 0.5], [0.5, 0.0]]


def layer(**arguments):
    bins = FeatureBins(2, **arguments)
    bins.build((None, 2))
    bins.low.assign(LOW)
    bins.slope.assign(SLOPE)
    return bins


def test_each_bin_says_how_far_into_it_the_feature_is():
    x = np.array([[-1.0, -3.0], [0.25, -1.0], [2.0, 0.0], [9.0, 5.0]], "float32")
    expected = [
        [0.0, 0.0, 0.0, 0.0],
        [0.25, 0.0, 0.5, 0.0],
        [1.0, 0.5, 1.0, 0.0],
        [1.0, 1.0, 1.0, 0.0],
    ]
    found = np.array(layer()(x)) / START + 0.5
    # a bin that there is not is the same for all events
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_factor_of_a_feature_multiplies_its_bins():
    bins, x = layer(), np.array([[0.25, -1.5]], "float32")
    before = np.array(bins(x))
    bins.q.assign([[0.5], [-0.5]])
    np.testing.assert_allclose(np.array(bins(x)) / before, [[4, 4, -2, -2]], rtol=1e-5)
    fixed = layer(trained=False)
    assert not fixed.trainable_weights
    np.testing.assert_allclose(np.array(fixed(x)), before, rtol=1e-6)


def test_edges_are_not_trained():
    assert [weight.name for weight in layer().trainable_weights] == ["q"]


def test_the_layer_comes_back_from_its_configuration():
    again = FeatureBins.from_config(layer(trained=False, name="b").get_config())
    assert (again.n_bins, again.trained, again.name) == (2, False, "b")


@pytest.mark.parametrize(
    ("n_features", "wanted", "expected"),
    [(30, 16, 16), (64, 16, 16), (100, 16, 10), (512, 16, 2), (513, 16, 0), (10, 0, 0), (5, 1, 0)],
)
def test_many_features_have_fewer_bins(n_features, wanted, expected):
    assert bins_of(n_features, wanted) == expected
    assert n_features * expected <= MOST_NUMBERS


def widths(model):
    return [
        layer.kernel.shape[0] for layer in model.layers if isinstance(layer, keras.layers.Dense)
    ]


def test_bins_stand_beside_scaled_features_only():
    build = networks.dense
    assert widths(build((3,), 1, units=(4,), input_scaling=True, feature_bins=16)) == [51, 4]
    assert widths(build((3,), 1, units=(4,), feature_bins=16)) == [3, 4]
    assert widths(build((3,), 1, units=(4,), input_scaling=True)) == [3, 4]


def test_features_beside_a_sequence_and_sequences_have_no_bins():
    inputs = {
        "jet": {"kind": "features", "shape": (3,)},
        "track": {"kind": "sequence", "shape": (5, 2)},
    }
    model = networks.blocks(
        inputs,
        1,
        branches={
            "jet": {"kind": "dense", "units": (4,)},
            "track": {"kind": "deepsets", "features": ("jet",), "units": (6,)},
        },
        input_scaling=True,
        feature_scale=True,
        feature_bins=4,
    )
    names = [layer.name for layer in model.layers]
    assert [name for name in names if name.endswith("_bins")] == ["jet_bins", "jet_and_bins"]
    # one scale of the jet serves both branches
    assert names.count("jet_scaling") == 1
