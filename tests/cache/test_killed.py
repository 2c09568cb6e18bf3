"""Caches of processes that were killed at every moment that makes a difference."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pandas as pd
import pytest

from skhep_nn import MinMaxScaler
from skhep_nn.cache import MemmapCache, append_to_cache, build_cache, open_cache

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

PATCHES = """
from skhep_nn.cache._npy import NpyWriter
NpyWriter.write = touching(NpyWriter.write)
"""
TRANSFORM = """
import numpy as np
from skhep_nn.cache import MemmapCache
X = np.arange(40.0).reshape(20, 2)
cache = MemmapCache("unset", chunk_size=7).fit(X)
def run(folder):
    cache.set_params(directory=folder).transform(X)
"""
BUILD = """
import numpy as np
from skhep_nn import MinMaxScaler
from skhep_nn.cache import build_cache
def run(folder):
    build_cache(folder + "/a.csv", MinMaxScaler(), folder + "/cache", chunk_size=7, progress=False)
"""
APPEND = """
import numpy as np
from skhep_nn.cache import append_to_cache
def run(folder):
    append_to_cache(folder + "/cache", np.ones((5, 2)), chunk_size=3)
"""


def every_moment(run, folders):
    """Folders in which a process was killed, one for each touch of the disk."""
    for number, folder in enumerate(folders, start=1):
        if not run(folder, number):
            break
        yield folder
    assert number > 10


def numbered(tmp_path):
    number = 0
    while True:
        number += 1
        folder = tmp_path / str(number)
        folder.mkdir()
        yield folder


def visible(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_a_killed_transform_leaves_no_cache_or_a_whole_one(tmp_path, killed_at):
    X = np.arange(40.0).reshape(20, 2)
    states = set()
    with killed_at(TRANSFORM, PATCHES) as run:
        for folder in every_moment(run, numbered(tmp_path)):
            caches = visible(folder)
            states.add((len(caches), len(list(folder.iterdir())) > len(caches)))
            for cache in caches:
                np.testing.assert_array_equal(open_cache(folder / cache, verify=True), X)
            # the next run cleans up, and has its cache
            np.testing.assert_array_equal(MemmapCache(folder).fit_transform(X), X)
            assert list(folder.iterdir()) == [open_cache(folder).filename.parent]
    # some were killed half way, and some behind the moment in which the cache has its name
    assert (0, True) in states
    assert {n_caches for n_caches, _ in states} == {0, 1}


def test_a_killed_build_leaves_no_cache_or_a_whole_one(tmp_path, killed_at):
    events = pd.DataFrame({"pt": np.arange(20.0), "eta": np.arange(20.0) % 3})
    expected = MinMaxScaler().fit_transform(events)

    def with_files():
        for folder in numbered(tmp_path):
            events.to_csv(folder / "a.csv", index=False)
            yield folder

    found = set()
    with killed_at(BUILD, PATCHES) as run:
        for folder in every_moment(run, with_files()):
            whole = (folder / "cache").exists()
            found.add(whole)
            if whole:
                open_cache(folder / "cache", verify=True)
            scaler = MinMaxScaler()
            out = build_cache(folder / "a.csv", scaler, folder / "cache", progress=False)
            np.testing.assert_allclose(out["pt"], expected["pt"], rtol=1e-6)
            assert scaler.data_max_.tolist() == [19.0, 2.0]
            assert sorted(path.name for path in folder.iterdir()) == ["a.csv", "cache"]
    assert found == {True, False}


def test_a_killed_append_leaves_the_events_of_before_or_all(tmp_path, killed_at):
    MemmapCache(tmp_path / "made").fit_transform(np.zeros((20, 2)))
    (made,) = (tmp_path / "made").iterdir()

    def with_cache():
        for folder in numbered(tmp_path):
            shutil.copytree(made, folder / "cache")
            yield folder

    found = set()
    with killed_at(APPEND, PATCHES) as run:
        for folder in every_moment(run, with_cache()):
            n_events = len(open_cache(folder / "cache", verify=True))
            found.add(n_events)
            out = append_to_cache(folder / "cache", np.full((1, 2), 7.0))
            assert out.sum() == 10 * (n_events == 25) + 14
            assert len(np.load(folder / "cache" / "X.npy")) == n_events + 1
            assert len(open_cache(folder / "cache", verify=True)) == n_events + 1
            assert visible(folder / "cache") == ["X.npy", "cache.json"]
            assert len(list((folder / "cache").iterdir())) == 2
    assert found == {20, 25}
