from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

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
        ("pt > 3 && eta < 2", "written in Python: and for &&"),
        ("pt > 3 || eta < 2", r"written in Python: or for \|\|"),
        ("!tight", "written in Python: not for !"),
        ("TMath::Abs(eta) < 2", r"written in Python: abs\(x\)"),
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


NARROW = {
    "n": np.array([1, 5], "u4"),
    "q": np.array([200, 1], "u1"),
    "event": np.array([2**53, 2**53 + 1]),
    "large": np.array([2**64 - 1, 3], "u8"),
    "half": np.array([60000, 2], "f2"),
    "x": np.array([0.1, np.nan], "f4"),
    "tight": np.array([True, True]),
    "run": pd.array([2**53 + 1, None], dtype="Int64"),
    "time": np.array(["2024-01-01", "NaT"], "M8[ns]"),
    "process": np.array(["ttH", None], object),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n - 3 >= 0", [False, True]),
        ("-n < -3", [False, True]),
        ("q * 2 > 300", [True, False]),
        ("q + q == 400", [True, False]),
        ("abs(q - 201) == 1", [True, False]),
        ("half * 2 > 100000", [True, False]),
        ("half > 70000", [False, False]),
        ("tight + tight >= 2", [True, True]),
        ("event == 9007199254740993", [False, True]),
        ("event == 9007199254740992.0", [True, False]),
        ("event * 100000 > 0", [True, True]),
        ("large - 5 > 0", [True, False]),
        ("large > -1", [True, True]),
        ("large == 18446744073709551615", [True, False]),
        ("large - 1 == 18446744073709551614", [True, False]),
        ("run == 9007199254740993", [True, False]),
        ("run == 9007199254740992", [False, False]),
        ("9**9**9 > n", [True, True]),
    ],
)
def test_numbers_are_widened_before_they_are_computed_with(text, expected):
    assert Cut(text).mask(NARROW, "here").tolist() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n > 3 & q < 5", [False, True]),
        ("n > 3 | q > 5", [True, True]),
        ("~(n > 3)", [True, False]),
        ("(n & 4) != 0", [False, True]),
        ("1 < n < 6", [False, True]),
        ("n in [5, 7]", [False, True]),
        ("n not in (5, 7)", [True, False]),
        ("n == [5, 7]", [False, True]),
        ("n.isin([5, 7])", [False, True]),
        ("n.between(2, 6)", [False, True]),
        ("(n - 3).abs() == 2 and n.abs() > 1", [False, True]),
        ("process.isna()", [False, True]),
        ("process.notnull()", [True, False]),
        ("process == 'ttH'", [True, False]),
        ("process != 'ttH'", [False, True]),
        ("process in ['ttH']", [True, False]),
        ("process == '`x`'", [False, False]),
        ("process < 'z'", [True, False]),
        ("time > '2020-01-01'", [True, False]),
        ("isnan(x)", [False, True]),
        ("x == 0.1", [True, False]),
        ("tight and not x > 5", [True, True]),
        ("n > 3 or\nq > 3", [True, True]),
    ],
)
def test_what_query_allowed_is_still_allowed(text, expected):
    assert Cut(text).mask(NARROW, "here").tolist() == expected


@pytest.mark.parametrize(
    "text",
    [
        "n.to_csv('stolen.csv')",
        "__import__('os').system('true') > n",
        "[i for i in n]",
        "n if tight else q",
        "(lambda: n)()",
        "process.str.contains('a')",
        "f'{n}' == 3",
        "n[0] > 3",
        "n == None",
        "n is n",
        "min(n) > 3",
        "abs(n, n) > 3",
        "abs(x=n) > 3",
        "n > 3j",
    ],
)
def test_what_is_no_cut_is_an_error_that_says_what_is_allowed(text):
    with pytest.raises(ValueError, match=r"not allowed; a cut is made of columns, numbers.*sqrt"):
        Cut(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("process == 3", "numbers and text cannot be compared"),
        ("process + 1 > 3", "text where a number is needed"),
        ("n and tight", "take two conditions, or two whole numbers"),
        ("not n", "n is not true or false"),
        ("n in q", "what stands behind `in` must be a list"),
        ("time > 3", "numbers and times cannot be compared"),
        ("[1] > n", "lists and numbers cannot be compared"),
    ],
)
def test_kinds_that_do_not_go_together_are_an_error(text, message):
    with pytest.raises(ValueError, match=f"here: cut=.* cannot be evaluated: .*{message}"):
        Cut(text).mask(NARROW, "here")


@pytest.mark.parametrize("text", ["(" * 300 + "n" + ")" * 300 + " > 3", "not " * 500 + "tight"])
def test_a_cut_that_is_nested_too_deeply_is_an_error(text):
    with pytest.raises(ValueError, match=r"nested more than|is not an expression"):
        Cut(text)


def test_a_cut_that_is_no_text_is_an_error():
    with pytest.raises(TypeError, match="cut must be text such as"):
        Cut(["pt > 3"])


@given(
    hnp.arrays("u1", 4),
    st.sampled_from(["+", "-", "*"]),
    st.integers(-(2**62), 2**62),
    st.integers(-(2**70), 2**70),
)
def test_arithmetic_of_whole_numbers_is_that_of_python(values, sign, other, limit):
    expected = [eval(f"{int(v)} {sign} {other} > {limit}") for v in values]
    assert Cut(f"v {sign} {other} > {limit}").mask({"v": values}, "here").tolist() == expected


def test_times_are_compared_in_utc(tmp_path):
    zone = pd.to_datetime(["2020-01-01", "2020-01-02"], utc=True).tz_convert("Europe/Berlin")
    pd.DataFrame({"t": zone}).to_parquet(tmp_path / "x.parquet")
    for text, expected in [("t > '2020-01-01T02:00+01:00'", 1), ("t >= '2020-01-01T00:00'", 2)]:
        assert len(read_events(tmp_path / "x.parquet", cut=text)) == expected, text


@pytest.mark.parametrize(
    ("text", "expected"), [("p == 'tt'", 0), ("p != 'tt'", 2), ("p > 0", 0), ("p.isna()", 2)]
)
def test_a_column_of_nothing_but_missing_is_compared_with_anything(tmp_path, text, expected):
    pd.DataFrame({"p": [None, None]}).to_parquet(tmp_path / "x.parquet")
    assert len(read_events(tmp_path / "x.parquet", cut=text)) == expected


@pytest.mark.parametrize(
    "text",
    ["n % 0 == 0", "n // 0 > 5", "n / 0 > 5", "x % 0.0 < 1", "n % (1 - 1) == 0", "n / False > 1"],
)
def test_what_is_divided_by_zero_for_every_event_is_an_error(text):
    with pytest.raises(ValueError, match=r"here: cut=.* divides by zero, for every event"):
        Cut(text).mask(NARROW, "here")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("event % n == 1", [False, True, True]),
        ("event // n > 3", [True, True, True]),
        ("event // n == 4503599627370497", [False, True, False]),
        ("n // n == 1", [False, True, True]),
        ("n % n != 0", [True, False, False]),
    ],
)
def test_events_whose_divisor_is_zero_leave_the_others_exact(text, expected):
    chunk = {"event": np.array([2**53 + 1, 2**53 + 3, 2**60 + 1]), "n": np.array([0, 2, 2], "u4")}
    assert Cut(text).mask(chunk, "here").tolist() == expected
