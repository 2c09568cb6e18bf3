from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from skhep_nn.exceptions import ExportError

# the outcome is put side by side, where a mask has no more meaning
pytestmark = pytest.mark.filterwarnings("ignore:Layer 'reshape")

RNG = np.random.default_rng(3)
SEQUENCE = RNG.normal(size=(30, 6, 3)).astype(np.float32)
SEQUENCE[RNG.random((30, 6)) < 0.4] = 0
SEQUENCE[0] = 0


def model_of(*stack, masked=True):
    inputs = layers.Input((6, 3))
    x = layers.Masking()(inputs) if masked else inputs
    for layer in stack:
        x = layer(x)
    if len(x.shape) > 2:
        x = layers.Reshape((-1,))(x)
    return keras.Model(inputs, layers.Dense(2, activation="softmax")(x))


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("backwards", [True, False])
@pytest.mark.parametrize("cell", [layers.LSTM, layers.GRU, layers.SimpleRNN])
def test_whole_sequences_with_their_padding_agree(difference, cell, backwards, masked):
    layer = cell(4, return_sequences=True, go_backwards=backwards)
    assert difference(model_of(layer, masked=masked), SEQUENCE) < 1e-6


@pytest.mark.parametrize("mode", ["concat", "sum", "ave", "mul"])
@pytest.mark.parametrize("sequences", [True, False])
def test_both_directions_agree(difference, mode, sequences):
    layer = layers.Bidirectional(
        layers.GRU(3, return_sequences=sequences, reset_after=False), merge_mode=mode
    )
    assert difference(model_of(layer), SEQUENCE) < 1e-6


@pytest.mark.parametrize("activation", ["relu", "hard_sigmoid", "softsign", "linear"])
def test_other_activations_of_cells_agree(difference, activation):
    cell = layers.LSTM(3, activation=activation, recurrent_activation="hard_sigmoid")
    assert difference(model_of(cell, masked=False), SEQUENCE) < 2e-6


def test_implicit_masks_pass_through_stacks(difference):
    stack = [layers.Dense(4), layers.LSTM(3, return_sequences=True), layers.Dropout(0.1)]
    assert difference(model_of(*stack, layers.LSTM(2, use_bias=False)), SEQUENCE) < 1e-6
    pooled = [layers.Dense(4, activation="tanh"), layers.GlobalAveragePooling1D()]
    x = SEQUENCE[1:]
    x[(x == 0).all(axis=(1, 2))] = 1
    assert difference(model_of(*pooled), x) < 1e-6


def test_tokens_with_a_mask_agree(difference):
    tokens = RNG.integers(0, 4, (30, 6)).astype(np.int32)
    inputs = layers.Input((6,), dtype="int32")
    x = layers.LSTM(3)(layers.Embedding(4, 2, mask_zero=True)(inputs))
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(x))
    assert difference(model, tokens) < 1e-6


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (layers.LSTM(3, activation="gelu"), "a cell with activation 'gelu'"),
        (layers.Bidirectional(layers.LSTM(3, return_sequences=True), merge_mode=None), "None"),
        (layers.RNN(layers.LSTMCell(3)), "RNN is no layer"),
    ],
)
def test_what_no_cell_of_onnx_does_is_an_error(difference, layer, reason):
    inputs = layers.Input((6, 3))
    x = layer(inputs)
    x = layers.Flatten()(x[0] if isinstance(x, (list, tuple)) else x)
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(x))
    with pytest.raises(ExportError, match=reason):
        difference(model, SEQUENCE)
