"""Sizes of networks that are ragged lists: the error names the parameter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import skhep_nn

RAGGED = [[1], [1, 2]]
Y = np.array([0, 1] * 6)
FLAT = np.random.default_rng(0).normal(size=(12, 3))
TRACKS = np.random.default_rng(0).normal(size=(12, 3, 2))
MASSES = pd.DataFrame(FLAT, columns=["a", "b", "c"]).assign(mass=np.where(Y == 1, 500.0, np.nan))
SIZES = {
    "DenseClassifier": (FLAT, ["units", "dropout"]),
    "LSTMClassifier": (
        TRACKS,
        ["units", "kernel_size", "convolutions_first", "pool_size", "dense_units", "dropout"],
    ),
    "CNNClassifier": (TRACKS, ["filters", "kernel_size", "pool_size", "dense_units", "dropout"]),
    "ResNetClassifier": (TRACKS, ["filters", "kernel_size", "pool_size", "dense_units"]),
    "ParametricClassifier": (MASSES, ["units", "dropout"]),
}


@pytest.mark.parametrize(
    ("name", "parameter"), [(name, one) for name, (_, several) in SIZES.items() for one in several]
)
def test_a_ragged_list_of_sizes_is_an_error_that_names_the_parameter(name, parameter):
    options = (
        {"convolutions_first": (2,)}
        if (name, parameter) == ("LSTMClassifier", "kernel_size")
        else {}
    )
    model = getattr(skhep_nn, name)(epochs=1, verbose=0, **{**options, parameter: RAGGED})
    with pytest.raises(ValueError, match=parameter):
        model.fit(SIZES[name][0], Y)


def test_one_width_of_residual_blocks_is_asked_for_by_name():
    model = skhep_nn.ParametricClassifier(body="resnet", units=RAGGED, epochs=1, verbose=0)
    with pytest.raises(ValueError, match="units must be a positive integer"):
        model.fit(MASSES, Y)
