"""The recipes of docs/dask.md for MLflow and TensorBoard, as they stand there."""

from __future__ import annotations

import functools
import threading

import pytest
from pages.blocks import ROOT, blocks

from skhep_nn import DenseClassifier

PAGE = ROOT / "docs" / "dask.md"
SMALL = {"units": (4,), "epochs": 2, "weight_column": "weight", "random_state": 0, "verbose": 0}


@pytest.fixture
def follow(table, tmp_path, monkeypatch):
    """A function of a word: runs the block that has it, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(word):
        (block,) = [
            b
            for b in blocks(ROOT / "docs" / "dask.md")
            if b.language == "python" and word in b.code
        ]
        X, y = table
        names = {"X": X, "y": y, "DenseClassifier": functools.partial(DenseClassifier, **SMALL)}
        before = set(threading.enumerate())
        exec(compile(block.code, block.where, "exec"), names)
        for thread in set(threading.enumerate()) - before:
            # those of a cluster that has ended may still be on their way
            thread.join(60)
            assert not thread.is_alive()
        assert names["model"].training_loop_ == "compiled"
        return names["model"]

    return run


@pytest.fixture
def mlflow(tmp_path, monkeypatch):
    """MLflow that writes to a folder, asks git nothing and tells nobody."""
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("GIT_PYTHON_REFRESH", "quiet")
    mlflow = pytest.importorskip("mlflow")
    fluent = pytest.importorskip("mlflow.tracking.fluent")
    monkeypatch.setattr(fluent.context_registry, "resolve_tags", lambda tags=None: tags or {})
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri((tmp_path / "runs").as_uri())
    yield mlflow
    mlflow.set_tracking_uri(before)


# what MLflow says of its own folders and of its own dependencies
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_mlflow_has_the_losses_of_each_epoch(follow, mlflow):
    model = follow("mlflow")
    client = mlflow.MlflowClient()
    (run,) = client.search_runs(["0"])
    for name in ("loss", *(["val_loss"] if "val_loss" in model.history_ else [])):
        found = {m.step: m.value for m in client.get_metric_history(run.info.run_id, name)}
        assert found == pytest.approx(dict(enumerate(model.history_[name])), rel=1e-6)


def test_tensorboard_has_the_losses_of_each_epoch(follow, tmp_path):
    pytest.importorskip("tensorboard")
    import tensorflow as tf

    model = follow("TensorBoard")
    (file,) = (tmp_path / "logs" / "train").glob("events.out.tfevents.*")
    events = [
        tf.compat.v1.Event.FromString(record.numpy())
        for record in tf.data.TFRecordDataset(str(file))
    ]
    found = {
        event.step: float(tf.make_ndarray(value.tensor))
        for event in events
        for value in event.summary.value
        if value.tag == "epoch_loss"
    }
    assert found == pytest.approx(dict(enumerate(model.history_["loss"])), rel=1e-6)
