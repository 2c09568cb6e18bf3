"""Calls of the transformers, and slow loops that say what is right."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pyarrow as pa

from fuzz import plain
from fuzz.call import RANDOM, TABLE, WEIGHT, Call, N, Y
from skhep_nn import preprocessing as pre
from skhep_nn._masks import is_masked

CODES = np.array([[211, -211, 0], [22, 0, 0], [321, 211, 22]] * (N // 3))
MOTHERS = np.array([[-1, 0, -1], [-1, -1, -1], [-1, 0, 0]] * (N // 3))
LISTS = np.empty(N, dtype=object)
LISTS[:] = [[1.0, 3.0, 2.0][: k % 4] for k in range(N)]
STRINGS = np.array([" 521 (--> -421 211 <--)", " 22"] * (N // 2), dtype=object)
PARTICLES = np.round(RANDOM.normal(size=(N, 3, 2)), 3)
FEATURES = TABLE[["pt", "eta"]].to_numpy()


def scaled(X, **options):
    return pre.MinMaxScaler(**options).fit_transform(X)


def scaled_by_another_fit(X):
    return pre.MinMaxScaler().fit(FEATURES).transform(X)


def check_scaled(got, X, **options):
    got = np.asarray(got, dtype=float)
    assert np.isfinite(got).all()
    assert np.abs(got).max(initial=0) <= 1 + 1e-6
    for column, values in zip(got.reshape(-1, got.shape[-1]).T, columns_of(X), strict=True):
        known = [v for v in values if not math.isnan(v)]
        low, high = min(known, default=0), max(known, default=0)
        for new, old in zip(column, values, strict=True):
            middle = math.isnan(old) or low == high
            expected = 0 if middle else -1 + 2 * ((old - low) / (high - low))
            assert math.isclose(new, expected, rel_tol=1e-3, abs_tol=1e-3)


def check_finite(got, X):
    assert not is_masked(X)
    assert np.isfinite(np.asarray(got, dtype=float)).all()


def columns_of(X):
    assert not is_masked(X)
    if np.ndim(X) > 2:
        X = np.reshape(X, (-1, np.shape(X)[-1]))
    if isinstance(X, pd.DataFrame):
        return [numeric_column(X.iloc[:, at]) for at in range(X.shape[1])]
    return [numeric_column(column) for column in np.asarray(X, dtype=object).T]


def numeric_column(column):
    # scikit-learn makes numbers of text in arrays of objects, and so do transformers
    listed = [float(v) if isinstance(v, (str, bytes)) else v for v in column]
    return plain.numbers_or_missing(listed)


def padded(X, **options):
    return pre.SequencePadder(**{"max_length": 2, **options}).fit_transform(X)


def check_padded(got, X):
    assert got.shape[:2] == (len(X), 2)
    assert np.isfinite(got.data).all()
    X = X.to_pandas() if isinstance(X, pa.Table) else X
    rows = X.to_numpy() if isinstance(X, pd.DataFrame) else X
    if isinstance(rows, np.ndarray) and rows.ndim == 2 and rows.dtype.kind == "O":
        # a list per field
        return
    for event, row in enumerate(rows):
        if np.ma.is_masked(row):
            continue
        values = np.asarray(row.tolist() if isinstance(row, np.ndarray) else row, dtype=float)
        values = values.reshape(len(values), got.shape[2])[:2]
        kept = got.data[event][~np.ma.getmaskarray(got)[event].all(axis=1)]
        np.testing.assert_allclose(kept, values, rtol=1e-6)


def tokens(X, **options):
    tokenizer = pre.PDGTokenizer(**options).fit(X)
    return tokenizer, tokenizer.transform(X)


def check_tokens(got, X):
    tokenizer, found = got
    found = np.asarray(found)
    if found.dtype == object or np.ma.isMaskedArray(X):
        return
    known = [0, None, *tokenizer.categories_]
    codes = np.asarray(X)
    assert found.shape == codes.shape
    for token, code in zip(found.ravel().tolist(), codes.ravel().tolist(), strict=True):
        plain.numbers([code])
        assert known[token] == code


def one_hot(X, **options):
    return pre.PDGOneHotEncoder(**options).fit_transform(X)


def check_hot(got, X):
    if np.asarray(got).dtype == object or np.ma.isMaskedArray(X):
        # lists of rows
        return
    codes = np.asarray(X)
    plain.numbers(codes.ravel())
    sums = np.asarray(got).sum(axis=-1)
    if codes.ndim != 2 or not isinstance(X, pd.DataFrame):
        assert (sums == (codes != 0)).all()


def tree(pdg, mother_index):
    return pre.decay_strings(pdg, mother_index)


def check_tree(got, pdg, mother_index):
    pdg = np.ma.filled(pdg, 0) if np.ma.isMaskedArray(pdg) else np.asarray(pdg)
    for text, codes in zip(got, pdg, strict=True):
        words = [word for word in text.split() if word not in ("(-->", "<--)")]
        assert sorted(map(int, words)) == sorted(int(code) for code in codes if code)


def decay_tokens(X, **options):
    tokenizer = pre.DecayStringTokenizer(**{"max_length": 8, **options})
    return tokenizer, tokenizer.fit_transform(X)


def check_decay_tokens(got, X):
    tokenizer, found = got
    if np.ndim(X) != 1:
        return
    words = [str(word) for word in tokenizer.vocabulary_]
    for row, text in zip(found, np.asarray(X).tolist(), strict=True):
        assert [words[token] for token in row if token] == text.split()


def balanced(X, y, **options):
    balancer = pre.EventWeightBalancer(weight_column="weight", **options)
    return balancer.fit_transform(X, y)


def check_balanced(got, X, y):
    # a column of labels is flattened with scikit-learn's warning
    y = plain.labels(np.ravel(y) if np.ndim(y) == 2 else y)
    new = np.asarray(got["weight"], dtype=float)
    sums = [math.fsum(w for w, t in zip(new, y, strict=True) if t == c) for c in set(y)]
    assert max(sums) - min(sums) < 1e-5 * max(sums)


def weights_balanced(y, sample_weight):
    return pre.EventWeightBalancer().balance(y, sample_weight=sample_weight)


def check_weights_balanced(got, y, sample_weight):
    plain.weights(sample_weight, len(got))
    check_balanced({"weight": got}, None, y)


def blocks(X):
    parts = [("event", pre.MinMaxScaler(), ["pt", "eta"])]
    return pre.BlockTransformer(parts, weight_column="weight").fit_transform(X)


def check_blocks(got, X):
    assert len(got) == len(X["pt"])
    assert np.isfinite(np.asarray(got["event"])).all()


def robust(X, sample_weight=None, **options):
    return pre.RobustClipScaler(**options).fit(X, sample_weight=sample_weight).transform(X)


def check_robust(got, X, sample_weight=None, **options):
    check_finite(got, X)
    plain.weights(sample_weight, len(got))


def in_parts(transformer):
    def fit(X):
        return transformer().partial_fit(X).transform(X)

    return fit


def method_of(transformer, method):
    """A method of a transformer that was fitted on valid features."""

    def call(X):
        return getattr(transformer.fit(FEATURES), method)(X)

    return call


def names_of(transformer):
    def names(input_features):
        return transformer.get_feature_names_out(input_features)

    return names


def balancer_of(X, y):
    balancer = pre.EventWeightBalancer(weight_column="weight").fit(TABLE, Y)
    return balancer.fit(X, y).transform(X)


def block_parts(transformers, weight_column):
    transformer = pre.BlockTransformer(transformers).set_params(weight_column=weight_column)
    transformer.get_params()
    return transformer.fit_transform(TABLE)


EVENT_WORDS = (
    "X",
    "EventBlocks",
    "column",
    "particles",
    "event",
    "feature",
    "array",
    "PDG",
    "field",
    "weight",
)

CALLS = [
    Call("MinMaxScaler", scaled, {"X": FEATURES}, check_scaled, EVENT_WORDS, masked=("X",)),
    Call("MinMaxScaler of a frame", scaled, {"X": TABLE}, check_scaled, EVENT_WORDS, cost=2),
    Call(
        "MinMaxScaler of other events",
        scaled_by_another_fit,
        {"X": FEATURES},
        check_finite,
        EVENT_WORDS,
        masked=("X",),
    ),
    Call(
        "MinMaxScaler of options",
        scaled,
        {
            "X": FEATURES,
            "feature_range": (-1, 1),
            "data_range": {0: (0.0, 100.0)},
            "missing_value": -999.0,
            "add_indicator": False,
            "clip": False,
            "exclude": (),
        },
        None,
        EVENT_WORDS,
        fixed=("X",),
    ),
    Call("SequencePadder", padded, {"X": PARTICLES}, check_padded, EVENT_WORDS),
    Call("SequencePadder of lists", padded, {"X": LISTS}, check_padded, EVENT_WORDS),
    Call(
        "SequencePadder of options",
        padded,
        {"X": LISTS, "max_length": 2, "truncate": "tail", "sort_by": 0, "pad_value": 0.0},
        None,
        EVENT_WORDS,
        fixed=("X",),
    ),
    Call("PDGTokenizer", tokens, {"X": CODES}, check_tokens, EVENT_WORDS, cost=2),
    Call("PDGTokenizer of one axis", tokens, {"X": CODES[:, 0]}, check_tokens, EVENT_WORDS, cost=2),
    Call("PDGOneHotEncoder", one_hot, {"X": CODES}, check_hot, EVENT_WORDS, cost=2),
    *[
        Call(
            f"{function.__name__} of options",
            function,
            {
                "X": CODES,
                "categories": np.array([211, 22]),
                "groups": {"kaons": [321, -321]},
                "handle_unknown": "other",
                "antiparticles": "separate",
            },
            None,
            EVENT_WORDS,
            fixed=("X",),
            masked=("categories",),
            cost=2,
        )
        for function in (tokens, one_hot)
    ],
    Call(
        "decay_strings",
        tree,
        {"pdg": CODES, "mother_index": MOTHERS},
        check_tree,
        ("decay_strings", *EVENT_WORDS),
    ),
    Call(
        "DecayStringTokenizer",
        decay_tokens,
        {"X": STRINGS},
        check_decay_tokens,
        ("decay string", *EVENT_WORDS),
        masked=("X",),
        cost=2,
    ),
    Call(
        "DecayStringTokenizer of options",
        decay_tokens,
        {
            "X": STRINGS,
            "max_length": 8,
            "categories": np.array([521, 22]),
            "handle_unknown": "other",
            "pdg": "pdg",
            "mother_index": "mother_index",
        },
        None,
        EVENT_WORDS,
        fixed=("X",),
        masked=("categories",),
        cost=2,
    ),
    Call(
        "EventWeightBalancer",
        balanced,
        {"X": TABLE, "y": Y},
        check_balanced,
        EVENT_WORDS,
        labels=("y",),
        masked=("y",),
        cost=2,
    ),
    Call(
        "EventWeightBalancer of options",
        balanced,
        {
            "X": TABLE,
            "y": Y,
            "mode": "sqrt",
            "process_column": None,
            "signal": 1,
            "negative_weights": "keep",
        },
        None,
        EVENT_WORDS,
        fixed=("X", "y"),
        cost=2,
    ),
    Call(
        "EventWeightBalancer.balance",
        weights_balanced,
        {"y": Y, "sample_weight": WEIGHT},
        check_weights_balanced,
        labels=("y",),
        masked=("y", "sample_weight"),
    ),
    Call(
        "RobustClipScaler",
        robust,
        {"X": FEATURES, "sample_weight": WEIGHT},
        check_robust,
        EVENT_WORDS,
        masked=("X", "sample_weight"),
        cost=2,
    ),
    Call("RobustClipScaler of a frame", robust, {"X": TABLE}, check_robust, EVENT_WORDS, cost=3),
    Call(
        "RobustClipScaler of options",
        robust,
        {
            "X": TABLE,
            "missing_value": -999.0,
            "add_indicator": False,
            "weight_column": "weight",
            "exclude": (),
        },
        None,
        EVENT_WORDS,
        fixed=("X",),
        cost=2,
    ),
    *[
        Call(
            f"{type(transformer).__name__}.{method}",
            method_of(transformer, method),
            {"X": FEATURES},
            None,
            EVENT_WORDS,
            masked=("X",),
            cost=2,
        )
        for transformer, methods in (
            (pre.MinMaxScaler(), ("inverse_transform", "count_missing", "count_outside")),
            (pre.RobustClipScaler(), ("inverse_transform", "count_missing", "count_clipped")),
        )
        for method in methods
    ],
    *[
        Call(
            f"{transformer.__name__}.partial_fit",
            in_parts(transformer),
            {"X": FEATURES},
            None,
            EVENT_WORDS,
            masked=("X",),
            cost=2,
        )
        for transformer in (pre.MinMaxScaler, pre.RobustClipScaler)
    ],
    Call(
        "SequencePadder.partial_fit",
        in_parts(lambda: pre.SequencePadder(max_length=2)),
        {"X": PARTICLES},
        None,
        EVENT_WORDS,
    ),
    *[
        Call(
            f"{type(transformer).__name__}.get_feature_names_out",
            names_of(transformer),
            {"input_features": None},
            None,
            ("input_features", *EVENT_WORDS),
            cost=2,
        )
        for transformer in (
            pre.MinMaxScaler(exclude="weight").fit(TABLE),
            pre.RobustClipScaler(exclude="weight").fit(TABLE),
            pre.EventWeightBalancer(weight_column="weight").fit(TABLE, Y),
            pre.PDGOneHotEncoder().fit(CODES),
        )
    ],
    Call(
        "EventWeightBalancer.transform",
        balancer_of,
        {"X": TABLE, "y": Y},
        None,
        EVENT_WORDS,
        labels=("y",),
        cost=4,
    ),
    Call(
        "BlockTransformer of options",
        block_parts,
        {"transformers": [("event", pre.MinMaxScaler(), ["pt"])], "weight_column": "weight"},
        None,
        ("transformer", *EVENT_WORDS),
        cost=4,
    ),
    Call("BlockTransformer", blocks, {"X": TABLE}, check_blocks, EVENT_WORDS, cost=4),
]
