from __future__ import annotations

import subprocess
import sys

import pytest

FITS = """
import resource, sys
import keras, numpy as np
from skhep_nn import DenseClassifier, KerasClassifier

rng = np.random.default_rng(0)
y = rng.integers(2, size=60)
X = rng.normal(size=(60, 3))

def network(meta):
    return keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(1, activation="sigmoid")]
    )

def resident():
    pages = int(open("/proc/self/statm").read().split()[1])
    return pages * resource.getpagesize() / 2**20

made = {
    "DenseClassifier": lambda n: DenseClassifier((2,), epochs=1, verbose=0, random_state=n),
    "KerasClassifier": lambda n: KerasClassifier(network, epochs=1, verbose=0, random_state=n),
}[sys.argv[1]]
for number in range(int(sys.argv[2])):
    made(number).fit(X, y).predict_proba(X)
    if number == 9:
        before = resident()
print(resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
# a classifier of our own uses one network again and again; the user's is traced in each fit, where
# every trace once kept 3 MB for ever
@pytest.mark.parametrize(("name", "n_fits"), [("DenseClassifier", 200), ("KerasClassifier", 60)])
def test_many_fits_grow_the_process_by_less_than_100_megabytes(name, n_fits):
    done = subprocess.run(
        [sys.executable, "-c", FITS, name, str(n_fits)], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 100
