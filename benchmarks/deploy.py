"""Exported models against the models themselves: one event, many, a new process, memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.timing import in_turns, seconds_of

N_EVENTS = 1_000_000
N_CALLS = 2_000
ROOT = Path(__file__).parents[1]
MEMORY = """
def memory():
    import pathlib
    text = pathlib.Path("/proc/self/status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1])
import numpy as np
"""
LOAD = {
    "ours": "from skhep_nn import load_onnx\nmodel = load_onnx(sys.argv[1] + '/model.onnx')",
    "joblib": "import joblib\nmodel = joblib.load(sys.argv[1] + '/model.joblib')",
}


def run(name):
    """Rows of the table for one case."""
    with tempfile.TemporaryDirectory() as folder:
        return CASES[name](name, Path(folder))


def one_event(name, folder):
    """Seconds per event, in Python and in C++."""
    model, x = _pipeline(folder)
    loaded, session, bare = _loaded(folder), _session(folder / "model.onnx"), _bare(model, folder)
    sides = {
        "ours": lambda: _per_call(lambda: session.run(["probabilities"], {"features": x[:1]})),
        "ours, network alone": lambda: _per_call(
            lambda: bare.run(["probabilities"], {"features": x[:1]})
        ),
        "OnnxClassifier": lambda: _per_call(lambda: loaded.predict_proba(x[:1])),
        "predict_proba of the Pipeline": lambda: _per_call(lambda: model.predict_proba(x[:1]), 100),
    }
    program = _compiled(folder)
    if program is not None:
        sides["C++"] = lambda: _in_cpp(program, folder / "model.onnx")
        sides["C++, network alone"] = lambda: _in_cpp(program, folder / "network.onnx")
    goals = {
        "ours, network alone": "<= 50 us",
        "C++, network alone": "<= 15 us",
        "C++": "<= 50 us",
    }
    return _rows(name, in_turns(sides), goals)


def one_sequence(name, folder):
    """Seconds per event of an LSTM that reads backwards."""
    from skhep_nn import LSTMClassifier, export_onnx

    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 20, 10)).astype(np.float32)
    model = LSTMClassifier(units=64, go_backwards=True, epochs=1, random_state=1, verbose=0)
    model.fit(x, (x[:, :, 0].sum(axis=1) > 0).astype(int))
    export_onnx(model, folder / "model.onnx", check=x)
    session = _session(folder / "model.onnx")
    sides = {
        "ours": lambda: _per_call(lambda: session.run(["probabilities"], {"sequence": x[:1]})),
        "predict_proba": lambda: _per_call(lambda: model.predict_proba(x[:1]), 100),
    }
    return _rows(name, in_turns(sides), {})


def many(name, folder):
    """A million events."""
    model, x = _pipeline(folder)
    loaded = _loaded(folder)
    sides = {
        "ours": lambda: seconds_of(lambda: loaded.predict_proba(x)),
        "predict_proba": lambda: seconds_of(lambda: model.predict_proba(x)),
    }
    return _rows(name, in_turns(sides, turns=3), {"predict_proba": ">= 1"})


def new_process(name, folder):
    """Import, load and first score."""
    _pipeline(folder)
    sides = {
        side: lambda load=load: _seconds_in_process(load, folder) for side, load in LOAD.items()
    }
    return _rows(name, in_turns(sides, turns=3), {"ours": "<= 1 s"})


def memory(name, folder):
    """MiB of a process after loading, over those of NumPy alone."""
    _pipeline(folder)
    sides = {
        side: lambda load=load: _memory_in_process(load, folder) for side, load in LOAD.items()
    }
    return _rows(name, in_turns(sides, turns=1), {"ours": "<= 120"})


CASES = {
    "deploy: one event": one_event,
    "deploy: one event, LSTM backwards": one_sequence,
    "deploy: 1M events": many,
    "deploy: import and first score": new_process,
    "deploy: memory after loading, MiB": memory,
}


def _pipeline(folder):
    import joblib
    from sklearn.pipeline import make_pipeline

    from skhep_nn import DenseClassifier, MinMaxScaler, export_onnx

    rng = np.random.default_rng(0)
    x = rng.normal(size=(N_EVENTS, 12)).astype(np.float32)
    network = DenseClassifier(units=(50, 50), epochs=1, random_state=1, verbose=0)
    model = make_pipeline(MinMaxScaler(), network)
    model.fit(x[:20_000], (x[:20_000, 0] > 0).astype(int))
    joblib.dump(model, folder / "model.joblib")
    found = export_onnx(model, folder / "model.onnx", check=x[:100_000].astype(np.float64))
    sys.stderr.write(f"{found}\n")
    return model, x


def _bare(model, folder):
    from skhep_nn import export_onnx

    export_onnx(model[-1], folder / "network.onnx")
    return _session(folder / "network.onnx")


def _loaded(folder):
    from skhep_nn import load_onnx

    return load_onnx(folder / "model.onnx")


def _session(path):
    import onnxruntime

    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def _per_call(function, n_calls=N_CALLS):
    function()
    return float(np.median([seconds_of(function) for _ in range(n_calls)]))


def _compiled(folder):
    """The program that times one event, or None without compiler, headers or library."""
    import onnxruntime

    headers = os.environ.get("ONNXRUNTIME_HEADERS", "/usr/include/onnxruntime")
    library = sorted(Path(onnxruntime.__file__).parent.glob("capi/libonnxruntime.so.*"))
    if not (shutil.which("g++") and Path(headers, "onnxruntime_cxx_api.h").exists() and library):
        return None
    for name in ("libonnxruntime.so.1", "libonnxruntime.so"):
        (folder / name).symlink_to(library[0])
    command = ["g++", "-std=c++17", "-O2", f"-I{headers}", ROOT / "examples/cpp/time.cpp"]
    command += ["-o", folder / "time", f"-L{folder}", "-lonnxruntime", f"-Wl,-rpath,{folder}"]
    subprocess.run(command, check=True)
    return folder / "time"


def _in_cpp(program, model):
    done = subprocess.run(
        [program, model, str(N_CALLS)], capture_output=True, text=True, check=True
    )
    return float(done.stdout) / 1e6


def _seconds_in_process(load, folder):
    code = f"import sys, numpy as np\n{load}\nmodel.predict_proba(np.zeros((1, 12)))"
    return seconds_of(lambda: subprocess.run([sys.executable, "-c", code, folder], check=True))


def _memory_in_process(load, folder):
    code = f"import sys\n{MEMORY}\nbefore = memory()\n{load}\n"
    code += "model.predict_proba(np.zeros((1, 12)))\nprint((memory() - before) / 1024)"
    command = [sys.executable, "-c", code, folder]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _rows(name, seconds, goals):
    return [
        {
            "case": name,
            "side": side,
            "seconds": value,
            "ratio": value / seconds["ours"],
            "goal": goals.get(side),
        }
        for side, value in seconds.items()
    ]
