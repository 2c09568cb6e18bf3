from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
from skhep_nn.metrics import figure_of_merit, roc_auc, significance_scan, weighted_ks
loaded = {"tensorflow", "keras", "sklearn", "scipy", "pandas", "matplotlib"} & set(sys.modules)
assert not loaded, loaded
import skhep_nn.metrics
skhep_nn.metrics.make_fom_scorer, skhep_nn.metrics.make_auc_scorer
loaded = {"tensorflow", "keras", "matplotlib"} & set(sys.modules)
assert not loaded, loaded
"""


def test_metrics_need_numpy_only_and_scorers_scikit_learn_but_never_keras():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
