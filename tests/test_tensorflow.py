"""TensorFlow starts without notes on the terminal, and other output is passed on."""

from __future__ import annotations

import os
import subprocess
import sys

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
