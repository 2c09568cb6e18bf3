"""Networks of published analyses, as constructor arguments of the classifiers.

Each can be changed as any other: ``ResNetClassifier(**{**LHCB_ACCEPTANCE, "n_blocks": 5})``.
"""

from __future__ import annotations

# How the published scripts train: features as they come, one learning rate.
_AS_PUBLISHED = {
    "optimizer": "adam",
    "learning_rate_schedule": "constant",
    "epochs": 100,
    "input_scaling": None,
    "feature_scale": False,
}

# the slope of Keras' layer, which the scripts use; that of the function "leaky_relu" is 0.2
_LEAKY_RELU = {
    "module": "keras.layers",
    "class_name": "LeakyReLU",
    "config": {"negative_slope": 0.3},
    "registered_name": None,
}
_LAYERS = {"activation": _LEAKY_RELU, "batch_normalization": "hidden"}

#: CMS tutorial on stop quarks, one lepton, signal against background: arguments of
#: `DenseClassifier` for 12 features in [-1, 1]; 3,251 parameters (notebook of the tutorial "NN in
#: CMS").
CMS_BINARY = {
    **_AS_PUBLISHED,
    "units": (50, 50),
    "activation": "relu",
    "kernel_initializer": "he_normal",
    "dropout": 0.0,
    "learning_rate": 5e-3,
    "batch_size": 5000,
    "epochs": 2000,
    "patience": 100,
}

#: The same, each process a class of its own: arguments of `DenseClassifier`; 12,405 parameters with
#: 17 features and five classes (there).
CMS_MULTICLASS = {
    **_AS_PUBLISHED,
    "units": (100, 100),
    "activation": "tanh",
    "kernel_initializer": "he_normal",
    "dropout": 0.0,
    "learning_rate": 5e-3,
    "learning_rate_schedule": "inverse_time",
    "decay": 1e-3,
    "batch_size": 500,
    "epochs": 300,
}

#: Belle II selective simulation, the combined network of residual convolutions on particles and
#: wide convolutions on decay strings: arguments of `BlockClassifier` for the blocks ``particle``
#: (100, 13), ``pdg`` (100,), ``mother_pdg`` (100,) and ``decay`` (150,); 193,274 parameters with a
#: vocabulary of 542 and ``input_scaling=None, feature_scale=False`` (class CNN_ResNet of
#: github.com/kahn-jms/smartBKG). It trains as classifiers come: a constant rate and the epoch
#: chosen by validation, as published, need far larger samples.
SMARTBKG_RESNET = {
    "branches": {
        "decay": {
            "kind": "cnn",
            "filters": 64,
            "kernel_size": (4, 5, 6, 7, 8, 9),
            "dense_units": (128, 32),
            "dense_dropout": (0.2, 0.0),
            **_LAYERS,
        },
        "particle": {
            "kind": "resnet",
            "tokens": ("pdg", "mother_pdg"),
            "n_blocks": 4,
            "filters": 64,
            "kernel_size": (4, 3, 3, 3),
            **_LAYERS,
        },
    },
    "shared_embeddings": (("pdg", "mother_pdg"),),
    "head": {"units": (256, 128), "dropout": (0.4, 0.0), "activation": _LEAKY_RELU},
    "embedding_size": 8,
}

#: Belle II selective simulation, convolutions on particles and an LSTM on decay strings: arguments
#: of `BlockClassifier` for the same blocks; 488,065 parameters, as above (class CNN_LSTM, there).
#: It trains as classifiers come, too.
SMARTBKG_LSTM = {
    "branches": {
        "decay": {
            "kind": "lstm",
            "units": 64,
            "convolutions_first": 64,
            "kernel_size": 3,
            "pool_size": 2,
            "dense_units": (256, 32),
            "dense_dropout": (0.3, 0.0),
            **_LAYERS,
        },
        "particle": {
            "kind": "cnn",
            "tokens": ("pdg", "mother_pdg"),
            "filters": (64,) * 6,
            "kernel_size": (4, 4, 3, 3, 3, 3),
            "pool_size": (1, 2, 1, 1, 1, 1),
            **_LAYERS,
        },
    },
    "shared_embeddings": (("pdg", "mother_pdg"),),
    "head": {"units": (512, 512, 64), "dropout": (0.4, 0.2, 0.0), "activation": _LEAKY_RELU},
    "embedding_size": 8,
}

#: b-tagging at the INFN school, an LSTM on tracks: arguments of `LSTMClassifier` for 10 tracks of
#: 21 features and 19 features of the jet; 99,922 parameters with six classes (notebook btaggingTom
#: of github.com/tommasoboccali/ml_infn_hackBase).
INFN_LSTM = {
    **_AS_PUBLISHED,
    "units": 64,
    "dense_units": (200, 100, 100, 100, 100, 100),
    "dense_dropout": 0.25,
    "batch_size": 512,
    "patience": 30,
}

#: b-tagging at the INFN school, 1x1 convolutions on tracks: arguments of `CNNClassifier` for the
#: same jets; 76,894 parameters.
INFN_CNN = {
    **_AS_PUBLISHED,
    "filters": (64, 32, 8, 4),
    "kernel_size": 1,
    "pool": "flatten",
    "dropout": (0.25, 0.25, 0.25, 0.0),
    "dense_units": (200, 100, 100, 100, 100, 100),
    "dense_dropout": 0.25,
    "batch_size": 512,
    "patience": 10,
    "learning_rate_schedule": "plateau",
    "plateau_factor": 0.1,
    "plateau_patience": 2,
}

_LHCB = {
    **_AS_PUBLISHED,
    "units": 128,
    "layers_per_block": 1,
    "dropout": 0.0,
    "activation": "tanh",
    "kernel_initializer": "he_normal",
    "output_initializer": "he_normal",
    "l2": 1e-3,
    "optimizer": "rmsprop",
    "batch_size": 100_000,
    "epochs": 50,
}

#: LHCb's parametrised simulation, whether a particle is in acceptance: arguments of
#: `ResNetClassifier` for 12 features; 166,913 parameters (notebook Acceptance of
#: github.com/landerlini/lb-trksim-train).
LHCB_ACCEPTANCE = {
    **_LHCB,
    "n_blocks": 10,
    "block_initializer": "zeros",
    "block_l2": 0.0,
    "phases": (
        {"learning_rate": 1e-2, "label_smoothing": 0.01, "patience": 3},
        {"learning_rate": 1e-3, "patience": 5},
    ),
}

#: LHCb's parametrised simulation, in which of four ways a particle is reconstructed: arguments of
#: `ResNetClassifier`; 84,740 parameters with 12 features and four classes (there).
LHCB_EFFICIENCY = {**_LHCB, "n_blocks": 5}

_ATTENTION = {
    "kind": "attention",
    "units": 64,
    "n_heads": 4,
    "dropout": 0.1,
}
_TRAINED_AS_ATTENTION = {
    "optimizer": "adamw",
    "optimizer__weight_decay": 0.02,
    "learning_rate": 1e-3,
}

#: A particle transformer after CMS' ParT (arXiv:2202.03772), sized for 10,000 to a million jets:
#: arguments of `BlockClassifier` for the blocks ``particle`` (length, features) and ``momentum``
#: (length, 4), four-momenta (px, py, pz, E) in any unit; published are 8 blocks of 128.
PART = {
    "branches": {
        "particle": {
            **_ATTENTION,
            "n_blocks": 3,
            "pairwise": "momentum",
            "pairwise_units": (32, 32),
            "pool": "class",
            "n_class_blocks": 2,
        },
    },
    **_TRAINED_AS_ATTENTION,
}

#: Tracks in the light of their jet, after ATLAS' GN2 (arXiv:2505.19689), sized for 10,000 to a
#: million jets: arguments of `BlockClassifier` for the blocks ``track`` (length, features) and
#: ``jet`` (features), which joins each track; the published network is larger and has more tasks.
GN2 = {
    "branches": {
        "track": {**_ATTENTION, "n_blocks": 3, "features": ("jet",), "pool": "attention"},
    },
    "head": {"units": (64, 32), "dropout": 0.1},
    **_TRAINED_AS_ATTENTION,
}
