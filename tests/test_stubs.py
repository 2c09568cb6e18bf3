"""The stubs that editors read: as the classes are, for every public name."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from pathlib import Path

import pytest

import skhep_nn

ROOT = Path(__file__).parents[1]
STUBS = sorted((ROOT / "skhep_nn").rglob("*.pyi"))


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return importlib.import_module(".".join(p for p in parts if p != "__init__"))


def definitions(path):
    """Functions and constructors that a stub defines, by name; of overloads the first."""
    found = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, node)
        elif isinstance(node, ast.ClassDef):
            methods = [n for n in node.body if isinstance(n, ast.FunctionDef)]
            found |= {f"{node.name}.{m.name}": m for m in methods}
    return found


def names_of(node):
    """(positional, keyword-only) arguments of a definition, and those with a default."""
    arguments = node.args
    positional = [a.arg for a in arguments.args]
    with_default = positional[len(positional) - len(arguments.defaults) :]
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    with_default += [a.arg for a, default in pairs if default is not None]
    return positional, [a.arg for a in arguments.kwonlyargs], sorted(with_default)


def names_in(function):
    parameters = inspect.signature(function).parameters.values()
    kinds = inspect.Parameter
    return (
        [p.name for p in parameters if p.kind is kinds.POSITIONAL_OR_KEYWORD],
        [p.name for p in parameters if p.kind is kinds.KEYWORD_ONLY],
        sorted(p.name for p in parameters if p.default is not kinds.empty),
    )


@pytest.mark.parametrize("path", STUBS, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_stub_has_the_signatures_of_its_module(path):
    module = module_of(path)
    for name, node in definitions(path).items():
        owner, _, method = name.rpartition(".")
        holder = getattr(module, owner) if owner else module
        value = inspect.getattr_static(holder, method) if owner else getattr(module, method)
        if isinstance(value, property):
            continue
        # class methods, and methods that are there on condition
        value = getattr(value, "__func__", getattr(value, "__wrapped__", value))
        assert names_of(node) == names_in(value), f"{module.__name__}.{name}"


def test_every_public_name_is_in_a_stub():
    for path in STUBS:
        module = module_of(path)
        text = ast.parse(path.read_text())
        stated = {n.name for n in text.body if hasattr(n, "name")}
        stated |= {n.target.id for n in text.body if isinstance(n, ast.AnnAssign)}
        stated |= {a.asname for n in text.body if isinstance(n, ast.ImportFrom) for a in n.names}
        assert set(getattr(module, "__all__", ())) - stated <= {"training", "cli"}, module.__name__


def test_stubs_are_what_signatures_and_docstrings_say(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / ".ci"))
    written = importlib.import_module("stubs").stubs()
    monkeypatch.delitem(sys.modules, "stubs")
    assert {str(path.relative_to(ROOT)) for path in STUBS} == set(written)
    for path, text in written.items():
        there = ast.dump(ast.parse((ROOT / path).read_text()))
        assert ast.dump(ast.parse(text)) == there, f"{path}: run make stubs"


def test_the_package_ships_its_stubs():
    assert (Path(skhep_nn.__file__).parent / "py.typed").exists()
    assert len(STUBS) >= 10
