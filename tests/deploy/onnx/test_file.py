from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from skhep_nn import DenseClassifier, load_onnx
from skhep_nn.deploy._onnx import _file
from skhep_nn.deploy._onnx._graph import OPSET
from skhep_nn.exceptions import FileFormatError, MissingFileError


@pytest.fixture(scope="module")
def content(exported):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(80, 2)), rng.integers(0, 2, 80)
    model = DenseClassifier(units=(3,), epochs=1, random_state=0, verbose=0).fit(X, y)
    return exported(model).model


def changed(content, function):
    model = onnx.load_from_string(content)
    function(model)
    return model.SerializeToString()


def test_every_cut_off_file_is_refused(content):
    for size in [*range(0, len(content), 61), len(content) - 1]:
        with pytest.raises(FileFormatError):
            load_onnx(content[:size])


def test_noise_is_refused(content):
    rng = np.random.default_rng(1)
    for _ in range(50):
        with pytest.raises(FileFormatError):
            load_onnx(rng.integers(0, 256, 200, dtype=np.uint8).tobytes())
    damaged = bytearray(content)
    damaged[len(damaged) // 3] ^= 0xFF
    with pytest.raises(FileFormatError):
        load_onnx(bytes(damaged))


def test_a_file_that_is_not_there_or_empty(tmp_path):
    with pytest.raises(MissingFileError, match="there is no model file"):
        load_onnx(tmp_path / "model.onnx")
    (tmp_path / "model.onnx").write_bytes(b"")
    with pytest.raises(FileFormatError, match="is no ONNX file"):
        load_onnx(tmp_path / "model.onnx")
    (tmp_path / "model.onnx").write_text("<html></html>")
    with pytest.raises(FileFormatError, match="is no ONNX file"):
        load_onnx(tmp_path / "model.onnx")


def test_a_foreign_file_is_refused():
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 1])
    graph = helper.make_graph([helper.make_node("Abs", ["x"], ["y"])], "g", [value], [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    with pytest.raises(FileFormatError, match="was not written by export_onnx"):
        load_onnx(model.SerializeToString())


def test_changed_weights_are_noticed(content):
    def other_weights(model):
        tensor = model.graph.initializer[0]
        tensor.raw_data = bytes(len(tensor.raw_data))

    with pytest.raises(FileFormatError, match="was changed after export_onnx wrote it"):
        load_onnx(changed(content, other_weights))


def test_wrong_reference_events_are_refused(content):
    def other_reference(model):
        for entry in model.metadata_props:
            if entry.key == "skhep_nn.reference.probabilities":
                head, _, numbers = entry.value.partition("\n")
                entry.value = f"{head}\n{' '.join('0.5' for _ in numbers.split())}"

    with pytest.raises(FileFormatError, match="does not give the probabilities of its reference"):
        load_onnx(changed(content, other_reference))


def test_a_file_without_reference_events_is_refused(content):
    def without(model):
        kept = [e for e in model.metadata_props if "reference" not in e.key]
        del model.metadata_props[:]
        model.metadata_props.extend(kept)

    with pytest.raises(FileFormatError, match="has no reference events"):
        load_onnx(changed(content, without))


@pytest.mark.parametrize("about", ["{", "[]", "{}", '{"format": 99}'])
def test_broken_metadata_are_refused(content, about):
    def broken(model):
        for entry in model.metadata_props:
            if entry.key == "skhep_nn.about":
                entry.value = about

    with pytest.raises(FileFormatError):
        load_onnx(changed(content, broken))


def test_the_digest_is_that_of_nodes_and_weights(content):
    read = _file.read(content)
    model = onnx.load_from_string(content)
    import hashlib

    assert read.digest == hashlib.sha256(model.graph.SerializeToString()).hexdigest()
    assert read.metadata == {e.key: e.value for e in model.metadata_props}
    assert (model.ir_version, model.opset_import[0].version) == (7, OPSET)
    assert read.metadata["skhep_nn.classes"] == "0\n1"
