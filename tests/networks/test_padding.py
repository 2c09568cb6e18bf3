"""Layers that know padding, against hand calculations."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skhep_nn.networks import _padding

# two events: entries (1, 2), (3, -4), padding; and nothing but padding
X = np.array([[[1.0, 2.0], [3.0, -4.0], [9.0, 9.0]], [[9.0, 9.0]] * 3], "float32")
ENTRIES = np.array([[True, True, False], [False] * 3])


@pytest.mark.parametrize(
    ("how", "first"),
    [
        ("average", [2, -1]),
        ("max", [3, 2]),
        ("sum", [4, -2]),
        ("flatten", [1, 2, 3, -4, 0, 0]),
    ],
)
def test_pooling_leaves_padding_out_and_gives_0_for_an_event_without_entries(how, first):
    out = np.asarray(_padding.GlobalPooling(how)(X, ENTRIES))
    np.testing.assert_allclose(out, [first, np.zeros(len(first))])


def test_the_maximum_of_negative_entries_is_not_the_0_of_the_padding():
    x = np.array([[[-3.0], [-5.0], [0.0]]], "float32")
    assert np.asarray(_padding.GlobalPooling("max")(x, x[..., 0] != 0)).item() == -3


def test_neighbours_are_averaged_without_padding():
    out, entries = _padding.LocalPooling(2)(X, ENTRIES)
    # (1 + 3) / 2 and (2 - 4) / 2; behind it there is nothing but padding
    np.testing.assert_allclose(out, [[[2, -1], [0, 0]], [[0, 0], [0, 0]]])
    np.testing.assert_array_equal(entries, [[True, False], [False, False]])


def test_a_lone_entry_in_a_window_is_its_average():
    x = np.array([[[4.0], [7.0], [5.0]]], "float32")
    out, entries = _padding.LocalPooling(2)(x, np.array([[True, False, True]]))
    np.testing.assert_allclose(np.ravel(out), [4, 5])
    assert np.asarray(entries).all()


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 9), st.integers(0, 5))
def test_windows_do_not_shift_with_more_padding(seed, size, length, more):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2, length, 3)).astype("float32")
    entries = np.arange(length) < rng.integers(0, length + 1, 2)[:, None]
    pool = _padding.LocalPooling(size)
    before, real = pool(x, entries)
    longer = [(0, 0), (0, more), (0, 0)]
    after, real_after = pool(np.pad(x, longer), np.pad(entries, longer[:2]))
    n_windows = before.shape[1]
    np.testing.assert_allclose(after[:, :n_windows], before, atol=1e-6)
    np.testing.assert_array_equal(real_after[:, :n_windows], real)
    assert not np.asarray(real_after)[:, n_windows:].any()


@pytest.mark.parametrize("value", [0.0, -999.0])
def test_an_entry_is_padding_if_all_its_numbers_are_the_value(value):
    x = np.array([[[value, 1.0], [value, value]]], "float32")
    np.testing.assert_array_equal(_padding.PaddingMask(value)(x), [[True, False]])


def test_the_padding_of_tokens_is_0():
    np.testing.assert_array_equal(_padding.PaddingMask(0)(np.array([[3, 0]])), [[True, False]])


def test_masked_is_0_in_the_padding():
    np.testing.assert_array_equal(_padding.Masked()(X, ENTRIES)[0], [[1, 2], [3, -4], [0, 0]])


def test_batch_normalisation_takes_mean_and_variance_of_the_entries():
    layer = _padding.MaskedBatchNormalization(momentum=0.0, epsilon=1e-6)
    out = np.asarray(layer(X, ENTRIES, training=True))
    # of 1, 3 and of 2, -4
    np.testing.assert_allclose(layer.moving_mean, [2, -1], rtol=1e-6)
    np.testing.assert_allclose(layer.moving_variance, [1, 9], rtol=1e-5)
    np.testing.assert_allclose(out[0, :2], [[-1, 1], [1, -1]], rtol=1e-4)


@settings(max_examples=20)
@given(
    st.integers(0, 10_000),
    st.integers(1, 4),
    st.integers(0, 5),
    st.sampled_from(["average", "max", "sum"]),
)
def test_more_padding_changes_no_pooling(seed, length, more, how):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(3, length, 2)).astype("float32")
    entries = np.arange(length) < rng.integers(0, length + 1, 3)[:, None]
    padded = np.pad(x, [(0, 0), (0, more), (0, 0)], constant_values=7.0)
    pool = _padding.GlobalPooling(how)
    before, after = pool(x, entries), pool(padded, np.pad(entries, [(0, 0), (0, more)]))
    np.testing.assert_allclose(before, after, atol=1e-6)


@pytest.mark.parametrize("how", sorted(_padding.POOLINGS))
def test_a_network_with_these_layers_is_saved_and_loaded(how, tmp_path):
    x = keras.Input((3, 2))
    entries = _padding.PaddingMask(9.0)(x)
    y, mask = _padding.LocalPooling(2)(_padding.Masked()(x, entries), entries)
    y = _padding.MaskedBatchNormalization()(y, _padding.Reversed()(mask))
    model = keras.Model(x, _padding.GlobalPooling(how)(y, mask))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model(X), loaded(X))
