"""An ONNX model on Parquet files, by one process with one thread and by two workers of Dask.

The cluster, with the settings of docs/dask.md, is there before the clock starts. What a call costs
besides its partitions is the same for few events and for many, so both are shown; and, beside one
file, a data set, whose parts the process that calls only gives names.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd

from benchmarks.dask_search import cluster, rows
from benchmarks.timing import in_turns, seconds_of

N_EVENTS, N_FEATURES = 4_000_000, 28
# each file so often
COPIES = (1, 4, 10)


def run(name):
    """Rows of the table."""
    from distributed import Client

    from skhep_nn import OnnxClassifier

    with (
        tempfile.TemporaryDirectory() as place,
        cluster() as workers,
        Client(workers) as client,
    ):
        folder = Path(place)
        model = OnnxClassifier(_make(folder), n_threads=1)
        found = [
            row
            for copies in COPIES
            for row in _of_size(name, client, model, _files(folder, copies))
        ]
    return found


def _of_size(name, client, model, files):
    """Rows of so many files."""
    from skhep_nn import apply

    folder, options = files[0].parent, {"progress": False}
    one, many, serial = (folder / other for other in ("dask.parquet", "dask", "serial.parquet"))

    def by_workers(output):
        shutil.rmtree(many, ignore_errors=True)
        return seconds_of(lambda: apply(model, files, output, client=client, **options))

    seconds = in_turns(
        {
            "two workers": lambda: by_workers(one),
            "two workers, a data set": lambda: by_workers(many),
            "serial": lambda: seconds_of(
                lambda: _in_one_thread(apply, model, files, serial, **options)
            ),
        },
        turns=3,
    )
    expected = pd.read_parquet(serial)
    if not all(pd.read_parquet(output).equals(expected) for output in (one, many)):
        msg = "the scores of the workers differ from those of one process"
        raise AssertionError(msg)
    return rows(name, seconds, f"{len(expected):,} events")


def _files(folder, copies):
    """The files, each so often, under names of their own."""
    for copy in range(copies):
        for path in sorted(folder.glob("events-*.parquet")):
            link = folder / f"{copy}-{path.name}"
            if not link.exists():
                link.hardlink_to(path)
    return [path for copy in range(copies) for path in sorted(folder.glob(f"{copy}-*.parquet"))]


def _in_one_thread(function, *arguments, **options):
    """As a worker does it: Arrow would read with all cores."""
    with mock.patch.dict(os.environ, {"OMP_NUM_THREADS": "1"}):
        return function(*arguments, **options)


def _make(folder):
    """Files of events; the content of the model's."""
    from skhep_nn import DenseClassifier, export_onnx

    rng = np.random.default_rng(0)
    names = [f"x{k}" for k in range(N_FEATURES)]
    for number in range(4):
        values = rng.normal(size=(N_EVENTS // 4, N_FEATURES)).astype(np.float32)
        frame = pd.DataFrame(values, columns=names)
        frame.to_parquet(folder / f"events-{number}.parquet", row_group_size=100_000)
    y = (frame["x0"][:20_000] > 0).astype(int)
    model = DenseClassifier(units=(50, 50), epochs=1, verbose=0).fit(frame[:20_000], y)
    export_onnx(model, folder / "model.onnx", check=frame[:1000])
    return (folder / "model.onnx").read_bytes()
