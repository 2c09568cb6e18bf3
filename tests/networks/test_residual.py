"""Residual networks: the identity at the start, parameters by hand, both orders."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from skhep_nn import networks

TABLE = {"x": {"kind": "features", "shape": (3,)}}
SEQUENCE = {"x": {"kind": "sequence", "shape": (5, 3)}}


def build(inputs, **branch):
    keras.utils.set_random_seed(0)
    return networks.blocks(inputs, 1, branches={"x": {"kind": "resnet", **branch}}, named=False)


@pytest.mark.parametrize(
    ("inputs", "arguments"),
    [
        (TABLE, {"units": 4, "activation": "tanh"}),
        (TABLE, {"units": 4, "layers_per_block": 2, "activation": "leaky_relu"}),
        (TABLE, {"units": 4, "preactivation": True}),
        (SEQUENCE, {"filters": 4}),
        (SEQUENCE, {"filters": 4, "preactivation": True, "batch_normalization": False}),
    ],
    ids=["dense", "two layers", "dense pre-activation", "convolutions", "pre-activation"],
)
def test_blocks_of_zeros_are_the_identity_at_the_start_and_learn(inputs, arguments):
    model = build(inputs, n_blocks=3, block_initializer="zeros", **arguments)
    none = build(inputs, n_blocks=0, **arguments)
    # what comes before the blocks is drawn first, so it is the same
    model.layers[-1].set_weights(none.layers[-1].get_weights())
    x = np.random.default_rng(0).normal(size=(20, *inputs["x"]["shape"])).astype("float32")
    np.testing.assert_allclose(model(x), none(x), atol=1e-6)
    model.compile("sgd", "binary_crossentropy")
    before = [w.copy() for w in model.get_weights()]
    model.fit(x, np.arange(20.0) % 2, epochs=2, verbose=0)
    trained = [
        w.path for w, old in zip(model.weights, before, strict=True) if (w.numpy() != old).any()
    ]
    assert all(w.path in trained for w in model.trainable_weights if "output/kernel" in w.path)
    zeros = [w.path for w, old in zip(model.weights, before, strict=True) if not old.any()]
    kernels = [path for path in zeros if "kernel" in path]
    assert len(kernels) == 3
    assert set(kernels) <= set(trained)


def test_parameters_of_dense_blocks_by_hand():
    # 3 x 4 + 4 before, two blocks of two layers of 4 x 4 + 4, output
    assert build(TABLE, n_blocks=2, units=4, layers_per_block=2).count_params() == 16 + 4 * 20 + 5


def test_parameters_of_convolutional_blocks_by_hand():
    # kernels of 2: 3 -> 4 and 4 -> 3 with normalisation (4 numbers per filter) and no bias, then a
    # plain one 3 -> 3 with bias; the output of 3 numbers
    expected = (2 * 3 * 4 + 16) + (2 * 4 * 3 + 12) + (2 * 3 * 3 + 3)
    assert build(SEQUENCE, n_blocks=1, filters=4, kernel_size=2).count_params() == expected + 4


def test_normalisation_and_activation_come_before_the_kernels_or_behind():
    def order(**arguments):
        model = build(SEQUENCE, n_blocks=1, filters=4, **arguments)
        wanted = ("Conv1D", "MaskedBatchNormalization", "Activation", "Add")
        return [name for m in model.layers if (name := type(m).__name__) in wanted]

    behind = ["Conv1D", "MaskedBatchNormalization", "Activation"] * 2 + ["Conv1D", "Add"]
    assert order() == behind
    before = ["MaskedBatchNormalization", "Activation", "Conv1D"] * 3 + ["Add"]
    assert order(preactivation=True) == before


@pytest.mark.parametrize("inputs", [TABLE, SEQUENCE], ids=["dense", "convolutions"])
@pytest.mark.parametrize(("block_l2", "inside"), [(None, True), (0.0, False), (0.1, True)])
def test_the_penalty_inside_the_blocks_may_be_another(inputs, block_l2, inside):
    stem = {} if inputs is TABLE else {"stem": 3}
    model = build(inputs, n_blocks=2, layers_per_block=1, l2=0.5, block_l2=block_l2, **stem)
    penalties = [
        float(layer.kernel_regularizer.l2) if layer.kernel_regularizer else 0.0
        for layer in model.layers
        if getattr(layer, "kernel", None) is not None and layer.name != "output"
    ]
    first, *rest = penalties
    assert first == pytest.approx(0.5)
    expected = 0.5 if block_l2 is None else block_l2
    assert rest == pytest.approx([expected] * len(rest))
    assert bool(sum(rest)) == inside


def test_a_stem_sets_the_width_of_the_blocks():
    assert build(SEQUENCE, n_blocks=1, stem=6).layers[-1].get_weights()[0].shape == (6, 1)


@pytest.mark.parametrize("zeros", ["zeros", "Zeros", keras.initializers.Zeros()])
@pytest.mark.parametrize("activation", ["relu", "relu6", keras.activations.relu])
def test_blocks_of_zeros_that_would_never_learn_are_refused(activation, zeros):
    with pytest.raises(ValueError, match=r"zeros' with activation='relu6?', whose slope"):
        build(TABLE, block_initializer=zeros, activation=activation)
