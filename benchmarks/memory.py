"""Training from a cache larger than memory: memory, speed and loss against training in memory.

Run: python -m benchmarks.memory [--gigabytes 10]

Each training is a process of its own. One from disk runs under RLIMIT_DATA, at 1.5 GB above what
the libraries take, and its anonymous memory (RssAnon) is watched; pages of a memory map do not
count, the system takes them back when it needs them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

import numpy as np

N_FEATURES = 200
CHUNK = 100_000
BATCH_SIZE = 5_000
ALLOWED_BYTES = 1_500_000_000
ALLOWED_RATIO = 0.8
RESULTS = Path(__file__).with_name("RESULTS_MEMORY.md")
SECONDS_BETWEEN_LOOKS = 0.02


def main(argv=None):
    """Make the cache, run the trainings, print and keep the outcome."""
    options = parse(argv)
    if options.child:
        print(json.dumps(train(options)))
        return
    folder = Path(tempfile.mkdtemp(prefix="bench_memory_", dir=options.folder))
    try:
        lines = measure(options, folder / "cache")
    finally:
        shutil.rmtree(folder)
    print("\n".join(lines))
    if not RESULTS.exists():
        lines = [
            "# Training from a cache larger than memory",
            "",
            *__doc__.split("\n\n")[2:],
            *lines,
        ]
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def parse(argv):
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=10.0, help="size of the cache")
    parser.add_argument("--epochs", type=int, default=2, help="epochs on the whole cache")
    parser.add_argument(
        "--compare", type=float, default=2.0, help="gigabytes on which the speeds are compared"
    )
    parser.add_argument(
        "--loss", type=float, default=0.2, help="gigabytes on which the losses are compared"
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", help="where there is room for the cache")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--cache", help=argparse.SUPPRESS)
    parser.add_argument("--events", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def measure(options, cache):
    """Lines of the report."""
    n_events = make_cache(cache, options.gigabytes)
    whole = run("disk", cache, n_events, options.epochs)
    compared = min(n_events, events_of(options.compare))
    fast = compare(cache, compared, epochs=4, seeds=range(options.repeats))
    least = min(n_events, events_of(options.loss))
    good = compare(cache, least, epochs=8, seeds=range(options.repeats))
    return [
        *heading(options, n_events),
        *of_memory(whole),
        *of_speed(fast, compared),
        *of_loss(good),
    ]


def events_of(gigabytes):
    """Events of so many gigabytes."""
    return int(gigabytes * 1e9 / (4 * N_FEATURES))


def make_cache(cache, gigabytes):
    """Events of two overlapping classes, appended chunk by chunk; returns their number."""
    from skhep_nn.cache import MemmapCache, append_to_cache

    n_events = events_of(gigabytes)
    began = time.perf_counter()
    for start in range(0, n_events, CHUNK):
        blocks = events(min(CHUNK, n_events - start), start)
        if start:
            append_to_cache(cache, blocks)
        else:
            MemmapCache(cache, exclude=["is_signal"]).fit_transform(blocks)
    seconds = time.perf_counter() - began
    print(f"{n_events:,} events written in {seconds:.0f} s", file=sys.stderr)
    return n_events


def events(n_events, seed):
    """Blocks: features, weight, label; the first ten features separate, and in pairs."""
    from skhep_nn.events import EventBlocks

    rng = np.random.default_rng(seed)
    y = (rng.random(n_events) < 0.5).astype(np.int8)
    x = rng.standard_normal((n_events, N_FEATURES), dtype=np.float32)
    x[:, :10] += 0.3 * y[:, None]
    x[:, 10] += (2 * y - 1) * x[:, 11]
    weight = rng.uniform(0.5, 1.5, n_events).astype(np.float32)
    return EventBlocks({"x": x, "weight": weight, "is_signal": y})


def compare(cache, n_events, *, epochs, seeds):
    """Trainings on the same events from disk and in memory, in turns."""
    out = {"disk": [], "memory": []}
    for seed in seeds:
        for how, runs in out.items():
            runs.append(run(how, cache, n_events, epochs, seed))
    return out


def run(how, cache, n_events, epochs, seed=0):
    """One training in a process of its own, and the highest RssAnon that was seen of it."""
    command = [sys.executable, "-m", "benchmarks.memory", "--child", how, "--cache", str(cache)]
    command += ["--events", str(n_events), "--epochs", str(epochs), "--seed", str(seed)]
    outcome = watched(command, f"the training {how!r} of {n_events} events")
    print(f"{how}, {n_events:,} events: {outcome}", file=sys.stderr)
    return outcome


def watched(command, what):
    """What a process prints last, as JSON, and the highest RssAnon that was seen of it."""
    peak = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            peak = max(peak, status(process.pid).get("RssAnon", 0))
            time.sleep(SECONDS_BETWEEN_LOOKS)
        text = process.stdout.read()
    if process.returncode:
        msg = f"{what} ended with code {process.returncode}"
        raise RuntimeError(msg)
    return json.loads(text.strip().splitlines()[-1]) | {"peak": peak}


def train(options):
    """What the process of one training does."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from skhep_nn.cache import open_cache

    blocks = open_cache(options.cache)[: options.events]
    y = np.array(blocks["is_signal"])
    X = blocks.select(["x", "weight"])
    # the libraries and their compiled programs are there before anything is counted
    fit(as_in_memory(X[:20_000]), y[:20_000], epochs=1, seed=0)
    baseline = status("self")
    if options.child == "disk":
        limit_memory(baseline["VmData"] + ALLOWED_BYTES)
    else:
        X = as_in_memory(X)
    warm_up(X)
    model, rates = fit(X, y, options.epochs, options.seed)
    return {
        "baseline": baseline["RssAnon"],
        "rates": rates,
        "val_loss": min(model.history_["val_loss"]),
        "n_train": model.n_train,
    }


def as_in_memory(X):
    """The blocks as arrays that are no maps."""
    from skhep_nn.events import EventBlocks

    return EventBlocks({name: np.array(X[name]) for name, _ in X.items()}, X.kinds)


def warm_up(X):
    """Have the file in the page cache, as far as it fits."""
    for start in range(0, len(X), CHUNK):
        float(np.asarray(X["x"][start : start + CHUNK]).sum())


def fit(X, y, epochs, seed):
    """A fitted classifier, and events trained per second in each epoch."""
    import keras

    from benchmarks.networks import PLAIN
    from skhep_nn import DenseClassifier

    class Clock(keras.callbacks.Callback):
        """Seconds between the start of an epoch and its validation."""

        seconds = []  # noqa: RUF012

        def on_epoch_begin(self, epoch, logs=None):
            self.began = time.perf_counter()

        def on_test_begin(self, logs=None):
            self.seconds.append(time.perf_counter() - self.began)

        def __deepcopy__(self, memo):
            return self

    clock = Clock()
    model = DenseClassifier(
        **PLAIN,
        epochs=epochs,
        batch_size=BATCH_SIZE,
        weight_column="weight",
        random_state=seed,
        verbose=0,
        callbacks=[clock],
    ).fit(X, y)
    model.n_train = len(y) - round(model.validation_fraction * len(y))
    return model, [model.n_train / seconds for seconds in clock.seconds[-epochs:]]


def limit_memory(n_bytes):
    """Let the process have no more private memory than this."""
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (n_bytes, n_bytes))


def status(process):
    """Sizes in bytes from /proc of a process."""
    try:
        text = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return {}
    lines = (line.split() for line in text.splitlines() if line.endswith(" kB"))
    return {name.rstrip(":"): 1024 * int(value) for name, value, _ in lines}


def heading(options, n_events):
    """What was run, where and when."""
    now = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    where = f"{platform.machine()}, {os.cpu_count()} cores, load {load}"
    size = f"{n_events:,} events of {N_FEATURES} features ({options.gigabytes:g} GB)"
    command = " ".join(["python -m benchmarks.memory", *sys.argv[1:]])
    return [
        "",
        f"## {now}",
        "",
        f"`{command}`: {where}; {size}, batches of {BATCH_SIZE:,}, network 200-50-50-1.",
        "",
        "| | measured | allowed |",
        "|---|---|---|",
    ]


def of_memory(whole):
    """Lines on the training on the whole cache."""
    what = f"anonymous memory above the libraries' {whole['baseline'] / 1e9:.2f} GB"
    above = f"{(whole['peak'] - whole['baseline']) / 1e9:.2f} GB"
    rates = ", ".join(f"{rate:,.0f}" for rate in whole["rates"])
    return [
        f"| {what} | {above} | {ALLOWED_BYTES / 1e9:g} GB, by RLIMIT_DATA too |",
        f"| events per second in each epoch on the whole cache | {rates} | |",
    ]


def of_speed(fast, n_events):
    """Lines on events per second; the first epoch of a fit compiles and is left out."""
    rates = {how: [rate for one in runs for rate in one["rates"][1:]] for how, runs in fast.items()}
    median = {how: statistics.median(found) for how, found in rates.items()}
    shown = {
        how: f"{median[how]:,.0f} ({min(found):,.0f} to {max(found):,.0f})"
        for how, found in rates.items()
    }
    return [
        f"| events per second from disk, {n_events:,} events, median (range) | {shown['disk']} | |",
        f"| in memory, the same | {shown['memory']} | |",
        f"| ratio | {median['disk'] / median['memory']:.2f} | at least {ALLOWED_RATIO} |",
    ]


def of_loss(good):
    """Lines on the best validation loss; the seeds differ, the validation events with them."""
    losses = {how: [one["val_loss"] for one in runs] for how, runs in good.items()}
    shown = {how: ", ".join(f"{loss:.5f}" for loss in found) for how, found in losses.items()}
    difference = np.mean(np.subtract(losses["disk"], losses["memory"]))
    noise = statistics.stdev(losses["memory"]) if len(losses["memory"]) > 1 else float("nan")
    what = f"best validation loss, {good['disk'][0]['n_train']:,} training events"
    return [
        f"| {what}, from disk | {shown['disk']} | |",
        f"| in memory, the same seeds | {shown['memory']} | |",
        f"| mean difference | {difference:+.5f} | noise from seed to seed {noise:.5f} |",
    ]


if __name__ == "__main__":
    main()
