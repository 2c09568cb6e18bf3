"""Pictures as scikit-learn draws them: Display classes, with event weights and their errors."""

from __future__ import annotations

from skhep_nn import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    {
        "._auc_by_parameter": ["AUCByParameterDisplay"],
        "._bias": ["BiasDisplay"],
        "._calibration": ["CalibrationDisplay"],
        "._closure": ["ClosureDisplay"],
        "._closure_panels": ["ClosurePanelsDisplay"],
        "._confusion_matrix": ["ConfusionMatrixDisplay"],
        "._history": ["HistoryDisplay"],
        "._importance": ["ImportanceDisplay"],
        "._input_variables": ["InputVariablesDisplay"],
        "._overtraining": ["OvertrainingDisplay"],
        "._reweighter": ["ReweighterDisplay"],
        "._roc": ["RocDisplay"],
        "._roc_pairs": ["RocPairsDisplay"],
        "._parameter_map": ["ParameterMapDisplay"],
        "._score_panels": ["ScorePanelsDisplay"],
        "._scores": ["ScoreDisplay"],
        "._scores_by_parameter": ["ScoreByParameterDisplay"],
        "._sculpting": ["SculptingDisplay"],
        "._significance": ["SignificanceDisplay"],
        "._significance_by_parameter": ["SignificanceByParameterDisplay"],
        "._templates": ["TemplatesDisplay"],
        "._variations": ["VariationsDisplay"],
    },
)
