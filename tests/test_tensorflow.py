"""TensorFlow starts without notes on the terminal, and other output is passed on."""

from __future__ import annotations

import os
import subprocess
import sys

import joblib

from skhep_nn import DenseClassifier

CODE = """
import sys
from skhep_nn import _lazy
import skhep_nn._tensorflow as start
from skhep_nn import DenseClassifier
with start.without_notes():
    sys.stderr.write("I0000 00:00:1.2 1 port.cc:153] a note\\n")
    sys.stderr.write("what a user wants to see\\n")
    sys.stderr.flush()
DenseClassifier(units=(2,), epochs=1, verbose=0).fit([[0.0], [1.0]] * 5, [0, 1] * 5)
"""


def test_only_other_output_reaches_the_terminal():
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stderr.splitlines() == ["what a user wants to see"]


def test_loading_a_model_in_a_new_process_writes_no_notes(tmp_path):
    path = tmp_path / "model.joblib"
    joblib.dump(DenseClassifier(units=(2,), epochs=1).fit([[0.0], [1.0]] * 5, [0, 1] * 5), path)
    code = f"import joblib; print(joblib.load({str(path)!r}).predict([[0.0]]).shape)"
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert (done.stdout.strip(), done.stderr) == ("(1,)", "")


def test_the_environment_is_as_before():
    code = (
        "import os; before = dict(os.environ); import skhep_nn.estimators; "
        "print(os.environ == before)"
    )
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip() == "True"
