"""Classifiers of blocks: searched by path, errors that say what to do, blocks as in fit."""

from __future__ import annotations

import joblib
import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline

from skhep_nn import (
    BlockClassifier,
    BlockKind,
    CNNClassifier,
    EventBlocks,
    LSTMClassifier,
    MinMaxScaler,
    ResNetClassifier,
    estimators,
)
from skhep_nn.preprocessing import BlockTransformer, PDGTokenizer, SequencePadder
from skhep_nn.training._pool import POOL

FAST = {
    "optimizer": "adam",
    "learning_rate": 0.02,
    "learning_rate_schedule": "constant",
    "input_scaling": None,
    "feature_scale": False,
    "batch_size": 64,
    "random_state": 0,
    "verbose": 0,
}
LENGTH = 6


def particles(n_events=600, length=LENGTH):
    """Table with lists: events with a kaon among up to six pions pass."""
    rng = np.random.default_rng(3)
    counts = rng.integers(1, LENGTH + 1, n_events)
    pdg = [rng.choice([211, 321, -321], n, p=[0.8, 0.1, 0.1]) for n in counts]
    momentum = [rng.exponential(size=n).astype("float32") for n in counts]
    y = np.array([(abs(code) == 321).any() for code in pdg]).astype(int)
    table = pd.DataFrame({"pdg": pdg, "p": momentum, "met": rng.normal(size=n_events)})
    return table.assign(weight=rng.uniform(0.5, 1.5, n_events)), y


def transformer(length=LENGTH):
    return BlockTransformer(
        [
            ("event", "passthrough", ["met"]),
            ("particle", make_pipeline(SequencePadder(length), MinMaxScaler()), ["p"]),
            ("pdg", make_pipeline(PDGTokenizer(), SequencePadder(length)), ["pdg"]),
        ],
        weight_column="weight",
    )


@pytest.fixture(scope="module")
def blocks():
    X, y = particles()
    return transformer().fit_transform(X), y


NETWORK = BlockClassifier(
    branches={"particle": {"kind": "cnn", "filters": 8, "tokens": ["pdg"], "pool": "max"}},
    head={"units": (8,)},
    weight_column="weight",
    epochs=15,
    **FAST,
)


def test_a_network_of_blocks_finds_the_kaons_that_the_tokens_show(blocks):
    X, y = blocks
    assert clone(NETWORK).fit(X[:400], y[:400]).score(X[400:], y[400:]) > 0.95


@pytest.mark.parametrize(
    "classifier",
    [
        CNNClassifier(8, pool="max", dense_units=(8,)),
        LSTMClassifier(8, dense_units=()),
        LSTMClassifier(6, cell="gru", bidirectional=True, dense_units=()),
        ResNetClassifier(1, filters=8, stem=8, pool="max"),
    ],
    ids=["CNN", "LSTM", "GRU", "ResNet"],
)
def test_the_short_forms_find_them_too(blocks, classifier):
    X, y = blocks
    # tokens without a sequence to join, and features that join behind
    alone = X.select(["event", "pdg", "weight"])
    fitted = classifier.set_params(weight_column="weight", epochs=30, **FAST)
    assert fitted.fit(alone[:400], y[:400]).score(alone[400:], y[400:]) > 0.9


def test_the_same_events_with_more_padding_give_the_same_predictions():
    X, y = particles(300)
    predicted = []
    for length in (LENGTH, LENGTH + 4):
        model = Pipeline([("blocks", transformer(length)), ("network", clone(NETWORK))])
        model.set_params(network__epochs=3)
        predicted.append(model.fit(X, y).predict_proba(X))
    np.testing.assert_allclose(*predicted, atol=1e-5)


def test_a_search_over_architectures_in_a_pipeline():
    X, y = particles(300)
    model = Pipeline([("blocks", transformer()), ("network", clone(NETWORK))])
    grid = {
        "network__branches__particle__filters": [1, 16],
        "network__head__units": [(8,)],
        "network__epochs": [8],
    }
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_params_["network__branches__particle__filters"] == 16
    assert search.best_estimator_[-1].model_.get_layer("output").kernel.shape == (8, 1)
    # the parameters of the estimator that was searched are as they were
    assert NETWORK.branches["particle"]["filters"] == 8


def test_keys_inside_the_dicts_are_parameters_by_their_path():
    parameters = NETWORK.get_params()
    assert parameters["branches__particle__filters"] == 8
    assert parameters["branches__particle"]["kind"] == "cnn"
    assert parameters["head__units"] == (8,)
    assert "branches__particle" not in NETWORK.get_params(deep=False)


def test_setting_a_key_leaves_the_dict_of_another_estimator_alone():
    mine = {"track": {"filters": 8}}
    one, other = BlockClassifier(mine), BlockClassifier(mine)
    one.set_params(branches__track__filters=3, branches__jet__units=5, head__units=4, epochs=7)
    assert one.branches == {"track": {"filters": 3}, "jet": {"units": 5}}
    assert (one.head, one.epochs) == ({"units": 4}, 7)
    assert other.branches is mine
    assert mine == {"track": {"filters": 8}}


def test_a_whole_dict_and_a_key_of_it_may_be_set_together():
    clf = BlockClassifier().set_params(branches={"a": {"filters": 1}}, branches__a__pool="max")
    assert clf.branches == {"a": {"filters": 1, "pool": "max"}}


def test_a_dict_that_is_changed_after_the_fit_changes_no_fitted_network(blocks):
    X, y = blocks
    head = {"units": [4]}
    clf = clone(NETWORK).set_params(head=head, epochs=1).fit(X, y)
    before = clf.predict_proba(X)
    head["units"].append(5)
    np.testing.assert_array_equal(clf.predict_proba(X), before)
    assert clf.model_.get_layer("output").kernel.shape == (4, 1)


def test_unknown_keys_are_refused_in_fit_naming_the_nearest(blocks):
    clf = clone(NETWORK).set_params(branches__particle__fliters=3)
    with pytest.raises(ValueError, match=r"has the key 'fliters', .*did you mean 'filters'"):
        clf.fit(*blocks)
    with pytest.raises(TypeError, match="no parameter 'brnches'; did you mean 'branches'"):
        BlockClassifier(brnches={}).fit(*blocks)


@pytest.mark.parametrize("classifier", [CNNClassifier(), LSTMClassifier()])
def test_a_table_given_to_a_network_of_sequences_is_an_error_that_says_what_to_do(classifier):
    X = np.random.default_rng(0).normal(size=(20, 3))
    with pytest.raises(
        ValueError, match=r"reads sequences.*\(3,\).*take DenseClassifier or ResNet"
    ):
        classifier.fit(X, np.arange(20) % 2)


def test_an_array_of_four_dimensions_is_an_error():
    X = np.zeros((20, 3, 2, 2))
    with pytest.raises(ValueError, match=r"X has shape \(20, 3, 2, 2\)"):
        CNNClassifier().fit(X, np.arange(20) % 2)


def test_a_plain_array_of_three_dimensions_is_one_sequence():
    X = np.random.default_rng(0).normal(size=(60, 4, 3))
    clf = CNNClassifier(5, dense_units=(), epochs=1, **FAST).fit(X, np.arange(60) % 2)
    # kernels over three neighbours; their average and their maximum
    assert clf.model_.count_params() == 3 * (3 * 5) + 5 + 2 * 5 + 1


def test_event_weights_that_nobody_named_are_no_input(blocks):
    X, y = blocks
    with (
        pytest.raises(ValueError, match=r"block 'weight' holds event weights.*weight_column="),
        pytest.warns(UserWarning, match="'weight' is used as a feature"),
    ):
        clone(NETWORK).set_params(weight_column=None).fit(X, y)


def test_the_weight_block_may_be_absent_at_application(blocks):
    X, y = blocks
    clf = clone(NETWORK).set_params(epochs=1).fit(X, y)
    without = X.select(["event", "particle", "pdg"])
    np.testing.assert_array_equal(clf.predict_proba(without), clf.predict_proba(X))


def test_a_token_outside_of_its_vocabulary_is_an_error_that_names_it(blocks):
    X, y = blocks
    pdg = X["pdg"].copy()
    pdg[7, 2] = 99
    with pytest.raises(
        ValueError, match=r"'pdg' has the token 99 in event 7 \(1 in all\); .* 0 to"
    ):
        clone(NETWORK).fit(X.assign(pdg=pdg), y)


@pytest.fixture(scope="module")
def fitted(blocks):
    return clone(NETWORK).set_params(epochs=1).fit(*blocks)


def test_blocks_of_another_length_than_in_fit_are_an_error(fitted):
    X, _ = particles(20)
    longer = transformer(LENGTH + 1).fit_transform(X)
    with pytest.raises(ValueError, match=r"'particle' has shape \(7, 1\) per event, .* \(6, 1\)"):
        fitted.predict(longer)


def test_tokens_of_another_vocabulary_than_in_fit_are_an_error(fitted, blocks):
    X, _ = blocks
    kind = X.kinds["pdg"]
    other = X.with_kinds(pdg=BlockKind("tokens", vocabulary=kind.vocabulary[::-1], mask=kind.mask))
    with pytest.raises(ValueError, match="block 'pdg' has another vocabulary than in the fit"):
        fitted.predict(other)


def test_a_saved_network_of_blocks_predicts_the_same_bits(fitted, blocks, tmp_path):
    joblib.dump(fitted, tmp_path / "model.joblib")
    loaded = joblib.load(tmp_path / "model.joblib")
    np.testing.assert_array_equal(loaded.predict_proba(blocks[0]), fitted.predict_proba(blocks[0]))


def test_the_same_blocks_in_another_order_are_not_mistaken_for_each_other():
    # engines and initial weights are remembered by architecture
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 300, 3))
    y = (a[:, 0] > b[:, 1]).astype(int)
    clf = BlockClassifier(head={"units": (8,)}, epochs=15, **FAST)
    first = clone(clf).fit(EventBlocks({"a": a, "b": b}), y).predict_proba
    X = EventBlocks({"b": b, "a": a})
    fitted = clone(clf).fit(X, y)
    before = fitted.predict_proba(X)
    POOL.clear()
    np.testing.assert_array_equal(fitted.predict_proba(X), before)
    np.testing.assert_array_equal(first(EventBlocks({"a": a, "b": b})), before)
    outputs = fitted.model_.predict(X.rows(), verbose=0)[:, 0]
    np.testing.assert_allclose(outputs, before[:, 1], rtol=0, atol=1e-5)


def test_blocks_that_share_an_embedding_have_the_same_words(blocks):
    X, y = blocks
    words = X.kinds["pdg"].vocabulary
    twice = X.assign(mother=X["pdg"]).with_kinds(mother=BlockKind("tokens", vocabulary=words[::-1]))
    clf = clone(NETWORK).set_params(shared_embeddings=[["pdg", "mother"]])
    with pytest.raises(ValueError, match=r"\['pdg', 'mother'\] have different vocabularies"):
        clf.fit(twice, y)


def test_a_masked_array_whose_mask_would_be_lost_is_refused():
    masked = np.ma.masked_array(np.ones((20, 3, 2)), np.arange(120).reshape(20, 3, 2) % 6 > 3)
    y = np.arange(20) % 2
    with pytest.raises(ValueError, match=r"mask CNNClassifier would lose; pass EventBlocks"):
        CNNClassifier().fit(masked, y)
    assert CNNClassifier(2, epochs=1, **FAST).fit(EventBlocks({"track": masked}), y)


def test_sequences_of_another_length_than_in_fit_are_an_error():
    X, y = np.random.default_rng(0).normal(size=(40, 4, 3)), np.arange(40) % 2
    clf = CNNClassifier(2, dense_units=(), epochs=1, **FAST).fit(X, y)
    with pytest.raises(ValueError, match=r"shape \(40, 3, 3\), in the fit of CNNClassifier it had"):
        clf.predict(X[:, :3])
    with pytest.raises(ValueError, match=r"shape \(40, 3, 3\), in the fit of CNNClassifier it had"):
        clone(clf).fit(X, y, X_val=X[:, :3], y_val=y)


@pytest.mark.parametrize("length", [-1, 5])
def test_lengths_that_a_sequence_cannot_have_are_an_error(length):
    lengths = np.full(20, 4)
    lengths[3] = length
    X = EventBlocks({"track": np.ones((20, 4, 2)), "track_lengths": lengths})
    with pytest.raises(ValueError, match=f"event 3 has {length} entries; its sequence has 0 to 4"):
        CNNClassifier().fit(X, np.arange(20) % 2)


def test_arrays_and_keras_objects_are_arguments_like_any(blocks):
    X, y = blocks
    clf = CNNClassifier(
        np.array([4, 4]),
        activation=keras.activations.tanh,
        kernel_initializer=keras.initializers.HeNormal(),
        weight_column="weight",
        phases=[{"epochs": 1}, {"epochs": 1}],
        **FAST,
    )
    key = clf.fit(X, y).network_.recipe.key()
    # a plain description, so that engines are kept and single events are predicted fast
    assert "HeNormal" in key
    assert key == clone(clf).fit(X, y).network_.recipe.key()


def test_predictions_do_not_depend_on_order_or_chunking(fitted, blocks):
    X, _ = blocks
    order = np.random.default_rng(0).permutation(len(X))
    whole = fitted.predict_proba(X)
    np.testing.assert_array_equal(fitted.predict_proba(X[order]), whole[order])
    np.testing.assert_array_equal(fitted.predict_proba(X[5:6]), whole[5:6])


def test_blocks_on_disk_train_the_same_network_as_in_memory(blocks, tmp_path):
    X, y = blocks
    on_disk = {}
    for name, block in X.items():
        on_disk[name] = np.memmap(tmp_path / name, block.dtype, "w+", shape=block.shape)
        on_disk[name][:] = block
    mapped = EventBlocks(on_disk, X.kinds)
    networks = [clone(NETWORK).set_params(epochs=2).fit(part, y) for part in (X, mapped)]
    np.testing.assert_allclose(*[n.predict_proba(X) for n in networks], atol=1e-6)


def test_weights_and_validation_events_act_as_in_other_classifiers(blocks):
    X, y = blocks
    clf = clone(NETWORK).set_params(epochs=4, balance="equal")
    clf.fit(X[:400], y[:400], X_val=X[400:], y_val=y[400:])
    w, p = X["weight"][400:], clf.predict_proba(X[400:])[:, 1].astype(float)
    truth = y[400:]
    losses = [
        np.average(-np.log(np.where(c, p, 1 - p)[truth == c]), weights=w[truth == c])
        for c in (0, 1)
    ]
    best = clf.history_["val_loss"][clf.best_epoch_ - 1]
    assert np.mean(losses) == pytest.approx(best, rel=1e-3)


def jets(n_features=19, length=10, n_track=21, n_classes=6):
    rng = np.random.default_rng(0)
    arrays = {"jet": (60, n_features), "track": (60, length, n_track)}
    return EventBlocks({k: rng.normal(size=s) for k, s in arrays.items()}), np.arange(
        60
    ) % n_classes


def smartbkg():
    rng = np.random.default_rng(0)
    tokens = {"pdg": 100, "mother_pdg": 100, "decay": 150}
    arrays = {name: rng.integers(0, 542, (4, length)) for name, length in tokens.items()}
    arrays["particle"] = rng.normal(size=(4, 100, 13))
    kinds = dict.fromkeys(tokens, BlockKind("tokens", vocabulary_size=542))
    return EventBlocks(arrays, kinds), np.array([0, 1, 0, 1])


def table(n_classes):
    return np.random.default_rng(0).normal(size=(60, 12)), np.arange(60) % n_classes


@pytest.mark.parametrize(
    ("classifier", "preset", "data", "expected"),
    [
        (LSTMClassifier, "INFN_LSTM", jets, 99_922),
        (CNNClassifier, "INFN_CNN", jets, 76_894),
        (ResNetClassifier, "LHCB_ACCEPTANCE", lambda: table(2), 166_913),
        (ResNetClassifier, "LHCB_EFFICIENCY", lambda: table(4), 84_740),
        (BlockClassifier, "SMARTBKG_RESNET", smartbkg, 193_274),
        (BlockClassifier, "SMARTBKG_LSTM", smartbkg, 488_065),
    ],
)
def test_parameter_counts_of_published_networks(classifier, preset, data, expected):
    as_published = {"input_scaling": None, "feature_scale": False}
    arguments = {**getattr(estimators, preset), **as_published}
    clf = classifier(**arguments, random_state=0).initialize(*data())
    assert clf.model_.count_params() == expected


@pytest.mark.parametrize("preset", ["SMARTBKG_RESNET", "SMARTBKG_LSTM"])
def test_the_slope_of_the_published_networks_is_that_of_their_layers(preset):
    clf = BlockClassifier(**getattr(estimators, preset), random_state=0).initialize(*smartbkg())
    activations = [layer for layer in clf.model_.layers if type(layer).__name__ == "Activation"]
    # alpha of LeakyReLU in Keras 2 and 3
    assert {float(layer.activation.negative_slope) for layer in activations} == {0.3}
    assert clf.network_.recipe.key() is not None


def particles_with_momenta():
    rng = np.random.default_rng(0)
    n = rng.integers(0, 5, 40)
    momenta = rng.normal(size=(40, 4, 4))
    momenta[..., 3] = np.linalg.norm(momenta[..., :3], axis=-1)
    arrays = {"particle": rng.normal(size=(40, 4, 3)), "momentum": momenta}
    return EventBlocks({**arrays, "particle_mask": np.arange(4) < n[:, None]}), np.arange(40) % 2


@pytest.mark.parametrize(
    ("preset", "data"), [("PART", particles_with_momenta), ("GN2", lambda: jets(3, 4, 5, 2))]
)
def test_presets_of_attention_train_and_predict(preset, data):
    X, y = data()
    plain = {"input_scaling": None, "feature_scale": False}
    given = {**getattr(estimators, preset), "epochs": 1, "random_state": 0, "verbose": 0}
    model = BlockClassifier(**given, **plain)
    whole = clone(model).initialize(X, y)
    assert whole.network_.recipe.key() is not None
    n_parameters = {
        # entries to 64; three blocks of attention, norms and dense layers; pairs to 32, 32, 4;
        # two class blocks with one norm more each, the last norm, and the output
        "PART": 256 + 3 * 33_472 + (160 + 1_056 + 132) + 2 * 33_600 + 128 + 65,
        # tracks and their jet to 64; three blocks; the last norm, scores; head on 64 and the jet
        "GN2": 8 * 64 + 64 + 3 * 33_472 + 128 + 65 + (67 * 64 + 64) + 2_080 + 33,
    }
    assert whole.model_.count_params() == n_parameters[preset]
    # one block is compiled in a third of the time of three
    [branch] = model.branches
    fitted = model.set_params(**{f"branches__{branch}__n_blocks": 1}).fit(X, y)
    assert np.isfinite(fitted.predict_proba(X)).all()


def test_a_preset_is_changed_like_any_arguments():
    X, y = table(4)
    changed = {**estimators.LHCB_EFFICIENCY, "n_blocks": 2, "epochs": 1, "verbose": 0}
    assert ResNetClassifier(**changed).fit(X, y).model_.count_params() == 1664 + 2 * 16_512 + 516


def test_a_residual_network_takes_features_beside_a_sequence():
    X, y = jets(n_features=2, length=3, n_track=2, n_classes=2)
    clf = ResNetClassifier(1, filters=4, stem=5, batch_normalization=False, epochs=1, **FAST)
    # stem 2 -> 5; kernels of 3: 5 -> 4, 4 -> 5, 5 -> 5; output of 5 and the 2 features
    expected = 15 + (3 * 5 * 4 + 4) + (3 * 4 * 5 + 5) + (3 * 5 * 5 + 5) + 8
    assert clf.fit(X, y).model_.count_params() == expected


def test_batch_normalisation_of_the_input_is_on_features_and_sequences():
    X, y = jets(n_features=2, length=3, n_track=2, n_classes=2)
    clf = CNNClassifier(3, dense_units=(), batch_normalization="input", epochs=1, **FAST)
    # 4 numbers for each of 2 features and 2 of the sequence
    assert clf.fit(X, y).model_.count_params() == 16 + (3 * 2 * 3 + 3) + (2 * 3 + 2 + 1)


# scikit-learn's, of names that are not there
@pytest.mark.filterwarnings("ignore:X does not have valid feature names:UserWarning")
@pytest.mark.parametrize("X", [np.zeros((2, 2, 2)), pd.DataFrame({"jet": [0.0], "track": [0.0]})])
def test_a_table_given_to_a_network_of_blocks_is_an_error(X):
    blocks = EventBlocks({"jet": np.zeros((4, 2)), "track": np.zeros((4, 3, 2))})
    clf = BlockClassifier(head={"units": (2,)}, epochs=1, verbose=0).fit(blocks, [0, 1, 0, 1])
    with pytest.raises(TypeError, match=r"must be EventBlocks with the blocks \['jet', 'track'\]"):
        clf.predict_proba(X)


@pytest.mark.parametrize("name", ["dense_units", "dense_dropout"])
def test_the_parameters_of_the_layers_behind_are_named_as_they_are_given(name):
    clf = CNNClassifier(**{name: {1, 2}}, epochs=1, verbose=0)
    with pytest.raises(ValueError, match=name):
        clf.fit(np.zeros((4, 3, 2)), [0, 1, 0, 1])


@pytest.mark.parametrize("value", [1e308, -1e308, np.inf])
def test_a_mask_value_that_single_precision_has_not_is_an_error(value):
    with pytest.raises(ValueError, match="'mask_value' parameter of CNNClassifier must be a float"):
        CNNClassifier(mask_value=value).fit(np.zeros((4, 3, 2)), [0, 1, 0, 1])


@pytest.mark.parametrize("shared", [[None], [1, 2], ["pdg", "decay"], [[1]]])
@pytest.mark.parametrize("classifier", [CNNClassifier, BlockClassifier])
def test_embeddings_are_shared_by_groups_of_names(classifier, shared):
    with pytest.raises(ValueError, match="must be groups of blocks that share one embedding"):
        classifier(shared_embeddings=shared).fit(np.zeros((4, 3, 2)), [0, 1, 0, 1])
