"""TensorFlow starts without notes on the terminal, and other output is passed on."""

from __future__ import annotations

import logging
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


def test_engines_are_no_reason_for_hints_on_retracing_whoever_imported_tensorflow():
    import tensorflow as tf

    import skhep_nn.training  # noqa: F401

    def passes(function):
        text = f"5 out of the last 5 calls to <function {function}> triggered tf.function retracing"
        return tf.get_logger().filter(logging.LogRecord("", 30, "", 0, text, (), None))

    assert not passes("Engine._outputs at 0x1")
    assert not passes("Prediction.trace.<locals>.<lambda> at 0x1")
    assert passes("train_step at 0x1")
