"""What the functions that build networks are given: checked, or an error that names it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from skhep_nn import _choices, _floats
from skhep_nn.networks._hidden import activation_of, as_layers, choice, count, one

KINDS = ("features", "sequence", "tokens", "mask")
# no network has an axis so long
_LONGEST = 2**31


def shape_of(value, name="shape"):
    """The shape of an event, as a tuple of integers; an empty one is a single number.

    Raises
    ------
    ValueError
    """
    good = _choices.is_several(value)
    sizes = as_layers(list(value), name) if good else []
    if not good or max(sizes, default=1) >= _LONGEST:
        msg = f"{name}={value!r:.60}; it must be the shape of an event, e.g. (28,)"
        raise ValueError(msg)
    return tuple(sizes)


def check_blocks(inputs):
    """Raise unless `inputs` are blocks with a kind and a shape.

    Raises
    ------
    ValueError
    """
    if not isinstance(inputs, Mapping) or not inputs:
        msg = f"inputs={inputs!r:.60}; it must be a dict of blocks"
        raise ValueError(msg)
    for name, block in inputs.items():
        if not isinstance(block, Mapping) or not {"kind", "shape"} <= set(block):
            msg = f"inputs[{name!r}]={block!r:.60}; a block is a dict with kind and shape"
            raise ValueError(msg)
        choice(block["kind"], KINDS, f"inputs[{name!r}]['kind']")
        shape_of(block["shape"], f"inputs[{name!r}]['shape']")


def check_named(named, inputs):
    """Raise unless a network that takes the array of the only block has one block only.

    Raises
    ------
    ValueError
    """
    if not _choices.switch(named, "named") and len(inputs) != 1:
        msg = f"named=False is for a network of one block; inputs has {list(inputs)}"
        raise ValueError(msg)


def check_common(n_outputs, input_scaling, feature_scale, feature_bins, bn_momentum):
    """Raise unless the arguments of all networks are what they have to be.

    Raises
    ------
    ValueError
    """
    one(n_outputs, "n_outputs")
    _choices.switch(input_scaling, "input_scaling")
    _choices.switch(feature_scale, "feature_scale")
    count(feature_bins, "feature_bins")
    momentum = _floats.one(bn_momentum, "bn_momentum")
    if not 0 <= momentum < 1:
        msg = f"bn_momentum={bn_momentum!r:.60}; it must be from 0 to below 1"
        raise ValueError(msg)


def activation(value):
    """What Keras takes as an activation.

    Raises
    ------
    ValueError
    """
    return _known(value, activation_of, "activation")


def initializer(value, name="kernel_initializer"):
    """What Keras takes as an initializer: a name, a description, a function or an object.

    Raises
    ------
    ValueError
    """
    described = isinstance(value, (str, Mapping)) or callable(value)
    if value is None or described:
        return value
    msg = f"{name}={value!r:.60}; it must be the name of an initializer, or an initializer"
    raise ValueError(msg)


def range_of(low, high):
    """Lowest and highest values of parameters, as lists of as many finite numbers.

    Raises
    ------
    ValueError
    """
    ends = [np.atleast_1d(_floats.real(end, n)) for end, n in ((low, "low"), (high, "high"))]
    same = ends[0].ndim == 1 and ends[0].shape == ends[1].shape and len(ends[0])
    if not same or not all(np.isfinite(end).all() for end in ends) or (ends[0] > ends[1]).any():
        msg = f"low={low!r:.60} and high={high!r:.60}; they must be numbers, one per parameter"
        raise ValueError(msg)
    return [end.tolist() for end in ends]


def _known(value, get, name):
    try:
        found = get(value)
    except (TypeError, ValueError, AttributeError):
        found = value
    if value is not None and not callable(found):
        msg = f"{name}={value!r:.60}; it must be the name of one of Keras', or a function"
        raise ValueError(msg)
    return value
