"""Which columns a branch of a TTree or a field of an RNTuple gives, by the form of its arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from skhep_nn._extras import require

# what uproot reads without building objects; their forms need not be asked for
PLAIN = ("AsDtype", "AsStrings")
LISTS = ("ListOffsetForm", "ListForm", "RegularForm")
OPTIONS = ("IndexedOptionForm", "BitMaskedForm", "ByteMaskedForm", "UnmaskedForm", "IndexedForm")
TEXT = ("string", "bytestring", "char", "byte")


@dataclass(frozen=True)
class Leaf:
    """A column: a branch, or one field of the structures that it holds.

    Parameters
    ----------
    branch : uproot.TBranch or uproot.RField
    fields : tuple of str
        The way from the structure to the field; empty for a branch of numbers or text.
    """

    branch: Any
    fields: tuple = ()

    def of(self, array):
        """The column in what was read of the branch."""
        for field in self.fields:
            array = array[field]
        return array

    def within(self, events):
        """The column in what was read of several branches."""
        return self.of(events[self.branch.name])


class DottedField:
    """A field of an RNTuple whose own name has a dot, which uproot takes for the way to it.

    Parameters
    ----------
    field : uproot.RField
    ntuple : uproot.RNTuple
        Which reads it under its name.
    """

    def __init__(self, field, ntuple):
        self._ntuple = ntuple
        self.path, self.typename, self.fields = field.path, field.typename, field.fields

    def array(self, **rows):
        """Its values, of the rows that are asked for."""
        return self._ntuple.arrays(filter_name=lambda path: path == self.path, **rows)[self.path]


def leaves_of_branch(branch):
    """The leaves of a branch of a TTree, and the reason if there are none."""
    why = f"its type in ROOT is {branch.typename}"
    interpretation = branch.interpretation
    try:
        if _is_plain_interpretation(interpretation):
            return [Leaf(branch)], None
        leaves = _leaves(branch, interpretation.awkward_form(branch.file))
    except Exception as error:  # what uproot cannot interpret raises what its type is, and more
        return [], _with_words(why, error)
    return _tried(branch, leaves, why)


def why_not_field(field):
    """Why a field of an RNTuple that has no fields of its own can be no column; None if it can."""
    why = f"its type in ROOT is {field.typename}"
    return why if "std::variant" in field.typename else _tried(field, [Leaf(field)], why)[1]


def _is_plain_interpretation(interpretation):
    content = getattr(interpretation, "content", interpretation)
    is_plain = type(content).__name__ in PLAIN
    names = getattr(getattr(content, "to_dtype", None), "names", None)
    return is_plain and names is None and type(interpretation).__name__ in (*PLAIN, "AsJagged")


def _tried(branch, leaves, why):
    """`leaves` if the first event can be read, since uproot may know a form and not the bytes."""
    deserialization = require("uproot", "io").deserialization
    if not leaves:
        return [], why
    try:
        branch.array(entry_stop=1)
    except (NotImplementedError, TypeError, deserialization.DeserializationError) as error:
        return [], _with_words(why, error)
    return leaves, None


def _with_words(why, error):
    what = str(error).strip().partition("\n")[0]
    return f"{why}, which uproot cannot read" + (f": {what}" if what else "")


def _leaves(branch, form):
    paths = _paths(form)
    return [Leaf(branch, path) for path in paths] if paths is not None else []


def _paths(form, way=()):
    """The ways to all numbers and text in a form; None if there is something else in it."""
    kind = type(form).__name__
    if kind in ("NumpyForm", "EmptyForm") or form.parameter("__array__") in TEXT:
        return [way]
    if kind in (*LISTS, *OPTIONS):
        return _paths(form.content, way)
    if kind != "RecordForm":
        return None
    # what begins with @ is ROOT's own, such as versions of classes
    fields = [field for field in form.fields if not field.startswith("@")]
    parts = [_paths(form.content(field), (*way, field)) for field in fields]
    return [path for part in parts if part is not None for path in part] or None
