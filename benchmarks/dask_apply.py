"""An ONNX model on a Parquet file, by one process with one thread and by two workers of Dask."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd

from benchmarks.dask_search import CLUSTER, rows
from benchmarks.timing import in_turns, seconds_of

N_EVENTS, N_FEATURES = 4_000_000, 28


def run(name):
    """Rows of the table."""
    from distributed import Client, LocalCluster

    from skhep_nn import OnnxClassifier, apply

    with (
        tempfile.TemporaryDirectory() as place,
        LocalCluster(**CLUSTER) as cluster,
        Client(cluster) as client,
    ):
        folder = Path(place)
        model = OnnxClassifier(_make(folder), n_threads=1)
        files, options = folder / "events-*.parquet", {"progress": False}
        sides = {
            "two workers": lambda: seconds_of(
                lambda: apply(model, files, folder / "dask.parquet", client=client, **options)
            ),
            "serial": lambda: seconds_of(
                lambda: _in_one_thread(apply, model, files, folder / "serial.parquet", **options)
            ),
        }
        seconds = in_turns(sides, turns=3)
        if not pd.read_parquet(folder / "dask.parquet").equals(
            pd.read_parquet(folder / "serial.parquet")
        ):
            msg = "the scores of the workers differ from those of one process"
            raise AssertionError(msg)
    return rows(name, seconds)


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
