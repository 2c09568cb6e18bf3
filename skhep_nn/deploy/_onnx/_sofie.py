"""What ROOT's SOFIE makes right C++ of: one event at a time, in single precision.

The operators below were seen to agree with ONNX Runtime (package ``sofie`` 0.1). Cells of GRU and
bidirectional layers, and quantiles, were refused or gave other numbers without a word.
"""

from __future__ import annotations

from skhep_nn.exceptions import ExportError

OPERATORS = (
    "Abs Add Cast Clip Concat Conv Div Elu Equal Erf Exp Gather Gemm Identity "
    "LeakyRelu Less Log MatMul Max Min Mul Neg Not Or Pow ReduceMax ReduceMean "
    "ReduceSum Relu Reshape Selu Sigmoid Softmax Sqrt Sub Tanh Transpose Unsqueeze "
    "Where "
)


def check(graph, inputs):
    """Raise if SOFIE cannot be trusted with a graph.

    Raises
    ------
    ExportError
        Naming the operator, and the step and layer that it belongs to.
    """
    for spec in inputs:
        if spec.dtype != "float32" or None in spec.shape:
            msg = (
                f"target='sofie': the input {spec.name!r} is {spec.dtype} of shape {spec.shape} "
                "per event; SOFIE reads float32 of a shape that is known"
            )
            raise ExportError(msg)
    for operator, name in graph.operators():
        if operator not in OPERATORS.split():
            msg = (
                f"target='sofie': {name.rpartition('_' + operator)[0]} needs the operator "
                f"{operator}, which SOFIE was not seen to compute right"
            )
            raise ExportError(msg)
