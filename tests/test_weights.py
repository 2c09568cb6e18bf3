"""Event weights: from column or argument, checked, negative ones treated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skhep_nn import _weights
from skhep_nn.exceptions import WeightError


def test_weights_come_from_the_column_or_the_argument():
    frame = pd.DataFrame({"pt": [1.0, 2.0], "weight": [0.5, 0.25]})
    assert _weights.resolve(frame, None, "weight", "Clf").tolist() == [0.5, 0.25]
    assert _weights.resolve(frame, [1, 2], None, "Clf").tolist() == [1.0, 2.0]
    assert _weights.resolve(frame, None, None, "Clf") is None


def test_weights_given_twice_are_an_error():
    with pytest.raises(WeightError, match=r"Clf got weight_column='w' and sample_weight"):
        _weights.resolve(pd.DataFrame({"w": [1.0]}), [1.0], "w", "Clf")


def test_a_number_stands_for_all_events():
    assert _weights.check(2, 3).tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, np.nan, 2.0], r"contains NaN: 1 of 3 event weights .* event 1"),
        ([1.0, 2.0, -np.inf], r"contains infinity: 1 of 3 .* event 2"),
        ([1.0, 2.0], r"shape == \(2,\), expected \(3,\)"),
        ([[1.0, 2.0, 3.0]], "must be 1D"),
        (["a", "b", "c"], "must be numbers"),
    ],
)
def test_bad_weights_are_an_error_that_shows_them(weights, message):
    with pytest.raises(WeightError, match=message):
        _weights.check(weights, 3)


def test_negative_weights_are_treated_as_asked():
    weights = np.array([1.0, -2.0, 3.0])
    assert _weights.treat_negative(weights, "keep").tolist() == [1.0, -2.0, 3.0]
    assert _weights.treat_negative(weights, "drop").tolist() == [1.0, 0.0, 3.0]
    assert _weights.treat_negative(weights, "abs").tolist() == [1.0, 2.0, 3.0]
    with pytest.raises(WeightError, match=r"1 of 3 event weights are negative \(lowest -2\)"):
        _weights.treat_negative(weights, "error")
    with pytest.raises(ValueError, match="negative_weights='clip'"):
        _weights.treat_negative(weights, "clip")


def test_the_error_on_a_class_without_weight_names_class_rule_and_sum():
    codes, weights = np.array([0, 0, 1, 1]), np.array([1.0, 2.0, 1.0, -4.2])
    sums = _weights.class_sums(codes, weights, 2)
    assert sums.tolist() == pytest.approx([3.0, -3.2])
    with pytest.raises(WeightError, match=r"class 'ttbar' sums to -3.2; .* positive sum"):
        _weights.check_class_sums(sums, np.array(["signal", "ttbar"]))


def test_effective_events_of_equal_weights_is_their_number():
    assert _weights.effective_events(np.full(7, 0.3)) == pytest.approx(7)
    # (1 + 3)^2 / (1 + 9)
    assert _weights.effective_events(np.array([1.0, 3.0])) == pytest.approx(1.6)
    assert _weights.effective_events(np.array([])) == 0
