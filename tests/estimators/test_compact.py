"""Samples larger than a buffer: one number per event takes little memory, the fit is the same."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from skhep_nn import DenseClassifier, EventBlocks, KerasClassifier, _pieces
from skhep_nn.estimators._fit import _compact, _input_scaling, _split
from skhep_nn.estimators._fit._events import Events, rows_where
from skhep_nn.exceptions import WeightError
from skhep_nn.training import _engine, _mapped, _stream

ALLOWED = 12.0


@pytest.fixture
def small_pieces(monkeypatch):
    """What is 100 MB or a million events is so small that small samples are large."""
    monkeypatch.setattr(_stream, "BUFFER_BYTES", 2**17)
    monkeypatch.setattr(_stream, "BUFFER_EVENTS", 2**13)
    monkeypatch.setattr(_pieces, "EVENTS", 2**13)
    monkeypatch.setattr(_mapped, "CHUNK_BYTES", 2**17)
    monkeypatch.setattr(_engine, "CHUNK_ROWS", 4096)
    monkeypatch.setattr(_input_scaling, "SAMPLE_EVENTS", 5000)


def on_disk(folder, **arrays):
    """Blocks that are memory maps."""
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return EventBlocks({n: np.load(folder / f"{n}.npy", mmap_mode="r") for n in arrays})


def sample(folder, n_events, scale=1.0):
    """Overlapping classes, sorted by class, some weights negative."""
    rng = np.random.default_rng(0)
    y = (np.arange(n_events) < 0.3 * n_events).astype("i1")
    x = rng.normal(size=(n_events, 2)).astype("f4") + y[:, None]
    weight = scale * rng.choice([1.0, 1.5, -0.2], n_events, p=[0.6, 0.3, 0.1])
    return on_disk(folder, x=x, weight=weight, y=y)


def network(**parameters):
    given = {"units": (3,), "epochs": 2, "batch_size": 500, "random_state": 0, "verbose": 0}
    given |= {"weight_column": "weight", "exclude": ["y"], **parameters}
    return DenseClassifier(**given)


def peak(folder, n_events, **parameters):
    """Bytes that Python and NumPy hold at most during a fit."""
    blocks = sample(folder, n_events)
    model = network(epochs=1, batch_size=1000, **parameters)
    tracemalloc.start()
    try:
        model.fit(blocks, blocks["y"])
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"early_stopping": True},
        {"early_stopping": True, "balance": "sqrt", "negative_weights": "abs"},
    ],
    ids=["all", "validated", "balanced"],
)
def test_an_event_of_a_cache_takes_twelve_bytes_of_memory_at_most(
    tmp_path, small_pieces, parameters
):
    # what does not grow with the events is the same for both, once everything is imported and what
    # fits of few and of many steps run is traced
    sizes = (50_000, 250_000)
    for _ in range(2):
        small, large = (peak(tmp_path, n, **parameters) for n in sizes)
    assert (large - small) / 200_000 <= ALLOWED


@pytest.mark.parametrize("scale", [1.0, 1e-30, 1e30])
@pytest.mark.parametrize(
    "parameters",
    [
        {"early_stopping": True},
        {"early_stopping": True, "balance": "equal", "negative_weights": "drop"},
        {"early_stopping": True, "n_networks": 2},
        {"batch_sampler": "balanced"},
    ],
    ids=["plain", "balanced", "two networks", "sampler"],
)
def test_short_numbers_give_the_fit_of_long_ones(
    tmp_path, small_pieces, monkeypatch, parameters, scale
):
    blocks = sample(tmp_path, 20_000, scale)
    short = network(**parameters).fit(blocks, blocks["y"])
    monkeypatch.setattr(_compact, "is_large", lambda x: False)
    long = network(**parameters).fit(blocks, blocks["y"])
    for name, values in long.history_.items():
        np.testing.assert_allclose(short.history_[name], values, rtol=1e-4)
    for name in ("n_negative_weights_", "n_zero_weights_", "n_epochs_"):
        assert getattr(short, name) == getattr(long, name)
    assert short.weight_factor_ == pytest.approx(long.weight_factor_, rel=1e-6)
    np.testing.assert_allclose(short.class_prior_, long.class_prior_, rtol=1e-6)
    np.testing.assert_allclose(
        short.predict_proba(blocks), long.predict_proba(blocks), rtol=0, atol=1e-3
    )


def test_weights_of_classes_act_on_short_numbers(tmp_path, small_pieces, monkeypatch):
    import keras

    def plain():
        return keras.Sequential(
            [keras.layers.Input((2,)), keras.layers.Dense(1, activation="sigmoid")]
        )

    blocks, losses = sample(tmp_path, 20_000), []
    x = blocks["x"]
    for class_weight in ("balanced", {0: 1.0, 1: 3.0}, None):
        given = {"class_weight": class_weight, "epochs": 1, "random_state": 0, "verbose": 0}
        model = KerasClassifier(plain, batch_size=500, **given)
        found = [model.fit(x, blocks["y"]).history_["loss"][0]]
        with monkeypatch.context() as patch:
            patch.setattr(_compact, "is_large", lambda x: False)
            found.append(model.fit(x, blocks["y"]).history_["loss"][0])
        assert found[0] == pytest.approx(found[1], rel=1e-4)
        losses.append(found[0])
    assert len(set(losses)) == 3


def test_validation_events_of_the_user_may_be_many(tmp_path, small_pieces, monkeypatch):
    (tmp_path / "val").mkdir()
    train, held_out = sample(tmp_path, 12_000), sample(tmp_path / "val", 10_000, 50.0)
    validation = {"X_val": held_out, "y_val": held_out["y"]}
    short = network().fit(train, train["y"], **validation)
    monkeypatch.setattr(_compact, "is_large", lambda x: False)
    long = network().fit(train, train["y"], **validation)
    np.testing.assert_allclose(short.history_["val_loss"], long.history_["val_loss"], rtol=1e-4)


def test_partial_fits_of_many_events_keep_the_first_factor(tmp_path, small_pieces, monkeypatch):
    blocks = sample(tmp_path, 20_000)
    short, long = network(), network()
    short.partial_fit(blocks, blocks["y"]).partial_fit(blocks, blocks["y"])
    monkeypatch.setattr(_compact, "is_large", lambda x: False)
    long.partial_fit(blocks, blocks["y"]).partial_fit(blocks, blocks["y"])
    assert short.weight_factor_ == pytest.approx(long.weight_factor_, rel=1e-6)
    np.testing.assert_allclose(short.history_["loss"], long.history_["loss"], rtol=1e-4)


@pytest.mark.parametrize("kind", ["text", "a list", "floats", "a selection"])
def test_labels_may_be_of_any_kind(tmp_path, small_pieces, kind):
    blocks = sample(tmp_path, 20_000)
    y = np.array(blocks["y"])
    if kind == "a selection":
        blocks, _ = train_test_split(blocks, test_size=0.4, random_state=0)
    labels = {
        "text": np.array(["b", "s"])[y],
        "a list": y.tolist(),
        "floats": y.astype(float),
        "a selection": blocks["y"],
    }[kind]
    model = network(epochs=5).fit(blocks, labels)
    assert model.classes_.tolist() == {"text": ["b", "s"]}.get(kind, [0, 1])
    assert model.score(blocks, labels) > 0.7


def test_what_is_wrong_is_named_by_its_event(tmp_path, small_pieces):
    blocks = sample(tmp_path, 20_000)
    y, weights = np.array(blocks["y"], float), np.array(blocks["weight"])
    y[17_000] = np.nan
    weights[18_000] = np.inf
    with pytest.raises(ValueError, match=r"1 of 20000 labels are missing.*event 17000"):
        network().fit(blocks, y)
    plain = network(weight_column=None, exclude=["y", "weight"])
    with pytest.raises(WeightError, match="first is event 18000"):
        plain.fit(blocks, blocks["y"], sample_weight=weights)
    with pytest.raises(WeightError, match="give the event weights one way only"):
        network().fit(blocks, blocks["y"], sample_weight=weights)
    with pytest.raises(ValueError, match="y to be passed"):
        network().fit(blocks, None)


def test_the_split_takes_the_share_of_each_class_from_everywhere(monkeypatch):
    monkeypatch.setattr(_pieces, "EVENTS", 1000)
    codes = np.repeat([0, 1, 2, 1], [5000, 3001, 3, 996]).astype("u1")
    events = Events(np.arange(9000.0)[:, None], codes, np.ones(9000))
    inside = _split.drawn(events, 0.2, seed=0)
    assert np.bincount(codes[inside]).tolist() == [1000, 799, 1]
    # of each piece a fifth, give or take the events of each class at its borders
    assert np.abs(inside.reshape(9, 1000).sum(axis=1) - 200).max() <= 2
    parts = [_split.in_fold(events, number, 3) for number in range(3)]
    assert (np.sum(parts, axis=0) == 1).all()
    assert all(np.ptp([part[codes == code].sum() for part in parts]) <= 1 for code in range(3))


def test_compact_events_are_parted_where_they_are(monkeypatch):
    monkeypatch.setattr(_pieces, "EVENTS", 7)
    rng = np.random.default_rng(0)
    codes, weights = rng.integers(3, size=50).astype("u1"), rng.random(50).astype("f4")
    inside = rng.random(50) < 0.3
    expected = [(codes[m].tolist(), weights[m].tolist()) for m in (~inside, inside)]
    events = Events(np.arange(50.0)[:, None], codes, weights, is_compact=True)
    parts = events.parted(inside)
    assert [(p.codes.tolist(), p.weights.tolist()) for p in parts] == expected
    assert [p.x.ravel().tolist() for p in parts] == [
        rows_where(m).tolist() for m in (~inside, inside)
    ]
    assert np.shares_memory(parts[0].weights, weights)
    assert not np.shares_memory(parts[1].weights, weights)
