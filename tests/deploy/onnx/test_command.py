"""The commands, and what applying needs where TensorFlow and Keras cannot be imported."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skhep_nn import DenseClassifier, EventWeightBalancer, MinMaxScaler
from skhep_nn.cli import main

FEATURES = ["pt", "eta", "mt"]


@pytest.fixture(scope="module")
def folder(new_events, tmp_path_factory):
    """A model, its joblib file, and files of events with and without weights."""
    folder = tmp_path_factory.mktemp("command")
    events = new_events(300)
    events.loc[::9, "pt"] = np.nan
    network = DenseClassifier(
        units=(5,), weight_column="weight", epochs=2, batch_size=64, random_state=0, verbose=0
    )
    scaler = MinMaxScaler(exclude="weight")
    model = make_pipeline(EventWeightBalancer(weight_column="weight"), scaler, network)
    model.fit(events[[*FEATURES, "weight"]], events["is_signal"])
    joblib.dump(model, folder / "model.joblib")
    events.to_parquet(folder / "events.parquet")
    data = events.drop(columns=["weight", "process", "is_signal"])
    data.to_csv(folder / "data.csv", index=False)
    np.save(folder / "scores.npy", model.predict_proba(events[FEATURES])[:, 1])
    return folder


@pytest.fixture
def here(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert main(["export", "model.joblib", "model.onnx", "--check", "events.parquet"]) == 0
    return folder


def test_export_says_how_well_the_file_agrees(here, capsys):
    assert (
        main(["export", "model.joblib", "again.onnx", "--check", "data.csv", "--n-check", "50"])
        == 0
    )
    out = capsys.readouterr().out
    assert out.startswith("again.onnx agrees with model.joblib on 50 events: largest difference ")
    assert (
        main(["export", "model.joblib", "other.onnx", "--dtype", "float64", "--inputs", "columns"])
        == 0
    )


def test_show_says_what_a_file_is(here, capsys):
    assert main(["show", "model.onnx"]) == 0
    out = capsys.readouterr().out
    assert "model.onnx: EventWeightBalancer > MinMaxScaler > DenseClassifier" in out
    assert "  features  (n, 3) float32" in out
    assert "classes     0, 1" in out
    assert "  pt  in [" in out
    assert "missing (NaN) is read as" in out
    assert "self-test   16 reference events agree to 1e-05" in out


def test_apply_takes_the_file_as_it_takes_the_model(here, capsys):
    command = "apply model.onnx data.csv --output s.parquet --columns event_number --threshold 0.4"
    assert main(command.split()) == 0
    got = pd.read_parquet("s.parquet")
    scores = np.load("scores.npy")
    clear = np.abs(scores - 0.4) > 1e-5
    kept = np.isin(np.arange(300), got["event_number"])
    assert np.array_equal(kept[clear], (scores >= 0.4)[clear])
    assert np.abs(got["score"] - scores[got["event_number"]]).max() < 1e-6


def test_what_goes_wrong_is_one_line(here, capsys):
    joblib.dump(LogisticRegression().fit([[0.0], [1]], [0, 1]), "other.joblib")
    assert main(["export", "other.joblib", "wrong.onnx"]) == 1
    assert "LogisticRegression is no classifier that can be written" in capsys.readouterr().err
    assert main(["export", "model.joblib", "model.txt"]) == 1
    assert "the file is to end in .onnx" in capsys.readouterr().err
    assert main(["show", "nowhere.onnx"]) == 1
    assert "there is no model file 'nowhere.onnx'" in capsys.readouterr().err
    assert main(["show", "data.csv"]) == 1
    assert "data.csv is no ONNX file" in capsys.readouterr().err
    assert main(["apply", "data.csv", "data.csv", "-o", "s.csv"]) == 1


WITHOUT = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "keras", "scikeras", "onnx"):
            raise ImportError(f"{name} is not there")

sys.meta_path.insert(0, Blocked())
"""
USE = """
import json
import pandas as pd
import skhep_nn
from skhep_nn import EventBlocks, apply, load_onnx, make_fom_scorer
from skhep_nn.cli import main
from skhep_nn.io import read_events
from skhep_nn.metrics import roc_auc, significance_scan
from skhep_nn.plotting import RocDisplay, ScoreDisplay

assert main("apply model.onnx data.csv --output without.parquet --quiet".split()) == 0
events = read_events("events.parquet")
model = load_onnx("model.onnx")
X, y, weights = events[["pt", "eta", "mt"]], events["is_signal"], events["weight"]
score = model.predict_proba(X)[:, 1]
RocDisplay.from_estimator(model, X, y, sample_weight=weights)
ScoreDisplay.from_estimator(model, X, y, sample_weight=weights)
scan = significance_scan(y, score, weights, luminosity=10.0)
scorer = make_fom_scorer("asimov")
print(json.dumps([float(roc_auc(y, score, weights)), scan.best_value, float(scorer(model, X, y))]))
"""


def test_applying_needs_neither_tensorflow_nor_keras(here):
    pytest.importorskip("mplhep")
    code = textwrap.dedent(WITHOUT + USE)
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=here)
    assert done.returncode == 0, done.stderr
    assert all(np.isfinite(json.loads(done.stdout.splitlines()[-1])))
    got = pd.read_parquet(here / "without.parquet")["score"]
    assert np.abs(got - np.load(here / "scores.npy")).max() < 1e-6
