"""A prediction has the same bits in any order, in chunks of any size, among many, and alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from every_kind import NETWORKS, build, events

from skhep_nn.training._engine import Engine

N_EVENTS = 300
HERE = Path(__file__).resolve()


def differences(name):
    """Numbers that differ when the same events come in another order, in chunks, alone, often."""
    n_outputs = 3 if "wide" in name or "tokens" in name else 1
    engine, x = Engine(build(name, n_outputs)), events(name, N_EVENTS)

    def predict(rows):
        return engine.predict({block: array[rows] for block, array in x.items()})

    whole = predict(slice(None))
    order = np.random.default_rng(1).permutation(N_EVENTS)
    chunks = [predict(slice(start, start + 63)) for start in range(0, N_EVENTS, 63)]
    alone = [predict(slice(event, event + 1)) for event in range(16)]
    # enough for blocks of more events
    often = np.tile(np.arange(N_EVENTS), 5)
    return (
        int((predict(order) != whole[order]).sum()),
        int((np.concatenate(chunks) != whole).sum()),
        int((np.concatenate(alone) != whole[:16]).sum()),
        int((predict(often) != whole[often]).sum()),
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_order_and_number_of_events_change_no_bit(name):
    assert differences(name) == (0, 0, 0, 0)


def test_order_and_number_of_events_change_no_bit_with_one_thread():
    environment = os.environ | {
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join([str(HERE.parents[1]), *sys.path]),
    }
    done = subprocess.run(
        [sys.executable, str(HERE)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = done.stdout.splitlines()
    assert len(found) == len(NETWORKS)
    assert [line for line in found if not line.endswith("(0, 0, 0, 0)")] == []


if __name__ == "__main__":
    for network in NETWORKS:
        sys.stdout.write(f"{network}: {differences(network)}\n")
