"""Models as ONNX files: the whole Pipeline in one graph, and running it without TensorFlow."""

from __future__ import annotations
