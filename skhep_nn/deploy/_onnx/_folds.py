"""The fold of an event from its number, in core operators; see `skhep_nn._event_numbers`.

ONNX has no exclusive or before opset 18, and runtimes do not add or multiply numbers of 64 bits
without sign. Here a word is an int64 of the same bits, whose sums and products wrap around, and a
uint64 where it is shifted; an exclusive or is looked up in a table, byte by byte.
"""

from __future__ import annotations

import numpy as np

from skhep_nn._event_numbers import ROUNDS, STEP

WORD = 2**64
PLACES = np.arange(0, 64, 8, dtype=np.uint64)
BYTES = np.arange(256, dtype=np.uint8)
XOR = (BYTES[:, None] ^ BYTES).reshape(-1)


def fold(graph, rule, numbers):
    """Fold of each event, a value of shape (n, 1), int64.

    Parameters
    ----------
    graph : Graph
    rule : Rule
    numbers : list of str
        Event numbers in the graph, one per column, of shape (n, 1), int64.
    """
    with graph.scope("fold"):
        if rule.hash == "modulo":
            return graph.op("Mod", numbers[0], rule.n_folds)
        word = rule.salt
        for number in numbers:
            word = _mixed(graph, number if word == 0 else graph.op("Add", number, word))
        return graph.cast(graph.op("Mod", graph.cast(word, np.uint64), rule.n_folds), np.int64)


def _mixed(graph, word):
    word = graph.op("Add", word, _signed(STEP))
    for n_bits, factor in ROUNDS:
        bits = graph.cast(word, np.uint64)
        word = _xor(graph, bits, _shifted(graph, bits, n_bits))
        word = word if factor is None else graph.op("Mul", word, _signed(factor))
    return word


def _shifted(graph, bits, n_bits):
    return graph.op("BitShift", bits, n_bits, direction="RIGHT")


def _xor(graph, one, other):
    """The exclusive or of two uint64, as an int64."""
    pairs = graph.op("Add", graph.op("Mul", _bytes(graph, one), 256), _bytes(graph, other))
    found = graph.op("Gather", graph.constant(XOR), pairs, axis=0)
    # the highest byte wraps around into the sign; a ReduceSum goes through floating point
    places = np.array([[_signed(1 << place)] for place in PLACES.tolist()])
    return graph.op("MatMul", graph.cast(found, np.int64), places)


def _bytes(graph, bits):
    """The bytes of a uint64 of shape (n, 1), the lowest first, as int32."""
    # not by a cast to uint8, which older runtimes leave out before another cast
    above = graph.op("BitShift", bits, PLACES[::-1], direction="LEFT")
    return graph.cast(_shifted(graph, above, 56), np.int32)


def _signed(word):
    """A 64-bit word as the int64 of the same bits."""
    return word - WORD if word >= WORD // 2 else word
