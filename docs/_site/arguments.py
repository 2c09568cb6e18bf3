"""Tables of constructor arguments, and the page of those that all classifiers share."""

from __future__ import annotations

import inspect
from textwrap import dedent

from numpydoc.docscrape import NumpyDocString

from _site import names

EMPTY = inspect.Parameter.empty
UNNAMED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
PAGE = "training_parameters"


def table_of(cls):
    """Rows (argument, default, what it takes) of a constructor, its heading first.

    Parameters
    ----------
    cls : type

    Returns
    -------
    list of tuple of str
        Empty where the constructor takes nothing.
    """
    types = _documented_types(cls)
    shared = shared_names(cls)
    rows = [
        (_linked(name, name in shared), _default(parameter), _literal(types.get(name, "")))
        for name, parameter in _parameters(cls).items()
    ]
    return [("argument", "default", "takes"), *rows] if rows else []


def shared_names(cls):
    """Arguments of a class whose words stand on the page of shared ones."""
    from skhep_nn.estimators import _parameters as shared

    return {*shared.TRAINING, *shared.BUILT} & {*getattr(cls, "_shared_names", ())}


def _parameters(cls):
    if cls.__init__ is object.__init__ and not issubclass(cls, tuple):
        return {}
    found = inspect.signature(cls).parameters
    return {name: p for name, p in found.items() if p.kind not in UNNAMED}


def _documented_types(cls):
    entries = NumpyDocString(inspect.cleandoc(cls.__doc__ or "None."))["Parameters"]
    types = {}
    for entry in entries:
        for name in entry.name.split(", "):
            types[name] = entry.type.partition(", default=")[0]
    return types


def _linked(name, is_shared):
    return f":ref:`{name} <{anchor(name)}>`" if is_shared else f"``{name}``"


def anchor(name):
    """Where the words of a shared argument are."""
    return f"training-parameter-{name.replace('_', '-')}"


def _default(parameter):
    return "required" if parameter.default is EMPTY else _literal(_short(parameter.default))


def _short(value):
    text = getattr(value, "__name__", None) or repr(value)
    return text if len(text) < 60 else f"{text[:56]} ..."


def _literal(text):
    return f"``{text}``" if text.strip() else ""


def shared_page():
    """The page of arguments that all classifiers, or those of built networks, have."""
    from skhep_nn.estimators import _parameters as shared

    parts = ["Training arguments\n==================\n", INTRODUCTION]
    for title, entries in (
        ("Arguments of every classifier", shared.TRAINING),
        ("Arguments of classifiers whose network the package builds", shared.BUILT),
    ):
        parts += [f"{title}\n{'-' * len(title)}\n"]
        parts += [_entry(name, entry) for name, entry in entries.items()]
    return "\n".join(parts)


INTRODUCTION = """\
These arguments mean the same in every classifier. Where a classifier has another default, the table
on its page says so: ``KerasClassifier`` has those of scikeras.
"""


def _entry(name, entry):
    kind, _, text = entry.text.partition("\n")
    words = dedent(text).strip().replace("\n", "\n   ")
    differs = _other_defaults(name, entry.default)
    note = f"\n\n   {differs}" if differs else ""
    head = f"**{name}** : *{_plain(kind)}*, default ``{entry.default!r}``"
    return f".. _{anchor(name)}:\n\n{head}\n\n   {words}{note}\n"


def _plain(kind):
    return kind.replace("*", "\\*").replace("`", "")


def _other_defaults(name, default):
    """Where the default of a shared argument differs."""
    found = []
    for cls_name, cls in names.of_package("estimators").items():
        parameters = _parameters(cls) if inspect.isclass(cls) and name in shared_names(cls) else {}
        if name in parameters and parameters[name].default != default:
            found.append(f"``{cls_name}``: ``{parameters[name].default!r}``")
    return f"Default of {', '.join(found)}." if found else ""
