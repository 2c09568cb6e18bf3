from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skhep_nn.exceptions import ColumnError
from skhep_nn.io import read_events
from skhep_nn.io._cut import Cut

CHUNK = {
    "pt": np.array([10.0, 30.0, np.nan, 50.0]),
    "eta": np.array([0.1, -2.7, 0.3, 1.0]),
    "process": pd.array(["tt", "Wjets", "tt", "Zjets"], dtype="str"),
    "Jet.n": np.array([1, 2, 3, 4]),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pt > 20", [False, True, False, True]),
        ("pt > 20 and abs(eta) < 2.5", [False, False, False, True]),
        ("(pt > 20) & (eta < 0)", [False, True, False, False]),
        ("not pt > 20", [True, False, True, False]),
        ("0 < eta < 0.5", [True, False, True, False]),
        ("process == 'tt' or `Jet.n` == 4", [True, False, True, True]),
        ("process in ['Wjets', 'Zjets']", [False, True, False, True]),
        ("sqrt(pt * pt) >= 30", [False, True, False, True]),
    ],
)
def test_a_cut_means_what_query_means(text, expected):
    cut = Cut(text)
    assert cut.mask(CHUNK, "here").tolist() == expected
    frame = pd.DataFrame(CHUNK)
    assert frame.query(text, engine="python").index.tolist() == np.flatnonzero(expected).tolist()


def test_the_names_in_a_cut_are_found_once_each_and_functions_are_not_columns():
    cut = Cut("abs(eta) < 2 and `Jet.n` > 1 and eta > pt and process == 'x'")
    assert sorted(cut.columns(list(CHUNK), "here")) == ["Jet.n", "eta", "process", "pt"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pt >", "is not an expression such as"),
        ("pt = 3", "is not an expression such as"),
        ("pt > @limit", r"write values out, variables \(@\) are not known here"),
        ("1 > 0", "names no column"),
        ("", "is not an expression"),
    ],
)
def test_a_text_that_is_no_cut_is_an_error_before_anything_is_read(tmp_path, text, message):
    (tmp_path / "events.csv").write_text("pt\n1\n")
    with pytest.raises(ValueError, match=message):
        read_events(tmp_path / "events.csv", cut=text)


def test_an_expression_that_is_not_true_or_false_is_an_error():
    with pytest.raises(ValueError, match=r"cut='pt \+ eta' must be true or false for each event"):
        Cut("pt + eta").mask(CHUNK, "here")


def test_an_expression_that_fails_is_an_error_that_names_the_file():
    with pytest.raises(ValueError, match=r"a.csv: cut='process > 3' cannot be evaluated"):
        Cut("process > 3").mask(CHUNK, "a.csv")


def test_a_name_with_a_dot_outside_backticks_is_an_error_that_says_so():
    with pytest.raises(ColumnError, match="put a name with a dot in backticks"):
        Cut("Jet.n > 3").columns(list(CHUNK), "a.csv")
