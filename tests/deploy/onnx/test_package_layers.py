from __future__ import annotations

import numpy as np
import pytest

from skhep_nn import networks
from skhep_nn.deploy._onnx._registry import LAYERS
from skhep_nn.estimators import INFN_CNN, INFN_LSTM, LHCB_ACCEPTANCE, SMARTBKG_LSTM, SMARTBKG_RESNET
from skhep_nn.networks import _attention_layers, _conditioning, _padding, _pairs
from skhep_nn.networks._parametric import at_parameter

N_EVENTS, LENGTH = 40, 7
RNG = np.random.default_rng(2)


def with_holes():
    """A mask with holes; an event without entries, one without padding, one with padding first."""
    mask = RNG.random((N_EVENTS, LENGTH)) < 0.6
    mask[0], mask[1], mask[2], mask[2, -1] = False, True, False, True
    return mask


BLOCKS = {
    "track": {"kind": "sequence", "shape": (LENGTH, 3), "mask": "track_mask"},
    "track_mask": {"kind": "mask", "shape": (LENGTH,)},
    "pdg": {"kind": "tokens", "shape": (LENGTH,), "vocabulary_size": 5, "of": "track"},
    "jet": {"kind": "features", "shape": (2,)},
}
DATA = {
    "track": RNG.normal(size=(N_EVENTS, LENGTH, 3)).astype(np.float32),
    "track_mask": with_holes(),
    "pdg": RNG.integers(0, 5, (N_EVENTS, LENGTH)).astype(np.int32),
    "jet": RNG.normal(size=(N_EVENTS, 2)).astype(np.float32),
}
RECURRENT = [
    {"cell": cell, "units": units, **direction}
    for cell in ("lstm", "gru")
    for units in ((4,), (4, 5, 3))
    for direction in ({}, {"bidirectional": True}, {"go_backwards": True})
]


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "cnn"},
        {"kind": "cnn", "filters": (4, 3), "kernel_size": (3, 4), "pool_size": (2, 3)},
        {"kind": "cnn", "kernel_size": 2, "pool": "max", "batch_normalization": "all"},
        {"kind": "cnn", "filters": 4, "kernel_size": (2, 3), "pool": "sum"},
        {"kind": "cnn", "kernel_size": 2, "pool": "flatten"},
        {"kind": "resnet", "filters": 4, "n_blocks": 2},
        {"kind": "resnet", "filters": 4, "n_blocks": 2, "preactivation": True, "pool_size": 2},
        {"kind": "lstm", "units": (3, 2), "convolutions_first": 4, "pool_size": 2},
        *({"kind": "lstm", **options} for options in RECURRENT),
        {"kind": "deepsets", "units": (4, 3), "equivariant": True},
        {"kind": "attention", "units": 4, "n_heads": 2, "n_blocks": 1},
        {"kind": "attention", "units": 4, "n_heads": 2, "n_blocks": 1, "pool": "attention"},
        {"kind": "attention", "units": 4, "n_heads": 2, "n_blocks": 1, "pool": "class"},
    ],
    ids=str,
)
def test_every_branch_agrees_on_masks_with_holes(difference, settings):
    network = networks.blocks(BLOCKS, 1, branches={"track": settings}, head={"units": (4,)})
    assert difference(network, DATA) < 1e-6


@pytest.mark.parametrize("kind", ["dense", "resnet"])
def test_every_branch_of_features_agrees(difference, kind):
    block = {"jet": {"kind": "features", "shape": (2,)}}
    network = networks.blocks(block, 3, branches={"jet": {"kind": kind, "units": 4}})
    assert difference(network, {"jet": DATA["jet"]}) < 2e-6


@pytest.mark.parametrize("coordinates", ["cartesian", "cylindrical"])
@pytest.mark.parametrize("n_numbers", [3, 4])
def test_features_of_pairs_agree(difference, coordinates, n_numbers):
    if (coordinates, n_numbers) == ("cartesian", 3):
        pytest.skip("a momentum has four numbers")
    momenta = DATA["track"].astype(np.float64)
    if coordinates == "cartesian":
        energy = np.sqrt((momenta**2).sum(axis=-1) + 0.02)
        momenta = np.concatenate([momenta, energy[..., None]], axis=-1)
    else:
        momenta = np.concatenate([np.exp(momenta[..., :1]), momenta[..., 1:]], axis=-1)
        momenta = np.concatenate([momenta, np.full((N_EVENTS, LENGTH, 1), 0.1)], axis=-1)
    x = {"p": momenta[..., :n_numbers].astype(np.float32), "p_mask": DATA["track_mask"]}
    blocks = {
        "p": {"kind": "sequence", "shape": (LENGTH, n_numbers), "mask": "p_mask"},
        "p_mask": BLOCKS["track_mask"],
    }
    branch = {
        "kind": "attention",
        "units": 4,
        "n_blocks": 1,
        "pairwise": list(range(n_numbers)),
        "coordinates": coordinates,
    }
    # the mass of a particle with itself is the rounding of its momentum, and acts by its logarithm
    limit = 5e-6 if coordinates == "cartesian" else 5e-4
    assert difference(networks.blocks(blocks, 1, branches={"p": branch}), x) < limit


def test_padding_told_by_its_value_agrees(difference):
    track = np.where(DATA["track_mask"][..., None], DATA["track"], 0)
    blocks = {"track": {"kind": "sequence", "shape": (LENGTH, 3)}, "pdg": {**BLOCKS["pdg"]}}
    blocks["pdg"].pop("of")
    for mask_value in (0.0, None):
        network = networks.blocks(blocks, 1, mask_value=mask_value)
        assert difference(network, {"track": track, "pdg": DATA["pdg"]}) < 1e-6


@pytest.mark.parametrize("preset", [SMARTBKG_RESNET, SMARTBKG_LSTM], ids=["resnet", "lstm"])
def test_the_networks_of_selective_simulation_agree(difference, preset):
    tokens = {"kind": "tokens", "vocabulary_size": 6}
    blocks = {
        "decay": {**tokens, "shape": (15,)},
        "particle": {"kind": "sequence", "shape": (10, 4)},
        "pdg": {**tokens, "shape": (10,)},
        "mother_pdg": {**tokens, "shape": (10,)},
    }
    x = {n: RNG.integers(0, 6, (20, *b["shape"])).astype(np.int32) for n, b in blocks.items()}
    x["particle"] = RNG.normal(size=(20, 10, 4)).astype(np.float32)
    settings = {k: preset[k] for k in ("branches", "shared_embeddings", "head", "embedding_size")}
    assert difference(networks.blocks(blocks, 1, **settings), x, noise=0.02) < 5e-6


@pytest.mark.parametrize("preset", [INFN_CNN, INFN_LSTM], ids=["cnn", "lstm"])
def test_the_networks_of_b_tagging_agree(difference, preset):
    kind = "cnn" if "filters" in preset else "lstm"
    body = {k: preset[k] for k in ("filters", "kernel_size", "pool", "units") if k in preset}
    head = {"units": preset["dense_units"]}
    network = networks.blocks(BLOCKS, 6, branches={"track": {"kind": kind, **body}}, head=head)
    assert difference(network, DATA) < 2e-6


def test_the_network_of_acceptance_agrees(difference):
    names = ("n_blocks", "units", "layers_per_block", "activation", "block_initializer")
    settings = {"kind": "resnet", **{name: LHCB_ACCEPTANCE[name] for name in names}}
    network = networks.blocks(
        {"jet": BLOCKS["jet"]}, 1, branches={"jet": {**settings, "n_blocks": 2, "units": 16}}
    )
    assert difference(network, {"jet": DATA["jet"]}) < 2e-6


@pytest.mark.parametrize("conditioning", sorted(_conditioning.CONDITIONING))
@pytest.mark.parametrize("placement", ["start", "all", "end"])
@pytest.mark.parametrize("body", ["dense", "resnet"])
def test_every_way_of_conditioning_agrees(difference, conditioning, placement, body):
    units = {"dense": (5, 4), "resnet": 4}[body]
    network = networks.parametric(
        {"features": {"kind": "features", "shape": (3,)}},
        1,
        low=[500.0],
        high=[1500.0],
        conditioning=conditioning,
        placement=placement,
        body=body,
        units=units,
        mass_embedding=2 if placement == "all" else 0,
        mass_noise=0.1,
    )
    x = {
        "features": RNG.normal(size=(N_EVENTS, 3)).astype(np.float32) / 2,
        "parameter": RNG.uniform(500, 1500, (N_EVENTS, 1)).astype(np.float32),
    }
    assert difference(network, x) < 5e-6
    fixed = at_parameter(network, [750.0])
    assert difference(fixed, {"features": x["features"]}) < 5e-6


def test_every_layer_of_the_package_is_in_the_table():
    own = {
        name
        for module in (_attention_layers, _conditioning, _padding, _pairs)
        for name, thing in vars(module).items()
        if isinstance(thing, type) and thing.__module__ == module.__name__
    } - {"OfEntries", "Conditioning"}
    assert {f"skhep_nn.{name}" for name in own} <= set(LAYERS.names())
