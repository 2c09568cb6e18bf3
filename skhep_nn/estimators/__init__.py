"""Classifiers: scikit-learn on the outside, networks and training inside."""

from __future__ import annotations

import skhep_nn._tensorflow  # noqa: F401  (before anything that imports it with its notes)
from skhep_nn import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    {
        "._keras._classifier": ["KerasClassifier"],
        "._blocks._classifier": ["BlockClassifier"],
        "._blocks._cnn": ["CNNClassifier"],
        "._calibration._classifier": ["CalibratedClassifier"],
        "._calibration._likelihood_ratio": ["LikelihoodRatio"],
        "._dense": ["DenseClassifier"],
        "._members._cross_fit": ["CrossFitClassifier"],
        "._members._ensemble": ["EnsembleClassifier"],
        "._parametric._individual": ["IndividualMassClassifier"],
        "._parametric._classifier": ["ParametricClassifier"],
        "._blocks._lstm": ["LSTMClassifier"],
        "._presets": [
            "CMS_BINARY",
            "CMS_MULTICLASS",
            "GN2",
            "INFN_CNN",
            "INFN_LSTM",
            "LHCB_ACCEPTANCE",
            "LHCB_EFFICIENCY",
            "PART",
            "SMARTBKG_LSTM",
            "SMARTBKG_RESNET",
        ],
        "._blocks._resnet": ["ResNetClassifier"],
    },
)
