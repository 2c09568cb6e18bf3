"""Neural networks for particle physics, as scikit-learn estimators that carry event weights."""

from __future__ import annotations

from skhep_nn import _lazy
from skhep_nn._version import __version__

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    {
        ".cache": ["MemmapCache", "build_cache"],
        ".datasets": [],
        ".events": ["BlockKind", "EventBlocks"],
        ".exceptions": [],
        ".io": [],
        ".metrics": [
            "Templates",
            "binned_significance",
            "make_auc_scorer",
            "make_binned_scorer",
            "make_fom_scorer",
            "make_parametric_auc_scorer",
            "optimise_binning",
            "overtraining_test",
            "sculpting",
            "significance_scan",
        ],
        ".model_selection": [
            "EventNumberFold",
            "LeaveOneMassOut",
            "train_validation_test_split",
        ],
        ".plotting": [],
        ".preprocessing": ["EventWeightBalancer", "MinMaxScaler", "RobustClipScaler"],
        ".report": ["Report"],
        ".robustness": ["evaluate_variations", "feature_importance", "gradient_importance"],
        ".estimators": [
            "BlockClassifier",
            "CNNClassifier",
            "CalibratedClassifier",
            "CrossFitClassifier",
            "DenseClassifier",
            "EnsembleClassifier",
            "IndividualMassClassifier",
            "KerasClassifier",
            "LSTMClassifier",
            "LikelihoodRatio",
            "ParametricClassifier",
            "ResNetClassifier",
        ],
        ".deploy": [
            "OnnxClassifier",
            "apply",
            "export_onnx",
            "load_onnx",
            "map_events",
            "verify_onnx",
        ],
    },
)
__all__ += ["__version__"]
