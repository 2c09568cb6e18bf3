from __future__ import annotations

import keras
import pytest

from benchmarks import gpu


def test_the_table_has_ours_beside_keras(monkeypatch, capsys):
    monkeypatch.setattr("benchmarks.timing.EPOCHS", 2)
    gpu.main(["--events", "600", "--turns", "1", "--cases", "28-50-50-1"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(f"keras {keras.__version__}, numpy {gpu.version('numpy')}")
    names, _, row = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines[-3:])
    found = dict(zip(names, row, strict=True))
    assert found["case"] == "28-50-50-1, batch 256"
    seconds = [float(found[name]) for name in ("ours, s per epoch", "Keras fit")]
    assert float(found["ratio"]) == pytest.approx(seconds[1] / seconds[0], rel=0.02)
    assert keras.config.dtype_policy().name == "float32"


def test_short_types_are_measured_where_there_are_gpus():
    assert gpu.PRECISIONS["CPU"] == ("float32",)
    assert "mixed_float16" in gpu.PRECISIONS["GPU"]
    assert "No GPU was found" in "\n".join(gpu.heading("CPU", ["x86_64, 2 cores"]))
    assert gpu.heading("GPU", ["A", "B"])[0].startswith("2 GPUs: A, B; ")
