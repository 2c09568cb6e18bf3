"""Networks that take a parameter, such as a mass hypothesis, beside the features."""

from __future__ import annotations

import keras
from keras import layers

from skhep_nn import _floats
from skhep_nn.networks import _checks
from skhep_nn.networks._blocks import _input, join
from skhep_nn.networks._conditioning import CONDITIONING, FixedParameter, ParameterScaling
from skhep_nn.networks._dense import hidden, output
from skhep_nn.networks._hidden import choice, count, with_momentum
from skhep_nn.networks._residual import residual_dense
from skhep_nn.networks._seeds import fresh, layer_seed

PLACEMENTS = ("start", "all", "end")
# Each body, and the argument by which it lets the parameter act on every layer or block.
BODIES = {"dense": (hidden, "after"), "resnet": (residual_dense, "before")}
# A scale of the input features starts small and in proportion to the parameter, which then is to
# have one sign (masses from 500 to 1500 are divided by 1500): so it interpolates better. A scale
# behind hidden layers starts near 1, as products of small ones would leave nothing of the features.
PROPORTIONAL = ("scale", "affine")
POSITIVE, CENTRED = (1 / 3, 1.0), (-1.0, 1.0)
# The layer up to which a network knows nothing of the parameter.
TRUNK = "before_parameter"
PARAMETER = "parameter"


def parametric(
    inputs,
    n_outputs,
    *,
    low,
    high,
    body="dense",
    conditioning="affine",
    placement="all",
    mass_embedding=0,
    mass_noise=0.0,
    branches=None,
    shared_embeddings=(),
    embedding_size=8,
    mask_value=0.0,
    input_scaling=False,
    feature_scale=False,
    feature_bins=0,
    bn_momentum=0.9,
    **settings,
):
    """A network from features and a parameter to class probabilities.

    Parameters
    ----------
    inputs, branches, shared_embeddings, embedding_size, mask_value
        Blocks of an event and what each goes through before they are joined, as
        :func:`skhep_nn.networks.blocks` takes them. The parameter acts behind that.
    input_scaling, feature_scale, feature_bins
        As there.
    n_outputs : int
        1 for a sigmoid (two classes), else one softmax node per class.
    low, high : sequence of float
        Range of each parameter in training, which is scaled inside.
    body : {"dense", "resnet"}
    conditioning : {"concatenate", "bias", "scale", "affine", "film"}
        How the parameter acts on features x: ``[x, m]``, ``x + b(m)``, ``s(m) x``,
        ``s(m) x + b(m)``, ``(1 + s(m)) x + b(m)``, with s and b linear in m.
    placement : {"start", "all", "end"}
        On the input features, behind every hidden layer (of residual blocks: on what enters each),
        or behind the last.
    mass_embedding : int
        Width of a dense layer on the parameter before it acts; 0 is none.
    mass_noise : float
        Standard deviation of normal noise on the scaled parameter in training.
    bn_momentum : float
        As :func:`skhep_nn.networks.dense` has it.
    **settings
        Of the body, :func:`skhep_nn.networks.dense` or residual blocks.

    Returns
    -------
    keras.Model
        With the inputs, and ``"parameter"`` of shape (n_events, n_parameters) in the user's
        units. Not compiled.
    """
    _checks.check_blocks(inputs)
    _checks.check_common(n_outputs, input_scaling, feature_scale, feature_bins, bn_momentum)
    choice(conditioning, CONDITIONING, "conditioning")
    choice(placement, PLACEMENTS, "placement")
    choice(body, BODIES, "body")
    low, high = _checks.range_of(low, high)
    tensors = {name: _input(name, block) for name, block in inputs.items()}
    parameter = layers.Input((len(low),), name=PARAMETER)
    proportional = placement == "start" and conditioning in PROPORTIONAL
    x = ParameterScaling(low, high, POSITIVE if proportional else CENTRED)(parameter)
    scaled = embedded(x, mass_embedding, mass_noise)
    x = join(
        tensors,
        inputs,
        branches=branches,
        shared_embeddings=shared_embeddings,
        embedding_size=embedding_size,
        mask_value=mask_value,
        input_scaling=input_scaling,
        feature_scale=feature_scale,
        feature_bins=feature_bins,
    )
    start = {"start": 0.0} if proportional else {}
    x = conditioned(x, scaled, body, conditioning, placement, start, **settings)
    read = {**tensors, PARAMETER: parameter}
    model = keras.Model(read, output(x, n_outputs), name="parametric")
    return with_momentum(model, bn_momentum)


def embedded(parameter, embedding=0, noise=0.0):
    """The scaled parameter as it acts: with noise, embedded."""
    x = parameter
    noise = _floats.not_negative(noise, "mass_noise")
    # Keras' bound
    if noise > 1:
        msg = f"mass_noise={noise!r:.60}; it must be from 0 to 1, a part of the range of the masses"
        raise ValueError(msg)
    embedding = count(embedding, "mass_embedding")
    if noise:
        x = layers.GaussianNoise(noise, seed=layer_seed(), name="mass_noise")(x)
    if embedding:
        kernel = fresh("glorot_uniform")
        x = layers.Dense(embedding, "tanh", kernel_initializer=kernel, name="mass_embedding")(x)
    return x


def conditioned(x, parameter, body, conditioning, placement, start, **settings):
    """Features `x` after a body on which `parameter` acts; see :func:`parametric`.

    `start` has the arguments of the layers by which it acts.
    """
    layer = CONDITIONING[choice(conditioning, CONDITIONING, "conditioning")]
    network, everywhere = BODIES[choice(body, BODIES, "body")]
    first = []

    def act(x):
        if not first:
            first.append(x)
            x = layers.Identity(name=TRUNK)(x)
        return layer(**start)([x, parameter])

    x = act(x) if placement == "start" else x
    x = network(x, **{everywhere: act if placement == "all" else None}, **settings)
    return act(x) if placement == "end" or not first else x


def at_parameter(model, values):
    """A network of the features alone: `model` at one value of its parameter.

    Parameters
    ----------
    model : keras.Model
        Of :func:`parametric`.
    values : sequence of float
        In the user's units, one per parameter.
    """
    inputs = {
        name: layers.Input(tensor.shape[1:], dtype=tensor.dtype, name=name)
        for name, tensor in model.input.items()
        if name != PARAMETER
    }
    first = next(iter(inputs.values()))
    fixed = FixedParameter(values, name="fixed_parameter")(first)
    return keras.Model(inputs, model({**inputs, PARAMETER: fixed}), name="at_parameter")


def split_at_parameter(model):
    """Two networks that are `model` together: what does not depend on the parameter, and the rest.

    Parameters
    ----------
    model : keras.Model
        Of :func:`parametric`.

    Returns
    -------
    tuple of keras.Model
        The first takes the inputs without the parameter, the second what the first gives and the
        parameter, as a list of two.
    """
    layer = model.get_layer(TRUNK)
    inputs = {name: tensor for name, tensor in model.input.items() if name != PARAMETER}
    # from its input, which a residual block adds again behind the parameter's action
    rest = keras.Model([layer.input, model.input[PARAMETER]], model.output)
    return keras.Model(inputs, layer.output), rest
