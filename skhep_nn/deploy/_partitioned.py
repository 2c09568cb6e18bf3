"""`apply` by partitions of the files: scored by workers, put together in order, resumable."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from skhep_nn._bar import make_bar
from skhep_nn._dask._tasks import results
from skhep_nn._version import __version__
from skhep_nn.cache import _manifest
from skhep_nn.deploy import _model_file, _parts
from skhep_nn.deploy._dataset import output_of_parts, part_suffix
from skhep_nn.deploy._scoring import Scoring
from skhep_nn.deploy._writer import open_writer
from skhep_nn.io._partitions import Partition, partitions_of
from skhep_nn.io._stream import check_any, check_not_empty

COUNTS = ("n_read", "n_scored", "n_kept")
KEPT = "what is scored is kept, and the same call goes on from there"


@dataclass(frozen=True)
class ScorePart:
    """One partition to be scored, and where its rows go."""

    number: int
    partition: Partition
    model: object
    scoring: Scoring
    folder: Path
    suffix: str

    def __str__(self):
        return f"partition {self.number + 1} ({self.partition})"


@dataclass(frozen=True)
class Divide:
    """One file to be divided into partitions."""

    path: Path
    scoring: Scoring

    def __str__(self):
        return f"dividing {self.path}"


def divided(job):
    """The partitions of a file."""
    return partitions_of(job.path, job.scoring.selection(), job.scoring.chunk_size)


def scored_part(job):
    """Score a partition, write its rows, and return its `Record`.

    Parameters
    ----------
    job : ScorePart
    """
    selection, model = job.scoring.selection(), job.model.load()
    pieces = job.partition.pieces(selection, job.scoring.chunk_size)
    rows = job.scoring.rows(model, pieces, job.partition.start)
    counts, part, n_bytes = Counter(), None, 0
    first = next(rows, None)
    if first is not None:
        part = _parts.part_name(job.number, job.suffix)
        _write(job.folder / part, first, rows, counts)
        n_bytes = (job.folder / part).stat().st_size
    numbers = {name: counts[name] for name in COUNTS}
    kinds = selection.kinds()
    record = _parts.Record(job.number, part, n_bytes, **numbers, kinds=kinds)
    record.write(job.folder)
    return record


def _write(path, first, rows, counts):
    with open_writer(path) as writer:
        while first is not None:
            piece, kept = first
            writer.write(kept)
            counts.update(n_read=piece.n_read, n_scored=piece.n_events, n_kept=len(kept))
            first = next(rows, None)


def apply_in_partitions(given, model, scoring, paths, output, *, client=None, progress="auto"):
    """Score files partition by partition; see `apply`.

    Parameters
    ----------
    given : model or path
        As the user gave it.
    model : fitted classifier
    scoring : Scoring
    paths : list of Path
    output : Path
    client : distributed.Client or None
    progress : {"auto"} or bool

    Returns
    -------
    dict
        Of ``n_read``, ``n_scored`` and ``n_kept``.
    """
    about = _model_file.digest_of(given, model, sent=client is not None)
    key = _key(about or uuid.uuid4().hex, scoring, paths, output)
    with _parts.parts_folder(output, key) as folder:
        partitions = _partitions(client, scoring, paths)
        here = _model_file.ModelHere(model)
        sent = here if client is None else _model_file.file_of(given, model, folder)
        suffix = part_suffix(output)
        jobs = [
            ScorePart(number, one, sent, scoring, folder, suffix)
            for number, one in enumerate(partitions)
        ]
        with output_of_parts(output, folder, paths) as writer, _told_of_kept(about):
            counts = _joined_parts(client, jobs, writer, scoring, paths, progress)
        _parts.remove(folder)
    return {name: counts[name] for name in COUNTS}


@contextlib.contextmanager
def _told_of_kept(about):
    """Say at Ctrl-C that the same call goes on, which it does if it can tell the model."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        if about is None:
            raise
        raise KeyboardInterrupt(KEPT) from interrupt


def _key(model, scoring, paths, output):
    """What tells this job from others: the model, the files as they are, what is done with them."""
    files = [[str(p.resolve()), p.stat().st_size, p.stat().st_mtime_ns] for p in paths]
    about = json.loads(json.dumps(asdict(scoring), default=repr))
    return _manifest.digest([__version__, model, files, about, part_suffix(output)])


def _partitions(client, scoring, paths):
    found = dict(results(client, divided, [Divide(path.absolute(), scoring) for path in paths]))
    return [partition for number in range(len(paths)) for partition in found[number]]


def _joined_parts(client, jobs, writer, scoring, paths, progress):
    """Do what is not done, and append the parts in order, each as soon as it can be."""
    whole = {job.number: _parts.read_record(job.folder, job.number) for job in jobs}
    whole = {number: record for number, record in whole.items() if record is not None}
    left = [job for job in jobs if job.number not in whole]
    sizes = [job.partition.n_bytes for job in jobs]
    options = {"total": sum(sizes), "initial": sum(sizes[number] for number in whole)}
    bar = make_bar(progress, notebook=True, desc="scoring", unit="B", unit_scale=True, **options)
    joining = _Joining(jobs, writer, scoring.selection())
    try:
        joining.add(whole)
        for at, record in results(client, scored_part, left, kept=f"; {KEPT}"):
            joining.add({left[at].number: record})
            bar.update(sizes[left[at].number])
    finally:
        bar.close()
    return joining.finished(paths)


class _Joining:
    """Appends parts in their order, however they come."""

    def __init__(self, jobs, writer, selection):
        self._jobs, self._writer, self._selection = jobs, writer, selection
        self._waiting, self._next = {}, 0
        self._counts, self._in_file = Counter(), Counter()

    def add(self, records):
        """These are whole."""
        self._waiting.update(records)
        while self._next in self._waiting:
            self._append(self._jobs[self._next], self._waiting.pop(self._next))
            self._next += 1

    def _append(self, job, record):
        self._selection.merge_kinds(job.partition.path, record.kinds)
        self._in_file[job.partition.source] += record.n_read
        for name in COUNTS:
            self._counts[name] += getattr(record, name)
        if record.part is not None:
            self._writer.append(job.folder / record.part)

    def finished(self, paths):
        """The counts, if there were events where there had to be."""
        for source in dict.fromkeys(job.partition.source for job in self._jobs):
            check_not_empty(source, self._in_file[source], self._selection)
        check_any(paths, self._counts["n_read"])
        return self._counts
