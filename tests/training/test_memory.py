from __future__ import annotations

import gc
import subprocess
import sys

import keras
import numpy as np
import pytest

from skhep_nn import DenseClassifier
from skhep_nn.estimators._fit import _initial
from skhep_nn.estimators._fit._recipe import Recipe
from skhep_nn.training._pool import POOL

SAMPLE = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 2

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
@pytest.mark.parametrize(
    ("name", "n_fits", "megabytes"), [("DenseClassifier", 200, 30), ("KerasClassifier", 35, 50)]
)
def test_many_fits_hardly_grow_the_process(name, n_fits, megabytes):
    done = subprocess.run(
        [sys.executable, "-c", FITS, name, str(n_fits)], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < megabytes


def test_fits_with_new_seeds_build_no_network(monkeypatch):
    built = []
    build = Recipe.build
    monkeypatch.setattr(Recipe, "build", lambda recipe: built.append(recipe) or build(recipe))
    POOL.clear()
    _initial.ARCHITECTURES.clear()
    for seed in range(20):
        DenseClassifier((3,), epochs=1, verbose=0, random_state=seed).fit(*SAMPLE)
    # one to know what an architecture starts with, one that is trained
    assert len(built) == 2


def test_starts_with_new_seeds_leave_no_variable_behind():
    recipe = DenseClassifier((4,), random_state=0).initialize(*SAMPLE).network_.recipe

    def count():
        gc.collect()
        return sum(isinstance(thing, keras.Variable) for thing in gc.get_objects())

    _initial.initial(recipe, 0)
    before = count()
    for seed in range(1, 50):
        _initial.initial(recipe, seed)
    assert count() <= before
    assert len(_initial.STARTS) <= _initial.REMEMBERED
