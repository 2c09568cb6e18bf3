"""How the time of an epoch and the memory of a fit grow with events and with width."""

from __future__ import annotations

import functools
import re
import subprocess
import sys
from pathlib import Path

EVENTS = [10_000, 100_000, 1_000_000, 10_000_000]
WIDTHS = [32, 128, 512]
STATUS = Path("/proc/self/status")


def run(name):
    """Rows of the table, each measured in a process of its own."""
    sizes = [(n, 50) for n in EVENTS] if "events" in name else [(100_000, w) for w in WIDTHS]
    return [_row(name, n_events, width) for n_events, width in sizes]


def _row(name, n_events, width):
    command = [sys.executable, "-m", "benchmarks.scaling", str(n_events), str(width)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, megabytes = (float(word) for word in text.split()[-2:])
    side = f"{n_events:,} events, 12-{width}-{width}-1: {megabytes:.0f} MB above the libraries"
    return {"case": name, "side": side, "seconds": seconds, "ratio": None, "goal": None}


def _peak():
    return int(re.search(r"VmHWM:\s+(\d+)", STATUS.read_text())[1]) / 1024


def main(n_events, width):
    """Print seconds per epoch and MB of one size."""
    import numpy as np

    from benchmarks.networks import dense
    from benchmarks.timing import EpochTimer
    from skhep_nn import KerasClassifier

    rng = np.random.default_rng(0)
    x = rng.normal(size=(n_events, 12)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int8)
    network = KerasClassifier(
        functools.partial(dense, (12,), (width, width)), batch_size=4096, random_state=1, verbose=0
    )
    network.fit(x[:100], y[:100])
    before, timer = _peak(), EpochTimer()
    network.set_params(epochs=100, callbacks=[timer]).fit(x, y)
    print(timer.median, _peak() - before)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
