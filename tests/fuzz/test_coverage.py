"""Every public function and method is called with odd inputs, or is named here with a reason."""

from __future__ import annotations

import re

import pytest

from fuzz import coverage
from fuzz.catalogue import CALLS

# patterns of names, and why what they stand for is not among the calls
NOT_CALLED = {
    r"datasets\.(fetch|load)_\w+": "reads a file of its own; damaged files are tried in files.py",
    r"estimators\.\w+Classifier\.(initialize|partial_fit|set_params|predict_spread)": "of a base "
    "class, called on DenseClassifier",
    r"metrics\.\w+\.(to_frame|differences|summary)": "takes nothing",
    r"metrics\.SignificanceScan\.at": "SignificanceDisplay calls it with odd cuts",
}
# newer than the calls: their own tests try what is odd
NOT_YET = (
    r"datasets\.make_\w+",
    r"estimators\.(Calibrated|CrossFit|Ensemble)Classifier\.\w+",
    r"estimators\.(LikelihoodRatio|Reweighter|RatioClassifier)\w*\.\w+",
    r"metrics\.Templates\.\w+",
    r"metrics\.(binned_significance|brier_score|calibration_curve|expected_calibration_error)",
    r"metrics\.(fold_spread|log_loss|make_binned_scorer|optimise_binning|overtraining_test)",
    r"metrics\.(sculpting|reweighting_test)",
    r"deploy\.map_events",
    r"preprocessing\.\w+\.merge",
    r"metrics\.(bias_study|closure_tests|threshold_at)",
    r"plotting\.(Calibration|Importance|Overtraining|Reweight\w*)Display\.\w+",
    r"plotting\.(Bias|ClosurePanels|ParameterMap|RocPairs|ScorePanels)Display\.\w+",
    r"plotting\.(Sculpting|Templates|Variations)Display\.\w+",
    r"plotting\.SignificanceDisplay\.from_binned",
    r"robustness\.\w+(\.\w+)?",
)


def test_every_public_function_is_called_with_odd_inputs():
    absent = set(coverage.public()) - coverage.names_reached(CALLS)
    left = {
        name
        for name in absent
        if not any(re.fullmatch(one, name) for one in (*NOT_CALLED, *NOT_YET))
    }
    assert not sorted(left), "add a call to tests/fuzz for these, or a reason here"


@pytest.mark.parametrize("pattern", [*NOT_CALLED, *NOT_YET])
def test_nothing_is_excused_that_is_not_there(pattern):
    assert any(re.fullmatch(pattern, name) for name in coverage.public())


def test_what_no_call_reaches_is_told():
    without = [call for call in CALLS if call.name == "roc_curve"]
    assert coverage.names_reached(without) >= {"metrics.roc_curve"}
    assert "metrics.roc_auc" not in coverage.names_reached(without)
