"""Calls of the readers on small files of each format, as they are and damaged."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import uproot
from hypothesis import strategies as st

from fuzz.call import TABLE, Call
from skhep_nn.io import iterate_events, open_events, read_events

FOLDER = Path(tempfile.mkdtemp(prefix="skhep_nn_fuzz_"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
EVENTS = TABLE.assign(n=np.arange(len(TABLE), dtype="int32"))


def made(suffix):
    """A file with `EVENTS`."""
    path = FOLDER / f"events.{suffix}"
    MAKERS[suffix](path)
    return path


def _npz(path):
    np.savez(path, **{name: EVENTS[name].to_numpy() for name in EVENTS})


def _hdf5(path):
    with h5py.File(path, "w") as file:
        for name in EVENTS:
            file[name] = EVENTS[name].to_numpy()


def _root(path):
    with uproot.recreate(path) as file:
        file.mktree("events", {name: EVENTS[name].dtype for name in EVENTS})
        file["events"].extend({name: EVENTS[name].to_numpy() for name in EVENTS})


MAKERS = {
    "csv": lambda path: EVENTS.to_csv(path, index=False),
    "parquet": EVENTS.to_parquet,
    "feather": EVENTS.to_feather,
    "npz": _npz,
    "h5": _hdf5,
    "root": _root,
}


def read(**options):
    return read_events(**options)


def read_in_chunks(**options):
    return pd.concat(list(iterate_events(**options)), ignore_index=True)


def read_late(**options):
    opened = open_events(**options)
    return pd.DataFrame({name: np.asarray(values) for name, values in opened.items()})


def check(got, files, columns=None, cut=None, n_max=None, **options):
    """The events of the file, those of the cut and the columns that were asked for."""
    expected = EVENTS.query("n > 3") if cut else EVENTS
    n = len(expected) if n_max is None else int(n_max)
    wanted = list(EVENTS) if columns is None else np.atleast_1d(columns).tolist()
    # HDF5 has its datasets in alphabetical order
    assert (list(got) if columns is not None else sorted(got)) == (
        wanted if columns is not None else sorted(wanted)
    )
    for name in wanted:
        values = np.asarray(got[name], dtype=float)
        np.testing.assert_allclose(values, expected[name].to_numpy()[:n], rtol=1e-12)


def damaged(suffix):
    """Calls that read, or open, the file with some bytes cut off, or set to other values."""
    content = made(suffix).read_bytes()

    def damage(length, at, byte):
        path = FOLDER / f"damaged.{suffix}"
        changed = bytearray(content[:length])
        if changed:
            changed[at % len(changed)] = byte
        path.write_bytes(changed)
        return path

    places = {"length": len(content), "at": 0, "byte": content[0]}
    odd = {
        "length": st.one_of(st.integers(0, len(content)), st.just(len(content))),
        "at": st.integers(0, len(content)),
        "byte": st.integers(0, 255),
    }
    return [
        Call(
            f"a damaged {suffix} file{where}",
            lambda function=function, **places: function(files=damage(**places)),
            places,
            None,
            ("damaged.",),
            cost=4,
            odd=odd,
            together=True,
        )
        for where, function in (("", read_events), (", opened", read_late))
    ]


OPTIONS = {"columns": ["pt", "n"], "cut": "n > 3", "n_max": 5}
WORDS = ("events.", "file", "column", "cut", "empty", "chunk", "path")

CALLS = [
    *[
        Call(
            f"read_events of {suffix}",
            read,
            {"files": str(made(suffix)), **OPTIONS},
            check,
            WORDS,
            fixed=("files",),
            cost=2,
        )
        for suffix in MAKERS
    ],
    Call(
        "read_events of options",
        read,
        {
            "files": str(FOLDER / "events.csv"),
            "tree": None,
            "names": None,
            "empty": "error",
            "separator": None,
            "comment": None,
        },
        None,
        WORDS,
        cost=2,
    ),
    Call(
        "iterate_events",
        read_in_chunks,
        {"files": str(FOLDER / "events.parquet"), "chunk_size": 5, "progress": False, **OPTIONS},
        None,
        WORDS,
        fixed=("files", "cut", "columns"),
        cost=2,
    ),
    *[
        Call(
            f"open_events of {suffix}",
            read_late,
            {"files": str(made(suffix)), "columns": ["pt", "n"], "cut": "n > 3"},
            check,
            WORDS,
            fixed=("files",),
            cost=2,
        )
        for suffix in MAKERS
    ],
    Call(
        "open_events of options",
        read_late,
        {
            "files": str(FOLDER / "events.csv"),
            "tree": None,
            "names": None,
            "empty": "error",
            "separator": None,
            "comment": None,
        },
        None,
        WORDS,
        cost=2,
    ),
    *[call for suffix in MAKERS for call in damaged(suffix)],
]
