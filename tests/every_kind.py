"""A small network with every kind of branch, for tests of what must hold for all of them."""

from __future__ import annotations

import numpy as np

from skhep_nn import networks
from skhep_nn.estimators import INFN_CNN, INFN_LSTM, SMARTBKG_LSTM, SMARTBKG_RESNET

JET = {"jet": {"kind": "features", "shape": (15,)}}
TRACKS = {
    "track": {"kind": "sequence", "shape": (10, 7), "mask": "mask"},
    "mask": {"kind": "mask", "shape": (10,)},
}
TOKENS = {"pdg": {"kind": "tokens", "shape": (12,), "vocabulary_size": 20}}
SIMULATION = {
    "decay": {"kind": "tokens", "shape": (30,), "vocabulary_size": 40},
    "particle": {"kind": "sequence", "shape": (20, 13)},
    "pdg": {"kind": "tokens", "shape": (20,), "vocabulary_size": 40, "of": "particle"},
    "mother_pdg": {"kind": "tokens", "shape": (20,), "vocabulary_size": 40, "of": "particle"},
}
WIDE = {"units": (256, 128), "dropout": 0.1}
NARROW = {"units": (30,), "dropout": 0.1}


def _tracks(head=NARROW, **branch):
    return JET | TRACKS, {"track": branch}, head


def _preset(preset):
    arguments = {name: preset[name] for name in ("branches", "head")}
    return SIMULATION, arguments["branches"], arguments["head"]


def _of_infn(preset, kind, names):
    return _tracks(kind=kind, **{name: preset[name] for name in names})


NETWORKS = {
    "dense": (JET, {}, {"units": (50, 50), "dropout": 0.1, "batch_normalization": "all"}),
    "dense, wide": (JET, {}, WIDE),
    "dense, odd": (JET, {}, {"units": (33, 17, 7), "activation": "selu"}),
    "residual": (JET, {"jet": {"kind": "resnet", "units": 30, "dropout": 0.1}}, NARROW),
    "residual, wide": (JET, {"jet": {"kind": "resnet", "preactivation": True}}, WIDE),
    "convolutions": _tracks(WIDE, kind="cnn", filters=(10, 33), kernel_size=3, dropout=0.1),
    "convolutions, pooled": _tracks(kind="cnn", filters=(9, 5), pool_size=2, pool="sum"),
    "convolutions, side by side": _tracks(kind="cnn", filters=10, kernel_size=(1, 2, 3)),
    "convolutions, flat": _tracks(kind="cnn", filters=10, pool="flatten"),
    "convolutions, maximum": _tracks(kind="cnn", filters=10, pool="max"),
    "convolutions, two ways": _tracks(kind="cnn", filters=10, pool=("average", "max")),
    "residual convolutions": _tracks(kind="resnet", dropout=0.1, stem=9),
    "residual convolutions, wide head": _tracks(WIDE, kind="resnet", n_blocks=2),
    "lstm": _tracks(kind="lstm", units=(9, 10), dropout=0.1),
    "lstm in both directions": _tracks(kind="lstm", units=9, bidirectional=True),
    "gru backwards": _tracks(WIDE, kind="lstm", cell="gru", units=20, go_backwards=True),
    "deep sets": _tracks(kind="deepsets", units=(33, 10), equivariant=True, dropout=0.1),
    "attention": _tracks(kind="attention", units=12, n_heads=3, n_blocks=1, pool="attention"),
    "attention of a class": _tracks(
        kind="attention", units=12, n_heads=2, n_blocks=1, pool="class", dropout=0.1
    ),
    "tokens": (TOKENS, {}, NARROW),
    "tokens, residual": (TOKENS, {"pdg": {"kind": "resnet", "n_blocks": 2}}, WIDE),
    "SMARTBKG_RESNET": _preset(SMARTBKG_RESNET),
    "SMARTBKG_LSTM": _preset(SMARTBKG_LSTM),
    "INFN_CNN": _of_infn(INFN_CNN, "cnn", ("filters", "pool", "dropout", "dense_units")),
    "INFN_LSTM": _of_infn(INFN_LSTM, "lstm", ("units", "dense_units", "dense_dropout")),
}


def build(name, n_outputs=1):
    """The network of that name; "parametric" is one with a parameter that has noise."""
    if name == "parametric":
        return networks.parametric(
            JET, n_outputs, low=[0.0], high=[1.0], units=(8,), mass_noise=0.1, mass_embedding=3
        )
    inputs, branches, head = NETWORKS[name]
    return networks.blocks(inputs, n_outputs, branches=branches, head=head)


def events(name, n_events, seed=0):
    """Inputs of the network of that name, with sequences of all lengths."""
    rng = np.random.default_rng(seed)
    made = {}
    for block, described in NETWORKS[name][0].items():
        shape = (n_events, *described["shape"])
        real = np.arange(shape[1]) < rng.integers(shape[1] + 1, size=(n_events, 1))
        made[block] = {
            "features": lambda shape=shape: rng.normal(size=shape).astype(np.float32),
            "sequence": lambda shape=shape, real=real: (
                rng.normal(size=shape) * real[:, :, None]
            ).astype(np.float32),
            "mask": lambda real=real: real,
            "tokens": lambda shape=shape, real=real: (
                rng.integers(1, 20, size=shape) * real
            ).astype(np.int32),
        }[described["kind"]]()
    return made
