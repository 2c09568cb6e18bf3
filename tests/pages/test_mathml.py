"""Formulas of the site: what browsers are given says what the page says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "docs"))

pytest.importorskip("docutils.utils.math.latex2mathml")
from _site import mathml


@pytest.mark.parametrize("code", [r"\tfrac12 x", r"\tfrac{1}{2} x", r"\frac12 x"])
def test_digits_of_a_short_fraction_are_its_two_parts(code):
    text = "".join(mathml._mathml(code, False).split())
    assert "<mn>1</mn><mn>2</mn>" in text or "<mn>1</mn></mrow><mrow><mn>2</mn>" in text
    assert "<mn>12</mn>" not in text
