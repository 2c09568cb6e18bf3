"""Imports TensorFlow without the notes that it writes to the terminal when it starts.

They come from compiled code before any setting of TensorFlow's own can silence them. Whoever sets
``TF_CPP_MIN_LOG_LEVEL`` sees them as TensorFlow writes them; whatever else is written to standard
error meanwhile is passed on.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile

NOTE = re.compile(rb"^([IWE]\d{4} \d\d:\d\d:|WARNING: All log messages before absl|To enable the)")


@contextlib.contextmanager
def without_notes():
    """Standard error of the whole process, without TensorFlow's notes."""
    try:
        terminal = os.dup(2)
    except OSError:  # no standard error at all: nothing to keep quiet
        yield
        return
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
            caught.seek(0)
            for line in caught:
                if not NOTE.match(line):
                    os.write(2, line)


def start():
    """Import TensorFlow and Keras and start their runtime."""
    if "tensorflow" in sys.modules or "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    try:
        with without_notes():
            _start_runtime()
    finally:
        # processes that this one starts do the same for themselves
        del os.environ["TF_CPP_MIN_LOG_LEVEL"]


def _start_runtime():
    import keras  # noqa: F401
    import tensorflow as tf

    from skhep_nn.training._devices import grow_memory
    from skhep_nn.training._threads import respect_limits

    respect_limits()
    grow_memory()
    tf.config.list_logical_devices()


# Classes whose methods are traced, as TensorFlow's hint names them.
OWNERS = ("Engine.", "Prediction.")


def keep_quiet_on_engines():
    """Leave out TensorFlow's hint that engines trace functions of their own, as they should."""
    import tensorflow as tf

    tf.get_logger().addFilter(_is_no_hint_on_retracing)


def _is_no_hint_on_retracing(record):
    # an engine has functions of its own by design, which TensorFlow takes for one in a loop
    message = record.getMessage()
    return not ("retracing" in message and any(owner in message for owner in OWNERS))


start()
