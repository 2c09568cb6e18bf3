"""Fitted models at work: scoring files of any length, ONNX files that run without TensorFlow."""

from __future__ import annotations

from skhep_nn import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    {
        "._apply": ["ApplySummary", "apply"],
        "._map_events": ["map_events"],
        "._onnx._classifier": ["OnnxClassifier", "load_onnx"],
        "._onnx._export": ["export_onnx"],
        "._onnx._verify": ["Verification", "verify_onnx"],
    },
)
