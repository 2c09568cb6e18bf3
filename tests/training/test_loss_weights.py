from __future__ import annotations

import numpy as np
import pytest

from skhep_nn.exceptions import WeightError
from skhep_nn.training._loss_weights import match_shares, normalise


def test_weights_have_mean_one():
    weights, factor = normalise(np.array([1.0, 2.0, 3.0]))
    assert weights.tolist() == [0.5, 1.0, 1.5]
    assert factor == 0.5


def test_a_factor_from_before_is_used_again():
    weights, factor = normalise(np.array([4.0, 8.0]), factor=0.5)
    assert (weights.tolist(), factor) == ([2.0, 4.0], 0.5)


def test_validation_classes_have_their_shares_of_training():
    codes = np.array([0, 0, 1, 1])
    weights = match_shares(
        np.array([1.0, 3.0, 100.0, 300.0]), codes, np.array([1.0, 1.0]), ["b", "s"]
    )
    # half of the total for each class, mean one: each class sums to two
    assert weights.tolist() == [0.5, 1.5, 0.5, 1.5]


def test_a_class_of_validation_whose_weights_cancel_is_an_error():
    with pytest.raises(WeightError, match="validation class 's' sums to -1"):
        match_shares(np.array([1.0, -1.0]), np.array([0, 1]), np.ones(2), np.array(["b", "s"]))


def test_weights_that_no_factor_brings_to_one_are_an_error():
    with pytest.raises(WeightError, match=r"the mean of the event weights is 4.94\d+e-324"):
        normalise(np.full(3, 5e-324))
    codes, sums, classes = np.array([0, 1]), np.ones(2), np.array(["b", "s"])
    assert match_shares(np.full(2, 5e-324), codes, sums, classes).tolist() == [1.0, 1.0]
