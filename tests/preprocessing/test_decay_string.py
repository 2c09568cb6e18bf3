from __future__ import annotations

import awkward as ak
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError
from skhep_nn.preprocessing import DecayStringTokenizer, decay_strings

# B+ -> anti-D0 (-> K+ pi-) pi+, and a photon beside it; an event of one photon; an empty one
PDG = [[521, -421, 211, 321, -211, 22], [22], []]
MOTHER = [[-1, 0, 0, 1, 1, -1], [-1], []]
STRINGS = [" 521 (--> -421 (--> 321 -211 <--) 211 <--) 22", " 22", ""]


def padded(lists, fill, length=7):
    return np.array([values + [fill] * (length - len(values)) for values in lists])


PARTICLES = {
    "frame": pd.DataFrame({"pdg": PDG, "mother_index": MOTHER}),
    "awkward": ak.Array({"pdg": PDG, "mother_index": MOTHER}),
    "blocks": EventBlocks({"pdg": padded(PDG, 0), "mother_index": padded(MOTHER, -1)}),
    "masked blocks": EventBlocks(
        {
            "pdg": padded(PDG, 99),
            "mother_index": padded(MOTHER, 3),
            "pdg_lengths": np.array([6, 1, 0]),
        }
    ),
    "array": np.stack([padded(PDG, 0), padded(MOTHER, -1)], axis=-1),
}


def slow_string(pdg, mother, at=None):
    """The grammar as it is written: a code, and its daughters in brackets."""
    out = ""
    for k, code in enumerate(pdg):
        if (mother[k] < 0) if at is None else (mother[k] == at):
            daughters = slow_string(pdg, mother, k)
            out += f" {code}" + (f" (-->{daughters} <--)" if daughters else "")
    return out


@pytest.mark.filterwarnings("ignore:Can't test estimator:sklearn.exceptions.SkipTestWarning")
def test_scikit_learns_checks_of_what_takes_no_table():
    assert check_estimator(DecayStringTokenizer(), on_fail="raise")


def test_strings_follow_the_grammar():
    assert decay_strings(ak.Array(PDG), ak.Array(MOTHER)).tolist() == STRINGS
    assert decay_strings(padded(PDG, 0), padded(MOTHER, -1)).tolist() == STRINGS
    assert decay_strings(pd.Series(PDG), pd.Series(MOTHER)).tolist() == STRINGS


def test_padding_between_particles_does_not_move_mothers():
    # position 1 is padding; the pion's mother is the D at position 2
    assert decay_strings([[521, 0, -421, 211]], [[-1, -1, 0, 2]]).tolist() == [
        " 521 (--> -421 (--> 211 <--) <--)"
    ]


def test_daughters_may_stand_before_their_mothers():
    assert decay_strings([[211, 521, -421]], [[2, -1, 1]]).tolist() == [
        " 521 (--> -421 (--> 211 <--) <--)"
    ]


def test_tokens_of_a_hand_made_event():
    tokenizer = DecayStringTokenizer(max_length=12).fit(STRINGS)
    vocabulary = ("padding", "other", "(-->", "<--)", 22, 211, -211, 321, -421, 521)
    assert tokenizer.vocabulary_ == vocabulary
    tokens = tokenizer.transform(STRINGS)
    assert tokens.dtype == np.int32
    assert tokens.tolist() == [
        [9, 2, 8, 2, 7, 6, 3, 5, 3, 4, 0, 0],
        [4] + [0] * 11,
        [0] * 12,
    ]
    assert (tokenizer.n_truncated_, tokenizer.n_unknown_) == (0, 0)


@pytest.mark.parametrize("name", PARTICLES)
def test_particles_and_mothers_give_the_tokens_of_their_strings(name):
    tokenizer = DecayStringTokenizer(12).fit(PARTICLES[name])
    from_strings = DecayStringTokenizer(12).fit(STRINGS)
    assert tokenizer.vocabulary_ == from_strings.vocabulary_
    assert np.array_equal(tokenizer.transform(PARTICLES[name]), from_strings.transform(STRINGS))


@pytest.mark.parametrize(
    "X",
    [
        np.array(STRINGS),
        np.array(STRINGS, dtype=object)[:, None],
        pd.Series(STRINGS),
        pd.DataFrame({"decay": STRINGS}),
        pd.Series(STRINGS, dtype="string[pyarrow]"),
    ],
    ids=["array", "column", "series", "frame", "arrow"],
)
def test_strings_in_any_container(X):
    assert DecayStringTokenizer(3).fit_transform(X).tolist() == [[9, 2, 8], [4, 0, 0], [0, 0, 0]]


def test_what_is_cut_is_counted():
    tokenizer = DecayStringTokenizer(max_length=4).fit(STRINGS)
    # the first string has ten parts
    assert (tokenizer.n_truncated_, tokenizer.n_truncated_events_) == (6, 1)
    tokenizer.transform([STRINGS[0], STRINGS[0], STRINGS[1]])
    assert (tokenizer.n_truncated_, tokenizer.n_truncated_events_) == (12, 2)
    tokenizer.transform([STRINGS[1]])
    assert (tokenizer.n_truncated_, tokenizer.n_truncated_events_) == (0, 0)


def test_unknown_particles_are_kept_as_such_and_counted():
    tokenizer = DecayStringTokenizer(5).fit(STRINGS[1:])
    tokens = tokenizer.transform([" 511 (--> 22 22 <--)", " 511"])
    assert tokens.tolist() == [[1, 2, 4, 4, 3], [1, 0, 0, 0, 0]]
    assert tokenizer.n_unknown_ == 2
    assert tokenizer.unknown_codes_ == {511: 2}


def test_unknown_particles_can_be_an_error():
    tokenizer = DecayStringTokenizer(handle_unknown="error").fit(STRINGS[1:])
    with pytest.raises(ValueError, match=r"unknown PDG codes: 511 \(1 times\)"):
        tokenizer.transform([" 511"])


def test_given_categories_are_the_vocabulary():
    tokenizer = DecayStringTokenizer(categories=[521, 22]).fit(STRINGS)
    assert tokenizer.vocabulary_ == ("padding", "other", "(-->", "<--)", 521, 22)
    assert tokenizer.n_unknown_ == 4
    everything = DecayStringTokenizer(categories="all").fit(STRINGS)
    assert everything.n_unknown_ == 0
    assert len(everything.vocabulary_) > 500


def test_codes_that_are_no_pdg_ids_are_reported():
    with pytest.warns(UserWarning, match=r"no valid PDG ids: 99999999 \(2 times\)"):
        tokenizer = DecayStringTokenizer().fit([" 99999999 99999999 22"])
    assert tokenizer.invalid_codes_ == {99999999: 2}


def test_partial_fit_is_fit_on_all():
    portions = DecayStringTokenizer(12).partial_fit(STRINGS[:1]).partial_fit([" 511", ""])
    whole = DecayStringTokenizer(12).fit([STRINGS[0], " 511", ""])
    assert portions.vocabulary_ == whole.vocabulary_
    assert portions.fit([" 22"]).categories_ == (22,)


def test_clone_and_parameters():
    tokenizer = clone(DecayStringTokenizer(7, pdg="code"))
    assert tokenizer.get_params()["max_length"] == 7
    with pytest.raises(ValueError, match="'max_length' parameter of DecayStringTokenizer"):
        DecayStringTokenizer(0).fit(STRINGS)


@st.composite
def trees(draw):
    """Up to eight particles, each with a mother before it or none, in any order."""
    n = draw(st.integers(0, 8))
    mother = [draw(st.integers(-1, k - 1)) for k in range(n)]
    order = draw(st.permutations(range(n)))
    place = {old: new for new, old in enumerate(order)}
    codes = draw(st.lists(st.sampled_from([22, 211, -211, 521]), min_size=n, max_size=n))
    return codes, [-1 if mother[old] < 0 else place[mother[old]] for old in order]


@given(events=st.lists(trees(), min_size=1, max_size=6))
@settings(deadline=None, max_examples=150)
def test_strings_and_tokens_are_those_of_a_recursion(events):
    strings = [slow_string(pdg, mother) for pdg, mother in events]
    pdg, mother = (padded([event[k] for event in events], fill, 9) for k, fill in ((0, 0), (1, -1)))
    assert decay_strings(pdg, mother).tolist() == strings
    tokenizer = DecayStringTokenizer(30).fit(strings)
    token = {str(word): at for at, word in enumerate(tokenizer.vocabulary_)}
    expected = [[token[word] for word in string.split()] for string in strings]
    expected = [tokens + [0] * (30 - len(tokens)) for tokens in expected]
    assert tokenizer.transform(strings).tolist() == expected
    assert tokenizer.transform(np.stack([pdg, mother], axis=-1)).tolist() == expected


@pytest.mark.parametrize(
    ("strings", "message"),
    [
        ([" 22", " 22 (--> 211"], "brackets in the decay string of event 1 do not match"),
        ([" 22 <--) (--> 22"], "brackets in the decay string of event 0 do not match"),
        ([" 22 pi+"], "'pi\\+' in a decay string is neither a PDG code nor"),
        ([" 22", None], "1 events have no decay string"),
        (
            [3.5, 4.0],
            r"expected decay strings, one per event, got an array of shape \(2,\) of float",
        ),
        (np.ones((3, 2)), "expected decay strings"),
    ],
)
def test_strings_outside_the_grammar_are_errors(strings, message):
    with pytest.raises(ValueError, match=message):
        DecayStringTokenizer().fit(strings)


@pytest.mark.parametrize(
    ("pdg", "mother", "message"),
    [
        (
            [[22, 11], [22, 11]],
            [[-1, 0], [-1, 2]],
            "event 1 has 2 particles, but a mother index of 2",
        ),
        ([[22, 11], [22, 11]], [[-1, 0], [1, 0]], "mother indices of event 1 go round in a circle"),
        ([[22, 11]], [[-1, 1]], "mother indices of event 0 go round in a circle"),
        ([[22, 0, 11]], [[-1, 0, 1]], "event 0 has a mother index that points to padding"),
        ([[22, 11]], [[-1]], "PDG codes and mother indices differ in length in event 0"),
        ([[22.5]], [[-1]], "PDG codes are integers, got 22.5"),
        ([22], [-1], r"needs arrays of shape \(n_events, length\)"),
    ],
)
def test_mothers_that_make_no_tree_are_errors(pdg, mother, message):
    with pytest.raises(ValueError, match=message):
        decay_strings(pdg, mother)


def test_missing_columns_are_named():
    with pytest.raises(ColumnError, match=r"'mother_index' \(other names: pdg=,"):
        DecayStringTokenizer().fit(pd.DataFrame({"pdg": PDG, "mother": MOTHER}))


def test_a_fixed_vocabulary_of_decay_strings():
    strings = [" 521 (--> -421 211 <--)", " 22", " 22"]
    tokenizer = DecayStringTokenizer(6, vocabulary_size=20).fit(strings)
    assert tokenizer.vocabulary_[4:] == (22, 211, -421, 521)
    tokenizer = DecayStringTokenizer(6, vocabulary_size=6).fit(strings)
    # the most frequent, and of the equally rare ones the first
    assert tokenizer.vocabulary_[4:] == (22, 211)
    assert tokenizer.unknown_codes_ == {-421: 1, 521: 1}
    with pytest.raises(ValueError, match="vocabulary_size=5 has room for 1 categories"):
        DecayStringTokenizer(6, categories=[22, 211], vocabulary_size=5).fit(strings)
