"""What the benchmark of the memory of an event makes, and what it concludes."""

from __future__ import annotations

import numpy as np

from benchmarks import resident


def row(n_events, peak):
    return {
        "events": n_events,
        "on_disk": 10**9,
        "baseline": 4 * 10**8,
        "peak": peak,
        "seconds": 12.3,
        "loss": 0.42,
    }


def test_events_are_sorted_by_class_whatever_the_chunk():
    parts = [resident.events(np.arange(start, start + 50), 100, 3) for start in (0, 50)]
    labels = np.concatenate([part["is_signal"] for part in parts])
    assert labels.tolist() == [1] * 30 + [0] * 70
    assert parts[0]["x"].shape == (50, 3)
    assert not np.array_equal(parts[0]["x"], parts[1]["x"])


def test_what_an_event_takes_follows_from_two_sizes():
    rows = [row(10**7, 10**9), row(10**8, 10**9 + 9 * 10**8)]
    assert resident.slope(rows) == [
        "",
        "From size to size an event takes 10.0 bytes; allowed are 12.",
    ]
    assert resident.slope(rows[:1]) == []
    assert resident.table(rows)[-1] == "| 100,000,000 | 1.00 | 1.50 | 15.0 | 12 | 0.4200 |"
