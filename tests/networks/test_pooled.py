"""One vector per event of its entries, in one way or in several side by side."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from skhep_nn import networks
from skhep_nn.networks._pooled import pooled, ways

X = np.array([[[1, 2], [3, -4], [9, 9]], [[9, 9], [9, 9], [9, 9]]], "float32")
ENTRIES = np.array([[True, True, False], [False, False, False]])


def test_several_ways_are_side_by_side():
    x, entries = keras.Input((3, 2)), keras.Input((3,), dtype="bool")
    model = keras.Model([x, entries], pooled(x, entries, ways(("average", "max", "sum"))))
    np.testing.assert_allclose(model([X, ENTRIES]), [[2, -1, 3, 2, 4, -2], [0] * 6])


@pytest.mark.parametrize("pool", ["max", ["max"], np.array(["max"])])
def test_one_way_may_stand_alone(pool):
    assert ways(pool) == ["max"]


@pytest.mark.parametrize(
    "branch",
    [
        {"kind": "cnn", "filters": (7, 5)},
        {"kind": "resnet", "n_blocks": 1, "stem": 5},
        {"kind": "deepsets", "units": 5},
    ],
    ids=lambda branch: branch["kind"],
)
def test_kinds_with_two_ways_give_twice_as_many_numbers(branch):
    inputs = {"x": {"kind": "sequence", "shape": (3, 2)}}
    branches = {"x": {**branch, "pool": ("average", "max")}}
    model = networks.blocks(inputs, 1, branches=branches, named=False)
    assert model.get_layer("output").kernel.shape == (10, 1)
