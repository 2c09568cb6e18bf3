"""The classifiers of sequences that are compared, each a function to blocks and an estimator."""

from __future__ import annotations

from skhep_nn import BlockClassifier, CNNClassifier, LSTMClassifier, ResNetClassifier
from skhep_nn.estimators import GN2, PART, SMARTBKG_LSTM, SMARTBKG_RESNET

LISTS = ["particle", "pdg", "mother_pdg", "decay"]
CODES = {"tokens": ("pdg", "mother_pdg")}
SHARED = (("pdg", "mother_pdg"),)


def _preset(blocks, preset, **changes):
    return lambda: (blocks, BlockClassifier(**{**preset, **changes}))


def _particles(kind, blocks=("particle", "pdg", "mother_pdg"), head=None, training=None, **branch):
    """A branch of particles with their codes and those of their mothers."""
    branches = {"particle": {"kind": kind, **CODES, **branch}}
    arguments = {"branches": branches, "shared_embeddings": SHARED, "head": head}
    return lambda: ([*blocks], BlockClassifier(**arguments, **(training or {})))


_HEAD = {"units": (64,), "dropout": 0.3}
_CODED = ["particle", "pdg", "mother_pdg"]
_WITH_MOMENTA = ["particle", "pdg", "mother_pdg", "momentum"]
_TRAINED_AS_PART = {name: value for name, value in PART.items() if name != "branches"}
_BRANCH_OF_PART = {k: v for k, v in PART["branches"]["particle"].items() if k != "kind"}
OF_LISTS = {
    "CNNClassifier": lambda: (_CODED, CNNClassifier()),
    "LSTMClassifier": lambda: (_CODED, LSTMClassifier()),
    "ResNetClassifier": lambda: (_CODED, ResNetClassifier()),
    "SMARTBKG_RESNET": _preset(LISTS, SMARTBKG_RESNET),
    "SMARTBKG_LSTM": _preset(LISTS, SMARTBKG_LSTM),
    "cnn": _particles("cnn", head=_HEAD, filters=(64,), kernel_size=3, pool="max", dropout=0.3),
    "lstm": _particles("lstm", head=_HEAD, units=64, bidirectional=True),
    "attention": _particles("attention", head=_HEAD, units=64, dropout=0.1),
    "deepsets": _particles("deepsets", head=_HEAD, units=(64, 64), pool=("average", "max")),
    "PART": _particles("attention", _WITH_MOMENTA, training=_TRAINED_AS_PART, **_BRANCH_OF_PART),
}
_JETS = ["jet", "track"]


def _tracks(kind, blocks=_JETS, training=None, **branch):
    """A branch of tracks, each of which knows its jet."""
    branches = {"track": {"kind": kind, "features": ("jet",), **branch}}
    arguments = {"branches": branches, "head": {"units": (64, 32)}, **(training or {})}
    return lambda: ([*blocks], BlockClassifier(**arguments))


OF_JETS = {
    "CNNClassifier": lambda: (_JETS, CNNClassifier(dense_units=(64, 32))),
    "LSTMClassifier": lambda: (_JETS, LSTMClassifier(dense_units=(64, 32), go_backwards=True)),
    "GN2": _preset(_JETS, GN2),
    "PART": _tracks(
        "attention",
        [*_JETS, "momentum"],
        _TRAINED_AS_PART,
        **{**_BRANCH_OF_PART, "coordinates": "cylindrical"},
    ),
    "attention": _tracks("attention", units=32, dropout=0.1, pool="attention"),
    "deepsets": _tracks("deepsets", units=(64, 64), pool=("average", "max")),
}
_SEQUENCE = ["sequence"]
OF_DRAWN = {
    "CNNClassifier": lambda: (_SEQUENCE, CNNClassifier()),
    "LSTMClassifier": lambda: (_SEQUENCE, LSTMClassifier()),
}
SIDES = {
    "particle lists": OF_LISTS,
    "belle": OF_LISTS,
    "jets": OF_JETS,
    "set2graph": OF_JETS,
    "pulses": OF_DRAWN,
    "prongs": OF_DRAWN,
}
