"""ONNX Runtime: a session on a file's bytes, run in chunks of events."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from skhep_nn import _cores
from skhep_nn._extras import require
from skhep_nn.exceptions import FileFormatError

# Events per run: what one layer makes of them stays in the processor's cache.
CHUNK = 8_192
OUTPUT = "probabilities"
# of a cross-fit, for events without a number
MEAN_OUTPUT = "mean_probabilities"
ERRORS_ONLY = 3


def open_session(content, called):
    """A session of ONNX Runtime, which works in the thread that calls it.

    Parameters
    ----------
    content : bytes
    called : str
        Name of the file, for messages.

    Raises
    ------
    FileFormatError
        If the runtime refuses the file.
    """
    runtime = require("onnxruntime", "onnx")
    options = runtime.SessionOptions()
    options.log_severity_level = ERRORS_ONLY
    # threads that share one layer wait for each other; those of `run` have events of their own
    options.intra_op_num_threads = 1
    providers = ["CPUExecutionProvider"]
    try:
        return runtime.InferenceSession(content, sess_options=options, providers=providers)
    except Exception as error:  # the runtime has a class of its own for each kind of failure
        if type(error).__module__.partition(".")[0] != "onnxruntime":
            raise
        msg = f"ONNX Runtime {runtime.__version__} refuses {called}: {error}"
        raise FileFormatError(msg) from error


def run(session, feeds, n_classes, n_threads=None, output=OUTPUT):
    """Probabilities of the events in `feeds`, by chunks, in several threads."""
    n_events = len(next(iter(feeds.values())))
    if n_events == 0:
        return np.empty((0, n_classes), np.float32)
    if session.get_outputs()[0].shape[0] == 1:
        # a file for one event at a time
        rows = ({name: a[at : at + 1] for name, a in feeds.items()} for at in range(n_events))
        return np.concatenate([session.run([output], row)[0] for row in rows])
    if n_events <= CHUNK:
        return session.run([output], feeds)[0]
    out = np.empty((n_events, n_classes), np.float32)

    def fill(first):
        here = slice(first, first + CHUNK)
        part = {name: array[here] for name, array in feeds.items()}
        out[here] = session.run([output], part)[0]

    starts = range(0, n_events, CHUNK)
    with ThreadPoolExecutor(min(n_threads or _cores.cores(), len(starts))) as pool:
        for _ in pool.map(fill, starts):
            pass
    return out
