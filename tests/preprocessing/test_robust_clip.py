"""Scaling by quartiles with a smooth clip: closed forms, weights, streams, few values, atoms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import StandardScaler

from skhep_nn import MinMaxScaler, RobustClipScaler
from skhep_nn.exceptions import ColumnError, WeightError
from skhep_nn.preprocessing._quantiles import Distinct
from skhep_nn.preprocessing._robust_scale import robust_scales, standard_scales

RNG = np.random.default_rng(0)
NUMBERS = st.floats(-1e3, 1e3, allow_nan=False, width=32)


def scaled(column, **parameters):
    return RobustClipScaler(**parameters).fit_transform(np.asarray(column, float)[:, None])[:, 0]


def test_median_and_quartiles_then_the_clip():
    x = np.arange(101.0)
    scaler = RobustClipScaler().fit(x[:, None])
    # the values have shares of 1/101: the lower quartile is at (24.75 + 0.5) / 101
    t = (x - 50) / 50.5
    assert scaler.center_.tolist() == [50.0]
    np.testing.assert_allclose(scaler.scale_, [50.5])
    np.testing.assert_allclose(
        scaler.transform(x[:, None])[:, 0], t / np.sqrt(1 + (t / 3) ** 2), rtol=1e-12
    )


@settings(max_examples=30, deadline=None)
@given(
    arrays(float, 40, elements=st.integers(-1000, 1000), unique=True),
    st.floats(1e-3, 1e3),
    st.floats(-1e3, 1e3),
)
def test_units_and_offsets_do_not_matter(x, factor, offset):
    np.testing.assert_allclose(scaled(x), scaled(x * factor + offset), atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(arrays(float, 40, elements=NUMBERS), st.integers(1, 5))
def test_nothing_is_beyond_the_bound_and_the_order_stays(x, n):
    x = np.append(x, [10.0**n * 1e4, -(10.0 ** (3 * n))])
    found = scaled(x)
    assert np.abs(found).max() <= 10
    assert (np.diff(found[np.argsort(x, kind="stable")]) >= 0).all()


@settings(max_examples=30, deadline=None)
@given(arrays(float, 25, elements=NUMBERS), arrays(int, 25, elements=st.integers(0, 4)))
def test_an_event_of_weight_two_is_two_events(x, weights):
    weights[0] = 1
    weighted = RobustClipScaler().fit(x[:, None], sample_weight=weights)
    repeated = RobustClipScaler().fit(np.repeat(x, weights)[:, None])
    np.testing.assert_allclose(weighted.center_, repeated.center_)
    np.testing.assert_allclose(weighted.scale_, repeated.scale_)


def test_a_weight_counts_without_its_sign_and_in_any_unit():
    x, weights = RNG.normal(size=(500, 1)), RNG.uniform(0.5, 2, 500)
    expected = RobustClipScaler().fit(x, sample_weight=weights)
    signs = np.where(RNG.random(500) < 0.3, -1e-6, 1e-6)
    found = RobustClipScaler().fit(x, sample_weight=weights * signs)
    np.testing.assert_allclose(found.center_, expected.center_, rtol=1e-6)
    np.testing.assert_allclose(found.scale_, expected.scale_, rtol=1e-6)


def test_weights_by_column_pass_untouched_and_may_be_absent_later():
    events = pd.DataFrame({"pt": RNG.exponential(size=50), "weight": RNG.uniform(size=50)})
    scaler = RobustClipScaler(weight_column="weight").fit(events)
    expected = RobustClipScaler().fit(events[["pt"]], sample_weight=events["weight"])
    assert scaler.center_ == expected.center_
    assert scaler.transform(events)["weight"].equals(events["weight"])
    assert list(scaler.transform(events[["pt"]])) == ["pt"]
    with pytest.raises(WeightError, match="one way only"):
        scaler.fit(events, sample_weight=events["weight"])


@pytest.mark.parametrize("values", [[0, 1], [-1, 1], [0, 1, 2, 3], [-3, 0, 10], [5]])
def test_small_integers_of_few_values_keep_them(values):
    x = RNG.choice(values, 200)
    assert scaled(x).tolist() == (x.tolist() if len(values) > 1 else [0.0] * 200)


def test_few_values_of_other_sizes_become_steps_of_about_one():
    masses = RNG.choice([500e3, 750e3, 1000e3], 200)
    assert scaled(masses).tolist() == ((masses - 500e3) / 250e3).tolist()
    np.testing.assert_allclose(scaled(masses), scaled(masses * 1e-3))


FEW = [[0, 1], [-1, 1], [0, 5], [2, 3, 4, 7], [-3, 0, 10], [1, 2, 20], [13, 22, 211], [0.5, 0.6]]


@pytest.mark.parametrize("values", FEW, ids=str)
@pytest.mark.parametrize("scaler", [MinMaxScaler, StandardScaler])
def test_a_network_sees_the_same_few_values_behind_any_scaler(values, scaler):
    x = np.repeat(np.array(values, float), range(20, 20 + len(values)))[:, None]
    behind = scaler().fit_transform(x).astype(np.float32)
    found = robust_scales(behind)(behind)
    np.testing.assert_allclose(found, robust_scales(x)(x), atol=2e-3 * np.ptp(found))


def test_a_network_sees_indicators_and_counts_as_they_are():
    for values in ([0, 1], [0, 1, 2, 5], range(10)):
        x = np.repeat(np.array(values, float), 20)[:, None]
        assert robust_scales(x)(x).tolist() == x.tolist()
    jets = np.repeat([[4.0], [5.0], [7.0]], 10, axis=0)
    assert robust_scales(jets)(jets).tolist() == (jets - 4).tolist()


def test_few_values_one_of_which_is_far_away_are_clipped():
    x = RNG.choice([-999, 0, 1, 2, 3], 200, p=[0.3, 0.3, 0.2, 0.1, 0.1])
    assert RobustClipScaler().fit(x[:, None]).clipped_.tolist() == [True]
    assert np.abs(scaled(x)).max() <= 3


def test_a_constant_column_is_zero_for_every_value():
    scaler = RobustClipScaler().fit(np.full((10, 1), 7.5))
    assert scaler.transform([[7.5], [9.0]])[:, 0].tolist() == [0.0, 0.0]
    assert scaler.inverse_transform([[0.0]]).tolist() == [[7.5]]


@pytest.mark.parametrize(("n_rest", "n_each"), [(180, 1), (80, 4)], ids=["a tenth", "five times"])
def test_the_unit_of_the_weights_decides_of_no_atom(n_rest, n_each):
    rest = np.repeat(np.random.default_rng(0).normal(size=n_rest), n_each)
    x = np.append(rest, [0.0] * 20)[:, None]
    expected = RobustClipScaler().fit(x)
    for factor in (0.1, 7 / 3, 1e-6, *np.random.default_rng(1).random(30)):
        found = RobustClipScaler().fit(x, sample_weight=np.full(len(x), factor))
        np.testing.assert_allclose(found.scale_, expected.scale_, rtol=1e-9)


@pytest.mark.parametrize("atom", [0.0, -999.0, 3.0])
def test_a_value_that_stands_for_something_else_leaves_the_width_to_the_rest(atom):
    rest = RNG.normal(50, 10, 300)
    x = np.append(rest, [atom] * 700)
    scaler = RobustClipScaler().fit(x[:, None])
    assert scaler.center_[0] == pytest.approx(np.median(rest), abs=0.2)
    width = np.subtract(*np.quantile(rest, [0.75, 0.25]))
    assert scaler.scale_[0] == pytest.approx(width, rel=0.03)


def test_quartiles_that_are_equal_give_way_to_wider_ones():
    # two frequent values, so that no single one stands out
    x = np.concatenate([np.zeros(450), np.ones(450), RNG.uniform(2, 100, 100)])
    found = scaled(x)
    assert np.isfinite(found).all()
    assert len(np.unique(found)) == 102


def test_missing_values_become_the_median():
    x = [1.0, 2.0, np.nan, 3.0, -999.0, *range(4, 30)]
    scaler = RobustClipScaler(missing_value=-999, add_indicator=True)
    found = scaler.fit_transform(pd.DataFrame({"pt": x}))
    assert found["missingindicator_pt"].tolist() == [0, 0, 1, 0, 1] + [0] * 26
    assert found["pt"].iloc[[2, 4]].tolist() == [0.0, 0.0]
    assert scaler.n_missing_ == {"pt": 2} == scaler.count_missing(pd.DataFrame({"pt": x}))
    only = RobustClipScaler().fit([[np.nan], [np.nan]])
    assert only.transform([[np.nan]]).tolist() == [[0.0]]
    with pytest.raises(ColumnError, match="had no value in fit"):
        only.transform([[1.0]])


def test_a_stream_ends_near_the_whole_sample():
    x = RNG.exponential(size=(60_000, 1))
    x[::3] = 0.0
    whole, stream = RobustClipScaler().fit(x), RobustClipScaler()
    for part in np.array_split(x, 12):
        stream.partial_fit(part)
    assert stream.n_samples_seen_ == 60_000
    np.testing.assert_allclose(stream.center_, whole.center_, rtol=2e-3)
    np.testing.assert_allclose(stream.scale_, whole.scale_, rtol=2e-3)
    few = RobustClipScaler().partial_fit(x[:100]).partial_fit(x[100:200])
    assert few.center_ == RobustClipScaler().fit(x[:200]).center_


def test_a_sketch_keeps_weights_extremes_and_frequent_values():
    x = np.append(RNG.normal(size=50_000), np.full(10_000, 0.5))
    sketch = Distinct().merged(Distinct.of(x), size=1_000)
    assert len(sketch) <= 510
    assert sketch.weights.sum() == len(x)
    assert (sketch.values[0], sketch.values[-1]) == (x.min(), x.max())
    fractions = np.linspace(0.05, 0.55, 11)
    ranks = [np.mean(x <= value) for value in sketch.quantiles(fractions)]
    np.testing.assert_allclose(ranks, fractions, atol=4e-3)
    at = int(np.argmax(sketch.weights))
    assert sketch.values[at] == 0.5
    assert sketch.weights[at] == pytest.approx(10_000, rel=0.02)


def test_the_inverse_gives_the_values_back():
    x = np.column_stack([RNG.normal(5, 2, 100), RNG.integers(0, 4, 100), np.full(100, 3.0)])
    scaler = RobustClipScaler().fit(x)
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(x)), x, atol=1e-9)


def test_particles_are_scaled_per_feature():
    x = RNG.normal(size=(40, 5, 2)) * [1, 100]
    found = RobustClipScaler().fit_transform(x)
    flat = RobustClipScaler().fit_transform(x.reshape(-1, 2))
    np.testing.assert_allclose(found.reshape(-1, 2), flat)


def test_numbers_too_large_to_be_squared_are_at_the_bound():
    scaler = RobustClipScaler().fit(RNG.normal(size=(50, 1)))
    np.testing.assert_allclose(scaler.transform([[1e300], [-1e200]]), [[3.0], [-3.0]])


def test_standard_scales_are_mean_and_deviation():
    x, weights = RNG.normal(1e6, 3, size=(200, 2)), RNG.uniform(0, 1, 200)
    found = standard_scales(x, weights)(x)
    np.testing.assert_allclose(np.average(found, axis=0, weights=weights), 0, atol=1e-9)
    np.testing.assert_allclose(np.average(found**2, axis=0, weights=weights), 1)
    assert robust_scales(x, np.zeros(200) + 1e-300).slope.all()


def test_a_width_that_no_number_holds_is_an_error():
    X = pd.DataFrame({"pt": [1.0, 2.0, 3.0], "far": [1e308, -1e308, 0.0]})
    with pytest.raises(ColumnError, match=r"column 'far' goes from -1e\+308 to 1e\+308, a width"):
        RobustClipScaler().fit(X)
    assert np.isfinite(RobustClipScaler(exclude=["far"]).fit(X).scale_).all()
