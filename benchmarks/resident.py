"""Memory of a fit from a cache for each event: a training epoch of many events of few features.

Run: python -m benchmarks resident [--events 1e7 1e8] [--features 4] [--validation] [--folder DIR]

Events are sorted by class, 30 % signal first. Each size is a process of its own; counted is the
highest anonymous memory (RssAnon) during the fit above that before it, when the libraries and their
compiled programs are there. Pages of memory maps do not count: the system takes them back when it
needs them. From two sizes follows what an event takes; buffers are the same for both.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.memory import status, watched

CHUNK = 2_000_000
BATCH_SIZE = 10_000
ALLOWED = 12
HEAD = ("events", "GB on disk", "GB above the libraries", "bytes an event", "s of an epoch", "loss")


def main(argv=None):
    """Measure and print the table."""
    options = parse(argv)
    if options.child:
        print(json.dumps(train(options)))
        return
    rows = [measured(int(n_events), options) for n_events in options.events]
    print("\n".join([*heading(options), *table(rows), *slope(rows)]))


def parse(argv):
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks resident", description=__doc__.split("\n")[0])
    parser.add_argument("--events", type=float, nargs="+", default=[1e7, 1e8])
    parser.add_argument("--features", type=int, default=4)
    parser.add_argument("--validation", action="store_true", help="hold a tenth out")
    parser.add_argument("--folder", help="where there is room for the cache")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def measured(n_events, options):
    """Of one size: what the table shows of it."""
    folder = Path(tempfile.mkdtemp(prefix="bench_resident_", dir=options.folder))
    try:
        make(folder / "cache", n_events, options.features)
        n_bytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        return {"events": n_events, "on_disk": n_bytes} | run(folder / "cache", options)
    finally:
        shutil.rmtree(folder)


def make(cache, n_events, n_features):
    """A cache of events of two overlapping classes, sorted by class."""
    from skhep_nn.cache import MemmapCache, append_to_cache

    for start in range(0, n_events, CHUNK):
        blocks = events(np.arange(start, min(n_events, start + CHUNK)), n_events, n_features)
        if start:
            append_to_cache(cache, blocks)
        else:
            MemmapCache(cache, exclude=["is_signal"]).fit_transform(blocks)


def events(numbers, n_events, n_features):
    """Blocks of the events of these numbers."""
    from skhep_nn.events import EventBlocks

    rng = np.random.default_rng(numbers[0])
    y = (numbers < 0.3 * n_events).astype(np.int8)
    x = rng.standard_normal((len(y), n_features), dtype=np.float32)
    x[:, :2] += y[:, None]
    weight = rng.uniform(0.5, 1.5, len(y)).astype(np.float32)
    return EventBlocks({"x": x, "weight": weight, "is_signal": y})


def run(cache, options):
    """The fit in a process of its own, and the highest RssAnon that was seen of it."""
    command = [sys.executable, "-m", "benchmarks", "resident", "--child", str(cache)]
    command += ["--validation"] * options.validation
    return watched(command, f"the fit from {cache}")


def train(options):
    """What the process of one fit does."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from skhep_nn.cache import open_cache

    blocks = open_cache(options.child)
    fit(blocks[:20_000], np.arange(20_000) % 2, options)
    baseline = status("self")["RssAnon"]
    began = time.perf_counter()
    model = fit(blocks, blocks["is_signal"], options)
    seconds = time.perf_counter() - began
    return {"baseline": baseline, "seconds": seconds, "loss": model.history_["loss"][-1]}


def fit(X, y, options):
    """A classifier after one epoch."""
    from skhep_nn import DenseClassifier

    return DenseClassifier(
        units=(50, 50),
        weight_column="weight",
        exclude=["is_signal"],
        epochs=1,
        batch_size=BATCH_SIZE,
        early_stopping=options.validation,
        jit_compile="epoch",
        random_state=0,
        verbose=0,
    ).fit(X, y)


def heading(options):
    """What was run, and where."""
    command = " ".join(["python -m benchmarks", *sys.argv[1:]])
    load = os.getloadavg()[0]
    held_out = ", a tenth held out" if options.validation else ""
    return [
        (
            f"`{command}`: {platform.machine()}, {os.cpu_count()} cores, load {load:.1f}; "
            f"{options.features} features, batches of {BATCH_SIZE:,}{held_out}."
        ),
        "",
    ]


def table(rows):
    """The rows in Markdown."""
    lines = [HEAD, ["---"] * len(HEAD), *map(_cells, rows)]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def _cells(row):
    above = row["peak"] - row["baseline"]
    return [
        f"{row['events']:,}",
        f"{row['on_disk'] / 1e9:.2f}",
        f"{above / 1e9:.2f}",
        f"{above / row['events']:.1f}",
        f"{row['seconds']:.0f}",
        f"{row['loss']:.4f}",
    ]


def slope(rows):
    """What an event takes, from the largest and the smallest size."""
    small, large = (pick(rows, key=lambda row: row["events"]) for pick in (min, max))
    if small["events"] == large["events"]:
        return []
    above = [row["peak"] - row["baseline"] for row in (small, large)]
    each = (above[1] - above[0]) / (large["events"] - small["events"])
    return ["", f"From size to size an event takes {each:.1f} bytes; allowed are {ALLOWED}."]


if __name__ == "__main__":
    main()
