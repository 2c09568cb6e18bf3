from __future__ import annotations

import pickle

import awkward as ak
import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    QuantileTransformer,
    StandardScaler,
)
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted

from skhep_nn.events import BlockKind, EventBlocks
from skhep_nn.exceptions import ColumnError
from skhep_nn.preprocessing import (
    BlockTransformer,
    DecayStringTokenizer,
    MinMaxScaler,
    PDGOneHotEncoder,
    PDGTokenizer,
    SequencePadder,
)

PDG = [[211, 22, -211], [22], [], [11]]
PT = [[3.0, 1.0, 2.0], [5.0], [], [1.0]]
ETA = [[0.5, 0.0, -1.0], [2.0], [], [1.5]]


def make_frame():
    return pd.DataFrame(
        {
            "met": [10.0, 30.0, 20.0, 50.0],
            "n_jets": [1, 2, 3, 5],
            "pt": PT,
            "eta": ETA,
            "pdg": PDG,
            "weight": [0.1, 0.2, -0.3, 0.4],
            "label": [0, 1, 0, 1],
        }
    )


def make_transformer(**keywords):
    return BlockTransformer(
        [
            ("event", StandardScaler(), ["met", "n_jets"]),
            ("track", SequencePadder(2), ["pt", "eta"]),
            ("pdg", make_pipeline(PDGTokenizer(), SequencePadder(2)), ["pdg"]),
        ],
        weight_column="weight",
        **keywords,
    )


class OneBlock(BlockTransformer):
    """Gives its only block as an array: what scikit-learn's checks can compare."""

    def transform(self, X):
        return np.asarray(super().transform(X)["x"])


@parametrize_with_checks(
    [
        OneBlock([("x", StandardScaler(), slice(None))]),
        OneBlock([("x", make_pipeline(StandardScaler(), MinMaxScaler()), slice(None))]),
    ]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_a_frame_becomes_blocks():
    frame = make_frame()
    blocks = make_transformer().fit_transform(frame)
    assert blocks.keys() == ["event", "track", "track_mask", "pdg", "pdg_mask", "weight"]
    scaled = StandardScaler().fit_transform(frame[["met", "n_jets"]])
    assert np.array_equal(blocks["event"], scaled)
    assert blocks["track"].tolist()[0] == [[3, 0.5], [1, 0]]
    assert blocks.mask("track").tolist() == [
        [True, True],
        [True, False],
        [False] * 2,
        [True, False],
    ]
    # padding 0, other 1, then e- 2, gamma 3, pi+ 4, pi- 5
    assert blocks["pdg"].tolist() == [[4, 3], [3, 0], [0, 0], [2, 0]]
    assert blocks["weight"].tolist() == [0.1, 0.2, -0.3, 0.4]


def test_kinds_say_what_the_blocks_are():
    kinds = make_transformer().fit_transform(make_frame()).kinds
    assert kinds["event"] == BlockKind("features", features=("met", "n_jets"))
    assert kinds["track"] == BlockKind("sequence", features=("pt", "eta"), mask="track_mask")
    vocabulary = ("padding", "other", 11, 22, 211, -211)
    assert kinds["pdg"] == BlockKind("tokens", vocabulary=vocabulary, mask="pdg_mask")
    assert kinds["weight"].name == "weight"


def test_padding_first_or_tokens_first_is_the_same():
    frame = make_frame()
    orders = [(PDGTokenizer(), SequencePadder(2)), (SequencePadder(2), PDGTokenizer())]
    first, second = (
        BlockTransformer([("pdg", make_pipeline(*steps), "pdg")]).fit_transform(frame)
        for steps in orders
    )
    assert np.array_equal(first["pdg"], second["pdg"])
    # of the second kind fit never saw what was cut
    assert second.kinds["pdg"].vocabulary == ("padding", "other", 11, 22, 211)


def test_application_may_lack_weight_and_unused_columns():
    frame = make_frame()
    transformer = make_transformer().fit(frame)
    data = transformer.transform(frame.drop(columns=["weight", "label"]))
    assert data.keys() == ["event", "track", "track_mask", "pdg", "pdg_mask"]
    assert np.array_equal(data["event"], transformer.transform(frame)["event"])


def test_other_columns_than_in_fit_are_an_error():
    frame = make_frame()
    transformer = make_transformer().fit(frame)
    with pytest.raises(ColumnError, match="yet now missing:\n- met"):
        transformer.transform(frame.drop(columns="met"))
    with pytest.raises(ColumnError, match="must be in the same order as they were in fit"):
        transformer.transform(frame[frame.columns[::-1]])


def blocks_of(X):
    return {name: np.asarray(block).tolist() for name, block in X.items()}


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.assign(mass=1.0),
        lambda frame: frame.assign(mass="text"),
        lambda frame: frame[["label", *frame.columns.drop("label")]],
        lambda frame: frame.drop(columns="label").assign(mass=1.0, label=2),
    ],
)
def test_columns_that_no_block_reads_do_no_harm(change):
    frame = make_frame()
    transformer = make_transformer().fit(frame)
    assert blocks_of(transformer.transform(change(frame))) == blocks_of(
        transformer.transform(frame)
    )


def test_blocks_and_records_that_nothing_reads_do_no_harm():
    arrays = {"a": np.ones((3, 2)), "b": np.zeros((3, 1)), "label": np.ones(3)}
    transformer = BlockTransformer([("x", "passthrough", "a"), ("y", "passthrough", "b")])
    transformer.fit(EventBlocks(arrays))
    more = {"new": np.ones(3), **arrays, "other": np.ones((3, 2, 2))}
    assert transformer.transform(EventBlocks(more)).keys() == ["x", "y"]
    less = EventBlocks({"a": arrays["a"], "b": arrays["b"]})
    assert transformer.transform(less).keys() == ["x", "y"]
    records = ak.Array([{"pt": [1.0, 2.0], "met": 3.0}, {"pt": [], "met": 4.0}])
    padded = BlockTransformer([("track", SequencePadder(2), ["pt"])]).fit(records)
    records["new"] = [1, 2]
    assert padded.transform(records).keys() == ["track", "track_mask"]


def test_a_portion_that_cannot_be_fitted_leaves_the_others_as_they_were():
    frame = make_frame()[["met", "label"]]
    parts = [("a", StandardScaler(), ["met"]), ("b", StandardScaler(), ["label"])]
    transformer = BlockTransformer(parts).partial_fit(frame)
    before = transformer.named_transformers_["a"].mean_.copy()
    with pytest.raises(ValueError, match="could not convert"):
        transformer.partial_fit(frame.assign(met=99.0, label="text"))
    assert transformer.named_transformers_["a"].mean_ == before
    assert transformer.named_transformers_["a"].n_samples_seen_ == len(frame)
    unfitted = BlockTransformer(parts)
    for fit in (unfitted.fit, unfitted.partial_fit):
        with pytest.raises(ValueError, match="could not convert"):
            fit(frame.assign(label="text"))
        with pytest.raises(NotFittedError):
            check_is_fitted(unfitted)


def test_a_weight_is_never_a_feature():
    with pytest.raises(
        ColumnError, match="among the columns of block 'x'; event weights are never"
    ):
        BlockTransformer([("x", "passthrough", ["met", "weight"])], weight_column="weight").fit(
            make_frame()
        )


def test_a_missing_weight_column_is_an_error_in_fit():
    with pytest.raises(ColumnError, match="weight_column='wgt' is not a column of X"):
        BlockTransformer([("x", "passthrough", "met")], weight_column="wgt").fit(make_frame())


@pytest.mark.parametrize(
    "columns",
    [
        ["met", "n_jets"],
        [0, 1],
        slice(0, 2),
        [True, True, False, False, False, False, False],
        np.array([True, True, False, False, False, False, False]),
        lambda X: [name for name in X.columns if name in ("met", "n_jets")],
    ],
    ids=["names", "positions", "slice", "mask", "array", "callable"],
)
def test_columns_in_every_way(columns):
    blocks = BlockTransformer([("event", "passthrough", columns)]).fit_transform(make_frame())
    assert blocks["event"].tolist() == [[10, 1], [30, 2], [20, 3], [50, 5]]
    assert blocks.kinds["event"].features == ("met", "n_jets")


def test_an_array_has_positions():
    X = np.arange(12.0).reshape(4, 3)
    transformer = BlockTransformer([("a", "passthrough", [2, 0]), ("b", "passthrough", 1)])
    blocks = transformer.fit_transform(X)
    assert blocks["a"].tolist() == X[:, [2, 0]].tolist()
    assert blocks["b"].tolist() == X[:, [1]].tolist()
    weighted = BlockTransformer([("a", "passthrough", [0])], weight_column=2).fit_transform(X)
    assert weighted["weight"].tolist() == X[:, 2].tolist()


def test_an_array_without_its_weight_column_gives_no_feature_for_weights():
    X = np.arange(12.0).reshape(4, 3)
    transformer = BlockTransformer([("a", "passthrough", [1, 2])], weight_column=0).fit(X)
    assert transformer.transform(X)["weight"].tolist() == X[:, 0].tolist()
    bare = transformer.transform(X[:, 1:])
    assert bare.keys() == ["a"]
    assert bare["a"].tolist() == X[:, 1:].tolist()


def test_a_block_cannot_have_the_name_of_the_weights():
    with pytest.raises(ValueError, match="'weight' would have the name of the block of event weig"):
        BlockTransformer([("weight", "passthrough", "met")], weight_column="weight").fit(
            make_frame()
        )


def test_fields_of_an_awkward_array():
    frame = make_frame()
    array = ak.Array({name: frame[name].tolist() for name in frame})
    from_frame = make_transformer().fit_transform(frame)
    from_array = make_transformer().fit_transform(array)
    assert from_array.keys() == from_frame.keys()
    for name in from_frame.keys():  # noqa: SIM118
        assert np.allclose(np.asarray(from_array[name]), np.asarray(from_frame[name]))
    assert from_array.kinds == from_frame.kinds


# sequences


def sequence():
    """Two events of three places, of which three are particles; the padding is far off."""
    values = np.array(
        [[[1.0, 10.0], [2.0, 30.0], [-99, -99]], [[3.0, 20.0], [-99, -99], [-99, -99]]]
    )
    return EventBlocks({"particle": values, "particle_lengths": np.array([2, 1])})


def test_scaling_leaves_the_padding_untouched():
    scaled = BlockTransformer([("particle", MinMaxScaler(), "particle")]).fit_transform(sequence())
    assert scaled["particle"].tolist() == [
        [[-1, -1], [0, 1], [-99, -99]],
        [[1, 0], [-99, -99], [-99, -99]],
    ]
    assert scaled.mask("particle").tolist() == [[True, True, False], [True, False, False]]


def test_fixed_ranges_of_smart_bkg():
    """energy, prodTime, x, y, z, px, py, pz of smartBKG's preprocessing, to [0, 1]."""
    low = np.array([0, 0, -700, -700, -700, -3, -3, -2.0])
    high = np.array([11, 150, 700, 700, 700, 3, 3, 4.0])
    particles = np.stack([low, high, (low + high) / 2, np.zeros(8)])[None]
    blocks = EventBlocks({"particle": particles, "particle_lengths": np.array([3])})
    scaler = MinMaxScaler((0, 1), data_range=list(zip(low, high, strict=True)))
    scaled = BlockTransformer([("particle", scaler, "particle")]).fit_transform(blocks)
    expected = [[0] * 8, [1] * 8, [0.5] * 8, [0] * 8]
    assert np.allclose(scaled["particle"][0], expected, atol=1e-12)
    # the padding is 0 as before, not (0 - min) / (max - min)
    assert scaled["particle"][0, 3].tolist() == [0] * 8
    assert not scaled.mask("particle")[0, 3]


def test_steps_after_the_padder_see_particles_only():
    steps = make_pipeline(SequencePadder(3, pad_value=-5), QuantileTransformer(n_quantiles=5))
    blocks = BlockTransformer([("track", steps, ["pt"])]).fit_transform(make_frame())
    pt = np.array([3.0, 1.0, 2.0, 5.0, 1.0])[:, None]
    by_hand = QuantileTransformer(n_quantiles=5).fit_transform(pt)[:, 0]
    assert np.allclose(blocks["track"][blocks.mask("track")][:, 0], by_hand)
    assert set(blocks["track"][~blocks.mask("track")].ravel()) == {-5.0}


def test_charges_as_five_columns():
    """The recipe for charges: scikit-learn's OneHotEncoder with its categories fixed."""
    charge = np.ma.MaskedArray([[[1.0], [-2.0]], [[0.0], [0.0]]], mask=[[[0], [0]], [[0], [1]]])
    encoder = OneHotEncoder(categories=[[-2, -1, 0, 1, 2]], dtype="float32")
    blocks = BlockTransformer([("charge", encoder, "charge")]).fit_transform(
        EventBlocks({"charge": charge})
    )
    assert blocks["charge"].tolist() == [
        [[0, 0, 0, 1, 0], [1, 0, 0, 0, 0]],
        [[0, 0, 1, 0, 0], [0, 0, 0, 0, 0]],
    ]
    assert blocks["charge"].dtype == np.float32
    assert blocks.mask("charge").tolist() == [[True, True], [True, False]]


def test_columns_of_particles_have_names():
    frame = make_frame()
    scaler = MinMaxScaler(data_range={"eta": (-2.5, 2.5)})
    blocks = BlockTransformer(
        [("track", make_pipeline(SequencePadder(2), scaler), ["pt", "eta"])]
    ).fit_transform(frame)
    assert blocks.kinds["track"].features == ("pt", "eta")
    assert blocks["track"][1, 0, 1] == pytest.approx(2.0 / 2.5)


def test_events_without_any_particle():
    transformer = BlockTransformer(
        [
            ("scaled", make_pipeline(SequencePadder(2), StandardScaler()), ["pt"]),
            ("hot", make_pipeline(SequencePadder(2), OneHotEncoder()), ["pt"]),
        ]
    ).fit(make_frame())
    blocks = transformer.transform(make_frame().iloc[[2]])
    assert blocks["scaled"].tolist() == [[[0], [0]]]
    # 1, 3 and 5: what is cut is not seen
    assert blocks["hot"].shape == (1, 2, 3)
    assert not blocks.mask("hot").any()


def test_a_rectangle_without_mask_is_particles_throughout():
    X = np.random.default_rng(0).normal(size=(6, 3, 2))
    scaled = BlockTransformer([("p", StandardScaler(), slice(None))]).fit_transform(X)
    by_hand = StandardScaler().fit_transform(X.reshape(18, 2)).reshape(6, 3, 2)
    assert np.array_equal(scaled["p"], by_hand)
    assert scaled.mask("p") is None


def test_blocks_in_blocks_out():
    blocks = EventBlocks(
        {
            "jet": np.arange(6.0).reshape(3, 2),
            "ht": np.array([1.0, 3.0, 2.0]),
            "pdg": np.array([[211, 0], [22, 211], [0, 0]]),
            "mother": np.array([[-1, -1], [-1, 0], [-1, -1]]),
            "weight": np.ones(3),
        }
    )
    transformer = BlockTransformer(
        [
            ("both", "passthrough", ["ht", "jet"]),
            ("ht", StandardScaler(), "ht"),
            ("pdg", PDGTokenizer(), "pdg"),
            ("hot", PDGOneHotEncoder(), ["pdg"]),
            ("decay", DecayStringTokenizer(5, mother_index="mother"), ["pdg", "mother"]),
        ],
        weight_column="weight",
    )
    out = transformer.fit_transform(blocks)
    assert out["both"].tolist() == [[1, 0, 1], [3, 2, 3], [2, 4, 5]]
    assert out.kinds["both"].features == ("ht", "jet_0", "jet_1")
    assert out["ht"].shape == (3, 1)
    assert out["pdg"].tolist() == [[3, 0], [2, 3], [0, 0]]
    assert out["hot"].shape == (3, 2, 3)
    # gamma 4, pi+ 5: the second event is gamma (--> pi+ <--)
    assert out["decay"].tolist() == [[5, 0, 0, 0, 0], [4, 2, 5, 3, 0], [0] * 5]
    assert {n: k.name for n, k in out.kinds.items()} == {
        "both": "features",
        "ht": "features",
        "pdg": "tokens",
        "hot": "sequence",
        "decay": "tokens",
        "weight": "weight",
    }
    data = transformer.transform(blocks.select(["jet", "ht", "pdg", "mother"]))
    assert "weight" not in data
    assert np.array_equal(data["decay"], out["decay"])


def test_tokens_that_pass_keep_their_vocabulary():
    kind = BlockKind("tokens", vocabulary=("padding", "other", 22), mask="seen")
    blocks = EventBlocks(
        {"pdg": np.array([[2, 0]]), "seen": np.array([[True, False]])}, {"pdg": kind}
    )
    out = BlockTransformer([("code", "passthrough", "pdg")]).fit_transform(blocks)
    assert out.kinds["code"].vocabulary == kind.vocabulary
    assert out.mask("code").tolist() == [[True, False]]


def test_the_mask_of_a_sequence_must_be_there_at_application():
    transformer = BlockTransformer([("particle", MinMaxScaler(), "particle")]).fit(sequence())
    bare = EventBlocks({"particle": np.asarray(sequence()["particle"])})
    with pytest.raises(ColumnError, match="yet now missing:\n- particle_lengths"):
        transformer.transform(bare)


def test_blocks_side_by_side_need_one_length():
    blocks = EventBlocks({"a": np.ones((2, 3, 1)), "b": np.ones((2, 4, 1))})
    with pytest.raises(
        ValueError, match=r"cannot stand side by side, their shapes are 'a' \(2, 3, 1\)"
    ):
        BlockTransformer([("x", "passthrough", ["a", "b"])]).fit(blocks)


# parameters


def test_parameters_are_nested():
    transformer = make_transformer()
    parameters = transformer.get_params()
    assert parameters["track__max_length"] == 2
    assert parameters["pdg__sequencepadder__max_length"] == 2
    transformer.set_params(track__max_length=3, pdg__sequencepadder__max_length=1)
    blocks = transformer.fit_transform(make_frame())
    assert blocks["track"].shape == (4, 3, 2)
    assert blocks["pdg"].shape == (4, 1)
    transformer.set_params(event="passthrough", weight_column=None)
    assert transformer.fit_transform(make_frame())["event"].tolist()[0] == [10, 1]
    assert "track" in clone(transformer).get_params()


def test_a_new_transformer_and_its_parameter_at_once():
    transformer = make_transformer()
    transformer.set_params(track__max_length=5, track=SequencePadder(1, truncate="head"))
    assert transformer.get_params()["track"].max_length == 5


def test_an_unknown_parameter_names_the_nearest():
    with pytest.raises(ValueError, match=r"'tracks__max_length' is no parameter .* mean 'track'"):
        make_transformer().set_params(tracks__max_length=2)
    with pytest.raises(ValueError, match="Invalid parameter 'length' for estimator SequencePadder"):
        make_transformer().set_params(track__length=2)


class BlockClassifier(ClassifierMixin, BaseEstimator):
    """A cut on the number of particles, as far as the padder left them."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        assert X.kinds["weight"].name == "weight"
        return (X.mask("track").sum(axis=1) > 2).astype(int)


def test_grid_search_reaches_the_parameters():
    counts = np.arange(40) % 6
    frame = pd.DataFrame({"pt": [[1.0] * n for n in counts], "weight": np.ones(40)})
    y = (counts > 2).astype(int)
    model = Pipeline(
        [
            (
                "blocks",
                BlockTransformer([("track", SequencePadder(2), "pt")], weight_column="weight"),
            ),
            ("classify", BlockClassifier()),
        ]
    )
    search = GridSearchCV(model, {"blocks__track__max_length": [1, 2, 3]}, cv=2).fit(frame, y)
    # only with three places can more than two particles be seen
    assert search.best_params_ == {"blocks__track__max_length": 3}
    assert search.best_score_ == 1.0


def test_the_original_transformers_stay_unfitted():
    scaler = StandardScaler()
    transformer = BlockTransformer([("x", scaler, ["met"])]).fit(make_frame())
    assert not hasattr(scaler, "mean_")
    assert transformer.named_transformers_["x"].mean_ == pytest.approx([27.5])


def test_labels_reach_transformers_of_events():
    frame = make_frame()
    select = SelectKBest(k=1)
    blocks = BlockTransformer([("x", select, ["met", "n_jets"])]).fit_transform(frame, [0, 1, 0, 1])
    assert blocks["x"].shape == (4, 1)


def test_it_pickles(tmp_path):
    transformer = make_transformer().fit(make_frame())
    joblib.dump(transformer, tmp_path / "prep.joblib")
    for loaded in (joblib.load(tmp_path / "prep.joblib"), pickle.loads(pickle.dumps(transformer))):
        out, expected = loaded.transform(make_frame()), transformer.transform(make_frame())
        for name in expected.keys():  # noqa: SIM118
            assert np.array_equal(out[name], expected[name])


# streams


def test_partial_fit_is_fit_on_all():
    frame = make_frame()
    transformer = BlockTransformer(
        [
            ("event", StandardScaler(), ["met"]),
            ("track", make_pipeline(SequencePadder(2), StandardScaler()), ["pt", "eta"]),
            ("pdg", PDGTokenizer(), ["pdg"]),
            ("n", "passthrough", ["n_jets"]),
        ]
    )
    transformer.set_params(pdg=make_pipeline(SequencePadder(3), PDGTokenizer()))
    whole = clone(transformer).fit(frame).transform(frame)
    for portion in (frame.iloc[:1], frame.iloc[1:3], frame.iloc[3:]):
        transformer.partial_fit(portion)
    streamed = transformer.transform(frame)
    for name in whole.keys():  # noqa: SIM118
        assert np.allclose(streamed[name], whole[name])
    assert streamed.kinds == whole.kinds


def test_a_portion_without_particles_teaches_nothing():
    frame = make_frame()
    steps = make_pipeline(SequencePadder(2), StandardScaler())
    transformer = BlockTransformer([("track", steps, ["pt"])])
    transformer.partial_fit(frame.iloc[:2]).partial_fit(frame.iloc[[2]])
    # 3 and 1 (2 was cut), and 5
    assert transformer.named_transformers_["track"][-1].mean_ == pytest.approx([3.0])


@pytest.mark.parametrize(
    "transformer",
    [QuantileTransformer(n_quantiles=3), make_pipeline(StandardScaler(), MinMaxScaler())],
    ids=["no partial_fit", "two steps learn"],
)
def test_what_cannot_stream_says_so(transformer):
    blocks = BlockTransformer([("x", transformer, ["met"])])
    assert not hasattr(blocks, "partial_fit")
    with pytest.raises(AttributeError, match="partial_fit") as error:
        blocks.partial_fit(make_frame())
    assert "block 'x' cannot be fitted by partial_fit" in str(error.value)
    assert ("QuantileTransformer has no partial_fit" in str(error.value)) == (
        isinstance(transformer, QuantileTransformer)
    )


def test_tokens_before_padding_and_fixed_charges_stream():
    frame = make_frame().assign(charge=[[1.0, 0.0], [0.0], [], [-1.0]])
    charges = OneHotEncoder(categories=[[-2, -1, 0, 1, 2]])
    transformer = BlockTransformer(
        [
            ("pdg", make_pipeline(PDGTokenizer(), SequencePadder(2)), "pdg"),
            ("charge", make_pipeline(SequencePadder(2), charges), "charge"),
        ]
    )
    whole = clone(transformer).fit_transform(frame)
    streamed = transformer.partial_fit(frame[:1]).partial_fit(frame[1:]).transform(frame)
    for name in whole.keys():  # noqa: SIM118
        assert np.array_equal(streamed[name], whole[name])


def test_functions_stream():
    log = make_pipeline(FunctionTransformer(np.log1p), StandardScaler())
    transformer = BlockTransformer([("x", log, ["met"])]).partial_fit(make_frame())
    assert transformer.transform(make_frame())["x"].mean() == pytest.approx(0.0)


# what cannot be


@pytest.mark.parametrize(
    ("transformers", "error", "message"),
    [
        ([], ValueError, "must be a list of"),
        ([("x", StandardScaler())], ValueError, "must be a list of"),
        (StandardScaler(), ValueError, "must be a list of"),
        ([("x__y", "passthrough", "met")], ValueError, "'x__y' cannot name a block"),
        ([("x", "passthrough", "met"), ("x", "passthrough", "met")], ValueError, "'x' cannot name"),
        ([("x", "drop", "met")], TypeError, "block 'x' needs a transformer or 'passthrough'"),
        ([("x", "passthrough", "mett")], ColumnError, "block 'x': column='mett' .* mean 'met'"),
        ([("x", "passthrough", [])], ColumnError, "block 'x' has no columns"),
        ([("x", "passthrough", [True])], ColumnError, "mask of 1 columns, X has 7"),
    ],
)
def test_wrong_transformers_are_errors(transformers, error, message):
    with pytest.raises(error, match=message):
        BlockTransformer(transformers).fit(make_frame())


def test_columns_that_a_function_returns_name_the_features_of_a_sequence():
    def polar(tracks):
        pt = np.hypot(tracks["px"], tracks["py"])
        return pd.DataFrame({"log_pt": np.log(pt), "phi": np.arctan2(tracks["py"], tracks["px"])})

    events = pd.DataFrame({"px": [[1.0, 0.0], [2.0]], "py": [[0.0, 1.0], [0.0]]})
    scale = MinMaxScaler(data_range={"log_pt": (0.0, 1.0), "phi": (0.0, np.pi)})
    steps = make_pipeline(SequencePadder(2), FunctionTransformer(polar), scale)
    blocks = BlockTransformer([("track", steps, ["px", "py"])]).fit_transform(events)
    assert blocks.kinds["track"].features == ("log_pt", "phi")
    # log pt = 0, phi = pi / 2 is the lower end and the middle
    np.testing.assert_allclose(blocks["track"][0, 1], [-1, 0], atol=1e-6)


def codes_frame():
    return pd.DataFrame({"pdg": [[211, 22], [22]], "mother": [[521, 0], [-511]]})


def tokens(**options):
    return make_pipeline(PDGTokenizer(**options), SequencePadder(2))


@pytest.mark.parametrize("first", [{"share": "pdg"}, {}], ids=["both", "one"])
def test_tokenizers_that_share_have_the_codes_of_both_blocks(first):
    blocks = BlockTransformer(
        [("pdg", tokens(**first), ["pdg"]), ("mother", tokens(share="pdg"), ["mother"])]
    ).fit_transform(codes_frame())
    expected = ("padding", "other", 22, 211, -511, 521)
    assert blocks.kinds["pdg"].vocabulary == blocks.kinds["mother"].vocabulary == expected
    assert blocks["pdg"].tolist() == [[3, 2], [2, 0]]
    assert blocks["mother"].tolist() == [[5, 0], [4, 0]]


def test_tokenizers_that_share_a_word_that_is_no_block_share_all_the_same():
    parts = [(n, tokens(share="word"), [n]) for n in ("pdg", "mother")]
    kinds = (
        BlockTransformer([*parts, ("own", tokens(), ["pdg"])]).fit_transform(codes_frame()).kinds
    )
    assert kinds["pdg"].vocabulary == kinds["mother"].vocabulary
    assert kinds["own"].vocabulary == ("padding", "other", 22, 211)


def test_a_shared_vocabulary_fitted_on_portions_is_that_of_all_events():
    frame = codes_frame()
    parts = [(n, tokens(share="pdg"), [n]) for n in ("pdg", "mother")]
    whole, streamed = (BlockTransformer(parts) for _ in range(2))
    whole.fit(frame)
    for at in range(2):
        streamed.partial_fit(frame.iloc[at : at + 1])
    for name in ("pdg", "mother"):
        a, b = (t.named_transformers_[name][0] for t in (whole, streamed))
        assert a.vocabulary_ == b.vocabulary_
        assert a._seen == b._seen
    assert whole.transform(frame)["mother"].tolist() == streamed.transform(frame)["mother"].tolist()


def test_sharing_with_nobody_or_with_other_settings_is_an_error():
    frame = codes_frame()
    parts = [("pdg", tokens(), ["pdg"]), ("mother", tokens(share="pgd"), ["mother"])]
    with pytest.raises(ValueError, match=r"block 'mother': share='pgd' is no other block .*'pdg'"):
        BlockTransformer(parts).fit(frame)
    with pytest.raises(ValueError, match=r"block 'mother': share='' is no other block"):
        BlockTransformer([parts[0], ("mother", tokens(share=""), ["mother"])]).fit(frame)
    other = ("mother", tokens(share="pdg", antiparticles="merge"), ["mother"])
    with pytest.raises(ValueError, match=r"'pdg' and 'mother' .*antiparticles='separate' and 'mer"):
        BlockTransformer([parts[0], other]).fit(frame)


def joined_parts(length=2):
    charges = OneHotEncoder(categories=[[-1, 0, 1]], dtype="float32")
    return [
        ("momentum", SequencePadder(2), ["pt", "eta"]),
        ("charge", make_pipeline(SequencePadder(length), charges), ["charge"]),
        ("n", "passthrough", ["n"]),
    ]


def joined_frame():
    return pd.DataFrame(
        {
            "pt": [[5.0, 2.0, 1.0], [3.0]],
            "eta": [[0.5, 0.0, 1.0], [2.0]],
            "charge": [[1, 0, 1], [-1]],
            "n": [3.0, 1.0],
        }
    )


JOIN = {"particle": ["momentum", "charge"]}


def test_joined_blocks_stand_side_by_side_where_the_first_was():
    blocks = BlockTransformer(joined_parts(), join=JOIN).fit_transform(joined_frame())
    assert blocks.keys() == ["particle", "particle_mask", "n"]
    assert blocks["particle"].tolist() == [
        [[5, 0.5, 0, 0, 1], [2, 0, 0, 1, 0]],
        [[3, 2, 1, 0, 0], [0, 0, 0, 0, 0]],
    ]
    assert blocks.mask("particle").tolist() == [[True, True], [True, False]]
    assert blocks.kinds["particle"].features[:2] == ("pt", "eta")


def test_columns_of_tables_are_joined_too():
    parts = [("a", MinMaxScaler(), ["n"]), ("b", "passthrough", ["n"])]
    blocks = BlockTransformer(parts, join={"both": ["b", "a"]}).fit_transform(joined_frame())
    assert blocks["both"].tolist() == [[3, 1], [1, -1]]
    assert blocks.kinds["both"].name == "features"


def test_blocks_of_other_entries_cannot_be_joined():
    frame = joined_frame().assign(charge=[[1, 0, 1], [-1, 1]])
    with pytest.raises(ValueError, match=r"'momentum' and 'charge' of 'particle' .* event 1"):
        BlockTransformer(joined_parts(), join=JOIN).fit_transform(frame)
    with pytest.raises(ValueError, match="cannot stand side by side, their shapes are"):
        BlockTransformer(joined_parts(3), join=JOIN).fit_transform(joined_frame())
    parts = [("a", "passthrough", ["n"]), ("pdg", tokens(), ["charge"])]
    with pytest.raises(ValueError, match=r"'pdg' of 'both' holds tokens"):
        BlockTransformer(parts, join={"both": ["a", "pdg"]}).fit_transform(joined_frame())


@pytest.mark.parametrize(
    ("join", "message"),
    [
        ("particle", "must be a dict"),
        ({"particle": ["momentum"]}, "two or more"),
        ({"particle": "momentum"}, "two or more"),
        ({"particle": ["momentum", "chrge"]}, "'chrge' is none of the blocks"),
        ({"a": ["momentum", "n"], "b": ["charge", "n"]}, "'n' comes twice"),
        ({"n": ["momentum", "charge"]}, "'n' cannot name a block"),
        ({"a__b": ["momentum", "charge"]}, "cannot name a block"),
    ],
)
def test_a_join_that_makes_no_sense_is_an_error(join, message):
    with pytest.raises(ValueError, match=message):
        BlockTransformer(joined_parts(), join=join).fit(joined_frame())


def test_join_is_a_parameter_like_others():
    transformer = BlockTransformer(joined_parts()).set_params(join=JOIN)
    assert clone(transformer).join == JOIN
    with pytest.raises(ValueError, match="'weight' would have the name of the block of event"):
        BlockTransformer(
            joined_parts(), join={"weight": ["momentum", "charge"]}, weight_column="weight"
        ).fit(joined_frame().assign(weight=1.0))
