"""Words that several docstrings share stand in each of them."""

from __future__ import annotations

import inspect
import re

import pytest

import skhep_nn
from skhep_nn._shared_words import filled, shares
from skhep_nn.estimators import _parameters
from skhep_nn.plotting import _words

WORDS = {"x": "x : float\n    In GeV."}


def documented():
    """Docstrings of the public classes that share words, and of their methods, by name."""
    found = {}
    for package in (skhep_nn.plotting, skhep_nn.estimators):
        for name in package.__all__:
            value = getattr(package, name)
            members = inspect.getmembers(value, callable) if inspect.isclass(value) else []
            found[name] = inspect.getdoc(value) or ""
            found |= {f"{name}.{n}": inspect.getdoc(m) or "" for n, m in members if n[0] != "_"}
    return found


@pytest.mark.parametrize("margin", ["", "    ", "        "])
def test_words_stand_in_their_place_with_its_margin(margin):
    doc = f"Draw.\n\n{margin}{{x}}\n{margin}y : int\n"
    assert (
        filled(doc, WORDS) == f"Draw.\n\n{margin}x : float\n{margin}    In GeV.\n{margin}y : int\n"
    )


@pytest.mark.parametrize("doc", ["A {x} in a line.", "    {y}\n", "    {0, 1}\n", "", None])
def test_other_braces_and_no_docstring_stay(doc):
    assert filled(doc, WORDS) == doc


def test_a_class_its_methods_and_constructors_have_the_words():
    @shares(WORDS)
    class Picture:
        """Picture.

        {x}
        """

        @classmethod
        def of(cls):
            """Of something.

            {x}
            """

        def plot(self):
            """Draw.

            {x}
            """

    for documented in (Picture, Picture.of, Picture.plot):
        assert inspect.getdoc(documented).endswith("x : float\n    In GeV.")


def test_no_place_of_shared_words_is_left_empty():
    empty = {n: re.findall(r"^\s*\{\w+\}$", doc, re.MULTILINE) for n, doc in documented().items()}
    assert {name: places for name, places in empty.items() if places} == {}


@pytest.mark.parametrize(
    "words", [_words.WORDS, _parameters.WORDS], ids=["displays", "classifiers"]
)
def test_words_that_are_shared_stand_in_several_docstrings(words):
    texts = documented().values()
    for text in words.values():
        assert sum(text in said for said in texts) > 1
