"""Calls of the functions that build networks and schedules, of the smallest sizes."""

from __future__ import annotations

import gc

import keras

from fuzz import inputs
from fuzz.call import Call
from skhep_nn import networks, training

# a network of so many units is what was asked for
SIZES = inputs.values.filter(lambda value: not inputs.is_huge(value))
# what a function or class of the user does is the user's
OF_USERS = inputs.values.filter(lambda value: not callable(value))
BLOCKS = {
    "event": {"kind": "features", "shape": (2,)},
    "track": {"kind": "sequence", "shape": (3, 2)},
}
SCALING = {
    "input_scaling": False,
    "feature_scale": False,
    "feature_bins": 0,
    "bn_momentum": 0.9,
}
WORDS = ("inputs", "block", "units", "kind", "shape", "must be")
SIZED = dict.fromkeys(
    ("n_outputs", "units", "embedding_size", "shape", "mass_embedding", "feature_bins"), SIZES
)
SIZED |= dict.fromkeys(("activation", "kernel_initializer"), OF_USERS)


def built(function):
    def build(**options):
        model = function(**options)
        keras.backend.clear_session()
        gc.collect()
        return model

    return build


def check(got, **options):
    assert isinstance(got, keras.Model)
    assert got.output_shape[-1] == options.get("n_outputs", 1)


def call(function, valid):
    odd = {name: odd for name, odd in SIZED.items() if name in valid}
    name = f"networks.{function.__name__}"
    return Call(name, built(function), valid, check, WORDS, cost=20, odd=odd)


CALLS = [
    call(
        networks.dense,
        {
            "shape": (2,),
            "n_outputs": 1,
            "units": (2,),
            "activation": "relu",
            "kernel_initializer": "glorot_uniform",
            "dropout": 0.0,
            "l2": 0.0,
            "batch_normalization": False,
            **SCALING,
        },
    ),
    call(
        networks.blocks,
        {
            "inputs": BLOCKS,
            "n_outputs": 1,
            "branches": None,
            "shared_embeddings": (),
            "head": {"units": (2,)},
            "embedding_size": 8,
            "mask_value": 0.0,
            "named": True,
            **SCALING,
        },
    ),
    call(
        networks.parametric,
        {
            "inputs": {"features": {"kind": "features", "shape": (2,)}},
            "n_outputs": 1,
            "low": [500.0],
            "high": [1000.0],
            "body": "dense",
            "conditioning": "affine",
            "placement": "all",
            "mass_embedding": 0,
            "mass_noise": 0.0,
            "branches": None,
            "units": (2,),
            **SCALING,
        },
    ),
    Call(
        "inverse_time",
        lambda **rates: float(training.inverse_time(**rates)(2)),
        {"learning_rate": 0.01, "decay": 0.5},
        None,
        (),
        cost=3,
    ),
]
