"""Run the reference events of ONNX files on whatever ONNX Runtime is there, however old.

usage: python .ci/self_test.py FILE.onnx ...      needs onnxruntime and numpy alone, Python >= 3.6
"""

from __future__ import annotations

import sys

import numpy as np
import onnxruntime

PREFIX = "skhep_nn.reference."


def array_of(text):
    """Type and shape in the first line, then the numbers."""
    head, _, numbers = text.partition("\n")
    dtype, *shape = head.split()
    return (
        np.array([float(n) for n in numbers.split()]).reshape([int(n) for n in shape]).astype(dtype)
    )


def difference(path):
    """Largest between the probabilities in the file and those of this runtime."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    text = session.get_modelmeta().custom_metadata_map
    arrays = {k[len(PREFIX) :]: array_of(v) for k, v in text.items() if k.startswith(PREFIX)}
    wanted = arrays.pop("probabilities")
    return float(np.abs(session.run(["probabilities"], arrays)[0] - wanted).max())


if __name__ == "__main__":
    found = {path: difference(path) for path in sys.argv[1:]}
    for path, off in found.items():
        print(onnxruntime.__version__, path, off)  # noqa: T201
    sys.exit(any(not off < 1e-5 for off in found.values()))
