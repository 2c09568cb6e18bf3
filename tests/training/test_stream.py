from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedKFold, cross_val_predict, train_test_split

from skhep_nn import DenseClassifier, KerasClassifier
from skhep_nn.events import EventBlocks
from skhep_nn.training import _mapped, _order, _stream
from skhep_nn.training._mapped import MappedRows
from skhep_nn.training._source import ArraySource
from skhep_nn.training._stream import ChunkedOrder, StreamSource, read_ahead


def write(folder, name, array):
    """`array` as a memory map of a file."""
    np.save(folder / f"{name}.npy", array)
    return np.load(folder / f"{name}.npy", mmap_mode="r")


def mapped(folder, array, name="x"):
    return MappedRows([(write(folder, name, array), None)])


@pytest.fixture
def small_buffers(monkeypatch):
    """Buffers of 4 kB, so that small samples take many."""
    monkeypatch.setattr(_stream, "BUFFER_BYTES", 4096)


@pytest.fixture
def sample():
    """Features, labels, weights of 3000 overlapping events, signal first."""
    rng = np.random.default_rng(0)
    y = np.repeat([1, 0], 1500)
    X = rng.normal(size=(3000, 4)).astype("f4") + y[:, None] * np.float32([1, 0.5, 0, 0])
    return X, y, rng.uniform(0.5, 1.5, 3000)


THREAD = "skhep_nn-read-ahead"


def reading():
    """Whether a thread reads ahead; other threads of the process come and go."""
    return THREAD in (thread.name for thread in threading.enumerate())


def batches(source, order, batch_size):
    """The batches of an epoch, as the loop cuts them."""
    out = []
    for block, n_steps in source.blocks(order, batch_size):
        if n_steps == 0:
            out.append(tf.nest.map_structure(np.array, block))
        for step in range(n_steps):
            cut = slice(step * batch_size, (step + 1) * batch_size)
            out.append(tf.nest.map_structure(lambda a, cut=cut: np.array(a[cut]), block))
    return out


def rows_of(source, order, batch_size):
    """Event numbers of an epoch, where the events hold their number."""
    parts = batches(source, order, batch_size)
    for x, y, weights in parts:
        np.testing.assert_array_equal(x[:, 0], y)
        np.testing.assert_array_equal(x[:, 0], weights)
    return np.concatenate([y for _, y, _ in parts]).astype(int)


@settings(max_examples=60)
@given(
    n_events=st.integers(1, 3000),
    buffer=st.integers(1, 700),
    epoch=st.integers(0, 5),
    on_disk=st.booleans(),
)
def test_each_event_comes_once_per_epoch(n_events, buffer, epoch, on_disk):
    disk = np.random.default_rng(1).permutation(n_events) if on_disk else None
    order = np.asarray(ChunkedOrder(n_events, buffer, (3, epoch), disk))
    np.testing.assert_array_equal(np.sort(order), np.arange(n_events))
    again = np.asarray(ChunkedOrder(n_events, buffer, (3, epoch), disk))
    np.testing.assert_array_equal(order, again)


def test_the_order_depends_on_seed_and_epoch():
    orders = [np.asarray(ChunkedOrder(1000, 100, key)) for key in [(0, 0), (0, 1), (1, 0)]]
    assert not (orders[0] == orders[1]).all()
    assert not (orders[0] == orders[2]).all()


def test_a_buffer_reads_few_contiguous_pieces_and_mixes_them():
    order = ChunkedOrder(1_000_000, 128_000, (0, 0))
    rows, permutation = order.sorted_part(0, 128_000)
    # chunks of 250 events from all over the file, some of them neighbours
    n_pieces = 1 + int((np.diff(rows) != 1).sum())
    assert 400 <= n_pieces <= 520
    assert rows[0] < 50_000
    assert rows[-1] > 950_000
    # neighbours in training are no neighbours on disk
    assert (np.abs(np.diff(rows[permutation].astype(int))) < 1000).mean() < 0.02


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_events", [200_000, 197_000, 203_100])
def test_each_buffer_of_events_sorted_by_class_has_the_share_of_each(seed, n_events):
    x = np.empty((n_events, 1), "f4")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_stream, "BUFFER_BYTES", 50_000 * 4)
        buffer = _stream.buffer_events(x, 100, n_events)
    order = np.asarray(ChunkedOrder(n_events, buffer, (seed, 0)))
    shares = [
        (part < 0.3 * n_events).mean() for part in np.split(order, range(0, n_events, buffer)[1:])
    ]
    # a border of classes is in one chunk of 512; chunks from anywhere would give 0.02
    np.testing.assert_allclose(shares, 0.3, rtol=0, atol=0.005)


@pytest.mark.parametrize("seed", range(5))
def test_what_does_not_fit_into_a_buffer_is_of_no_class_in_particular(seed):
    # the second buffer has half of the first's events; the first ends in the share of the second
    order = np.asarray(ChunkedOrder(150_000, 100_000, (seed, 0)))
    assert (order[100_000:] < 45_000).mean() == pytest.approx(0.3, abs=0.05)


@given(n_events=st.integers(1, 10_000), batch_size=st.integers(1, 300), most=st.integers(1, 20_000))
def test_buffers_are_few_and_equally_large_but_for_some_batches(n_events, batch_size, most):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_stream, "BUFFER_BYTES", 4 * most)
        x = np.empty((n_events, 1), "f4")
        size, limit = (_stream.buffer_events(x, batch_size, n) for n in (n_events, None))
    n_buffers = -(-n_events // size)
    assert size <= limit
    assert n_buffers == -(-n_events // limit)
    assert n_events > n_buffers * (size - batch_size) - batch_size


@settings(max_examples=25, deadline=None)
@given(
    n_events=st.integers(1, 400),
    batch_size=st.integers(1, 90),
    buffer=st.integers(1, 4000),
    kind=st.sampled_from(["chunked", "given", "drawn"]),
)
def test_blocks_hold_the_events_of_the_order_in_whole_batches(
    tmp_path_factory, n_events, batch_size, buffer, kind
):
    batch_size = min(batch_size, n_events)
    numbers = np.arange(n_events, dtype="f4")
    x = mapped(tmp_path_factory.mktemp("map"), np.stack([numbers, -numbers], axis=1))
    source = StreamSource(x, numbers, numbers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_stream, "BUFFER_BYTES", buffer)
        if kind == "chunked":
            order = _stream.shuffled(x, batch_size, 5)(2)
            expected = np.sort(np.asarray(order))
        elif kind == "given":
            order = expected = _order.as_given(n_events)(0)
        else:
            # as a balanced sampler draws: some events several times, some not
            order = expected = np.random.default_rng(0).integers(0, n_events, n_events)
        sizes = [len(y) for _, y, _ in batches(source, order, batch_size)]
        rows = rows_of(source, order, batch_size)
    assert sizes[:-1] == [batch_size] * (len(sizes) - 1)
    assert 0 < sizes[-1] <= batch_size
    if kind == "chunked":
        rows = np.sort(rows)
        expected = np.arange(n_events)
    np.testing.assert_array_equal(rows, expected)


def test_blocks_are_as_long_as_the_first_so_that_one_program_serves_all(tmp_path, small_buffers):
    numbers = np.arange(1000, dtype="f4")
    x = mapped(tmp_path, np.stack([numbers] * 4, axis=1))
    lengths = {
        len(block[1])
        for block, n_steps in StreamSource(x, numbers, numbers).blocks(
            _stream.shuffled(x, 30, 0)(0), 30
        )
        if n_steps
    }
    # 4096 bytes hold 8 batches of 30 events of 16 bytes; 34 batches are 5 buffers of 7
    assert lengths == {210}


def test_a_small_sample_is_read_in_the_order_that_it_would_have_in_memory(tmp_path):
    numbers = np.arange(500, dtype="f4")
    X = np.stack([numbers, numbers], axis=1)
    order = _stream.shuffled(mapped(tmp_path, X), 64, 7)(3)
    np.testing.assert_array_equal(order, _order.shuffled(500, 7)(3))
    stream = batches(StreamSource(mapped(tmp_path, X), numbers, numbers), order, 64)
    memory = batches(ArraySource(X, numbers, numbers), order, 64)
    for ours, theirs in zip(stream, memory, strict=True):
        tf.nest.map_structure(np.testing.assert_array_equal, ours, theirs)


def test_blocks_in_memory_and_on_disk_go_together(tmp_path, small_buffers):
    numbers = np.arange(300, dtype="f4")
    x = {"a": mapped(tmp_path, np.stack([numbers] * 8, axis=1)), "b": numbers[:, None] + 1}
    source = StreamSource(x, numbers, numbers)
    for part, y, _ in batches(source, _stream.shuffled(x, 20, 0)(0), 20):
        np.testing.assert_array_equal(part["a"][:, 3], y)
        np.testing.assert_array_equal(part["b"][:, 0], y + 1)
    assert source.n_bytes == 300 * (32 + 4 + 4 + 4)


@pytest.mark.parametrize("n_read", [0, 1, 3])
def test_a_reader_that_stops_ends_the_thread_and_the_generator(n_read):
    closed = []

    def items():
        try:
            yield from range(100)
        finally:
            closed.append(threading.current_thread().name)

    ahead = read_ahead(items())
    assert [next(ahead) for _ in range(n_read)] == list(range(n_read))
    ahead.close()
    assert closed == [THREAD] * (n_read > 0)
    assert not reading()


def test_one_item_is_made_ahead_and_no_more():
    made = []
    ahead = read_ahead(made.append(n) or n for n in range(100))
    for used in range(3):
        assert next(ahead) == used
        limit = time.monotonic() + 600
        while len(made) < used + 2 and time.monotonic() < limit:
            time.sleep(0.01)
        time.sleep(0.02)
        # one in use, and one that waits
        assert made == list(range(used + 2))
    ahead.close()


@pytest.mark.parametrize("error", [OSError("the disk is gone"), KeyboardInterrupt()])
def test_an_error_of_the_thread_reaches_the_reader(error):
    def items():
        yield 1
        raise error

    ahead = read_ahead(items())
    assert next(ahead) == 1
    with pytest.raises(type(error)) as caught:
        next(ahead)
    assert caught.value is error
    assert not reading()


def test_an_interrupt_during_training_ends_the_thread(tmp_path, small_buffers):
    numbers = np.arange(1000, dtype="f4")
    x = mapped(tmp_path, np.stack([numbers] * 4, axis=1))

    def epoch():
        for _ in StreamSource(x, numbers, numbers).blocks(_stream.shuffled(x, 30, 0)(0), 30):
            assert reading()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        epoch()
    assert not reading()


@settings(max_examples=40)
@given(
    n_events=st.integers(1, 50),
    table=st.booleans(),
    taken=st.lists(st.integers(0, 10_000), max_size=30),
    start=st.integers(0, 40),
    length=st.integers(0, 40),
    dtype=st.sampled_from(["f4", "f8", "i8", ">f4"]),
)
def test_mapped_rows_are_the_rows_of_the_array(
    tmp_path_factory, n_events, table, taken, start, length, dtype
):
    X = np.random.default_rng(0).integers(-99, 99, (n_events, 3)).astype(dtype)
    folder = tmp_path_factory.mktemp("map")
    if table:
        entries = [(write(folder, f"c{n}", X[:, n]), None) for n in range(3)]
    else:
        entries = [(write(folder, "x", X), None)]
    rows = MappedRows(entries, "f4", table=table)
    chosen = [n % n_events for n in taken]
    cut = slice(start, start + length)
    expected = X.astype("f4")
    np.testing.assert_array_equal(rows[:], expected)
    np.testing.assert_array_equal(rows[cut], expected[cut])
    np.testing.assert_array_equal(rows[chosen], expected[chosen].reshape(-1, 3))
    part = rows.at(chosen)
    assert part.shape == (len(chosen), 3)
    np.testing.assert_array_equal(part[cut], expected[chosen][cut].reshape(-1, 3))
    np.testing.assert_array_equal(part.at(cut)[:], expected[chosen][cut].reshape(-1, 3))
    np.testing.assert_array_equal(rows.at(X[:, 0] > 0)[:], expected[X[:, 0] > 0])


def test_columns_of_a_map_are_read_without_the_others(tmp_path):
    X = np.arange(24.0).reshape(2, 3, 4)
    rows = MappedRows([(write(tmp_path, "x", X), None)], "f4", [0, 3])
    assert rows.shape == (2, 3, 2)
    np.testing.assert_array_equal(rows[:], X[..., [0, 3]])


def test_lengths_are_read_as_the_masks_that_they_stand_for(tmp_path):
    lengths = np.array([0, 2, 5])
    rows = MappedRows([(write(tmp_path, "n", lengths), None)], bool, length=3)
    expected = [[False] * 3, [True, True, False], [True] * 3]
    assert rows.shape == (3, 3)
    assert rows[:].tolist() == expected
    assert rows.at([2, 0])[:].tolist() == [expected[2], expected[0]]


def test_a_network_reads_blocks_by_name_from_disk(tmp_path, small_buffers):
    import keras

    rng = np.random.default_rng(0)
    lengths = rng.integers(0, 6, 600)
    track = rng.normal(size=(600, 5, 2)).astype("f4")
    arrays = {"track": track, "track_lengths": lengths, "jet": rng.normal(size=(600, 3))}
    y = (lengths > 2).astype(int)

    def network():
        inputs = {
            "track": keras.Input((5, 2), name="track"),
            "track_lengths": keras.Input((5,), dtype="bool", name="track_lengths"),
            "jet": keras.Input((3,), name="jet"),
        }
        n_tracks = keras.ops.cast(inputs["track_lengths"], "float32")
        flat = keras.layers.Concatenate()([keras.layers.Flatten()(inputs["track"]), n_tracks])
        hidden = keras.layers.Concatenate()([flat, inputs["jet"]])
        return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(hidden))

    disk = EventBlocks({name: write(tmp_path, name, array) for name, array in arrays.items()})
    model = KerasClassifier(
        network, epochs=40, learning_rate=0.02, random_state=0, verbose=0, optimizer="adam"
    ).fit(disk, y)
    assert model.score(disk, y) > 0.9
    np.testing.assert_array_equal(
        model.predict_proba(disk), model.predict_proba(EventBlocks(arrays))
    )


def test_blocks_that_wait_are_not_written_over(tmp_path, small_buffers):
    numbers = np.arange(1000, dtype="f4")
    x = mapped(tmp_path, np.stack([numbers] * 4, axis=1))
    source = StreamSource(x, numbers, numbers)
    kept = list(source.blocks(_stream.shuffled(x, 30, 0)(0), 30))
    assert len(kept) > 4
    for (features, y, _), _ in kept:
        np.testing.assert_array_equal(features[:, 0], y)


def test_mapped_rows_refuse_to_be_copied_whole(tmp_path):
    with pytest.raises(TypeError, match=r"<\(2, 2\) float64 of memory maps> stays on disk"):
        np.asarray(mapped(tmp_path, np.eye(2)))


def test_numbers_of_more_events_than_32_bits_count_are_right():
    order = ChunkedOrder(3_000_000_000, 2**21, (1, 0))
    rows, permutation = order.sorted_part(0, 2**21)
    assert len(np.unique(rows)) == len(permutation) == 2**21
    assert 2**31 < rows.max() < 3_000_000_000


def test_a_shuffled_selection_is_read_in_the_order_of_the_disk(tmp_path, small_buffers):
    numbers = np.arange(2000, dtype="f4")
    shuffled = np.random.default_rng(0).permutation(2000)
    x = mapped(tmp_path, np.stack([numbers] * 4, axis=1)).at(shuffled)
    source = StreamSource(x, numbers[shuffled], numbers[shuffled])
    order = _stream.shuffled(x, 50, 1)(0)
    rows, _ = order.sorted_part(0, 250)
    assert (np.diff(shuffled[rows]) > 0).all()
    read = rows_of(source, order, 50)
    np.testing.assert_array_equal(np.sort(read), np.arange(2000))


PLAIN = {
    "activation": "relu",
    "dropout": 0.0,
    "optimizer": "adam",
    "learning_rate_schedule": "constant",
    "input_scaling": None,
    "feature_scale": False,
}


def fit(X, y, sample_weight=None, **parameters):
    given = {**PLAIN, "units": (8,), "epochs": 4, "batch_size": 50, "random_state": 0, **parameters}
    return DenseClassifier(**given).fit(X, y, sample_weight)


@pytest.mark.parametrize(
    ("dtype", "parameters", "keras_arguments"),
    [
        ("f4", {}, {}),
        ("f4", {"balance": "equal"}, {}),
        ("f4", {"batch_sampler": "balanced"}, {}),
        ("f4", {}, {"shuffle": False}),
        ("f8", {"l2": 1e-3}, {}),
    ],
)
def test_training_from_disk_gives_the_bits_of_training_from_memory(
    sample, tmp_path, dtype, parameters, keras_arguments
):
    X, y, weights = sample
    X = X.astype(dtype)
    M = write(tmp_path, "x", X)
    models = [
        DenseClassifier(units=(8,), epochs=4, batch_size=50, random_state=0, **parameters).fit(
            events, y, weights, **keras_arguments
        )
        for events in (X, M)
    ]
    assert models[0].history_ == models[1].history_
    np.testing.assert_array_equal(models[0].predict_proba(X), models[1].predict_proba(M))


@pytest.mark.parametrize("trained_from", ["memory", "disk"])
def test_validation_events_may_be_on_disk_too(sample, tmp_path, trained_from):
    X, y, weights = sample
    on_disk = write(tmp_path, "x", X)
    given = {"y_val": y[1::2], "sample_weight_val": weights[1::2]}
    parameters = {"units": (8,), "epochs": 3, "random_state": 0, "batch_size": 50}
    expected = DenseClassifier(**parameters).fit(
        X[::2], y[::2], weights[::2], X_val=X[1::2], **given
    )
    train = X[::2] if trained_from == "memory" else on_disk[::2]
    found = DenseClassifier(**parameters).fit(
        train, y[::2], weights[::2], X_val=on_disk[1::2], **given
    )
    assert found.history_ == expected.history_


def test_partial_fit_from_disk_gives_the_bits_of_one_from_memory(sample, tmp_path):
    X, y, weights = sample
    on_disk = write(tmp_path, "x", X)
    models = []
    for events in (X, on_disk):
        model = DenseClassifier(units=(8,), batch_size=50, random_state=0)
        for part in (slice(0, None, 2), slice(1, None, 2)):
            model.partial_fit(events[part], y[part], sample_weight=weights[part])
        models.append(model)
    np.testing.assert_array_equal(models[0].predict_proba(X), models[1].predict_proba(X))


def test_training_in_many_buffers_reaches_the_loss_of_training_in_memory(
    sample, tmp_path, monkeypatch
):
    X, y, weights = sample
    # 48 kB of events in buffers of 4 kB, with all signal events first
    expected = [fit(X, y, weights, epochs=15, random_state=n) for n in range(3)]
    monkeypatch.setattr(_stream, "BUFFER_BYTES", 4096)
    M = write(tmp_path, "x", X)
    found = [fit(M, y, weights, epochs=15, random_state=n) for n in range(3)]
    assert expected[0].history_ != found[0].history_
    losses = [[min(model.history_["val_loss"]) for model in models] for models in (expected, found)]
    # the same validation events for the same seed, so that the losses can be compared one by one
    np.testing.assert_allclose(losses[0], losses[1], rtol=0.03)
    np.testing.assert_array_equal(found[0].predict_proba(M), found[0].predict_proba(X))


def test_two_fits_from_disk_are_the_same(sample, tmp_path, small_buffers):
    X, y, weights = sample
    M = write(tmp_path, "x", X)
    first, second = fit(M, y, weights), fit(M, y, weights)
    np.testing.assert_array_equal(first.predict_proba(M), second.predict_proba(M))


def test_no_fit_and_no_prediction_holds_all_events(sample, tmp_path, small_buffers, monkeypatch):
    X, y, weights = sample
    M = write(tmp_path, "x", X)
    longest = []
    original = MappedRows.read_into

    def watched(self, rows, out):
        longest.append(len(out))
        return original(self, rows, out)

    monkeypatch.setattr(MappedRows, "read_into", watched)
    monkeypatch.setattr(_mapped, "CHUNK_BYTES", 4096)
    monkeypatch.setattr("skhep_nn.training._engine.CHUNK_ROWS", 512)
    monkeypatch.setattr("skhep_nn.estimators._fit._input_scaling.SAMPLE_EVENTS", 500)
    for scaling in (None, "robust"):
        fit(M, y, weights, input_scaling=scaling).predict_proba(M)
        assert max(longest) == 512


@pytest.mark.parametrize("layout", ["array", "columns", "block"])
def test_train_and_validation_events_are_disjoint_and_all(
    sample, tmp_path, small_buffers, monkeypatch, layout
):
    from skhep_nn.training import _loop

    X, y, weights = sample
    X = np.concatenate([X, np.arange(3000, dtype="f4")[:, None] / 1024], axis=1)
    seen = {}
    original = _loop.train

    def watched(engine, source, validation, plan):
        trained = [np.array(x[:, -1]) for x, _, _ in batches(source, plan.order(0), 50)]
        seen["train"] = np.concatenate(trained)
        seen["validation"] = validation[0][:][:, -1]
        return original(engine, source, validation, plan)

    monkeypatch.setattr("skhep_nn.estimators._fit._pooled_network.train", watched)
    data = {
        "array": lambda: write(tmp_path, "x", X),
        "columns": lambda: EventBlocks(
            {f"c{n}": write(tmp_path, f"c{n}", X[:, n]) for n in range(5)}
        ),
        "block": lambda: EventBlocks({"x": write(tmp_path, "x", X)}),
    }[layout]()
    fit(data, y, weights, epochs=1)
    train, validation = ((1024 * seen[name]).round() for name in ("train", "validation"))
    assert len(train) + len(validation) == 3000
    assert not set(train) & set(validation)
    assert len(set(train) | set(validation)) == 3000


def test_columns_on_disk_are_a_table_with_a_weight_column(sample, tmp_path, small_buffers):
    X, y, weights = sample
    names = ["pt", "eta", "mt", "phi"]
    columns = {name: write(tmp_path, name, X[:, n]) for n, name in enumerate(names)}
    columns |= {"weight": write(tmp_path, "w", weights), "number": np.arange(3000)}
    blocks = EventBlocks(columns)
    parameters = {"weight_column": "weight", "exclude": ["number"]}
    by_column = fit(blocks, y, **parameters)
    by_array = fit(write(tmp_path, "x", X), y, weights)
    assert by_column.history_ == by_array.history_
    expected = by_array.predict_proba(X)
    np.testing.assert_array_equal(by_column.predict_proba(blocks), expected)
    np.testing.assert_array_equal(by_column.predict_proba(blocks.select(names)), expected)
    assert by_column.score(blocks, y) > 0.6


def test_splits_and_searches_of_scikit_learn_work_on_maps(sample, tmp_path, small_buffers):
    X, y, weights = sample
    blocks = EventBlocks({"x": write(tmp_path, "x", X), "weight": write(tmp_path, "w", weights)})
    train, test, y_train, y_test = train_test_split(blocks, y, random_state=0)
    model = fit(train, y_train, weight_column="weight", epochs=10)
    assert model.score(test, y_test) > 0.65
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    proba = cross_val_predict(
        DenseClassifier(units=(8,), epochs=2, weight_column="weight", random_state=0),
        blocks,
        y,
        cv=folds,
        method="predict_proba",
    )
    assert proba.shape == (3000, 2)


def test_a_weight_column_of_an_array_on_disk_is_no_feature(sample, tmp_path):
    X, y, weights = sample
    M = write(tmp_path, "x", np.concatenate([X, weights[:, None]], axis=1))
    disk, memory = fit(M, y, weight_column=-1), fit(np.array(M), y, weight_column=-1)
    assert disk.history_ == memory.history_
    assert disk.X_shape_ == (3000, 4)


def test_a_user_s_network_trains_from_disk(sample, tmp_path, small_buffers):
    import keras

    X, y, weights = sample
    X = X.reshape(3000, 2, 2)

    def network(meta):
        return keras.Sequential(
            [
                keras.layers.Input(meta["X_shape_"][1:]),
                keras.layers.Flatten(),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )

    M = write(tmp_path, "x", X)
    model = KerasClassifier(network, epochs=10, random_state=0, verbose=0).fit(M, y, weights)
    assert model.score(M, y) > 0.6
    np.testing.assert_array_equal(model.predict_proba(M), model.predict_proba(X))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_not_finite_is_named_by_event_and_column(
    sample, tmp_path, monkeypatch, value
):
    X, y, _ = sample
    X[2500, 2] = value
    monkeypatch.setattr(_mapped, "CHUNK_BYTES", 1600)
    with pytest.raises(ValueError, match=f"column 2 is {value} in event 2500"):
        fit(write(tmp_path, "x", X), y)
    columns = {f"c{n}": write(tmp_path, f"c{n}", X[:, n]) for n in range(4)}
    with pytest.raises(ValueError, match=f"column 'c2' is {value} in event 2500"):
        fit(EventBlocks(columns), y)


def test_a_sampler_that_needs_all_features_is_refused(sample, tmp_path):
    from imblearn.under_sampling import RandomUnderSampler

    X, y, _ = sample
    with pytest.raises(ValueError, match="needs all features in memory, and these are memory maps"):
        fit(write(tmp_path, "x", X), y, batch_sampler=RandomUnderSampler())


def test_a_checkpoint_is_of_the_values_on_disk(sample, tmp_path):
    import joblib

    X, _, _ = sample
    M = write(tmp_path, "x", X)
    before = joblib.hash(MappedRows([(M, None)]))
    assert joblib.hash(MappedRows([(M, None)])) == before
    write(tmp_path, "x", X + 1)
    # whatever the resolution of the file system's clock
    later = (tmp_path / "x.npy").stat().st_mtime_ns + 10**9
    os.utime(tmp_path / "x.npy", ns=(later, later))
    assert joblib.hash(MappedRows([(M, None)])) != before
