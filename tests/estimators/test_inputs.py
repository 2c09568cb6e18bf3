"""What a classifier takes as X: which columns, which numbers, and what it says of others."""

from __future__ import annotations

import keras
import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from skhep_nn import DenseClassifier, KerasClassifier
from skhep_nn.estimators._fit._inputs import Reader
from skhep_nn.estimators._fit._learnt import Learnt
from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError

FEATURES = ["pt", "eta", "mt"]


@pytest.fixture
def fitted(dense, sample):
    X, y = sample
    return dense(weight_column="weight", exclude=["mt"], epochs=1).fit(X, y)


def test_attributes_say_what_fit_saw(fitted):
    assert fitted.feature_names_in_.tolist() == ["pt", "eta", "mt", "weight"]
    assert fitted.n_features_in_ == 4
    # pt and eta are features: 2 x 8 + 8 + 8 + 1
    assert fitted.model_.count_params() == 33


@pytest.mark.parametrize(
    "columns",
    [["pt", "eta", "mt", "weight"], ["pt", "eta", "mt"], ["pt", "eta", "weight"], ["pt", "eta"]],
)
def test_weight_and_excluded_columns_may_be_absent(fitted, sample, columns):
    X, _ = sample
    assert (fitted.predict_proba(X[columns]) == fitted.predict_proba(X)).all()


def test_the_values_of_excluded_columns_do_not_matter(fitted, sample):
    X, _ = sample
    changed = X.assign(mt="text", weight=np.nan)
    assert (fitted.predict_proba(changed) == fitted.predict_proba(X)).all()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["eta", "pt"], "must be in the same order as they were in fit"),
        (["pt"], "yet now missing:\n- eta"),
    ],
)
def test_a_reordered_or_missing_feature_is_an_error(fitted, sample, columns, message):
    X, _ = sample
    with pytest.raises(ColumnError, match=message):
        fitted.predict(X[columns])


def test_a_further_column_is_an_error(fitted, sample):
    X, _ = sample
    with pytest.raises(ColumnError, match="unseen at fit time:\n- phi"):
        fitted.predict_proba(X.assign(phi=0.0))


def test_an_array_with_another_number_of_columns_is_an_error(dense, sample):
    X, y = sample
    clf = dense(epochs=1).fit(X.to_numpy(), y)
    with pytest.raises(ColumnError, match="X has 3 features, but DenseClassifier is expecting 4"):
        clf.predict(X.to_numpy()[:, :3])


def test_an_array_without_names_warns_where_fit_saw_names(fitted, sample):
    X, _ = sample
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        fitted.predict(X[["pt", "eta"]].to_numpy())


def test_a_column_of_text_is_named_with_what_to_do(dense, sample, events):
    X, y = sample
    message = r"column 'process' is not numeric .*'(tt|Wjets|signal)'.*exclude=\['process'\]"
    with pytest.raises(ValueError, match=message):
        dense().fit(X.assign(process=events["process"]), y)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, "contains NaN: column 'eta' is nan in event 5 "),
        (-np.inf, "contains infinity .*: column 'eta' is -inf in event 5 "),
        (1e300, "a value too large for float32: column 'eta' is inf in event 5 "),
    ],
)
def test_a_feature_that_is_not_a_finite_number_is_named(dense, sample, value, message):
    X, y = sample
    eta = X["eta"].to_numpy().copy()
    eta[5] = value
    with pytest.raises(ValueError, match=message):
        dense().fit(X.assign(eta=eta), y)
    clf = dense(epochs=1).fit(X, y)
    with pytest.raises(ValueError, match=message):
        clf.predict(X.assign(eta=eta))


def test_a_finite_table_whose_sum_is_too_large_is_taken(dense):
    X = np.full((4, 2), 3e38, dtype=np.float32)
    dense(epochs=1, learning_rate=1e-30, kernel_initializer="zeros").fit(X, [0, 1, 0, 1])


def test_missing_values_of_nullable_columns_are_named(dense, sample):
    X, y = sample
    eta = X["eta"].astype("Float64").copy()
    eta[5] = pd.NA
    with pytest.raises(ValueError, match="column 'eta' is nan in event 5"):
        dense().fit(X.assign(eta=eta), y)


def test_the_name_of_a_column_and_a_generator_are_no_labels(dense, sample):
    X, y = sample
    with pytest.raises(
        TypeError, match=r"y is the text 'eta'; .* one per event: pass .*X\['eta'\]"
    ):
        dense().fit(X, "eta")
    with pytest.raises(TypeError, match=r"y is a generator; .* pass list\(y\)"):
        dense().fit(X, (label for label in y))


def test_a_generator_is_no_table(dense, sample):
    X, y = sample
    with pytest.raises(TypeError, match=r"X is a generator, which is no table; .*list\(X\)"):
        dense().fit((row for row in X.to_numpy()), y)


def test_of_a_column_of_text_the_first_value_that_is_no_number_is_shown(dense, sample):
    X, y = sample
    X = X.assign(eta=X["eta"].astype(str).where(np.arange(len(X)) != 7, "bad"))
    with pytest.raises(ValueError, match=r"column 'eta' is not numeric .*first value 'bad'"):
        dense().fit(X, y)


def test_of_a_sequence_events_are_counted_and_not_entries():
    track = np.zeros((5, 4, 2))
    track[3, :3, 1] = track[4, 0, 1] = np.nan
    reader = Reader("CNNClassifier", allow_nd=True)
    with pytest.raises(ValueError, match=r"column 1 is nan in event 3 \(2 of 5 events\)"):
        reader.learn(track, Learnt())


def test_booleans_integers_and_nullable_numbers_are_features(dense, sample):
    X, y = sample
    floats = X.assign(pt=(X["pt"] > 0) * 1.0, eta=np.arange(len(y)) % 7 * 1.0)
    mixed = floats.assign(
        pt=X["pt"] > 0, eta=floats["eta"].astype("int8"), mt=X["mt"].astype("Float64")
    )
    one, other = dense(epochs=1).fit(floats, y), dense(epochs=1).fit(mixed, y)
    assert (one.predict_proba(floats) == other.predict_proba(mixed)).all()


def test_lists_are_taken(dense):
    X, y = [[0.0, 1.0], [1.0, 0.0], [0.0, 2.0], [2.0, 0.0]], ["a", "b", "a", "b"]
    one = dense(epochs=1).fit(X, y)
    assert (one.predict_proba(X) == dense(epochs=1).fit(np.array(X), y).predict_proba(X)).all()


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (scipy.sparse.eye(4).tocsr(), TypeError, "Sparse data was passed"),
        (np.eye(4) * 1j, ValueError, "Complex data not supported"),
        (np.zeros((0, 4)), ValueError, "Found array with 0 sample"),
        (np.zeros((4, 0)), ValueError, "0 feature"),
        (np.zeros(4), ValueError, "Expected 2D array, got 1D array"),
        (np.zeros((4, 4, 4)), ValueError, "Found array with dim 3"),
        (np.array([["a"], ["b"], ["c"], ["d"]]), ValueError, "could not convert string to float"),
        (
            EventBlocks({"track": np.zeros((4, 2, 3))}),
            TypeError,
            "takes a table .* not EventBlocks",
        ),
    ],
)
def test_what_is_no_table_of_numbers_is_refused(X, error, message):
    with pytest.raises(error, match=message):
        DenseClassifier().fit(X, [0, 1, 0, 1])


def test_excluding_every_column_leaves_no_feature(dense, sample):
    X, y = sample
    with pytest.raises(ValueError, match="0 feature"):
        dense(exclude=list(X.columns)).fit(X, y)


def test_a_name_that_is_no_column_is_an_error_with_the_nearest(dense, sample):
    X, y = sample
    with pytest.raises(ColumnError, match="exclude='et' is not a column of X; did you mean 'eta'"):
        dense(exclude=["et"]).fit(X, y)
    with pytest.raises(ColumnError, match="weight_column='weightt' is not a column of X; did you"):
        dense(weight_column="weightt").fit(X, y)


def test_lengths_that_differ_are_an_error(dense, sample):
    X, y = sample
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[600, 599\]"):
        dense().fit(X, y[:-1])
    clf = dense(epochs=1).fit(X, y)
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[600, 599\]"):
        clf.score(X, y[:-1])


def test_arrays_of_three_dimensions_go_to_networks_that_take_them():
    def network(meta):
        particles = keras.layers.Input(meta["X_shape_"][1:])
        x = keras.layers.GlobalAveragePooling1D()(particles)
        return keras.Model(particles, keras.layers.Dense(1, activation="sigmoid")(x))

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(64, 5, 3)), np.arange(64) % 2
    clf = KerasClassifier(network, weight_column=None, random_state=0, verbose=0).fit(X, y)
    assert clf.predict_proba(X).shape == (64, 2)
    assert clf.model_.count_params() == 4


def test_a_network_reads_blocks_by_the_names_of_its_inputs():
    def network():
        jet = keras.layers.Input((2,), name="jet")
        track = keras.layers.Input((4, 3), name="track")
        pooled = keras.layers.GlobalAveragePooling1D()(track)
        x = keras.layers.Concatenate()([jet, pooled])
        outputs = keras.layers.Dense(1, activation="sigmoid")(x)
        return keras.Model({"jet": jet, "track": track}, outputs)

    rng = np.random.default_rng(0)
    y = np.arange(64) % 2
    jet = (rng.normal(size=(64, 2)) + y[:, None]).astype(np.float32)
    track = rng.normal(size=(64, 4, 3)).astype(np.float32)
    blocks = EventBlocks({"jet": jet, "track": track, "weight": np.ones(64)})
    clf = KerasClassifier(
        network, weight_column="weight", epochs=3, early_stopping=True, random_state=0, verbose=0
    ).fit(blocks, y)
    without_weights = blocks.select(["jet", "track"])
    assert (clf.predict_proba(without_weights) == clf.predict_proba(blocks)).all()
    assert clf.model_.count_params() == 6

    track[3, 1, 2] = np.nan
    with pytest.raises(ValueError, match="block 'track', feature 2 is nan in event 3"):
        clf.predict(EventBlocks({"jet": jet, "track": track}))


@pytest.mark.parametrize("n_events", [1, 63, 64, 65, 600])
def test_predictions_do_not_depend_on_which_events_are_predicted_together(fitted, sample, n_events):
    X, _ = sample
    chosen = np.random.default_rng(0).permutation(600)[:n_events]
    assert (fitted.predict_proba(X.iloc[chosen]) == fitted.predict_proba(X)[chosen]).all()


def test_features_that_are_called_weight_or_event_number_are_warnings_that_say_what_to_do():
    X = pd.DataFrame({"pt": np.arange(20.0), "genWeight": 1.0, "event_weight": 1.0})
    X["eventNumber"] = np.arange(20) + 2**40
    with (
        pytest.warns(UserWarning, match=r"weight_column='event_weight', .* exclude="),
        pytest.warns(UserWarning, match=r"20 different values in 20 .*exclude=\['eventNumber'\]"),
    ):
        DenseClassifier(units=(2,), epochs=1).fit(X, np.arange(20) % 2)


NUMBERS = np.arange(50) * 3 + 7


@pytest.mark.parametrize(
    "name",
    [
        *(
            "event",
            "Event",
            "evt",
            "eventNumber",
            "EventNumber",
            "event_number",
            "EventId",
            "evtNr",
        ),
        *("mc_event_number", "Info.eventNumber", "entry", "rdfentry_", "index", "id", "Unnamed: 0"),
        *("level_0", "__index_level_0__", "row_id", "info_event"),
    ],
)
@pytest.mark.parametrize("scale", [1, 0.25])
def test_the_number_of_an_event_is_told_of_whatever_its_name(name, scale):
    X = pd.DataFrame({"pt": np.ones(50)})
    X[name] = NUMBERS * scale
    with pytest.warns(UserWarning, match="looks like the number of the event"):
        Reader("DenseClassifier").learn(X, Learnt())
    blocks = EventBlocks({str(column): X[column].to_numpy() for column in X})
    with pytest.warns(UserWarning, match="looks like the number of the event"):
        Reader("DenseClassifier").learn(blocks, Learnt())


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("event_type", NUMBERS),
        ("n_events", NUMBERS),
        ("eventShape", NUMBERS),
        ("prevent", NUMBERS),
        ("width", NUMBERS),
        ("index", NUMBERS % 4),
        ("event", np.repeat([0, 1], 25)),
        ("pid", NUMBERS),
    ],
)
def test_other_features_are_no_event_numbers(name, values):
    Reader("DenseClassifier").learn(pd.DataFrame({"pt": np.ones(50), name: values}), Learnt())


def number_like(n, seed):
    """Event numbers of half the events of a file, in any order."""
    return np.random.default_rng(seed).permutation(2 * n)[:n]


@pytest.mark.parametrize(
    "scaled",
    [
        lambda number: (number - number.mean()) / number.std(),
        lambda number: number * 2.0 / number.max() - 1,
        lambda number: ((number - number.mean()) / number.std()).astype(np.float32),
        lambda number: np.sort(np.log1p(number)),
        lambda number: -np.sort(np.sqrt(number)),
    ],
    ids=["standard", "minmax", "single precision", "rising", "falling"],
)
@pytest.mark.parametrize("n", [50, 20_000])
def test_numbers_that_were_scaled_or_are_in_order_are_told_of(n, scaled):
    X = pd.DataFrame({"pt": np.ones(n), "index": scaled(number_like(n, 1))})
    with pytest.warns(UserWarning, match="looks like the number of the event"):
        Reader("DenseClassifier").learn(X, Learnt())


@pytest.mark.parametrize("name", ["index", "row", "id", "event"])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("draw", ["uniform", "normal", "exponential"])
@pytest.mark.parametrize("n", [50, 20_000])
def test_a_fraction_that_was_measured_is_no_event_number(name, kind, draw, n):
    values = getattr(np.random.default_rng(2), draw)(size=n).astype(kind)
    X = pd.DataFrame({"pt": np.ones(n), name: values})
    Reader("DenseClassifier").learn(X, Learnt())


def test_an_event_number_that_is_left_out_is_not_told_of():
    X = pd.DataFrame({"pt": np.ones(50), "event": NUMBERS})
    Reader("DenseClassifier", columns={"exclude": ["event"]}).learn(X, Learnt())
