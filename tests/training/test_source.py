from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from skhep_nn.training import _source
from skhep_nn.training._source import ArraySource


def batches_of(source, order, batch_size):
    """The values of y, batch by batch, as the loop reads them."""
    batches = []
    for (x, y, weights), n_steps in source.blocks(order, batch_size):
        np.testing.assert_array_equal(x["a"][:, 0], y[:, 0])
        np.testing.assert_array_equal(weights, y[:, 0])
        if n_steps:
            assert len(y) >= n_steps * batch_size
            steps = [y[n * batch_size : (n + 1) * batch_size] for n in range(n_steps)]
        else:
            steps = [y]
        batches += [step[:, 0].numpy().tolist() for step in steps]
    return batches


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 80),
    batch_size=st.integers(1, 90),
    block_bytes=st.sampled_from([1, 100, 1_000, 10**9]),
    seed=st.integers(0, 10),
)
def test_every_event_of_an_order_comes_once_in_its_batch(n, batch_size, block_bytes, seed):
    y = np.arange(n, dtype=np.float32)
    source = ArraySource({"a": np.stack([y, y], axis=1)}, y[:, None], y)
    order = np.random.default_rng(seed).permutation(n).astype(np.int32)
    expected = [order[i : i + batch_size].tolist() for i in range(0, n, batch_size)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_source, "BLOCK_BYTES", block_bytes)
        assert batches_of(source, order, batch_size) == expected


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 80),
    batch_size=st.integers(1, 90),
    block_bytes=st.sampled_from([1, 10**9]),
    group_rows=st.sampled_from([1, 40, 4096]),
    seed=st.integers(0, 10),
)
def test_an_epoch_that_gathers_itself_is_handed_the_same_batches(
    n, batch_size, block_bytes, group_rows, seed
):
    y = np.arange(n, dtype=np.float32)
    source = ArraySource(np.stack([y, y], axis=1), y[:, None], y)
    order = np.random.default_rng(seed).permutation(n).astype(np.int32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_source, "BLOCK_BYTES", block_bytes)
        patch.setattr(_source, "GROUP_ROWS", group_rows)
        blocks = list(source.ordered(order, batch_size))
        group = _source.group_steps(source.data, batch_size) * batch_size
    n_whole, found = n // batch_size * batch_size, []
    for block, n_steps in blocks:
        if n_steps:
            events, rows = block
            assert n_steps * batch_size == n_whole
            # a whole group can be gathered from the last batch on
            assert len(rows) >= n_whole - batch_size + group
            assert len({len(array) for array in events}) == 1
            found += tf.gather(events[1][:, 0], rows[:n_whole]).numpy().tolist()
        else:
            found += block[1][:, 0].numpy().tolist()
    assert found == order.tolist()


def test_events_are_padded_to_a_common_number_if_they_are_not_many(monkeypatch):
    y = np.zeros(97, np.float32)
    for limit, length in ((10**9, 112), (1, 97)):
        monkeypatch.setattr(_source, "BLOCK_BYTES", limit)
        source = ArraySource(y[:, None], y[:, None], y)
        (block, _), *_ = source.ordered(np.arange(97), 10)
        assert [len(array) for array in block.data] == [length] * 3
        assert (source.n_events, source.n_bytes) == (97, 97 * 12)


def test_blocks_have_a_common_length_within_their_limit(monkeypatch):
    # an event has 4 * (3 + 1 + 1) = 20 bytes, a batch of 10 events 200: 5 batches in 1000 bytes
    monkeypatch.setattr(_source, "BLOCK_BYTES", 1_000)
    y = np.zeros(125, np.float32)
    source = ArraySource(np.zeros((125, 3), np.float32), y[:, None], y)
    blocks = [(len(block[2]), n) for block, n in source.blocks(np.arange(125), 10)]
    assert blocks == [(50, 5), (50, 5), (50, 2), (5, 0)]


@pytest.mark.parametrize(("n_steps", "bucket"), [(1, 1), (7, 7), (9, 10), (1000, 1024), (100, 112)])
def test_nearly_equal_numbers_of_steps_share_a_length(n_steps, bucket):
    assert _source._bucket(n_steps) == bucket


def test_the_size_of_events_is_that_of_all_their_arrays():
    source = ArraySource(np.zeros((10, 3), np.float32), np.zeros((10, 1), np.int32), np.zeros(10))
    # 4 bytes for each of 3 features, 4 for the label, 8 for the weight
    assert source.n_bytes == 10 * (12 + 4 + 8)


def test_a_device_too_small_for_the_events_is_named_with_their_size(monkeypatch):
    def full(*_):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM")

    y = np.zeros(1024 * 1024, np.float32)
    monkeypatch.setattr(tf, "convert_to_tensor", full)
    with pytest.raises(MemoryError, match=r"out of memory with 12\.0 MiB of events.*use.*cache"):
        ArraySource(y[:, None], y[:, None], y)
