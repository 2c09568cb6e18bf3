"""Same events in, same numbers out; nothing global is disturbed."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from skhep_nn import DenseClassifier
from skhep_nn.training._pool import POOL

FEATURES = ["pt", "eta", "mt"]

PROGRAM = """
import sys, numpy as np
from skhep_nn import DenseClassifier
rng = np.random.default_rng(0)
X = rng.normal(size=(3000, 12)).astype("float32")
y = (X[:, 0] + rng.normal(size=3000) > 0).astype(int)
clf = DenseClassifier(units=(50, 50), dropout=0.1, batch_size=500, epochs=3, random_state=0)
sys.stdout.write(clf.fit(X, y).predict_proba(X).tobytes().hex())
"""


@pytest.mark.parametrize("architecture", [{}, {"dropout": 0.5, "batch_normalization": "all"}])
def test_two_fits_are_identical(dense, sample, architecture):
    X, y = sample
    fits = [dense(weight_column="weight", **architecture).fit(X, y) for _ in range(2)]
    assert (fits[0].predict_proba(X) == fits[1].predict_proba(X)).all()
    assert fits[0].history_ == fits[1].history_


def test_a_resident_network_gives_the_numbers_of_a_new_one(dense, sample):
    X, y = sample
    POOL.clear()
    new = dense(dropout=0.5).fit(X, y)
    dense(dropout=0.5, random_state=1).fit(X, y)
    resident = dense(dropout=0.5).fit(X, y)
    assert (new.predict_proba(X) == resident.predict_proba(X)).all()
    POOL.clear()
    assert (new.predict_proba(X) == resident.predict_proba(X)).all()


def test_classifiers_of_one_architecture_do_not_mix(dense, sample):
    X, y = sample
    one, other = dense(random_state=1).fit(X, y), dense(random_state=2).fit(X, y)
    before = one.predict_proba(X), other.predict_proba(X)
    assert (before[0] != before[1]).any()
    dense(random_state=3).fit(X, y)
    assert (one.predict_proba(X) == before[0]).all()
    assert (other.predict_proba(X) == before[1]).all()


def test_schedules_of_one_architecture_do_not_mix(dense, sample):
    # a resident network at a constant rate must not serve one with a schedule
    X, y = sample
    POOL.clear()
    scheduled = {"learning_rate_schedule": "inverse_time", "decay": 1.0}
    alone = dense(**scheduled).fit(X, y)
    dense().fit(X, y)
    after = dense(**scheduled).fit(X, y)
    assert (alone.predict_proba(X) == after.predict_proba(X)).all()
    assert (alone.predict_proba(X) != dense().fit(X, y).predict_proba(X)).any()


def test_without_random_state_two_fits_differ(dense, sample):
    X, y = sample
    fits = [dense(random_state=None).fit(X, y) for _ in range(2)]
    assert (fits[0].predict_proba(X) != fits[1].predict_proba(X)).any()


def test_a_random_state_object_does_not_advance(dense, sample):
    X, y = sample
    state = np.random.RandomState(0)
    clf = dense(random_state=state)
    assert (clf.fit(X, y).predict_proba(X) == clf.fit(X, y).predict_proba(X)).all()
    assert state.randint(1000) == np.random.RandomState(0).randint(1000)


@pytest.mark.parametrize("random_state", [0, None])
def test_global_generators_are_not_disturbed(dense, sample, random_state):
    def draw():
        return random.random(), float(np.random.rand()), float(tf.random.uniform([]))

    X, y = sample
    for fit in (False, True):
        random.seed(7)
        np.random.seed(7)
        tf.random.set_seed(7)
        if fit:
            drawn_after_fit = dense(random_state=random_state, dropout=0.5).fit(X, y) and draw()
        else:
            drawn = draw()
    assert drawn_after_fit == drawn


def test_the_number_of_threads_changes_no_bit():
    predictions = []
    for threads in ("1", "2"):
        environment = os.environ | {
            "TF_NUM_INTRAOP_THREADS": threads,
            "TF_NUM_INTEROP_THREADS": threads,
        }
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        predictions.append(done.stdout)
    assert len(predictions[0]) == 3000 * 2 * 4 * 2
    assert predictions[0] == predictions[1]


def test_the_order_of_the_fits_does_not_matter(sample):
    X, y = sample
    seeds = [1, 2]
    fits = {}
    for order in (seeds, seeds[::-1]):
        for seed in order:
            clf = DenseClassifier((8,), epochs=2, batch_size=64, random_state=seed, verbose=0)
            fits.setdefault(seed, []).append(clf.fit(X, y).predict_proba(X))
    for first, second in fits.values():
        assert (first == second).all()


def test_numpy_numbers_in_parameters_name_the_same_architecture():
    x, y = np.linspace(-1, 1, 20)[:, None], np.arange(20) % 2
    classifiers = [
        DenseClassifier(units=units, epochs=1, random_state=1).fit(x, y)
        for units in ((3,), (np.int64(3),))
    ]
    keys = {classifier.network_.recipe.key() for classifier in classifiers}
    assert len(keys) == 1
    assert keys != {None}
