"""What blockwise shuffling costs: events on disk, sorted by class, beside a full shuffle in memory.

Run: python -m benchmarks shuffle [--events 1e7] [--features 10] [--epochs 2] [--seeds 2]

The same network, seeds and validation events; the fit from disk shuffles what a buffer holds. The
validation loss after the last epoch is shown; how far seeds are apart is the noise it is held to.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

N_VALIDATION = 200_000
HEAD = ("seed", "full shuffle", "buffers", "difference")


def main(argv=None):
    """Measure and print the table."""
    options = parse(argv)
    n_events = int(options.events)
    x, y = events(n_events, options.features, seed=0)
    held_out = dict(zip(("X_val", "y_val"), events(N_VALIDATION, options.features, 1), strict=True))
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "x.npy"
        np.save(path, x)
        sides = {"full shuffle": x, "buffers": np.load(path, mmap_mode="r")}
        rows = [
            {side: loss(X, y, held_out, options.epochs, seed) for side, X in sides.items()}
            for seed in range(options.seeds)
        ]
    print("\n".join([*heading(options, n_events), *table(rows), *noise(rows)]))


def parse(argv):
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks shuffle", description=__doc__.split("\n")[0])
    parser.add_argument("--events", type=float, default=1e7)
    parser.add_argument("--features", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=2)
    return parser.parse_args(argv)


def events(n_events, n_features, seed):
    """Features and labels of two classes, 30 % signal first; a pair of features separates too."""
    rng = np.random.default_rng(seed)
    y = (np.arange(n_events) < 0.3 * n_events).astype(np.int8)
    x = rng.standard_normal((n_events, n_features), dtype=np.float32)
    x[:, :2] += 0.3 * y[:, None]
    x[:, 2] += (2 * y - 1) * x[:, 3]
    return x, y


def loss(X, y, held_out, epochs, seed):
    """The validation loss after the last epoch."""
    from skhep_nn import DenseClassifier

    model = DenseClassifier(
        units=(50, 50), epochs=epochs, batch_size=5_000, random_state=seed, verbose=0
    )
    return model.fit(X, y, **held_out).history_["val_loss"][-1]


def heading(options, n_events):
    """What was trained, and in how many buffers."""
    from skhep_nn.training import _stream

    in_buffer = min(_stream.BUFFER_BYTES / (4 * options.features), _stream.BUFFER_EVENTS)
    size = f"{n_events:,} events of {options.features} features, {n_events / in_buffer:.1f} buffers"
    return [f"{size}, {options.epochs} epochs", ""]


def table(rows):
    """The rows in Markdown."""
    cells = [
        (
            f"{seed}",
            f"{row['full shuffle']:.5f}",
            f"{row['buffers']:.5f}",
            f"{difference(row):+.5f}",
        )
        for seed, row in enumerate(rows)
    ]
    return [f"| {' | '.join(line)} |" for line in (HEAD, ["---"] * len(HEAD), *cells)]


def difference(row):
    """Of the loss by buffers from that of a full shuffle."""
    return row["buffers"] - row["full shuffle"]


def noise(rows):
    """The mean difference beside what seeds change."""
    mean = np.mean([difference(row) for row in rows])
    spread = np.std([row["full shuffle"] for row in rows], ddof=1) if len(rows) > 1 else np.nan
    return ["", f"mean difference {mean:+.5f}; from seed to seed {spread:.5f}"]


if __name__ == "__main__":
    main()
