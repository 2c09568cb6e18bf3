"""Calls of the caches, in a folder of their own, as they are and damaged."""

from __future__ import annotations

import os
import pickle
import shutil
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, clone

from fuzz.call import TABLE, Call
from fuzz.files import FOLDER, made
from skhep_nn import MemmapCache, MinMaxScaler, build_cache
from skhep_nn.cache import append_to_cache, open_cache, open_smartbkg_memmap

# what a call may write, it writes here
PLACE = FOLDER / "caches"


@contextmanager
def empty_place():
    """The working folder, for as long as a call takes."""
    before = Path.cwd()
    PLACE.mkdir()
    os.chdir(PLACE)
    try:
        yield
    finally:
        os.chdir(before)
        shutil.rmtree(PLACE)


def built(transformer, **options):
    # what is fitted by one call is not that of the next
    transformer = clone(transformer) if isinstance(transformer, BaseEstimator) else transformer
    with empty_place():
        return contents(build_cache(transformer=transformer, **options, progress=False))


def contents(cache):
    """The numbers of a cache, in memory."""
    if hasattr(cache, "keys"):
        return {name: np.array(cache[name]) for name in cache.keys()}  # noqa: SIM118
    return {"": np.array(cache)}


def transformed(X, **options):
    with empty_place():
        return contents(MemmapCache("cache", **options).fit_transform(X))


def made_cache():
    """A cache of `TABLE`, made once."""
    place = FOLDER / "cache"
    if not place.exists():
        build_cache(str(made("parquet")), None, place, progress=False)
    return place


def opened(directory, verify):
    return contents(open_cache(directory, verify=verify))


def appended(X, chunk_size):
    with empty_place():
        shutil.copytree(made_cache(), "cache")
        append_to_cache("cache", X, chunk_size=chunk_size)
        return contents(open_cache("cache", verify=True))


def opened_damaged(file, length, at, byte):
    """What a cache gives one of whose files was cut off, or has another byte."""
    with empty_place():
        shutil.copytree(made_cache(), "cache")
        paths = sorted(path for path in (PLACE / "cache").iterdir() if path.is_file())
        path = paths[file % len(paths)]
        content = bytearray(path.read_bytes()[:length])
        if content:
            content[at % len(content)] = byte
        path.write_bytes(content)
        return contents(open_cache("cache", verify=True))


def made_memmap():
    """The three files of smartBKG."""
    path = FOLDER / "X.memmap"
    values = np.arange(24, dtype="float32").reshape(2, 3, 4)
    values.tofile(path)
    (FOLDER / "X.memmap.shape").write_bytes(pickle.dumps(values.shape))
    (FOLDER / "X.memmap.dtype").write_bytes(pickle.dumps("float32"))
    return path


def opened_memmap(shape, mode):
    with empty_place():
        for name in ("X.memmap", "X.memmap.shape", "X.memmap.dtype"):
            shutil.copy(FOLDER / name, name)
        (PLACE / "X.memmap.shape").write_bytes(pickle.dumps(shape))
        return np.array(open_smartbkg_memmap("X.memmap", mode=mode))


def opened_memmap_at(path):
    with empty_place():
        return np.array(open_smartbkg_memmap(path))


def check_same(got, **arguments):
    for name, values in TABLE.items():
        np.testing.assert_allclose(got[name][: len(values)], values, rtol=1e-6)


def check_appended(got, X, chunk_size):
    check_same(got)
    assert len({len(values) for values in got.values()}) == 1


WORDS = (
    "cache",
    "file",
    "directory",
    "columns",
    "column",
    "transformer",
    "X",
    "block",
    "array",
    "events",
    "shape",
    "chunk",
)
SOURCE = str(made("parquet"))
CALLS = [
    Call(
        "build_cache",
        built,
        {
            "files": SOURCE,
            "transformer": MinMaxScaler(),
            "directory": "cache",
            "columns": ["pt", "eta"],
            "cut": None,
            "n_max": None,
            "dtype": "float32",
            "chunk_size": 5,
            "verify": False,
        },
        None,
        WORDS,
        fixed=("files",),
        cost=10,
    ),
    Call(
        "MemmapCache",
        transformed,
        {"X": TABLE.to_numpy()},
        None,
        WORDS,
        masked=("X",),
        cost=5,
    ),
    Call("MemmapCache of a frame", transformed, {"X": TABLE}, None, WORDS, cost=5),
    Call(
        "MemmapCache of options",
        transformed,
        {"X": TABLE, "dtype": "float32", "chunk_size": 5, "exclude": (), "verify": False},
        None,
        WORDS,
        fixed=("X",),
        cost=5,
    ),
    Call(
        "open_cache",
        opened,
        {"directory": str(made_cache()), "verify": True},
        None,
        WORDS,
        cost=2,
    ),
    Call(
        "append_to_cache",
        appended,
        {"X": TABLE.assign(n=np.arange(len(TABLE), dtype="int32")), "chunk_size": 5},
        check_appended,
        WORDS,
        cost=10,
    ),
    Call(
        "a damaged cache",
        opened_damaged,
        {"file": 0, "length": 1 << 20, "at": 0, "byte": ord("{")},
        check_same,
        ("cache", "damaged"),
        odd={
            "file": st.integers(0, 20),
            "length": st.one_of(st.integers(0, 4000), st.just(1 << 20)),
            "at": st.integers(0, 4000),
            "byte": st.integers(0, 255),
        },
        together=True,
        cost=5,
    ),
    Call("open_smartbkg_memmap", opened_memmap_at, {"path": str(made_memmap())}, None, WORDS),
    Call(
        "open_smartbkg_memmap of a shape",
        opened_memmap,
        {"shape": (2, 3, 4), "mode": "r"},
        None,
        ("X.memmap", *WORDS),
        # no class of the tests is written into a file
        odd={"shape": st.sampled_from([(1, 2), (), [], -1, 2.5, "a", None, (10**20,), (24,)])},
    ),
]
