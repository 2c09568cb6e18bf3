"""ROOT's SOFIE: what is refused, and, where the package `sofie` is, that its C++ agrees."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from skhep_nn import (
    DenseClassifier,
    LSTMClassifier,
    MinMaxScaler,
    ParametricClassifier,
    ResNetClassifier,
    export_onnx,
    load_onnx,
)
from skhep_nn.exceptions import ExportError

SMALL = {"epochs": 1, "batch_size": 64, "random_state": 0, "verbose": 0}
RNG = np.random.default_rng(8)
X = RNG.normal(size=(120, 3))
X[::5, 1] = -999.0
Y = RNG.integers(0, 3, 120)
MODELS = {
    "dense": make_pipeline(
        MinMaxScaler(missing_value=-999, add_indicator=True, clip=True),
        DenseClassifier(units=(6, 5), **SMALL),
    ),
    "tanh": make_pipeline(
        StandardScaler(), DenseClassifier(units=(6,), activation="tanh", **SMALL)
    ),
    "residual": make_pipeline(
        MinMaxScaler(missing_value=-999), ResNetClassifier(n_blocks=2, units=5, **SMALL)
    ),
    "bins": make_pipeline(
        MinMaxScaler(missing_value=-999), DenseClassifier(units=(6,), feature_bins=8, **SMALL)
    ),
    "mass": make_pipeline(
        MinMaxScaler(missing_value=-999, exclude=[2]), ParametricClassifier(2, units=(6,), **SMALL)
    ),
}
# The one function of BLAS that the generated code calls, so that the test needs no library.
PROGRAM = """
#include <fstream>
#include <iostream>
extern "C" void sgemm_(const char* ta, const char* tb, const int* m, const int* n, const int* k,
                       const float* alpha, const float* a, const int* lda, const float* b,
                       const int* ldb, const float* beta, float* c, const int* ldc) {{
  const bool at = *ta == 't' || *ta == 'T', bt = *tb == 't' || *tb == 'T';
  for (int j = 0; j < *n; ++j)
    for (int i = 0; i < *m; ++i) {{
      double sum = 0;
      for (int l = 0; l < *k; ++l)
        sum += double(at ? a[l + i * *lda] : a[i + l * *lda]) *
               (bt ? b[j + l * *ldb] : b[l + j * *ldb]);
      float& out = c[i + j * *ldc];
      out = *alpha * sum + (*beta == 0 ? 0 : *beta * out);
    }}
}}
#include "model.hxx"
int main() {{
  {namespace}::Session session("model.dat");
  std::ifstream in("events.txt");
  std::cout.precision(9);
  float x[{n_features}];
  while (true) {{
    for (auto& value : x) if (!(in >> value)) return 0;
    for (auto p : session.infer(x)) std::cout << p << " ";
    std::cout << "\\n";
  }}
}}
"""


@pytest.fixture(scope="module")
def sofie():
    sys.path.append(os.environ.get("SOFIE", ""))
    try:
        return pytest.importorskip("sofie", reason="needs the package sofie: make test-cpp")
    finally:
        sys.path.pop()


@pytest.mark.filterwarnings("ignore::skhep_nn.exceptions.ExtrapolationWarning")
@pytest.mark.parametrize("name", MODELS)
def test_generated_code_agrees_with_the_model(sofie, tmp_path, monkeypatch, name):
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("needs a C++ compiler")
    monkeypatch.chdir(tmp_path)
    model = MODELS[name].fit(X, Y)
    export_onnx(model, "model.onnx", check=X, target="sofie")
    assert generated(sofie, compiler, X, model.predict_proba(X)) < 2e-6
    if name == "mass":
        export_onnx(model, "model.onnx", check=X, target="sofie", at=0.5)
        wanted = model.predict_proba(np.column_stack([X[:, :2], np.full(len(X), 0.5)]))
        assert generated(sofie, compiler, X[:, :2], wanted) < 2e-6
    if name == "bins":
        assert "features_bins" in [layer.name for layer in model[-1].model_.layers]


def generated(sofie, compiler, x, wanted):
    """Largest difference of what SOFIE's C++ makes of model.onnx gives for x."""
    parsed = sofie.onnx.parse("model.onnx")
    parsed.generate()
    parsed.output_generated("model.hxx")
    code = Path("model.hxx").read_text()
    namespace = next(n for n in re.findall(r"namespace (\w+)", code) if n not in ("BLAS", "SOFIE"))
    program = PROGRAM.format(namespace=namespace, n_features=x.shape[1])
    Path("main.cpp").write_text(program)
    np.savetxt("events.txt", x.astype(np.float32), fmt="%.9g")
    subprocess.run([compiler, "-std=c++20", "-O1", "main.cpp", "-o", "main"], check=True)
    done = subprocess.run(["./main"], capture_output=True, text=True, check=True)
    return np.abs(np.array(done.stdout.split(), float).reshape(len(x), -1) - wanted).max()


def test_the_file_takes_one_event_at_a_time(tmp_path):
    model = MODELS["tanh"].fit(X, Y)
    export_onnx(model, tmp_path / "model.onnx", check=X, target="sofie")
    loaded = load_onnx(tmp_path / "model.onnx")
    assert loaded._runtime().get_inputs()[0].shape == [1, 3]
    # -999 among the values of StandardScaler squeezes the others, which the network undoes
    assert np.abs(loaded.predict_proba(X) - model.predict_proba(X)).max() < 5e-6
    types = {t.data_type for t in onnx.load_from_string(loaded.model).graph.initializer}
    assert onnx.TensorProto.DOUBLE not in types


def test_what_was_not_seen_to_agree_is_refused(tmp_path):
    path = tmp_path / "model.onnx"
    quantiles = make_pipeline(QuantileTransformer(n_quantiles=20), DenseClassifier((4,), **SMALL))
    with pytest.raises(ExportError, match=r"quantiletransformer needs the operator LessOrEqual"):
        export_onnx(quantiles.fit(X, Y), path, check=X, target="sofie")
    sequences = RNG.normal(size=(120, 4, 2))
    for options in ({"cell": "gru"}, {"bidirectional": True}):
        model = LSTMClassifier(units=3, **options, **SMALL).fit(sequences, Y)
        with pytest.raises(ExportError, match="target='sofie'"):
            export_onnx(model, path, check=sequences, target="sofie")
    with pytest.raises(ExportError, match="the input 'features' is float64"):
        export_onnx(MODELS["tanh"].fit(X, Y), path, check=X, target="sofie", dtype="float64")
    assert not path.exists()
