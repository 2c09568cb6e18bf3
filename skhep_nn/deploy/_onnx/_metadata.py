"""What a file says of itself: features, classes, ranges, versions, digest, reference events.

All of it is text under keys that begin with ``skhep_nn.``: ``about`` is JSON, the rest is made to
be read by a few lines of C++ (names one per line; numbers behind the line with their shape).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import numpy as np

from skhep_nn.deploy._onnx._specs import Input
from skhep_nn.exceptions import FileFormatError

FORMAT = 1
PREFIX = "skhep_nn."
N_REFERENCE = 16


@dataclass
class Metadata:
    """What is known of an exported model.

    Parameters
    ----------
    classes : ndarray
    inputs : list of Input
    names : list or None
        Columns of X in the order of fit, optional ones too; None for arrays without names.
    n_columns : int
    optional : list of int
        Positions of those that are no inputs.
    facts : dict of int to dict
        By position: ``"range"``, ``"missing_value"``, ``"filled_with"``.
    parameters : dict
        ``"names"``, ``"columns"`` (positions, or names of blocks) and ``"range"`` of the mass
        hypotheses; empty without.
    model : str
        The classes of the steps, e.g. ``"MinMaxScaler > DenseClassifier"``.
    versions : dict of str to str
    created : str
    digest : str
    loose : bool
        Whether X may have further columns, and in another order.
    tolerance : float
        How far the reference events' probabilities may be off.
    class_names : list or None
        What each class is called, None for one without a name; None if none has one.
    reference : dict of str to ndarray
        Inputs of the reference events, and their ``"probabilities"``.
    """

    classes: np.ndarray
    inputs: list
    names: list | None
    n_columns: int
    optional: list
    facts: dict
    parameters: dict
    model: str
    versions: dict
    created: str
    digest: str
    tolerance: float
    loose: bool = False
    class_names: list | None = None
    reference: dict = field(default_factory=dict)

    def to_text(self):
        """As the metadata of a file."""
        about = {
            "format": FORMAT,
            "classes": {"dtype": self.classes.dtype.str, "labels": self.classes.tolist()},
            "inputs": [spec.as_dict() for spec in self.inputs],
            "names": self.names,
            "n_columns": self.n_columns,
            "optional": self.optional,
            "facts": {str(at): facts for at, facts in self.facts.items()},
            "parameters": self.parameters,
            "model": self.model,
            "versions": self.versions,
            "created": self.created,
            "digest": self.digest,
            "tolerance": self.tolerance,
            "loose": self.loose,
            "class_names": self.class_names,
        }
        text = {
            "about": json.dumps(about, default=_python_number),
            "features": "\n".join(self.feature_labels()),
            "classes": "\n".join(map(str, self.classes.tolist())),
            "event_number": "\n".join(self.label(at) for at in self.numbers()),
        }
        text |= {f"reference.{name}": _to_text(array) for name, array in self.reference.items()}
        return {PREFIX + key: value for key, value in text.items()}

    @classmethod
    def from_text(cls, text, called):
        """From the metadata of a file.

        Raises
        ------
        FileFormatError
            If it is not that of a file of ours.
        """
        if PREFIX + "about" not in text:
            msg = (
                f"{called} was not written by export_onnx: it has no features, classes and "
                "reference events in its metadata"
            )
            raise FileFormatError(msg)
        try:
            about = json.loads(text[PREFIX + "about"])
            if about.pop("format") > FORMAT:
                msg = f"{called} was written by a newer version of skhep_nn"
                raise FileFormatError(msg)
            return cls(**_unpacked(about), reference=_references(text))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            msg = f"{called} is broken: its metadata cannot be read ({error})"
            raise FileFormatError(msg) from error

    def feature_labels(self):
        """Names (or numbers) of the columns of the inputs that are tables, in their order."""
        at = [at for spec in self.inputs if spec.kind == "table" for at in spec.columns]
        return [self.label(one) for one in at]

    def numbers(self):
        """Positions of the columns of the event number, by which a cross-fit picks a network."""
        return [at for spec in self.inputs if spec.kind == "numbers" for at in spec.columns]

    def label(self, at):
        """Name of the column at position `at`, its number if it has none."""
        return str(at if self.names is None or not isinstance(at, int) else self.names[at])


def _unpacked(about):
    labels = about["classes"]
    about["classes"] = np.asarray(labels["labels"], np.dtype(labels["dtype"]))
    about["inputs"] = [Input(**spec) for spec in about["inputs"]]
    about["facts"] = {int(at): facts for at, facts in about["facts"].items()}
    return about


def _references(text):
    prefix = PREFIX + "reference."
    return {
        key.removeprefix(prefix): _from_text(value)
        for key, value in text.items()
        if key.startswith(prefix)
    }


def _to_text(array):
    """Shape in the first line, then all numbers, exact."""
    digits = {"float32": ".9g", "float64": ".17g"}.get(array.dtype.name, "d")
    numbers = array.astype(np.int64) if digits == "d" else array
    head = " ".join([array.dtype.name, *map(str, array.shape)])
    return f"{head}\n{' '.join(format(v, digits) for v in numbers.reshape(-1).tolist())}"


def _from_text(text):
    head, _, numbers = text.partition("\n")
    dtype, *shape = head.split()
    if dtype not in ("float32", "float64", "int32", "int64", "bool"):
        msg = f"numbers of type {dtype!r}"
        raise ValueError(msg)
    kind = np.float64 if dtype.startswith("float") else np.int64
    return np.array(numbers.split(), kind).reshape([int(n) for n in shape]).astype(dtype)


def _python_number(value):
    """NumPy's numbers as Python's, for JSON."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise TypeError(type(value).__name__)
