"""Write the stubs beside each package's ``__init__.py``: signatures from the classes, types from
their docstrings, so that editors complete names that load on first use.

    python .ci/stubs.py            # writes them
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import inspect
import re
import sys
from inspect import Parameter
from pathlib import Path

from docstring_types import annotation
from numpydoc.docscrape import NumpyDocString

ROOT = Path(__file__).parent.parent
PACKAGE = "skhep_nn"
HEAD = """\
# Written by .ci/stubs.py from signatures and docstrings (make stubs).
from collections.abc import Callable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Literal, NamedTuple, overload

import keras
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from typing_extensions import Self
"""
# Bases that users of an editor know; all others of ours are written out in full.
# Arguments that take every kind of frame, arrays and blocks.
TABLES = ("X", "X_val", "X_train", "events")
# Annotations of fields that are taken as they are.
PLAIN = {"float": "float", "int": "int", "str": "str", "bool": "bool", "np.ndarray": "NDArray[Any]"}
BASES = ("ClassifierMixin", "TransformerMixin", "BaseEstimator")
SPECIAL = ("__len__", "__getitem__", "__iter__", "__contains__", "__call__")


def main():
    """Write every stub."""
    for path, text in stubs().items():
        (ROOT / path).write_text(text)


def stubs():
    """The text of each stub by its path, relative to the project."""
    packages = [importlib.import_module(name) for name in _packages()]
    known = {name for module in packages for name, _ in _own(module)}
    out = {
        f"{PACKAGE}/{module.__name__.rpartition('.')[2]}{_file(module)}": _stub(module, known)
        for module in packages
    }
    return out | {f"{PACKAGE}/__init__.pyi": _top(packages)}


def _packages():
    """Names of the public modules, without the command line."""
    top = importlib.import_module(PACKAGE)
    found = {n for n in top.__all__ if inspect.ismodule(getattr(top, n))} | {"networks", "training"}
    return [f"{PACKAGE}.{name}" for name in sorted(found)]


def _file(module):
    return "/__init__.pyi" if hasattr(module, "__path__") else ".pyi"


def _top(packages):
    top = importlib.import_module(PACKAGE)
    lines = ["# Written by .ci/stubs.py from signatures and docstrings (make stubs)."]
    lines += [f"from {PACKAGE} import {module.__name__.rpartition('.')[2]} as "
              f"{module.__name__.rpartition('.')[2]}" for module in packages]  # fmt: skip
    for name in sorted(top.__all__):
        value = getattr(top, name)
        if not inspect.ismodule(value) and name != "__version__":
            lines.append(f"from {_home(name)} import {name} as {name}")
    return "\n".join([*lines, "", "__version__: str", ""])


def _own(module):
    """Public names of a module that are the package's, with their values."""
    names = getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")]
    values = [(name, getattr(module, name)) for name in sorted(names)]
    return [
        (n, v) for n, v in values if getattr(v, "__module__", PACKAGE).startswith(PACKAGE)
        and not inspect.ismodule(v)
    ]  # fmt: skip


def _stub(module, known):
    known = Known(known, _agreed(known))
    own = _own(module)
    written = [_definition(name, value, known) for name, value in _bases_first(own)]
    text = "\n\n".join(written)
    others = sorted(n for n in known - {name for name, _ in own} if _mentions(text, n))
    imports = [f"from {_home(name)} import {name}" for name in others]
    return "\n".join([HEAD, *imports, "", text, ""])


class Known(set):
    """Names of the package's classes, and the types of arguments that mean the same everywhere.

    Parameters
    ----------
    classes : set of str
    arguments : dict of str to str
    """

    def __init__(self, classes, arguments):
        super().__init__(classes)
        self.arguments = arguments


@functools.cache
def _documented():
    """(name of an argument, what a docstring says of it) all over the package."""
    found = []
    for package in _packages():
        for _, value in _own(importlib.import_module(package)):
            members = [m for _, m in inspect.getmembers(value)] if inspect.isclass(value) else []
            for item in (value, *filter(inspect.isroutine, members)):
                if str(getattr(item, "__module__", "")).startswith(PACKAGE):
                    doc = NumpyDocString(inspect.cleandoc(item.__doc__ or "None."))
                    found += [(n, e.type) for e in doc["Parameters"] for n in e.name.split(", ")]
    return found


def _agreed(known):
    """Types of the arguments that have one type wherever a docstring gives one."""
    types = {}
    for name, text in _documented():
        types.setdefault(name, set()).add(annotation(text, known).removesuffix(" | None"))
    kinds = {name: found - {"Any"} for name, found in types.items()}
    return {name: found.pop() for name, found in kinds.items() if len(found) == 1}


def _bases_first(own):
    return sorted(own, key=lambda pair: (_depth(pair[1]), pair[0]))


def _depth(value):
    return len(value.__mro__) if inspect.isclass(value) else 0


def _mentions(text, name):
    """Whether an annotation in `text` names the class `name`."""
    return re.search(rf"[:>\[|,(] ?{name}\b", text) is not None and name[0].isupper()


def _home(name):
    for package in _packages():
        if name in dict(_own(importlib.import_module(package))):
            return package
    raise LookupError(name)


def _definition(name, value, known):
    if inspect.isclass(value):
        return _class(name, value, known)
    if inspect.isroutine(value):
        return _function(name, value, known)
    return f"{name}: dict[str, Any]" if isinstance(value, dict) else f"{name}: Any"


def _class(name, cls, known):
    doc = NumpyDocString(inspect.cleandoc(cls.__doc__ or "None."))
    if issubclass(cls, BaseException):
        bases = ", ".join(base.__name__ for base in cls.__bases__ if base.__module__ != "sklearn")
        return f"class {name}({bases.replace('NotFittedError', 'ValueError')}): ..."
    types = _attributes(cls, doc, known)
    properties = {n for n, m in inspect.getmembers(cls) if isinstance(m, property)}
    lines = [f"{name}: {kind}" for name, kind in types.items() if name not in properties]
    if not issubclass(cls, tuple) and cls.__init__ is not object.__init__:
        lines += [_constructor(cls, types, known)]
    lines += [_member(n, m, known, types) for n, m in _members(cls)]
    body = "\n".join(f"    {line}" for text in lines for line in text.splitlines())
    bases = [base.__name__ for base in cls.__mro__ if base.__name__ in BASES]
    bases = ["NamedTuple"] if issubclass(cls, tuple) else bases
    return f"class {name}({', '.join(bases)}):\n{body or '    ...'}" if bases else (
        f"class {name}:\n{body or '    ...'}"
    )  # fmt: skip


def _constructor(cls, types, known):
    """The constructor, whose arguments are attributes of the same name and type."""
    signature = inspect.signature(cls.__init__)
    return f"def __init__({_arguments(signature, {}, _Stated(types))}) -> None: ..."


class _Stated:
    """What :class:`Known` gives, where the types are known by name already."""

    def __init__(self, arguments):
        self.arguments = arguments


def _attributes(cls, doc, known):
    """Types of attributes, and of parameters, which scikit-learn's classes keep, by name."""
    found = {}
    methods = {n for n, m in _members(cls) if not isinstance(m, property)}
    for section in ("Parameters", "Attributes"):
        for entry in doc[section]:
            for name in entry.name.split(", "):
                if name.isidentifier() and name not in methods:
                    found[name] = annotation(entry.type, known, returned=section == "Attributes")
    for name, stated in vars(cls).get("__annotations__", {}).items():
        plain = PLAIN.get(getattr(stated, "__forward_arg__", stated))
        if plain is not None:
            found[name] = plain
        elif dataclasses.is_dataclass(cls) or issubclass(cls, tuple):
            found.setdefault(name, "Any")
    return {n: t for n, t in found.items() if _is_kept(cls, n) and not n.startswith("_")}


def _is_kept(cls, name):
    """Whether an instance has the parameter or attribute `name`."""
    if dataclasses.is_dataclass(cls) or issubclass(cls, tuple) or hasattr(cls, "get_params"):
        return True
    return hasattr(cls, name) or name.endswith("_") or f"self.{name}" in inspect.getsource(cls)


def _members(cls):
    """Public methods and properties, in the order of their names."""
    out = []
    for name, member in inspect.getmembers(cls):
        raw = inspect.getattr_static(cls, name)
        of_ours = getattr(member, "__module__", None) or getattr(
            getattr(member, "fget", None), "__module__", ""
        )
        public = not name.startswith("_") or name in SPECIAL
        if public and str(of_ours).startswith(PACKAGE) and not inspect.isclass(member):
            out.append((name, raw))
    return out


def _member(name, raw, known, types):
    if isinstance(raw, property):
        stated = types.get(name, "Any")
        written = _function(name, raw.fget, known)
        return "@property\n" + (written.replace("-> Any:", f"-> {stated}:"))
    if isinstance(raw, classmethod):
        return f"@classmethod\n{_function(name, raw.__func__, known)}"
    if isinstance(raw, staticmethod):
        return f"@staticmethod\n{_function(name, raw.__func__, known)}"
    return _function(name, raw, known)


def _function(name, function, known):
    function = inspect.unwrap(function)
    doc = NumpyDocString(inspect.cleandoc(function.__doc__ or "None."))
    types = {n: e.type for e in doc["Parameters"] for n in e.name.replace("*", "").split(", ")}
    signature = inspect.signature(function)
    returned = _returned(name, doc, known)
    if "return_X_y" in signature.parameters:
        return _overloads(name, signature, types, known, returned)
    return f"def {name}({_arguments(signature, types, known)}) -> {returned}: ..."


def _returned(name, doc, known):
    entries = doc["Returns"] or doc["Yields"]
    if name in ("__len__", "__contains__"):
        return {"__len__": "int", "__contains__": "bool"}[name]
    if not entries:
        return "None" if name in ("save", "main") else "Any"
    if len(entries) > 1:
        return f"tuple[{', '.join(annotation(e.type, known, returned=True) for e in entries)}]"
    found = annotation(entries[0].type or entries[0].name, known, returned=True)
    names = entries[0].name.split(", ")
    if entries[0].type and len(names) > 1:
        found = f"tuple[{', '.join([found] * len(names))}]"
    return f"Iterator[{found}]" if doc["Yields"] else found


def _overloads(name, signature, types, known, returned):
    """A function that gives a table, or with ``return_X_y`` its parts."""
    out = []
    for value, result in ((False, "pd.DataFrame"), (True, "tuple[Any, ...]")):
        parameters = dict(signature.parameters)
        given = parameters["return_X_y"].replace(annotation=f"Literal[{value}]")
        if value:
            given = given.replace(default=Parameter.empty, kind=Parameter.KEYWORD_ONLY)
        parameters["return_X_y"] = given
        parts = sorted(parameters.values(), key=lambda p: p.kind)
        arguments = _arguments(signature.replace(parameters=parts), types, known)
        shown = result if returned == "Any" else returned
        out.append(f"@overload\ndef {name}({arguments}) -> {shown}: ...")
    return "\n".join(out)


def _arguments(signature, types, known):
    parts, keyword_only = [], False
    for parameter in signature.parameters.values():
        if parameter.kind is Parameter.KEYWORD_ONLY and not keyword_only:
            keyword_only = True
            parts.append("*")
        if parameter.kind is Parameter.VAR_POSITIONAL:
            keyword_only = True
        parts.append(_argument(parameter, types, known))
    return ", ".join(parts)


def _argument(parameter, types, known):
    name = parameter.name
    if name in ("self", "cls"):
        return name
    if parameter.kind is Parameter.VAR_POSITIONAL:
        return f"*{name}: Any"
    if parameter.kind is Parameter.VAR_KEYWORD:
        return f"**{name}: Any"
    if name in TABLES:
        return f"{name}: Any" + ("" if parameter.default is Parameter.empty else " = ...")
    stated = parameter.annotation
    hint = stated if str(stated).startswith("Literal") else annotation(types.get(name, ""), known)
    if hint == "Any" and not types.get(name):
        hint = known.arguments.get(name, "Any")
    # an argument that is not looked at takes anything
    hint = "Any" if hint == "None" else hint
    if parameter.default is None and "None" not in hint.split(" | ") and hint != "Any":
        hint += " | None"
    return f"{name}: {hint}" + ("" if parameter.default is Parameter.empty else " = ...")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
