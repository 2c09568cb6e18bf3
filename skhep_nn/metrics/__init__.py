"""Weighted figures of merit, ROC, cut scans and scikit-learn scorers for simulated events."""

from __future__ import annotations

from skhep_nn import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    {
        "._calibration_curve": ["CalibrationCurve", "calibration_curve"],
        "._calibration_error": ["CalibrationError", "expected_calibration_error"],
        "._bias_study": ["BiasStudy", "bias_study"],
        "._binned._limit": ["ExpectedLimit"],
        "._binned._optimise": ["optimise_binning"],
        "._binned._significance": ["BinnedSignificance", "binned_significance"],
        "._binned._templates": ["Templates"],
        "._binned_scorer": ["make_binned_scorer"],
        "._closure_test": ["ClosureTest", "closure_test"],
        "._closure_tests": ["ClosureTests", "closure_tests"],
        "._by_parameter": [
            "auc_by_parameter",
            "auc_by_parameter_from_scores",
            "significance_by_parameter",
            "significance_by_parameter_from_scores",
        ],
        "._by_parameter_scorer": ["make_parametric_auc_scorer"],
        "._estimate": ["Estimate"],
        "._figure_of_merit": ["figure_of_merit"],
        "._fold_spread": ["FoldSpread", "fold_spread"],
        "._kolmogorov_smirnov": ["KSResult", "weighted_ks"],
        "._overtraining": ["Comparison", "OvertrainingTest", "overtraining_test"],
        "._reweighting_test": ["ReweightingTest", "reweighting_test"],
        "._roc_auc": ["roc_auc", "roc_curve"],
        "._roc_auc_error": ["roc_auc_error"],
        "._scoring_rules": ["brier_score", "log_loss"],
        "._scorer": ["make_auc_scorer", "make_fom_scorer"],
        "._sculpting": ["Sculpting", "sculpting"],
        "._significance_scan": ["SignificanceScan", "WorkingPoint", "significance_scan"],
        "._threshold_at": ["threshold_at"],
    },
)
