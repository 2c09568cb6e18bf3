"""ONNX Runtime: a session on a file's bytes, run in chunks of events."""

from __future__ import annotations

import numpy as np

from skhep_nn._extras import require
from skhep_nn.exceptions import FileFormatError

# Events per run: what stays in the processor's cache.
CHUNK = 65_536
OUTPUT = "probabilities"
ERRORS_ONLY = 3


def open_session(content, called, n_threads=None):
    """A session of ONNX Runtime.

    Parameters
    ----------
    content : bytes
    called : str
        Name of the file, for messages.
    n_threads : int, default=None
        None: as many as there are cores.

    Raises
    ------
    FileFormatError
        If the runtime refuses the file.
    """
    runtime = require("onnxruntime", "onnx")
    options = runtime.SessionOptions()
    options.log_severity_level = ERRORS_ONLY
    if n_threads is not None:
        options.intra_op_num_threads = n_threads
    providers = ["CPUExecutionProvider"]
    try:
        return runtime.InferenceSession(content, sess_options=options, providers=providers)
    except Exception as error:  # the runtime has a class of its own for each kind of failure
        if type(error).__module__.partition(".")[0] != "onnxruntime":
            raise
        msg = f"ONNX Runtime {runtime.__version__} refuses {called}: {error}"
        raise FileFormatError(msg) from error


def run(session, feeds, n_classes):
    """Probabilities of the events in `feeds`, by chunks."""
    n_events = len(next(iter(feeds.values())))
    if n_events == 0:
        return np.empty((0, n_classes), np.float32)
    if n_events <= CHUNK:
        return session.run([OUTPUT], feeds)[0]
    out = np.empty((n_events, n_classes), np.float32)
    for first in range(0, n_events, CHUNK):
        here = slice(first, first + CHUNK)
        part = {name: array[here] for name, array in feeds.items()}
        out[here] = session.run([OUTPUT], part)[0]
    return out
