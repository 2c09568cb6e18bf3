"""Networks with random weights, and what a graph of them gives."""

from __future__ import annotations

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


@pytest.fixture(autouse=True)
def _same_initial_weights():
    """Initial weights that are the same in every run: some make probabilities of 0 only."""
    import keras

    keras.utils.set_random_seed(0)


def randomise(model, noise=0.1, seed=0):
    """Weights that differ, biases and running averages too."""
    rng = np.random.default_rng(seed)
    for variable in model.variables:
        if "variance" in variable.path or "bend" in variable.path:
            variable.assign(rng.uniform(0.5, 2, variable.shape))
        elif "float" in str(variable.dtype):
            variable.assign(np.asarray(variable) + noise * rng.normal(size=variable.shape))


def graph_of(model, x):
    """The checked ONNX model of a Keras model that reads `x`, an array or a dict of arrays."""
    from skhep_nn.deploy._onnx._graph import Graph
    from skhep_nn.deploy._onnx._network import emit_model
    from skhep_nn.deploy._onnx._values import Tensor

    graph = Graph()
    arrays = x if isinstance(x, dict) else {"features": x}
    tensors = {}
    for name, array in arrays.items():
        graph.input(name, array.dtype, array.shape[1:])
        tensors[name] = Tensor(name, array.shape[1:])
    out = emit_model(graph, model, tensors if isinstance(x, dict) else tensors["features"])
    graph.output("probabilities", out.value, out.shape)
    made = graph.model({})
    onnx.checker.check_model(made, full_check=True)
    return made


@pytest.fixture(scope="session")
def difference():
    """The function ``difference(model, x)``: largest between Keras and ONNX, weights random."""

    def largest(model, x, noise=0.1):
        randomise(model, noise)
        session = onnxruntime.InferenceSession(
            graph_of(model, x).SerializeToString(), providers=["CPUExecutionProvider"]
        )
        got = session.run(None, x if isinstance(x, dict) else {"features": x})[0]
        wanted = np.asarray(model(x, training=False))
        assert got.shape == wanted.shape
        assert np.ptp(wanted) > 1e-4
        return np.abs(got - wanted).max()

    return largest


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """The function that exports and loads a model: ``exported(model, **options)``."""
    from skhep_nn import export_onnx, load_onnx

    def export(model, **options):
        path = tmp_path_factory.mktemp("exported") / "model.onnx"
        export_onnx(model, path, **options)
        return load_onnx(path)

    return export


@pytest.fixture(scope="session")
def largest_difference():
    """``largest_difference(loaded, model, X)`` of the probabilities, which are no constants."""

    def largest(loaded, model, X):
        wanted = model.predict_proba(X)
        assert np.ptp(wanted[:, 0]) > 1e-4
        return np.abs(loaded.predict_proba(X) - wanted).max()

    return largest
