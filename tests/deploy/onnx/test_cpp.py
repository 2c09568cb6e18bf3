"""The C++ example, where there are a compiler and the headers of ONNX Runtime (make test-cpp)."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from skhep_nn import (
    CrossFitClassifier,
    DenseClassifier,
    EventNumberFold,
    EventWeightBalancer,
    MinMaxScaler,
    export_onnx,
)

EXAMPLES = Path(__file__).parents[3] / "examples" / "cpp"
PLACES = ("/usr/include/onnxruntime", "/usr/local/include/onnxruntime")


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The compiled example, linked with the library of the wheel."""
    places = [os.environ.get("ONNXRUNTIME_HEADERS", ""), *PLACES]
    headers = next((p for p in places if p and Path(p, "onnxruntime_cxx_api.h").exists()), None)
    compiler = shutil.which("g++") or shutil.which("clang++")
    found = sorted(Path(onnxruntime.__file__).parent.glob("capi/libonnxruntime.so.*"))
    if headers is None or compiler is None or not found:
        pytest.skip("needs a C++ compiler, ONNX Runtime's headers and its library: make test-cpp")
    folder = tmp_path_factory.mktemp("cpp")
    # the wheel's library is named by its version, and known by its major version
    for name in ("libonnxruntime.so.1", "libonnxruntime.so"):
        (folder / name).symlink_to(found[0])
    command = [compiler, "-std=c++17", "-O1", f"-I{headers}", str(EXAMPLES / "score.cpp")]
    command += ["-o", str(folder / "score"), f"-L{folder}", "-lonnxruntime", f"-Wl,-rpath,{folder}"]
    subprocess.run(command, check=True)
    return folder / "score"


@pytest.fixture(scope="module")
def model(new_events):
    events = new_events(300)
    events.loc[::7, "pt"] = -999.9
    events.loc[::5, "eta"] = np.nan
    network = DenseClassifier(
        units=(8, 8), weight_column="weight", epochs=2, batch_size=64, random_state=0, verbose=0
    )
    steps = [
        EventWeightBalancer(weight_column="weight"),
        MinMaxScaler(missing_value=-999.9, add_indicator=True, exclude="weight"),
        network,
    ]
    X = events[["pt", "eta", "mt", "weight"]]
    return make_pipeline(*steps).fit(X, events["process"]), X


def test_it_scores_a_file_as_the_model_does(program, model, tmp_path):
    model, X = model
    export_onnx(model, tmp_path / "model.onnx", check=X)
    # in another order, with more columns, missing values as empty cells
    X[X.columns[::-1]].assign(run=1).to_csv(tmp_path / "events.csv", index=False)
    command = [program, tmp_path / "model.onnx", tmp_path / "events.csv"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    got = pd.read_csv(io.StringIO(done.stdout))
    assert got.columns.tolist() == model.classes_.tolist()
    assert np.abs(got.to_numpy() - model.predict_proba(X)).max() < 1e-6


@pytest.mark.filterwarnings("ignore::skhep_nn.exceptions.FoldsDifferWarning")
def test_a_cross_fit_picks_the_network_by_the_event_number(program, new_events, tmp_path):
    events = new_events(300)
    events = events.assign(run=1, number=np.uint64(2**64 - 1) - events.index.to_numpy(np.uint64))
    X = events[["pt", "run", "eta", "number"]]
    network = DenseClassifier(units=(4,), epochs=1, batch_size=64, random_state=0, verbose=0)
    model = CrossFitClassifier(network, n_folds=3, fold_column=["run", "number"])
    model.fit(X, events["is_signal"])
    export_onnx(model, tmp_path / "model.onnx", check=X)
    for table in (X, X[["pt", "eta"]]):
        table.to_csv(tmp_path / "events.csv", index=False)
        command = [program, tmp_path / "model.onnx", tmp_path / "events.csv"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        got = pd.read_csv(io.StringIO(done.stdout)).to_numpy()
        assert np.abs(got - model.predict_proba(table)).max() < 1e-6


def test_folds_in_cpp_are_those_of_python(tmp_path):
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("needs a C++ compiler")
    program = tmp_path / "fold"
    subprocess.run([compiler, "-std=c++17", str(EXAMPLES / "fold.cpp"), "-o", program], check=True)
    rng = np.random.default_rng(0)
    numbers = rng.integers(-(2**63), 2**63 - 1, (300, 2), dtype=np.int64)
    numbers[:3] = [[0, -1], [2**63 - 1, -(2**63)], [1234567, 1]]
    lines = "".join(f"{run} {event}\n" for run, event in numbers.tolist())
    for n_folds, salt in ((5, 0), (1000, 2**63 - 1)):
        command = [program, str(n_folds), str(salt)]
        done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
        expected = EventNumberFold(n_folds, [0, 1], salt=salt).folds(numbers)
        assert [int(fold) for fold in done.stdout.split()] == expected.tolist()


def test_it_refuses_what_it_cannot_score(program, model, tmp_path):
    model, X = model
    export_onnx(model, tmp_path / "model.onnx", check=X)
    X[["pt"]].to_csv(tmp_path / "events.csv", index=False)
    command = [program, tmp_path / "model.onnx", tmp_path / "events.csv"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "score: the file has no column eta\n"
