"""Training on the devices that are here, GPUs if there are some, beside Keras' fit.

Run: python -m benchmarks gpu [--events 200000] [--turns 3] [--cases WORD ...]

Needs nothing but the package. It prints a table in Markdown: seconds per epoch after the first,
ours and Keras', for each precision, and what devices there were; without a GPU those of the CPU.
"""

from __future__ import annotations

import argparse
import functools
import os
import platform
from dataclasses import replace
from importlib.metadata import version

from benchmarks import networks, training
from benchmarks.timing import in_turns

LIBRARIES = ("tensorflow", "keras", "numpy")
# On a CPU short types are emulated, and tell nothing.
PRECISIONS = {"GPU": ("float32", "mixed_float16", "mixed_bfloat16"), "CPU": ("float32",)}
HEAD = ("case", "precision", "ours, s per epoch", "Keras fit", "ratio", "XLA")


def main(argv=None):
    """Measure and print the table."""
    options = parse(argv)
    kind, names = devices()
    rows = [
        measured(name, precision, options)
        for name in networks.CASES
        if not options.cases or any(word in name for word in options.cases)
        for precision in options.precisions or PRECISIONS[kind]
    ]
    print("\n".join([*heading(kind, names), *table(rows)]))


def parse(argv):
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks gpu", description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, help="events of each case, in place of its own")
    parser.add_argument("--turns", type=int, default=3, help="the sides take so many turns")
    parser.add_argument("--cases", nargs="*", default=[], help="words of the names of cases")
    parser.add_argument("--precisions", nargs="*", default=[], help="dtype policies of Keras")
    return parser.parse_args(argv)


def devices():
    """GPU or CPU, and what the devices are called."""
    import tensorflow as tf

    import skhep_nn.training._engine  # noqa: F401  (memory of GPUs grows with need from here on)

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return "CPU", [f"{platform.machine()}, {os.cpu_count()} cores"]
    told = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    return "GPU", [one.get("device_name", "unknown") for one in told]


def measured(name, precision, options):
    """A row: seconds per epoch of ours and of Keras', in turns."""
    import keras

    case = networks.CASES[name]
    case = replace(case, n_events=options.events or case.n_events)
    data, before = networks.sample(case), keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        sides = {"ours": training.ours, "Keras": training.fit}
        sides = {side: functools.partial(run, case, data) for side, run in sides.items()}
        seconds = in_turns(sides, options.turns)
    finally:
        keras.config.set_dtype_policy(before)
    ratio = seconds["Keras"] / seconds["ours"]
    numbers = (f"{seconds['ours']:.3g}", f"{seconds['Keras']:.3g}", f"{ratio:.2f}")
    return (name, precision, *numbers, scope(case, training.PLANNED))


def scope(case, epochs):
    """What XLA compiles in the case, by the rule."""
    from skhep_nn.training._jit import choose

    steps = -(-case.n_events // case.batch_size) * epochs
    return str(choose(case.network(case.shape), "auto", case.batch_size, steps))


def heading(kind, names):
    """What was run where."""
    libraries = ", ".join(f"{library} {version(library)}" for library in LIBRARIES)
    lines = [f"{len(names)} {kind}{'s' * (len(names) > 1)}: {', '.join(names)}; {libraries}", ""]
    if kind == "CPU":
        lines.insert(1, "No GPU was found: these are the numbers of the CPU.")
    return lines


def table(rows):
    """The rows in Markdown."""
    lines = [HEAD, ["---"] * len(HEAD), *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]
