"""Weighted figures of merit, ROC, cut scans and scikit-learn scorers for simulated events."""

from __future__ import annotations

from skhep_nn import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    {
        "._figure_of_merit": ["figure_of_merit"],
        "._kolmogorov_smirnov": ["KSResult", "weighted_ks"],
        "._roc_auc": ["roc_auc", "roc_curve"],
        "._scorer": ["make_auc_scorer", "make_fom_scorer"],
        "._significance_scan": ["SignificanceScan", "WorkingPoint", "significance_scan"],
    },
)
