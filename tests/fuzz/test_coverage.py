"""Every public function and method is called with odd inputs, or is named here with a reason."""

from __future__ import annotations

import re

import pytest

from fuzz import coverage
from fuzz.catalogue import CALLS

# patterns of names, and why what they stand for is not among the calls
NOT_CALLED = {
    r"datasets\.(fetch|load)_\w+": "reads a file of its own; damaged files are tried in files.py, "
    "odd options in tests/datasets/test_options.py",
    r"estimators\.\w+Classifier\.(initialize|partial_fit|set_params|predict_spread)": "of a base "
    "class, called on DenseClassifier",
    r"estimators\.CrossFitClassifier\.(folds|predict|predict_log_proba|score)": "of a base class, "
    "called on EnsembleClassifier; folds are those of EventNumberFold",
    r"metrics\.\w+\.(to_frame|differences|impacts|significance|summary|yields)": "takes nothing",
    r"robustness\.\w+\.(to_frame|row)": "takes nothing",
    r"plotting\.OvertrainingDisplay\.plot": "takes nothing but axes, as from_predictions does",
    r"plotting\.RocPairsDisplay\.auc": "takes nothing",
    r"deploy\.OnnxClassifier\.([gs]et_params|score|set_score_request|get_metadata_routing)": "what "
    "scikit-learn's base classes define; odd arguments are in deploy/onnx/test_classifier.py",
    r"deploy\.map_events": "called where there is dask, which may be absent",
    r"metrics\.SignificanceScan\.at": "SignificanceDisplay calls it with odd cuts",
    r"training\.clear_pool": "takes nothing",
    r"training\.PruningCallback\.\w+": "called by Keras in training",
    r"report\.\w+\.\w+": "what a section gives, made by the report",
}


def test_every_public_function_is_called_with_odd_inputs():
    absent = set(coverage.public()) - coverage.names_reached(CALLS)
    left = {name for name in absent if not any(re.fullmatch(one, name) for one in NOT_CALLED)}
    assert not sorted(left), "add a call to tests/fuzz for these, or a reason here"


@pytest.mark.parametrize("pattern", NOT_CALLED)
def test_nothing_is_excused_that_is_not_there(pattern):
    assert any(re.fullmatch(pattern, name) for name in coverage.public())


def test_what_no_call_reaches_is_told():
    without = [call for call in CALLS if call.name == "roc_curve"]
    assert coverage.names_reached(without) >= {"metrics.roc_curve"}
    assert "metrics.roc_auc" not in coverage.names_reached(without)
