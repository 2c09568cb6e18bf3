"""What was traced and compiled for one architecture, for every engine of it.

Networks of one architecture that train at a time, each in a thread, have an engine each. A program
of TensorFlow's is handed the variables that it reads and writes, so that those of one engine do as
well as those of another: it is traced once, and XLA compiles it once.
"""

from __future__ import annotations

import copy
import threading
import weakref
from dataclasses import dataclass

import tensorflow as tf

_PROGRAMS = weakref.WeakValueDictionary()
_LOCK = threading.Lock()


class Programs:
    """Programs of the engines of one architecture; they last as long as one of these."""

    def __init__(self):
        self._traced = {}
        self.one_at_a_time = threading.Lock()

    def on(self, name, variables):
        """The program `name` on these variables, None if there is none.

        Parameters
        ----------
        name : hashable
            With all that tells programs of one architecture apart.
        variables : dict of hashable to tf.Variable
            By their places in the network, which are those in each network of the architecture.
        """
        traced = self._traced.get(name)
        return None if traced is None else traced.on(variables)

    def keep(self, name, variables, concrete):
        """Keep for others what was traced on these variables; the first stays."""
        self._traced.setdefault(name, _Traced.of(concrete, variables))


@dataclass(frozen=True)
class _Traced:
    """A program, and which variables it was handed: places, None for what is no variable."""

    concrete: object
    places: list

    @classmethod
    def of(cls, concrete, variables):
        place_of = {id(variable.handle): place for place, variable in variables.items()}
        return cls(concrete, [place_of.get(id(value)) for value in concrete.captured_inputs])

    def on(self, variables):
        """The same program on other variables, or None if it has some that nobody told of."""
        pairs = list(zip(self.places, self.concrete.captured_inputs, strict=True))
        if not all(_is_known(place, value, variables) for place, value in pairs):
            return None
        # its calls differ from those of the first in nothing but what they are handed
        other = copy.copy(self.concrete)
        other.set_external_captures(
            [value if place is None else variables[place].handle for place, value in pairs]
        )
        return other


def _is_known(place, value, variables):
    return value.dtype != tf.resource if place is None else place in variables


def programs_of(key):
    """The programs of the architecture `key`, or None if there is no key."""
    if key is None:
        return None
    with _LOCK:
        found = _PROGRAMS.get(key)
        if found is None:
            found = _PROGRAMS[key] = Programs()
        return found


def variables_by_place(model):
    """The variables that training and evaluation of a Keras model may read and write.

    Returns
    -------
    dict of (str, int) to tf.Variable
        By their places, which are those in each network of the architecture.
    """
    groups = {
        "model": model.variables,
        "metrics": model.metrics_variables,
        "optimizer": model.optimizer.variables,
    }
    return {
        (group, number): variable.value
        for group, variables in groups.items()
        for number, variable in enumerate(variables)
    }
