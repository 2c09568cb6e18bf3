"""Run the suite and write ``benchmarks/RESULTS.md``: ``make bench``, or some cases by name.

Each case runs in a process of its own; its sides take turns there. A ratio is the time of a side
over that of ours unless the case says otherwise.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from tqdm import tqdm

CASES = {
    "28-50-50-1, batch 256": "training",
    "12-50-50-1, batch 5000": "training",
    "12-10x128 residual, batch 10000": "training",
    "CNN 1x1 on (20,10), batch 256": "training",
    "LSTM 64 on (20,10), batch 256": "training",
    "residual Conv1D on (20,10), batch 256": "training",
    "CNNClassifier, 20 tracks": "classifiers",
    "LSTMClassifier, 20 tracks": "classifiers",
    "ResNetClassifier, 20 tracks": "classifiers",
    "ResNetClassifier, LHCB_ACCEPTANCE": "classifiers",
    "BlockClassifier, SMARTBKG_RESNET": "classifiers",
    "attention on 30 particles": "attention",
    "n_networks=5 on 28-50-50-1, batch 256": "ensemble",
    "n_networks=5 on the default network": "ensemble",
    "masses drawn anew": "parametric",
    "predict 1M events": "prediction",
    "predict 1M events, 100-100": "prediction",
    "predict one event": "prediction",
    "grid search, 12 candidates x 5 folds": "search",
    "dask: 60 fits, two workers": "dask_search",
    "dask: ONNX on Parquet, two workers": "dask_apply",
    "files without a cache": "streaming",
    "significance scan, 10M events (ratio to the sort)": "scan",
    "binned significance, 1M events x 20 bins x 5 variations": "binned",
    "pad 10M particles": "preprocessing",
    "tokens of 50M PDG codes": "preprocessing",
    "decay strings of 20,000 events": "preprocessing",
    "import": "imports",
    "deploy: one event": "deploy",
    "deploy: one event, LSTM backwards": "deploy",
    "deploy: 1M events": "deploy",
    "deploy: import and first score": "deploy",
    "deploy: memory after loading, MiB": "deploy",
    "growth with events": "scaling",
    "growth with width": "scaling",
}
# Modules with arguments of their own.
STUDIES = (
    "ablation",
    "accuracy",
    "gpu",
    "held_out_masses",
    "kinds",
    "resident",
    "shuffle",
    "stacked",
)
RESULTS = Path(__file__).parent / "RESULTS.md"
LIBRARIES = ("tensorflow", "keras", "scikit-learn", "scikeras", "numpy", "skorch", "torch")


def main(wanted):
    """Run the cases whose names contain one of `wanted` (all, if there are none)."""
    names = [n for n in CASES if not wanted or any(word in n for word in wanted)]
    rows = []
    for name in tqdm(names, desc="cases"):
        rows += _in_new_process(name)
        if not wanted:  # after each case, so that what was measured is kept whatever comes
            RESULTS.write_text(_head() + _table(rows))
    print(_head() + _table(rows))


def _in_new_process(name):
    command = [sys.executable, "-m", "benchmarks", "--case", name]
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, capture_output=True, text=True, env=quiet, check=False)
    if done.returncode:
        sys.exit(f"case {name!r} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _head():
    versions = ", ".join(f"{library} {_version(library)}" for library in LIBRARIES)
    return (
        "# Benchmark results\n\n"
        "Written by `make bench`. Seconds are medians of 5 turns, the sides of a case taking turns "
        "in one process; for training, seconds per epoch after the first. A ratio is a side's time "
        "over ours, unless the case says otherwise.\n\n"
        f"Machine: {_processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, "
        f"{versions}.\n\n"
    )


def _processor():
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _version(library):
    try:
        return version(library)
    except ModuleNotFoundError:
        return "absent"


def _table(rows):
    lines = ["| case | side | seconds | ratio | goal |", "|---|---|---|---|---|"]
    for row in rows:
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        cells = (row["case"], row["side"], f"{row['seconds']:.4g}", ratio, row["goal"] or "")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def run_case(name):
    """Run one case here and print its rows as JSON."""
    rows = importlib.import_module(f"benchmarks.{CASES[name]}").run(name)
    print(json.dumps(rows))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--case"]:
        run_case(sys.argv[2])
    elif sys.argv[1:2] and sys.argv[1] in STUDIES:
        importlib.import_module(f"benchmarks.{sys.argv[1]}").main(sys.argv[2:])
    else:
        main(sys.argv[1:])
