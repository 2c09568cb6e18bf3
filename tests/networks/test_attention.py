"""Attention: against Keras' own, the order of the entries, pairs against their definition."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from skhep_nn import networks
from skhep_nn.networks._attention_layers import AttentionPooling, HeadsOfAttention
from skhep_nn.networks._padding import Columns
from skhep_nn.networks._pairs import PairFeatures

INPUTS = {
    "particle": {"kind": "sequence", "shape": (5, 3), "mask": "particle_mask"},
    "particle_mask": {"kind": "mask", "shape": (5,)},
    "momentum": {"kind": "sequence", "shape": (5, 4), "mask": "particle_mask"},
}
WITH_PAIRS = {"kind": "attention", "units": 8, "n_heads": 2, "pairwise": "momentum"}


def four_momenta(n_events, length, seed=0):
    """Massive particles as (px, py, pz, E) in GeV and as (pT, eta, phi, m), in float64."""
    rng = np.random.default_rng(seed)
    shape = (n_events, length)
    pt, eta, phi = (
        rng.exponential(30, shape) + 1,
        rng.normal(0, 1.5, shape),
        rng.uniform(-3, 3, shape),
    )
    mass = rng.choice([0.000511, 0.1396, 0.4937], shape)
    px, py, pz = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
    energy = np.sqrt(px**2 + py**2 + pz**2 + mass**2)
    return np.stack([px, py, pz, energy], -1), np.stack([pt, eta, phi, mass], -1)


def blocks_of(n_events=4, seed=1):
    rng = np.random.default_rng(seed)
    return {
        "particle": rng.normal(size=(n_events, 5, 3)).astype("float32"),
        "particle_mask": np.arange(5) < np.array([5, 3, 1, 0])[:n_events, None],
        "momentum": four_momenta(n_events, 5)[0].astype("float32"),
    }


def test_attention_is_that_of_keras():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 5, 8)).astype("float32")
    entries = np.arange(5) < np.array([5, 2, 1])[:, None]
    theirs = keras.layers.MultiHeadAttention(2, 4, use_bias=False)
    expected = theirs(x, x, attention_mask=entries[:, None, :])
    q, k, v, out = (np.array(w) for w in theirs.get_weights())
    q, k, v = (np.reshape(x @ w.reshape(8, 8), (3, 5, 8)) for w in (q, k, v))
    ours = np.array(HeadsOfAttention(2)(q, k, v, entries)) @ out.reshape(8, 8)
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_a_bias_of_two_entries_is_added_to_their_match():
    q = np.zeros((1, 1, 2), "float32")
    values = np.array([[[1.0, 1.0], [5.0, 5.0]]], "float32")
    # equal matches, and the logarithm of 3 in favour of the second in the second head only
    bias = np.zeros((1, 1, 2, 2), "float32")
    bias[0, 0, 1, 1] = np.log(3)
    taken = HeadsOfAttention(2)(q, values * 0, values, np.array([[True, True]]), bias)
    np.testing.assert_allclose(taken[0, 0], [3.0, 4.0], rtol=1e-6)


def test_pooling_by_attention_is_a_weighted_average_of_real_entries():
    x = np.array([[[1.0], [5.0], [100.0]], [[1.0], [1.0], [1.0]]], "float32")
    scores = np.log(np.array([[[1.0], [3.0], [50.0]], [[1.0], [1.0], [1.0]]], "float32"))
    entries = np.array([[True, True, False], [False, False, False]])
    np.testing.assert_allclose(AttentionPooling()(x, scores, entries)[:, 0], [4.0, 0.0], rtol=1e-6)


@pytest.mark.parametrize("coordinates", ["cartesian", "cylindrical"])
def test_pairs_have_the_logarithms_of_their_definition(coordinates):
    cartesian, cylindrical = four_momenta(2, 4)
    px, py, pz, energy = np.moveaxis(cartesian, -1, 0)
    pt = np.hypot(px, py)
    y, phi = 0.5 * np.log((energy + pz) / (energy - pz)), np.arctan2(py, px)
    a, b = (slice(None), slice(None), None), (slice(None), None, slice(None))
    dphi = (phi[a] - phi[b] + np.pi) % (2 * np.pi) - np.pi
    delta = np.hypot(y[a] - y[b], dphi)
    softer = np.minimum(pt[a], pt[b])
    square = (energy[a] + energy[b]) ** 2
    square -= (px[a] + px[b]) ** 2 + (py[a] + py[b]) ** 2 + (pz[a] + pz[b]) ** 2
    expected = [delta, softer * delta, softer / (pt[a] + pt[b]), square]
    momenta = {"cartesian": cartesian, "cylindrical": cylindrical}[coordinates]
    ours = PairFeatures(coordinates)(momenta.astype("float32"), np.ones((2, 4), bool))
    others = ~np.eye(4, dtype=bool)
    for at, values in enumerate(expected):
        # float32 keeps a mass of 1 GeV between particles of 100 GeV to some 1e-3
        np.testing.assert_allclose(
            np.array(ours)[:, others, at], np.log(values[:, others]), atol=5e-3
        )


@pytest.mark.parametrize("coordinates", ["cartesian", "cylindrical"])
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_pairs_are_computed_in_float32_where_networks_compute_in_short_types(coordinates, policy):
    momenta = dict(zip(["cartesian", "cylindrical"], four_momenta(2, 4), strict=True))[coordinates]
    # in MeV: beyond the largest float16, and their squares far beyond
    scale = 1e3 if coordinates == "cartesian" else [1e3, 1, 1, 1e3]
    momenta, real = (momenta * scale).astype("float32"), np.ones((2, 4), bool)
    short = PairFeatures(coordinates, dtype=policy)(Columns(range(4), dtype=policy)(momenta), real)
    assert keras.backend.standardize_dtype(short.dtype) == policy.removeprefix("mixed_")
    expected = np.array(PairFeatures(coordinates)(momenta, real))
    np.testing.assert_allclose(np.array(short, "float32"), expected, rtol=1e-2, atol=1e-2)


def test_pairs_are_finite_for_padding_for_a_particle_with_itself_and_at_rest():
    momenta = np.zeros((1, 3, 4), "float32")
    momenta[0, 1] = [0, 0, 0, 0.1396]
    momenta[0, 2] = [0, 0, -50, 50]
    pairs = np.array(PairFeatures()(momenta, np.array([[False, True, True]])))
    assert np.isfinite(pairs).all()
    assert not pairs[0, 0].any()
    assert not pairs[0, :, 0].any()


@pytest.mark.parametrize("pool", ["average", "attention", "class"])
def test_the_order_of_the_entries_makes_no_difference(pool):
    model = networks.blocks(INPUTS, 1, branches={"particle": {**WITH_PAIRS, "pool": pool}})
    x = blocks_of()
    order = [3, 0, 4, 2, 1]
    shuffled = {name: values[:, order] for name, values in x.items()}
    np.testing.assert_allclose(model(x), model(shuffled), atol=1e-5)


def test_an_entry_is_read_in_the_light_of_the_others():
    # a network that takes each entry for itself gives an average the average of its outcomes
    model = networks.blocks(
        {"x": {"kind": "sequence", "shape": (2, 1)}}, 1, named=False, mask_value=None,
        branches={"x": {"kind": "attention", "units": 8, "n_blocks": 1}},
    )  # fmt: skip
    inner = keras.Model(model.inputs[0], model.layers[-1].input)
    one, two = np.full((1, 1), 0.5, "float32"), np.full((1, 1), -2.0, "float32")
    together = inner(np.stack([one, two], 1))
    apart = (inner(np.stack([one, one], 1)) + inner(np.stack([two, two], 1))) / 2
    assert np.abs(together - apart).max() > 1e-3


def test_momenta_of_a_block_are_no_branch_of_their_own():
    model = networks.blocks(INPUTS, 1, branches={"particle": WITH_PAIRS})
    assert model.layers[-1].input.shape[-1] == 8


def test_events_without_entries_give_zeros():
    for pool in ("average", "attention", "class"):
        model = networks.blocks(INPUTS, 1, branches={"particle": {**WITH_PAIRS, "pool": pool}})
        # all that is left is the bias of the output, which starts as 0
        assert float(model(blocks_of())[3, 0]) == pytest.approx(0.5)


def test_parameters_are_counted_by_hand():
    branch = {"kind": "attention", "units": 8, "n_heads": 2, "n_blocks": 1, "feedforward": 3}
    inputs = {"x": {"kind": "sequence", "shape": (5, 3)}}
    model = networks.blocks(inputs, 1, branches={"x": branch})
    embedded, norm = 3 * 8 + 8, 2 * 8
    matches, feedforward = 4 * (8 * 8 + 8), 8 * 24 + 24 + 24 * 8 + 8
    assert model.count_params() == embedded + norm + matches + norm + feedforward + norm + 8 + 1
    pairs = networks.blocks(INPUTS, 1, branches={"particle": {**branch, "pairwise": "momentum"}})
    # four features of a pair to 16 to 2 heads
    assert pairs.count_params() - model.count_params() == 4 * 16 + 16 + 16 * 2 + 2


def test_an_equivariant_layer_sees_the_average():
    branch = {"kind": "deepsets", "units": (4,), "equivariant": True, "pool": "flatten"}
    inputs = {"x": {"kind": "sequence", "shape": (2, 1)}}
    model = networks.blocks(
        inputs, 1, branches={"x": {**branch, "activation": "linear"}}, mask_value=None
    )
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    alone, of_all = (
        next(layer.kernel for layer in dense[:-1] if layer.use_bias is biased)
        for biased in (True, False)
    )
    inner = keras.Model(model.inputs, model.layers[-1].input)
    x = np.array([[[1.0], [3.0]]], "float32")
    expected = x[0] @ np.array(alone) + 2.0 * np.array(of_all)
    np.testing.assert_allclose(inner([x]), expected.reshape(1, -1), rtol=1e-5)


def test_the_layers_are_saved_and_loaded(tmp_path):
    branch = {**WITH_PAIRS, "pool": "class", "dropout": 0.1}
    model = networks.blocks(INPUTS, 2, branches={"particle": branch})
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model(blocks_of()), loaded(blocks_of()))
