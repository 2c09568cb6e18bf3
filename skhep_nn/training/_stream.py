"""Events on disk as the compiled loop reads them: in shuffled blocks, read ahead by a thread."""

from __future__ import annotations

import contextlib
import queue
import threading

import numpy as np
import tensorflow as tf

from skhep_nn.training._mapped import MappedRows
from skhep_nn.training._source import _bucket, _pad

# Events among which the order is random. Four such blocks are in memory at a time: one in training,
# one that waits, one as it is read and one as it is shuffled.
BUFFER_BYTES = 96 * 2**20
# Of events of a few numbers no more than these, as labels, weights and orders come on top.
BUFFER_EVENTS = 2**21
# Contiguous pieces that such a block is made of, from all over the file.
CHUNKS_PER_BUFFER = 512


class StreamSource:
    """Events of memory maps, read in blocks while the network trains on the block before.

    Parameters
    ----------
    x : MappedRows, ndarray, or dict of str to these
    y, weights : ndarray of shape (n_events, ...)
        In memory.

    Attributes
    ----------
    n_events : int
    data : tuple of (x, y, weights)
    """

    def __init__(self, x, y, weights):
        self.n_events = len(weights)
        self.data = (x, y, weights)

    def blocks(self, order, batch_size):
        """The events of `order` as tensors, in blocks of whole batches.

        Parameters
        ----------
        order : ndarray of int, ChunkedOrder, or range (of the events as they are)
        batch_size : int

        Yields
        ------
        tuple of (block, n_steps)
            As `ArraySource.blocks` does: (x, y, weights) padded to a common length, and last the
            partial batch with 0 steps.
        """
        return read_ahead(self._blocks(order, batch_size))

    def _blocks(self, order, batch_size):
        parts = [part for part in tf.nest.flatten(self.data) if isinstance(part, MappedRows)]
        with contextlib.ExitStack() as stack:
            for part in parts:
                stack.enter_context(part.held_open())
            yield from self._shuffled(order, batch_size)

    def _shuffled(self, order, batch_size):
        size, held = buffer_events(self.data[0], batch_size, len(order)), {}
        most = buffer_events(self.data[0], batch_size)
        # samples of nearly equal size share a program
        padded = min(_bucket(size // batch_size) * batch_size, most)
        for start in range(0, len(order), size):
            rows, permutation = sorted_part(order, start, min(start + size, len(order)))
            self._read(rows, held, padded)
            count = len(rows) // batch_size
            whole, rest = np.split(permutation, [count * batch_size])
            if count:
                yield self._gather(held, rows, _pad(whole, padded)), count
            if len(rest):
                yield self._gather(held, rows, rest), 0

    def _read(self, rows, held, padded):
        """Read events to the arrays in `held`, which are made once for an epoch."""
        for number, part in enumerate(tf.nest.flatten(self.data)):
            if isinstance(part, MappedRows):
                if number not in held:
                    held[number] = tuple(
                        np.empty((n, *part.shape[1:]), part.dtype)
                        for n in (len(rows), max(len(rows), padded))
                    )
                part.read_into(rows, held[number][0][: len(rows)])

    def _gather(self, held, rows, permutation):
        """The events at hand in the order of `permutation`."""
        taken = []
        for number, part in enumerate(tf.nest.flatten(self.data)):
            if number in held:
                # memory that is used again costs half of what new memory does
                as_read, out = held[number]
                values = _take(as_read, permutation, out)
            else:
                values = part[rows[permutation]]
            taken.append(tf.convert_to_tensor(values))
        return tf.nest.pack_sequence_as(self.data, taken)

    @property
    def n_bytes(self):
        """Size of the events, most of it on disk."""
        return self.n_events * _row_bytes(self.data)


def buffer_events(x, batch_size, n_events=None):
    """Number of events among which the order is random: whole batches of some 100 MB.

    Of `n_events` the buffers are the fewest that do, and equally large but for a few batches: what
    a small last one had too much of would be what the network saw last.
    """
    n_batches = min(BUFFER_BYTES // max(1, _row_bytes(x)), BUFFER_EVENTS) // batch_size
    n_batches = max(1, n_batches)
    if n_events is not None:
        n_steps = max(1, -(-n_events // batch_size))
        n_batches = -(-n_steps // -(-n_steps // n_batches))
    return batch_size * n_batches


def shuffled(x, batch_size, seed):
    """Every epoch the events of `x` in an order of its own that reads the disk in large pieces.

    Events that fit in one block are in the very order in which they would be in memory.

    Parameters
    ----------
    x : MappedRows, or dict of arrays some of which are
    batch_size : int
    seed : int

    Returns
    -------
    callable
        Epoch number to `ChunkedOrder`.
    """
    parts = tf.nest.flatten(x)
    mapped = next(part for part in parts if isinstance(part, MappedRows))
    on_disk, borders = mapped.order_on_disk(), mapped.borders()
    n_events = len(parts[0])
    if n_events <= buffer_events(x, batch_size):
        from skhep_nn.training import _order

        return _order.shuffled(n_events, seed)
    buffer = buffer_events(x, batch_size, n_events)
    return lambda epoch: ChunkedOrder(n_events, buffer, (seed, epoch), on_disk, borders)


class ChunkedOrder:
    """A random order of events that reads them in contiguous chunks.

    The chunks, whose borders are drawn too, come in random order, such that each buffer has some
    from every part of the file: of events that are sorted by class each has its share. The events
    of one buffer, of many chunks, are shuffled. Nothing as long as the events is held.

    Parameters
    ----------
    n_events, buffer : int
        Events, and events of a buffer.
    seed : tuple of int
        On which alone the order depends.
    on_disk : ndarray of int, optional
        Event numbers in the order on disk, if that is not their own.
    borders : ndarray of int, optional
        Where the chunks begin, if they are not drawn: what a file gives as a whole.
    """

    def __init__(self, n_events, buffer, seed, on_disk=None, borders=None):
        self.n_events, self.buffer, self.seed, self.on_disk = n_events, buffer, seed, on_disk
        rng = np.random.default_rng(seed)
        size = max(1, buffer // CHUNKS_PER_BUFFER)
        if borders is None:
            borders = np.arange(int(rng.integers(1, size + 1)), n_events, size)
        starts = np.union1d([0], borders[borders < n_events])
        lengths = np.diff(np.append(starts, n_events))
        chosen = _spread(len(starts), -(-n_events // buffer), rng)
        self.starts, self.ends = starts[chosen], np.cumsum(lengths[chosen])

    def __len__(self):
        return self.n_events

    def __array__(self, dtype=None, copy=None):
        parts = [
            self.sorted_part(start, min(start + self.buffer, self.n_events))
            for start in range(0, self.n_events, self.buffer)
        ]
        return np.concatenate([rows[order] for rows, order in parts]).astype(dtype or np.int64)

    def sorted_part(self, start, stop):
        """Event numbers of the places `start` to `stop` as they lie on disk, and their order.

        Returns
        -------
        tuple of (rows, permutation)
            ``rows[permutation]`` is the order of training.
        """
        pieces = sorted(self._pieces(start, stop))
        rows = np.concatenate(
            [np.arange(*piece, dtype=_index_type(self.n_events)) for piece in pieces]
        )
        rng = np.random.default_rng((*self.seed, 1 + start))
        return self._numbers(rows), rng.permutation(np.arange(len(rows), dtype=np.int32))

    def _pieces(self, start, stop):
        """Ranges of events on disk for a range of places in the order."""
        for number in range(np.searchsorted(self.ends, start, side="right"), len(self.ends)):
            first = self.ends[number - 1] if number else 0
            if first >= stop:
                return
            low, high = max(start, first) - first, min(stop, self.ends[number]) - first
            yield self.starts[number] + low, self.starts[number] + high

    def _numbers(self, rows):
        return rows if self.on_disk is None else self.on_disk[rows]


def _spread(n_chunks, n_buffers, rng):
    """An order of chunks in which each buffer takes one from each of as many stretches."""
    stretches = np.full((-(-n_chunks // n_buffers), n_buffers), -1)
    stretches.flat[:n_chunks] = np.arange(n_chunks)
    of_buffers = rng.permuted(stretches, axis=1).T
    # where lengths do not fit, a buffer ends in the share of the next: anywhere in the file
    chosen = rng.permuted(of_buffers, axis=1).ravel()
    return chosen[chosen >= 0]


def sorted_part(order, start, stop):
    """Rows of a part of an order, for reading, and the permutation that puts them in order."""
    if isinstance(order, ChunkedOrder):
        return order.sorted_part(start, stop)
    if isinstance(order, range):
        rows = np.arange(start, stop, dtype=_index_type(stop))
        return rows, np.arange(len(rows), dtype=np.int32)
    rows = order[start:stop]
    by_row = np.argsort(rows, kind="stable")
    permutation = np.empty(len(rows), np.int32)
    permutation[by_row] = np.arange(len(rows), dtype=np.int32)
    return rows[by_row], permutation


def read_ahead(items):
    """The items of a generator, each made by a thread while the one before is in use.

    No more than two are there at a time: one in use, and one that is made or waits.

    Parameters
    ----------
    items : generator
        Closed in the thread when it is done, or when the caller stops.

    Raises
    ------
    BaseException
        Whatever the generator raises.
    """
    line, wanted, stopped = queue.SimpleQueue(), threading.Semaphore(1), threading.Event()
    thread = threading.Thread(
        target=_fill, args=(items, line, wanted, stopped), name="skhep_nn-read-ahead", daemon=True
    )
    thread.start()
    try:
        while True:
            kind, value = line.get()
            if kind == "error":
                raise value
            if kind == "end":
                return
            wanted.release()
            yield value
            # while the next item is awaited, nothing holds on to this one
            del value
    finally:
        stopped.set()
        wanted.release()
        thread.join()


def _fill(items, line, wanted, stopped):
    try:
        with contextlib.closing(items):
            # another is begun when the one before is taken
            while wanted.acquire() and not stopped.is_set():
                item = next(items, stopped)
                if item is stopped:
                    break
                line.put(("item", item))
                del item
        line.put(("end", None))
    # also KeyboardInterrupt and SystemExit belong to whoever waits for the events
    except BaseException as error:
        line.put(("error", error))


def _take(values, rows, out):
    if len(rows) > len(out):
        return np.take(values, rows, axis=0)
    return np.take(values, rows, axis=0, out=out[: len(rows)], mode="clip")


def _row_bytes(data):
    return sum(a.dtype.itemsize * int(np.prod(a.shape[1:])) for a in tf.nest.flatten(data))


def _index_type(n_events):
    return np.int32 if n_events < 2**31 else np.int64
