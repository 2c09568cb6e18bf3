from __future__ import annotations

import warnings
from collections import Counter

import awkward as ak
import numpy as np
import pandas as pd
import particle
import pyarrow as pa
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.fixes import parse_version

from skhep_nn.exceptions import ColumnError
from skhep_nn.preprocessing import PDGOneHotEncoder, PDGTokenizer, SequencePadder

ENCODERS = [PDGOneHotEncoder, PDGTokenizer]
# gamma, pi+, pi-, K+, deuteron (ten digits)
CODES = [22, 211, -211, 321, 1000010020]


OLD = parse_version(sklearn.__version__) < parse_version("1.7")
WHY_NOT = (
    {"check_positive_only_tag_during_fit": "subtracts a mean from integers in place before 1.7"}
    if OLD
    else {}
)


@parametrize_with_checks(
    [
        PDGTokenizer(),
        PDGTokenizer(antiparticles="merge", handle_unknown="ignore"),
        PDGOneHotEncoder(),
        PDGOneHotEncoder(handle_unknown="ignore"),
    ],
    expected_failed_checks=lambda encoder: WHY_NOT,
)
@pytest.mark.filterwarnings("ignore:.*no valid PDG ids")
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_tokens_are_dense_with_padding_and_unknown_in_front():
    tokenizer = PDGTokenizer().fit([*CODES, 0])
    # by absolute value, the particle before its antiparticle
    assert tokenizer.vocabulary_ == ("padding", "other", 22, 211, -211, 321, 1000010020)
    tokens = tokenizer.transform([0, 13, *CODES, 1000010030])
    assert tokens.tolist() == [0, 1, 2, 3, 4, 5, 6, 1]
    assert tokens.dtype == np.int32


def test_one_hot_columns_and_their_names():
    encoder = PDGOneHotEncoder().fit(CODES)
    names = ["pdg_gamma", "pdg_pi+", "pdg_pi-", "pdg_K+", "pdg_D2", "pdg_other"]
    assert encoder.get_feature_names_out().tolist() == names
    hot = encoder.transform([321, 0, 13])
    assert hot.tolist() == [[0, 0, 0, 1, 0, 0], [0] * 6, [0, 0, 0, 0, 0, 1]]
    assert hot.dtype == np.float32


@pytest.mark.parametrize("shape", [(4,), (2, 2), (4, 1), (1, 2, 2)])
def test_arrays_of_any_shape(shape):
    codes = np.array([22, 0, 13, -211]).reshape(shape)
    assert PDGTokenizer().fit(CODES).transform(codes).shape == shape
    hot = PDGOneHotEncoder().fit(CODES).transform(codes)
    assert hot.shape == (*shape, 6)
    assert hot.reshape(4, 6).sum(axis=1).tolist() == [1, 0, 1, 1]


LISTS = [[22, 211], [], [13]]
JAGGED = {
    "awkward": ak.Array(LISTS),
    "lists": LISTS,
    "series": pd.Series(LISTS, name="pdg"),
    "frame": pd.DataFrame({"pdg": LISTS}),
    "arrow": pd.DataFrame({"pdg": pd.Series(LISTS, dtype=pd.ArrowDtype(pa.list_(pa.int64())))}),
}


@pytest.mark.parametrize("name", JAGGED)
def test_jagged_codes_give_jagged_tokens(name):
    tokenizer = PDGTokenizer(categories=CODES)
    tokens = tokenizer.fit(JAGGED[name]).transform(JAGGED[name])
    column = tokens["pdg"] if isinstance(tokens, pd.DataFrame) else tokens
    assert [list(event) for event in column] == [[2, 3], [], [1]]
    assert tokenizer.n_unknown_ == 1
    padded = SequencePadder(2).fit_transform(tokens)
    assert padded.data[..., 0].tolist() == [[2, 3], [0, 0], [1, 0]]


@pytest.mark.parametrize("name", JAGGED)
def test_jagged_codes_give_jagged_rows(name):
    hot = PDGOneHotEncoder(categories=CODES).fit(JAGGED[name]).transform(JAGGED[name])
    rows = [[np.asarray(row).tolist() for row in event] for event in hot]
    assert rows == [[[1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]], [], [[0, 0, 0, 0, 0, 1]]]


def test_awkward_records_keep_their_fields():
    X = ak.Array({"pdg": [[22], [211, 22]], "mother": [[211], [0, 22]]})
    tokens = PDGTokenizer().fit_transform(X)
    assert tokens.pdg.tolist() == [[2], [3, 2]]
    assert tokens.mother.tolist() == [[3], [0, 2]]


def test_the_mask_stays_and_its_padding_is_no_code():
    padded = SequencePadder(2, pad_value=99).fit_transform(LISTS)
    for shape in ((3, 2, 1), (3, 2)):
        codes = padded.reshape(shape)
        tokens = PDGTokenizer(categories=CODES).fit(codes).transform(codes)
        assert np.array_equal(tokens.mask, codes.mask)
        assert tokens.data.reshape(3, 2).tolist() == [[2, 3], [0, 0], [1, 0]]
        hot = PDGOneHotEncoder(categories=CODES).fit(codes).transform(codes)
        assert hot.shape == (3, 2, 6)
        assert np.array_equal(hot.mask[..., 0], padded.mask[..., 0])


def test_columns_of_a_frame_give_their_names():
    X = pd.DataFrame({"pdg": [22, 211], "mother": [211, 0]})
    encoder = PDGOneHotEncoder(handle_unknown="ignore").fit(X)
    names = ["pdg_gamma", "pdg_pi+", "mother_gamma", "mother_pi+"]
    assert encoder.get_feature_names_out().tolist() == names
    assert encoder.transform(X).tolist() == [[1, 0, 0, 1], [0, 1, 0, 0]]
    assert PDGTokenizer().fit(X).get_feature_names_out().tolist() == ["pdg", "mother"]
    with pytest.raises(ValueError, match="input_features is not equal to feature_names_in_"):
        encoder.get_feature_names_out(["a", "b"])


def test_it_is_a_step_of_a_column_transformer():
    X = pd.DataFrame({"pdg": [22, 211], "pt": [1.0, 2.0]})
    columns = ColumnTransformer([("id", PDGOneHotEncoder(), ["pdg"])], remainder="passthrough")
    assert columns.fit_transform(X).tolist() == [[1, 0, 0, 1], [0, 1, 0, 2]]
    assert columns.get_feature_names_out()[1] == "id__pdg_pi+"


def test_all_particles_have_a_category():
    everything = [int(p.pdgid) for p in particle.Particle.all()]
    encoder = PDGTokenizer("all").fit([22])
    tokens = encoder.transform(everything)
    assert sorted(tokens) == list(range(2, 2 + len(everything)))
    assert encoder.n_unknown_ == 0
    names = PDGOneHotEncoder("all").fit([22]).get_feature_names_out()
    assert len(set(names)) == len(everything) + 1
    assert {"pdg_K+", "pdg_e-", "pdg_p"} <= set(names)


def test_given_categories_keep_their_order():
    assert PDGTokenizer([321, -11, 22]).fit([11]).categories_ == (321, -11, 22)


def test_antiparticles_can_be_merged():
    tokenizer = PDGTokenizer(antiparticles="merge").fit([-321, 211])
    assert tokenizer.vocabulary_ == ("padding", "other", 211, 321)
    assert tokenizer.transform([321, -321, -211, 11]).tolist() == [3, 3, 2, 1]
    encoder = PDGOneHotEncoder(antiparticles="merge").fit([-321])
    assert encoder.get_feature_names_out().tolist() == ["pdg_K+", "pdg_other"]


def test_groups_share_a_category():
    groups = {"lepton": particle.pdgid.is_lepton, "pion": [211, -211, 111]}
    encoder = PDGOneHotEncoder(groups=groups).fit([22, 211, 13])
    names = ["pdg_lepton", "pdg_pion", "pdg_gamma", "pdg_other"]
    assert encoder.get_feature_names_out().tolist() == names
    # electrons are leptons, seen in fit or not
    assert encoder.transform([11, -211, 22, 321]).argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_groups_do_not_overlap():
    with pytest.raises(ValueError, match="code 11 is in group 'b' and in one before it"):
        PDGTokenizer(groups={"a": [11], "b": [13, 11]}).fit([11])


@pytest.mark.parametrize("encoder", ENCODERS)
def test_unknown_codes_are_counted(encoder):
    fitted = encoder().fit([[22, 211], [0, 22]])
    assert fitted.n_unknown_ == 0
    fitted.transform([[13, 22], [13, -11]])
    assert fitted.n_unknown_ == 3
    assert fitted.unknown_codes_ == {-11: 1, 13: 2}
    fitted.transform([[22, 22]])
    assert fitted.n_unknown_ == 0


@pytest.mark.parametrize("encoder", ENCODERS)
def test_unknown_codes_can_be_an_error(encoder):
    fitted = encoder(handle_unknown="error").fit([22])
    with pytest.raises(ValueError, match=r"did not see: 13 \(2 times\), 11 \(1 times\)"):
        fitted.transform([13, 22, 13, 11])


def test_unknown_codes_can_be_ignored():
    assert PDGTokenizer(handle_unknown="ignore").fit([22]).transform([13, 22]).tolist() == [0, 2]
    hot = PDGOneHotEncoder(handle_unknown="ignore").fit([22]).transform([13, 22])
    assert hot.tolist() == [[0], [1]]


@pytest.mark.parametrize("encoder", ENCODERS)
def test_invalid_codes_are_reported_with_their_number(encoder):
    message = r"no valid PDG ids: 99999999 \(2 times\), 88888888 \(1 times\)"
    with pytest.warns(UserWarning, match=f"{encoder.__name__}: 2 of the codes are {message}"):
        fitted = encoder().fit([99999999, 22, 99999999, 88888888])
    assert fitted.invalid_codes_ == {88888888: 1, 99999999: 2}
    # a category like the others
    assert fitted.transform([99999999, 22]) is not None
    assert fitted.n_unknown_ == 0
    with pytest.warns(UserWarning, match=r"no valid PDG ids: 77777777 \(1 times\)"):
        fitted.transform([77777777])


@pytest.mark.parametrize("encoder", ENCODERS)
def test_partial_fit_is_fit_on_all(encoder):
    portions = encoder().partial_fit([22, 211]).partial_fit([321, 22])
    whole = encoder().fit([22, 211, 321, 22])
    assert portions.categories_ == whole.categories_
    assert np.array_equal(portions.transform([22, 321, 13]), whole.transform([22, 321, 13]))
    # fit begins anew
    assert portions.fit([11]).categories_ == (11,)


def test_floats_that_are_whole_numbers_will_do():
    assert PDGTokenizer().fit(np.array([22.0, 211.0])).transform([211.0]).tolist() == [3]


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.array([22.5]), "PDG codes are integers, got 22.5"),
        (np.array([np.nan, 22]), "PDG codes are integers, got NaN"),
        (ak.Array([[1.5]]), "PDG codes are integers, got 1.5"),
    ],
)
@pytest.mark.parametrize("encoder", ENCODERS)
def test_codes_are_integers(encoder, X, message):
    with pytest.raises(ValueError, match=message):
        encoder().fit(X)


def test_text_is_no_code():
    with pytest.raises(TypeError, match="PDG codes are integers, got an argument of type"):
        PDGTokenizer().fit(np.array(["pi+"]))


def test_other_columns_than_in_fit_are_an_error():
    tokenizer = PDGTokenizer().fit(pd.DataFrame({"pdg": [22]}))
    with pytest.raises((ValueError, ColumnError), match="feature names should match"):
        tokenizer.transform(pd.DataFrame({"code": [22]}))


codes_strategy = st.one_of(
    st.sampled_from([0, 22, 211, -211, 321, -13, 1000010020, -1000010020, 2**20, -(2**20), 2**62]),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(2**20) - 2, 2**20 + 2),
)


@given(
    fitted=st.lists(codes_strategy, min_size=1, max_size=30),
    applied=st.lists(codes_strategy, max_size=30),
)
@settings(deadline=None, max_examples=150)
def test_tokens_are_those_of_a_dict(fitted, applied):
    known = sorted(set(fitted) - {0}, key=lambda code: (abs(code), -code))
    expected = {code: at for at, code in enumerate(known, start=2)} | {0: 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        tokenizer = PDGTokenizer().fit(np.array(fitted, dtype=np.int64))
        tokens = tokenizer.transform(np.array(applied, dtype=np.int64))
        again = PDGOneHotEncoder().fit(np.array(fitted, dtype=np.int64))
        hot = again.transform(np.array(applied, dtype=np.int64))
    assert tokens.tolist() == [expected.get(code, 1) for code in applied]
    unknown = Counter(code for code in applied if code not in expected)
    assert tokenizer.unknown_codes_ == unknown
    assert tokenizer.n_unknown_ == sum(unknown.values())
    for code, row in zip(applied, hot, strict=True):
        at = {0: None}.get(code, expected.get(code, len(known) + 2))
        assert row.tolist() == [float(k + 2 == at) for k in range(len(known) + 1)]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "uint32", "int64", "uint64"])
def test_all_integer_types(dtype):
    codes = np.array([22, 11, 0, 13], dtype=dtype)
    assert PDGTokenizer().fit(codes).transform(codes).tolist() == [4, 2, 0, 3]


def test_many_codes_are_looked_up_in_portions():
    rng = np.random.default_rng(0)
    codes = rng.choice(np.array([*CODES, 0, 13]), size=200_001)
    tokenizer = PDGTokenizer(categories=CODES).fit(codes)
    expected = {code: at for at, code in enumerate(CODES, start=2)} | {0: 0, 13: 1}
    assert tokenizer.transform(codes).tolist() == [expected[code] for code in codes.tolist()]
    assert tokenizer.n_unknown_ == (codes == 13).sum()


def test_the_lowest_code_of_a_small_type_is_folded():
    tokenizer = PDGTokenizer([128], antiparticles="merge").fit([22])
    assert tokenizer.transform(np.array([-128, 22], dtype="int8")).tolist() == [2, 1]


@pytest.mark.parametrize("encoder", [PDGTokenizer, PDGOneHotEncoder])
@pytest.mark.parametrize(
    "other", [[11.0, 13.0], np.array([11, 13]), pd.array([11.0, 13.0], dtype="Float64")]
)
def test_columns_are_exact_by_their_own_type_beside_wider_ones(encoder, other):
    rounded = pd.DataFrame({"a": np.array([2**24 + 2, 22], "float32"), "b": other})
    for X in (rounded, rounded.astype({"a": "Float32"}), rounded.astype({"a": "Float32"})[["a"]]):
        with pytest.raises(ValueError, match=r"column 'a': PDG codes .* as float32, .* 2\*\*24"):
            encoder().fit(X)
    fitted = encoder().fit(rounded.assign(a=[211, 22]))
    with pytest.raises(ValueError, match=r"column 'a': PDG codes .* as float32"):
        fitted.transform(rounded)


def test_large_codes_beside_floats_are_not_rounded():
    nucleus = 1000822080
    X = pd.DataFrame({"a": [2**53 + 1, nucleus], "b": [11.0, 13.0]})
    with pytest.warns(UserWarning, match=str(2**53 + 1)):
        tokens = PDGTokenizer().fit(X)
    assert tokens.invalid_codes_ == {2**53 + 1: 1}


def test_a_fixed_vocabulary_leaves_tokens_free():
    tokenizer = PDGTokenizer(vocabulary_size=10).fit([211, -211, 22])
    assert tokenizer.vocabulary_ == ("padding", "other", 22, 211, -211)
    assert tokenizer.transform([[22, 13]]).tolist() == [[2, 1]]


def test_of_too_many_codes_the_rarest_are_unknown_and_counted():
    codes = [22] * 3 + [211] * 2 + [-211, 13, 13]
    tokenizer = PDGTokenizer(vocabulary_size=5).fit(codes)
    assert tokenizer.vocabulary_ == ("padding", "other", 13, 22, 211)
    assert tokenizer.unknown_codes_ == {-211: 1}
    merged = PDGTokenizer(vocabulary_size=4, antiparticles="merge").fit(codes)
    assert merged.categories_ == (22, 211)
    grouped = PDGTokenizer(vocabulary_size=4, groups={"pion": [211, -211]}).fit(codes)
    assert grouped.categories_ == ("pion", 22)


@pytest.mark.parametrize(
    "options",
    [
        {"categories": [22, 211, 13]},
        {"categories": "all"},
        {"groups": {"a": [1], "b": [2], "c": [3]}},
    ],
)
def test_codes_that_were_asked_for_and_have_no_room_are_an_error(options):
    with pytest.raises(ValueError, match="vocabulary_size=4 has room for 2 categories"):
        PDGTokenizer(vocabulary_size=4, **options).fit([22])


def test_the_vocabulary_of_a_tokenizer_that_is_fitted_again_is_its_own():
    tokenizer = PDGTokenizer(share="pdg").fit([22])
    tokenizer._have_seen({211: 1})
    assert tokenizer.categories_ == (22, 211)
    assert tokenizer.fit([13]).categories_ == (13,)
