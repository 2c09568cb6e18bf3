"""Values in error messages are short, whatever they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skhep_nn import DenseClassifier, _choices, _floats, _integers
from skhep_nn._shown import shown
from skhep_nn.datasets import make_acceptance, make_resonance
from skhep_nn.metrics import roc_auc
from skhep_nn.model_selection import EventNumberFold
from skhep_nn.preprocessing import PDGTokenizer


class Broken:
    def __repr__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, "3"),
        (2**64 - 1, "18446744073709551615"),
        (10**20 - 1, "99999999999999999999"),
        (10**20, "1.00e+20"),
        (-(2**80), "-1.21e+24"),
        (10**5000, "1.00e+5000"),
        (1e300, "1e+300"),
        (np.float64(0.5), "0.5"),
        (np.int64(7), "7"),
        (np.str_("b"), "'b'"),
        (True, "True"),
        ("x" * 100, "'" + "x" * 59),
        ([10**5000], "a list that cannot be shown (Exceeds the limit"),
        (Broken(), "a Broken that cannot be shown ()"),
    ],
    ids=lambda _: "",
)
def test_a_value_is_shown_in_few_characters(value, expected):
    assert shown(value).startswith(expected)
    assert len(shown(value)) <= 60


@given(st.integers())
def test_a_whole_number_is_shown_as_it_is_or_to_three_digits(number):
    text = shown(number)
    assert int(text) == number if abs(number) < 10**20 else abs(float(text) / number - 1) < 0.01


LONG = (10**400, -(10**400), 10**5000, -(10**5000))
Y = np.arange(20) % 2


@pytest.mark.parametrize("number", LONG, ids=["+400", "-400", "+5000", "-5000"])
@pytest.mark.parametrize(
    "call",
    [
        lambda number: _choices.count(number, "n"),
        lambda number: _choices.switch(number, "flag"),
        lambda number: _floats.not_negative(number, "systematic"),
        lambda number: _integers.exact([[number]], "column 'event_number'"),
        lambda number: make_resonance(-abs(number)),
        lambda number: make_acceptance(-abs(number)),
        lambda number: next(EventNumberFold(number).split(Y[:, None])),
        lambda number: DenseClassifier(epochs=-abs(number)).fit(Y[:, None], Y),
        lambda number: DenseClassifier(random_state=number).fit(Y[:, None], Y),
        lambda number: roc_auc(Y, Y / 2, signal=number),
    ],
)
def test_a_number_of_hundreds_of_digits_does_not_fill_the_message(call, number):
    with pytest.raises((ValueError, TypeError)) as raised:
        call(number)
    assert len(str(raised.value)) < 400
    assert "0000000000" not in str(raised.value)


@pytest.mark.parametrize("code", [1e300, 1e17, 2.0**70, -1e300])
def test_a_pdg_code_beyond_all_whole_numbers_is_shown_shortly(code):
    with pytest.raises(ValueError, match="PDG codes are integers, got") as raised:
        PDGTokenizer().fit(np.array([[code]]))
    assert len(str(raised.value)) < 220
