"""Networks of blocks: parameters counted, padding without effect, errors that name the key."""

from __future__ import annotations

import contextlib

import keras
import numpy as np
import pytest

from skhep_nn import networks

SEQUENCE = {"kind": "sequence", "shape": (6, 3), "mask": "track_mask"}
MASK = {"kind": "mask", "shape": (6,)}
JET = {"kind": "features", "shape": (4,)}
BLOCKS = {"jet": JET, "track": SEQUENCE, "track_mask": MASK}


def padded(inputs, more):
    """The same blocks with `more` entries of padding."""
    out = {}
    for name, block in inputs.items():
        length, *rest = block["shape"]
        longer = block["kind"] != "features"
        out[name] = {**block, "shape": (length + more * longer, *rest)}
    return out


def data(inputs, more=0):
    """Three events with 6, 2 and 0 entries; padding holds nonsense."""
    rng = np.random.default_rng(0)
    x = {}
    for name, block in inputs.items():
        kind, shape = block["kind"], (3, *block["shape"])
        if kind == "features":
            x[name] = rng.normal(size=shape).astype("float32")
            continue
        rest = [(0, 0)] * (len(shape) - 2)
        real = np.arange(shape[1]) < np.array([6, 2, 0])[:, None]
        if kind == "mask":
            values = real
        elif kind == "tokens":
            values = np.where(real, rng.integers(1, 5, shape), 0)
        else:
            values = rng.normal(size=shape).astype("float32")
        fill = 5.0 if kind == "sequence" else 0
        x[name] = np.pad(values, [(0, 0), (0, more), *rest], constant_values=fill)
    return x


BRANCHES = {
    "1x1 convolutions": {"kind": "cnn", "filters": (5, 4)},
    "1x1 convolutions with normalisation": {
        "kind": "cnn", "filters": (5, 4), "batch_normalization": "all", "pool": "max",
    },
    "wider kernels": {"kind": "cnn", "filters": (5, 4), "kernel_size": 3},
    "kernels side by side": {
        "kind": "cnn", "filters": 4, "kernel_size": (2, 3), "pool": ("sum", "max"),
    },
    "three averaged neighbours": {"kind": "cnn", "filters": 4, "kernel_size": 2, "pool_size": 3},
    "averaged neighbours": {"kind": "cnn", "filters": (4, 4), "kernel_size": 2, "pool_size": 2},
    "LSTM": {"kind": "lstm", "units": 5},
    "LSTM backwards": {"kind": "lstm", "units": (5, 4), "go_backwards": True},
    "GRU in both directions": {"kind": "lstm", "cell": "gru", "bidirectional": True, "units": 3},
    "LSTM behind convolutions": {
        "kind": "lstm", "units": 4, "convolutions_first": 4, "kernel_size": 3, "pool_size": 2,
    },
    "residual": {"kind": "resnet", "n_blocks": 2, "filters": 4},
    "residual, pre-activation": {
        "kind": "resnet", "n_blocks": 1, "filters": 4, "preactivation": True, "stem": 4,
    },
    "attention": {"kind": "attention", "units": 4, "n_heads": 2, "batch_normalization": "input"},
    "attention with class attention": {
        "kind": "attention", "units": 4, "n_heads": 2, "pool": "class", "n_class_blocks": 2,
    },
    "attention with pairs, pooled by attention": {
        "kind": "attention", "units": 4, "n_heads": 2, "pool": "attention", "pairwise": (0, 1, 2),
        "coordinates": "cylindrical", "features": "jet",
    },
    "deep sets": {"kind": "deepsets", "units": (5, 4), "pool": ("average", "max", "sum")},
    "deep sets that see each other": {
        "kind": "deepsets", "units": (5, 4), "equivariant": True, "batch_normalization": "all",
    },
}  # fmt: skip


@pytest.mark.parametrize("branch", BRANCHES.values(), ids=BRANCHES)
def test_more_padding_changes_no_output(branch):
    short = networks.blocks(BLOCKS, 1, branches={"track": branch}, head={"units": (4,)})
    longer = networks.blocks(padded(BLOCKS, 5), 1, branches={"track": branch}, head={"units": (4,)})
    rng = np.random.default_rng(1)
    # biases and means too, which would make something of padding
    weights = [w + rng.normal(0.3, 0.1, w.shape) ** 2 for w in short.get_weights()]
    short.set_weights(weights)
    longer.set_weights(weights)
    np.testing.assert_allclose(short(data(BLOCKS)), longer(data(BLOCKS, 5)), atol=1e-6)


@contextlib.contextmanager
def dtype_policy(name):
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("branch", BRANCHES.values(), ids=BRANCHES)
def test_every_kind_computes_in_float16_what_it_computes_in_float32(branch):
    options = {"branches": {"track": branch}, "head": {"units": (4,)}}
    full = networks.blocks(BLOCKS, 1, **options)
    with dtype_policy("mixed_float16"):
        short = networks.blocks(BLOCKS, 1, **options)
    short.set_weights(full.get_weights())
    # one of the events has no entries
    found = np.asarray(short(data(BLOCKS)), "float32")
    np.testing.assert_allclose(found, full(data(BLOCKS)), atol=0.02)


def test_padding_may_hold_anything():
    model = networks.blocks(BLOCKS, 1, branches={"track": {"kind": "cnn", "kernel_size": 3}})
    x = data(BLOCKS)
    other = {**x, "track": np.where(x["track_mask"][..., None], x["track"], -77.0)}
    np.testing.assert_allclose(model(x), model(other), atol=1e-6)


def test_a_sequence_without_mask_is_padded_where_all_numbers_are_the_value():
    inputs = {"track": {"kind": "sequence", "shape": (6, 3)}}
    x = {"track": np.where(data(BLOCKS)["track_mask"][..., None], data(BLOCKS)["track"], -9.0)}
    with_value = networks.blocks(inputs, 1, mask_value=-9.0)
    without = networks.blocks(inputs, 1, mask_value=None)
    without.set_weights(with_value.get_weights())
    # the event has no entries: zeros, and biases are 0
    assert float(with_value(x)[2, 0]) == pytest.approx(0.5)
    assert abs(float(without(x)[2, 0]) - 0.5) > 1e-3


def test_an_lstm_reads_the_entries_as_if_there_were_no_padding():
    inputs = {"track": {"kind": "sequence", "shape": (6, 3), "mask": "m"}, "m": MASK}
    branch = {"kind": "lstm", "units": (4, 2), "go_backwards": True}
    model = networks.blocks(inputs, 1, branches={"track": branch})
    x = np.random.default_rng(0).normal(size=(1, 3, 3)).astype("float32")
    first = keras.layers.LSTM(4, return_sequences=True)
    second = keras.layers.LSTM(2)
    dense = keras.layers.Dense(1, activation="sigmoid")
    # by hand: the three entries reversed, then read forwards
    plain = keras.Sequential([keras.Input((3, 3)), first, second, dense])
    plain.set_weights(model.get_weights())
    whole = {"track": np.pad(x, [(0, 0), (0, 3), (0, 0)]), "m": np.arange(6)[None] < 3}
    np.testing.assert_allclose(model(whole), plain(x[:, ::-1]), atol=1e-6)


def test_tokens_join_the_sequence_that_they_describe():
    tokens = {"kind": "tokens", "shape": (6,), "vocabulary_size": 5, "of": "track"}
    model = networks.blocks(
        {**BLOCKS, "pdg": tokens}, 1, branches={"track": {"filters": 7}}, embedding_size=2
    )
    # 5 x 2 embedding; (3 + 2) x 7 + 7 convolution; (4 + 7) + 1 output
    assert model.count_params() == 10 + 42 + 12


def test_the_order_of_the_blocks_makes_no_difference():
    tokens = {"kind": "tokens", "shape": (6,), "vocabulary_size": 5, "of": "track"}
    inputs = {**BLOCKS, "pdg": tokens, "mother": tokens, "met": {"kind": "features", "shape": (2,)}}
    model = networks.blocks(inputs, 1)
    other = networks.blocks(dict(reversed(inputs.items())), 1)
    other.set_weights(model.get_weights())
    x = data(inputs)
    np.testing.assert_array_equal(model(x), other(x))


@pytest.mark.parametrize("name", ["output", "my track", "track.1"])
def test_blocks_may_have_other_names(name):
    block = {"kind": "sequence", "shape": (6, 3)}
    model = networks.blocks({name: block}, 1)
    assert model({name: np.ones((2, 6, 3), "float32")}).shape == (2, 1)


def test_shared_embeddings_are_one():
    tokens = {"kind": "tokens", "shape": (6,), "vocabulary_size": 5, "of": "track"}
    inputs = {**BLOCKS, "pdg": tokens, "mother": tokens}
    alone = networks.blocks(inputs, 1)
    shared = networks.blocks(inputs, 1, shared_embeddings=[["pdg", "mother"]])
    assert alone.count_params() - shared.count_params() == 5 * 8


def test_codes_start_as_wide_as_scaled_features():
    tokens = {"kind": "tokens", "shape": (6,), "vocabulary_size": 2000, "of": "track"}
    model = networks.blocks({**BLOCKS, "pdg": tokens}, 1)
    [embedding] = [w for w in model.weights if w.path.startswith("embedding")]
    values = np.array(embedding)
    assert abs(values.mean()) < 0.05
    assert abs(values.std() - 1) < 0.05


def test_tokens_of_their_own_have_a_branch_whose_padding_is_0():
    tokens = {"kind": "tokens", "shape": (6,), "vocabulary_size": 5}
    inputs = {"decay": tokens, "decay_mask": MASK}
    branch = {"kind": "lstm", "units": 3, "embedding_size": 4}
    model = networks.blocks({"decay": tokens}, 1, branches={"decay": branch})
    masked = {"decay": {**tokens, "mask": "decay_mask"}, "decay_mask": MASK}
    other = networks.blocks(masked, 1, branches={"decay": branch})
    other.set_weights(model.get_weights())
    x = data(inputs)
    np.testing.assert_allclose(model({"decay": x["decay"]}), other(x), atol=1e-7)


def test_dense_layers_follow_the_pooling_of_a_branch():
    branch = {"filters": 7, "dense_units": (5, 2)}
    model = networks.blocks(BLOCKS, 3, branches={"track": branch}, head={"units": 6})
    # convolution, two dense, head on 4 + 2, output of three classes
    assert model.count_params() == 4 * 7 + 8 * 5 + 6 * 2 + 7 * 6 + 7 * 3


def test_features_of_any_shape_become_a_vector():
    inputs = {
        "met": {"kind": "features", "shape": ()},
        "image": {"kind": "features", "shape": (2, 3)},
    }
    model = networks.blocks(inputs, 1)
    assert model.count_params() == 1 + 6 + 1
    assert model({"met": np.ones(2, "float32"), "image": np.ones((2, 2, 3), "float32")}).shape == (
        2,
        1,
    )


@pytest.mark.parametrize(("shape", "n_features"), [((5,), 1), ((5, 2, 3), 6)])
def test_entries_of_any_shape_become_vectors(shape, n_features):
    model = networks.blocks({"x": {"kind": "sequence", "shape": shape}}, 1, named=False)
    assert model.count_params() == 64 * n_features + 64 + 65
    assert model(np.ones((2, *shape), "float32")).shape == (2, 1)


def test_a_network_of_blocks_is_saved_and_loaded(tmp_path):
    tokens = {"kind": "tokens", "shape": (6,), "vocabulary_size": 5, "of": "track"}
    inputs = {**BLOCKS, "pdg": tokens}
    branch = {"kind": "lstm", "units": (3, 2), "go_backwards": True, "convolutions_first": 3}
    model = networks.blocks(inputs, 2, branches={"track": branch})
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model(data(inputs)), loaded(data(inputs)))


TOKENS = {"kind": "tokens", "shape": (6,), "vocabulary_size": 5}
LONGER = {"kind": "tokens", "shape": (9,), "vocabulary_size": 7}
WITH_TOKENS = {**BLOCKS, "pdg": TOKENS, "mother": TOKENS, "decay": LONGER}


@pytest.mark.parametrize(
    ("branches", "message"),
    [
        ({"tracks": {}}, "names block 'tracks', which is not known; did you mean 'track'"),
        ({"track": {"kind": "cn"}}, "has the kind 'cn', .*did you mean 'cnn'"),
        ({"jet": {"kind": "lstm"}}, r"of features, has the kind 'lstm'.* \['dense', 'resnet'\]"),
        ({"track": {"filtres": 3}}, "'cnn', has the key 'filtres', .*did you mean 'filters'"),
        ({"track": {"filters": 0}}, "filters must be a positive integer, or one per layer; got 0"),
        ({"track": {"filters": (3, 3), "kernel_size": (1, 2, 3)}}, "has 3 values for 2 layers"),
        ({"track": {"pool": "mean"}}, "pool='mean'; it must be one of"),
        ({"track": {"kind": "lstm", "cell": "rnn"}}, "cell='rnn'; it must be one of"),
        (
            {"track": {"kind": "lstm", "bidirectional": True, "go_backwards": True}},
            "go_backwards=True has no meaning",
        ),
        ({"track": "cnn"}, r"branches\['track'\]='cnn'; it must be a dict"),
        ({"tr__k": {}}, "'tr__k'; a name with '__' in it cannot be told from a path"),
        (
            {"track": {"dropout": 1.5}},
            r"branches\['track'\]: dropout must be a fraction .* got 1.5",
        ),
        ({"track": {"kind": "lstm", "go_backwards": "no"}}, "go_backwards must be True or False"),
        ({"track": {"kind": "resnet", "n_blocks": "3"}}, "n_blocks must be an integer, 0 or more"),
        ({"track": {"kind": "resnet", "layers_per_block": 0}}, "layers_per_block must be a posit"),
        ({"track": {"kind": "resnet", "stem": (3, 4)}}, "stem must be one positive integer"),
        ({"jet": {"kind": "resnet", "units": (3, 4)}}, "units must be one positive integer"),
        ({"jet": {"after": len}}, "has the key 'after', which is not known"),
        ({"pdg": {"embeding_size": 3}}, "did you mean 'embedding_size'"),
        ({"track": {"tokens": ["pgd"]}}, "names block 'pgd', .*did you mean 'pdg'"),
        ({"track": {"tokens": ["decay"]}}, "block 'decay' has 9 tokens for the 6 entries of 'tr"),
        ({"jet": {"kind": "resnet", "block_initializer": "zeros"}}, "never learn; use 'tanh'"),
        (
            {"track": {"features": "met"}},
            r"\['features'\] names block 'met', .*mean 'jet'",
        ),
        ({"track": {"kind": "deepsets", "pool": ()}}, r"pool=\(\); name at least one way"),
        ({"track": {"kind": "cnn", "pool": []}}, r"pool=\[\]; name at least one way"),
        ({"track": {"kind": "resnet", "pool": ("max", "mean")}}, "pool='mean'; it must be one of"),
        ({"track": {"kind": "deepsets", "pool": "mean"}}, "pool='mean'; it must be one of"),
        ({"track": {"kind": "deepsets", "equivariant": 1}}, "equivariant must be True or False"),
        ({"track": {"kind": "attention", "units": 6}}, "units=6 must be a multiple of n_heads=4"),
        ({"track": {"kind": "attention", "pool": "cls"}}, "pool='cls'; it must be one of"),
        (
            {"track": {"kind": "attention", "batch_normalization": "all"}},
            "batch_normalization='all'; it must be one of",
        ),
        (
            {"track": {"kind": "attention", "pairwise": "p4"}},
            r"\['pairwise'\] names block 'p4', which is not known",
        ),
        ({"track": {"kind": "attention", "pairwise": (0, 3)}}, "a block, or places from 0 to 2"),
        ({"track": {"kind": "attention", "pairwise": (0, 1)}}, "names 2 numbers; cartesian .* 4"),
        (
            {"track": {"kind": "attention", "pairwise": (0, 1, 2), "coordinates": "polar"}},
            "coordinates='polar'; it must be one of",
        ),
    ],
)
def test_a_branch_that_cannot_be_built_is_refused(branches, message):
    with pytest.raises(ValueError, match=message):
        networks.blocks(WITH_TOKENS, 1, branches=branches)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"head": {"dropout": (0.1, 2), "units": (3, 3)}}, "head: dropout must be a fraction"),
        ({"shared_embeddings": ["pdg", "mother"]}, r"as \[\['pdg', 'mother'\]\]"),
        (
            {"shared_embeddings": [["pdg", "mother"], ["mother", "pdg"]]},
            "'mother' in two|'pdg' in t",
        ),
        ({"head": {"unit": 3}}, "head has the key 'unit', .*did you mean 'units'"),
        ({"head": {"batch_normalization": "now"}}, "batch_normalization='now'; it must be"),
        ({"shared_embeddings": [["pdg", "jet"]]}, "names 'jet', which is no block of tokens"),
        (
            {"shared_embeddings": [["pdg", "decay"]]},
            "need the same vocabulary; they have {'pdg': 5, 'decay': 7}",
        ),
    ],
)
def test_what_joins_the_branches_is_checked(arguments, message):
    with pytest.raises(ValueError, match=message):
        networks.blocks(WITH_TOKENS, 1, **arguments)


def test_tokens_that_are_to_describe_features_are_refused():
    tokens = {"kind": "tokens", "shape": (4,), "vocabulary_size": 5, "of": "jet"}
    with pytest.raises(ValueError, match="'pdg' has tokens of='jet', which is a block of features"):
        networks.blocks({"jet": JET, "pdg": tokens}, 1)


def test_a_name_that_keras_refuses_is_an_error_that_says_why():
    with pytest.raises(
        ValueError, match=r"block 'jet/track' cannot be an input .* no '/' in a name"
    ):
        networks.blocks({"jet/track": JET}, 1)
