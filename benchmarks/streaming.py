"""Epochs from files without a cache: ROOT and Parquet beside a cache of the same events."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

N_EVENTS, N_FEATURES, EPOCHS = 1_000_000, 28, 3
# events of a basket and of a row group, as ntuples of this size have them
TOGETHER = 50_000
GOAL = 0.5
CACHE = "cache"


def run(name):
    """Rows of the table: the ratio is the speed of the files over that of the cache."""
    with tempfile.TemporaryDirectory() as place:
        sides = dict(_sides(Path(place)))
        seconds = {side: [] for side in sides}
        for _ in range(3):
            for side, fit in sides.items():
                seconds[side].append(fit())
    medians = {side: statistics.median(values) for side, values in seconds.items()}
    return [
        {
            "case": name,
            "side": side,
            "seconds": value,
            "ratio": medians[CACHE] / value,
            "goal": None if side == CACHE else f">= {GOAL}",
        }
        for side, value in medians.items()
    ]


def _sides(folder):
    import uproot

    from skhep_nn.cache import build_cache
    from skhep_nn.io import open_events

    events = _events()
    events.to_parquet(folder / "events.parquet", row_group_size=TOGETHER)
    cache = build_cache(folder / "events.parquet", None, folder / CACHE, progress=False)
    yield CACHE, _fit(cache)
    yield "Parquet", _fit(open_events(folder / "events.parquet"))
    for label, compression in {
        "ROOT, zlib level 1": uproot.ZLIB(1),
        "ROOT, lz4 level 4": uproot.LZ4(4),
        "ROOT, not compressed": None,
    }.items():
        path = folder / f"{label.split()[1]}.root"
        _write_root(path, events, compression)
        yield label, _fit(open_events(path))


def _events():
    """Numbers with 12 bits after the point's place, which compress as measured ones do."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N_EVENTS, N_FEATURES)).astype(np.float32)
    x = (x.view(np.uint32) & np.uint32(0xFFFFF800)).view(np.float32)
    events = pd.DataFrame(x, columns=[f"x{k}" for k in range(N_FEATURES)])
    return events.assign(is_signal=(x[:, 0] + x[:, 1] > 0).astype(np.int32))


def _write_root(path, events, compression):
    import uproot

    with uproot.recreate(path, compression=compression) as file:
        tree = file.mktree("Events", {name: events[name].dtype for name in events})
        for start in range(0, N_EVENTS, TOGETHER):
            part = events[start : start + TOGETHER]
            tree.extend({name: part[name].to_numpy() for name in events})


def _fit(events):
    """What fits on `events` and returns the median of the seconds of an epoch."""
    import keras

    from benchmarks.networks import PLAIN
    from skhep_nn import DenseClassifier

    labels = np.asarray(events["is_signal"])

    def fit():
        ends = []
        note = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter())
        )
        parameters = {"batch_size": 5000, "early_stopping": False, "exclude": ["is_signal"]}
        network = DenseClassifier(
            **PLAIN | parameters, epochs=EPOCHS + 1, random_state=1, verbose=0, callbacks=[note]
        )
        network.fit(events, labels)
        # the first traces and compiles
        return statistics.median(np.diff(ends))

    return fit
