from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhep_nn import (
    BlockClassifier,
    BlockKind,
    CNNClassifier,
    DenseClassifier,
    EventBlocks,
    LSTMClassifier,
    MinMaxScaler,
    ResNetClassifier,
)
from skhep_nn.exceptions import ColumnError, ExportError
from skhep_nn.preprocessing import (
    BlockTransformer,
    DecayStringTokenizer,
    PDGOneHotEncoder,
    PDGTokenizer,
    SequencePadder,
)

N_EVENTS, LENGTH = 160, 5
SMALL = {"epochs": 1, "batch_size": 64, "random_state": 0, "verbose": 0}
CODES = [11, -11, 211, -211, 22, 1000020040]
RNG = np.random.default_rng(4)
Y = RNG.integers(0, 2, N_EVENTS)


def lists(draw):
    return [draw(n) for n in COUNTS]


COUNTS = RNG.integers(0, 8, N_EVENTS)
TABLE = pd.DataFrame(
    {
        "met": RNG.exponential(30, N_EVENTS),
        "pt": lists(lambda n: np.round(RNG.exponential(10, n))),
        "eta": lists(lambda n: RNG.normal(size=n)),
        "pdg": lists(lambda n: RNG.choice(CODES, n)),
        "weight": RNG.uniform(size=N_EVENTS),
    }
)
MASK = RNG.random((N_EVENTS, LENGTH)) < 0.6
MASK[0] = False
BLOCKS = EventBlocks(
    {
        "jet": RNG.normal(size=(N_EVENTS, 3)),
        "track": RNG.normal(size=(N_EVENTS, LENGTH, 2)),
        "track_mask": MASK,
        "pdg": RNG.integers(0, 5, (N_EVENTS, LENGTH)),
        "weight": RNG.uniform(size=N_EVENTS),
    },
    {"pdg": BlockKind("tokens", vocabulary_size=5, of="track")},
)


def of_table(track, branch=None, **pdg):
    transformer = BlockTransformer(
        [
            ("event", MinMaxScaler(), ["met"]),
            ("track", track, ["pt", "eta"]),
            ("code", make_pipeline(PDGTokenizer(**pdg), SequencePadder(4)), "pdg"),
        ],
        weight_column="weight",
    )
    branches = {"track": branch or {"kind": "lstm", "units": 3}}
    return make_pipeline(
        transformer, BlockClassifier(branches=branches, weight_column="weight", **SMALL)
    )


@pytest.mark.parametrize("truncate", ["tail", "head"])
@pytest.mark.parametrize("sort_by", [None, "pt", 1])
def test_lists_are_sorted_cut_and_padded_in_the_graph(
    exported, largest_difference, truncate, sort_by
):
    padder = SequencePadder(4, truncate=truncate, sort_by=sort_by)
    model = of_table(make_pipeline(padder, MinMaxScaler())).fit(TABLE, Y)
    loaded = exported(model, check=TABLE)
    assert [(i.name, i.shape) for i in loaded._runtime().get_inputs()] == [
        ("code", ["n", "code_length", 1]),
        ("code_lengths", ["n"]),
        ("event", ["n", 1]),
        ("track", ["n", "track_length", 2]),
        ("track_lengths", ["n"]),
    ]
    assert largest_difference(loaded, model, TABLE) < 1e-6
    for X in (TABLE.iloc[:0], TABLE.iloc[:1], TABLE[COUNTS == 0].drop(columns="weight")):
        if len(X):
            assert np.abs(loaded.predict_proba(X) - model.predict_proba(X)).max() < 1e-6
        assert loaded.predict_proba(X).shape == (len(X), 2)


def test_blocks_are_made_up_where_none_are_given(exported, largest_difference):
    model = of_table(make_pipeline(SequencePadder(4), MinMaxScaler())).fit(TABLE, Y)
    assert largest_difference(exported(model), model, TABLE) < 1e-6


@pytest.mark.parametrize(
    "pdg",
    [
        {"antiparticles": "merge"},
        {"categories": [11, 211], "handle_unknown": "ignore"},
        {"groups": {"pion": [211, -211]}, "categories": [22]},
        {"categories": "all"},
        {"vocabulary_size": 5},
    ],
    ids=str,
)
def test_pdg_codes_become_tokens_in_the_graph(exported, largest_difference, pdg):
    model = of_table(make_pipeline(SequencePadder(3), StandardScaler()), **pdg).fit(TABLE, Y)
    assert largest_difference(exported(model, check=TABLE), model, TABLE) < 1e-6


def joined(padder_of_codes):
    codes = make_pipeline(padder_of_codes, PDGOneHotEncoder([11, -11, 22]))
    return BlockTransformer(
        [
            ("momentum", make_pipeline(SequencePadder(4), StandardScaler()), ["pt", "eta"]),
            ("hot", codes, "pdg"),
            ("event", MinMaxScaler(), ["met"]),
        ],
        join={"track": ["momentum", "hot"]},
    )


def test_joined_blocks_agree_and_other_entries_are_refused(exported, largest_difference):
    model = make_pipeline(joined(SequencePadder(4)), CNNClassifier(filters=4, **SMALL))
    model.fit(TABLE, Y)
    loaded = exported(model, check=TABLE)
    assert largest_difference(loaded, model, TABLE) < 1e-6
    pdg = [[*codes[:-1]] if len(codes) == 2 else codes for codes in TABLE["pdg"]]
    with pytest.raises(ValueError, match="have not the same entries"):
        model.predict_proba(TABLE.assign(pdg=pdg))
    with pytest.raises(ValueError, match="no probabilities for event"):
        loaded.predict_proba(TABLE.assign(pdg=pdg))


def test_joined_blocks_of_blocks_agree(exported, largest_difference):
    transformer = BlockTransformer(
        [
            ("a", MinMaxScaler(), "track"),
            ("b", StandardScaler(), "track"),
            ("jet", "passthrough", "jet"),
        ],
        join={"track": ["a", "b"]},
    )
    model = make_pipeline(transformer, LSTMClassifier(units=3, **SMALL)).fit(BLOCKS, Y)
    assert largest_difference(exported(model, check=BLOCKS), model, BLOCKS) < 1e-6
    transformer.set_params(b="passthrough")
    model = make_pipeline(transformer, LSTMClassifier(units=3, **SMALL)).fit(BLOCKS, Y)
    with pytest.raises(ExportError, match="'b' passes unchanged into 'track'"):
        exported(model)


@pytest.mark.parametrize("unknown", ["other", "ignore"])
def test_steps_of_particles_leave_padding_alone(exported, largest_difference, unknown):
    hot = PDGOneHotEncoder([11, -11, 22], handle_unknown=unknown)
    transformer = BlockTransformer(
        [
            ("hot", make_pipeline(SequencePadder(4), hot), "pdg"),
            ("track", make_pipeline(SequencePadder(4, pad_value=-5.0), StandardScaler()), ["pt"]),
        ]
    )
    model = make_pipeline(transformer, CNNClassifier(filters=4, **SMALL)).fit(TABLE, Y)
    assert largest_difference(exported(model, check=TABLE), model, TABLE) < 1e-6


def test_an_unknown_code_that_is_an_error_in_the_model_is_one_in_the_file(exported):
    strict = PDGTokenizer([11, -11, 211, -211, 22], handle_unknown="error")
    transformer = BlockTransformer([("code", make_pipeline(SequencePadder(4), strict), "pdg")])
    known = TABLE.assign(pdg=[np.array([11] * len(codes)) for codes in TABLE["pdg"]])
    model = make_pipeline(transformer, CNNClassifier(filters=4, **SMALL)).fit(known, Y)
    loaded = exported(model, check=known)
    with pytest.raises(ValueError, match=r"no probabilities for event .* not known in training"):
        loaded.predict_proba(TABLE)


def test_codes_beyond_single_precision_need_another_type(tmp_path):
    from skhep_nn import export_onnx

    model = of_table(SequencePadder(4)).fit(TABLE, Y)
    with pytest.raises(ExportError, match="codes go up to 1000020040, and float32 holds whole"):
        export_onnx(model, tmp_path / "model.onnx", check=TABLE, tokens="float32")


def test_awkward_arrays_are_read(exported):
    ak = pytest.importorskip("awkward")
    records = ak.Array({name: TABLE[name].tolist() for name in ("met", "pt", "eta", "pdg")})
    model = of_table(make_pipeline(SequencePadder(4), MinMaxScaler())).fit(TABLE, Y)
    loaded = exported(model, check=TABLE)
    assert np.array_equal(loaded.predict_proba(records), loaded.predict_proba(TABLE))


@pytest.mark.parametrize(
    "classifier",
    [
        LSTMClassifier(units=(4, 3), go_backwards=True, dense_units=4),
        LSTMClassifier(units=3, bidirectional=True),
        CNNClassifier(filters=(4, 3), kernel_size=3, pool="max"),
        ResNetClassifier(n_blocks=1, filters=4),
        BlockClassifier(),
    ],
    ids=lambda classifier: type(classifier).__name__,
)
def test_classifiers_of_blocks_agree(exported, largest_difference, classifier):
    model = classifier.set_params(weight_column="weight", **SMALL).fit(BLOCKS, Y)
    for options in ({"check": BLOCKS}, {"tokens": "float32", "masks": "float32"}):
        loaded = exported(model, **options)
        types = {i.name: i.type for i in loaded._runtime().get_inputs()}
        assert sorted(types) == ["jet", "pdg", "track", "track_mask"]
        assert largest_difference(loaded, model, BLOCKS) < 1e-6
    assert set(types.values()) == {"tensor(float)"}


def test_lengths_stand_for_masks(exported, largest_difference):
    blocks = EventBlocks(
        {
            "track": BLOCKS["track"],
            "track_lengths": RNG.integers(0, LENGTH + 1, N_EVENTS),
        }
    )
    model = LSTMClassifier(units=(4, 3), **SMALL).fit(blocks, Y)
    loaded = exported(model, check=blocks)
    assert largest_difference(loaded, model, blocks) < 1e-6
    # real entries are in front already, and are not sorted
    assert b"TopK" not in loaded.model


def test_blocks_of_blocks_keep_masks_with_holes(exported, largest_difference):
    transformer = BlockTransformer(
        [("jet", StandardScaler(), "jet"), ("track", MinMaxScaler(), "track")]
    )
    model = make_pipeline(transformer, LSTMClassifier(units=3, **SMALL)).fit(BLOCKS, Y)
    loaded = exported(model, check=BLOCKS)
    assert sorted(i.name for i in loaded._runtime().get_inputs()) == ["jet", "track", "track_mask"]
    assert largest_difference(loaded, model, BLOCKS) < 1e-6


def test_three_axes_and_tables_of_blocks(exported, largest_difference):
    X = np.asarray(BLOCKS["track"])
    model = make_pipeline(MinMaxScaler(), CNNClassifier(filters=3, mask_value=None, **SMALL))
    assert largest_difference(exported(model.fit(X, Y)), model, X) < 1e-6
    columns = EventBlocks({"a": X[:, 0, 0], "b": X[:, 0, 1], "weight": np.ones(N_EVENTS)})
    for blocks in (columns, EventBlocks({"jet": BLOCKS["jet"], "weight": np.ones(N_EVENTS)})):
        model = DenseClassifier(units=(4,), weight_column="weight", **SMALL).fit(blocks, Y)
        assert largest_difference(exported(model, check=blocks), model, blocks) < 1e-6


def test_wrong_blocks_are_errors(exported):
    model = CNNClassifier(filters=3, exclude="weight", **SMALL).fit(BLOCKS, Y)
    loaded = exported(model, check=BLOCKS)
    with pytest.raises(ColumnError, match="yet now missing"):
        loaded.predict_proba(BLOCKS.select(["jet", "track"]))
    with pytest.raises(ValueError, match="block 'jet' has shape"):
        loaded.predict_proba(BLOCKS.assign(jet=np.ones((N_EVENTS, 4))))
    with pytest.raises(ValueError, match=r"block 'pdg' has the token 5 in event 0"):
        loaded.predict_proba(BLOCKS.assign(pdg=np.full((N_EVENTS, LENGTH), 5)))


def test_what_cannot_go_names_block_and_step(tmp_path):
    from skhep_nn import export_onnx

    text = pd.DataFrame({"decay": [" 521 (--> -421 211 <--)", " 22"] * (N_EVENTS // 2)})
    transformer = BlockTransformer([("decay", DecayStringTokenizer(6), ["decay"])])
    model = make_pipeline(transformer, CNNClassifier(filters=3, **SMALL)).fit(text, Y)
    with pytest.raises(ExportError, match=r"block 'decay'.*decay strings are text"):
        export_onnx(model, tmp_path / "model.onnx", check=text)
    with pytest.raises(ExportError, match="inputs='columns' is for tables"):
        export_onnx(
            of_table(SequencePadder(3)).fit(TABLE, Y), tmp_path / "m.onnx", inputs="columns"
        )
    assert not list(tmp_path.iterdir())


def test_particles_in_a_rectangle_are_lists_that_are_equally_long(exported):
    model = of_table(make_pipeline(SequencePadder(4), MinMaxScaler())).fit(TABLE, Y)
    loaded = exported(model, check=TABLE)
    arrays = {"met": TABLE["met"].to_numpy()}
    arrays |= {name: RNG.integers(1, 9, (N_EVENTS, 3)).astype(float) for name in ("pt", "eta")}
    arrays["pdg"] = RNG.choice(CODES, (N_EVENTS, 6))
    lists = pd.DataFrame({name: list(values) for name, values in arrays.items()})
    expected = model.predict_proba(lists)
    stacked = {n: a if n == "met" else a[..., None] for n, a in arrays.items()}
    for given in (stacked, EventBlocks(stacked)):
        np.testing.assert_allclose(loaded.predict_proba(given), expected, atol=1e-6)
