"""Scoring files of events with a fitted model, in bounded memory."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from skhep_nn import _bar, _columns
from skhep_nn._dask._connection import checked
from skhep_nn._paths import user_path
from skhep_nn.deploy._dataset import check_output, is_dataset
from skhep_nn.deploy._model import FileColumns, load_model, model_features
from skhep_nn.deploy._partitioned import apply_in_partitions
from skhep_nn.deploy._scores import Scores, check_threshold
from skhep_nn.deploy._scoring import Scoring
from skhep_nn.deploy._writer import open_writer
from skhep_nn.io._files import ending, expand, open_source
from skhep_nn.io._read import CHUNK_SIZE, check_size
from skhep_nn.io._stream import Selection, stream


@dataclass(frozen=True)
class ApplySummary:
    """What `apply` did.

    Parameters
    ----------
    output : Path
    n_read : int
        Events in the files.
    n_scored : int
        Events that passed the cut.
    n_kept : int
        Events written: those whose score reaches the threshold.
    seconds : float
    """

    output: Path
    n_read: int
    n_scored: int
    n_kept: int
    seconds: float

    def __str__(self):
        return (
            f"{self.n_read} events read, {self.n_kept} kept, "
            f"{self.seconds:.1f} s, written to {self.output}"
        )


def apply(
    model,
    files,
    output,
    *,
    columns=None,
    chunk_size=CHUNK_SIZE,
    threshold=None,
    signal=None,
    features=None,
    tree=None,
    names=None,
    cut=None,
    empty="error",
    separator=None,
    comment=None,
    client=None,
    progress="auto",
):
    """Score the events of files with a fitted model, chunk by chunk, into one file or data set.

    Parameters
    ----------
    model : fitted classifier or Pipeline, or path
        Anything with ``predict_proba``, or the path of its joblib file, or of a file that
        `export_onnx` wrote (``.onnx``), which needs neither TensorFlow nor Keras. Loading a joblib
        file can run any code: load only files that you trust.
    files : path, pattern, or list of them
        As for `skhep_nn.io.read_events`. They may have more columns than the model needs, in any
        order; weight columns, and columns that steps exclude or that none reads, may be absent.
    output : path
        A ``.parquet``, ``.feather`` or ``.csv`` file. It appears, or takes the place of an older
        one, when it is whole: an interrupted run leaves no part of it. A name without an ending
        is a folder that becomes a Parquet data set, a file for each partition, in order; there
        must be no files in it.
    columns : str or list of str, default=None
        Columns of the files that are carried along into `output`, before the scores.
    chunk_size : int, default=100_000
        Events in memory at a time.
    threshold : float, default=None
        Keep the events whose score for `signal` is at least this. None keeps all.
    signal : label of a class, default=None
        The class whose probability is the score of a binary model; None is the second of
        ``classes_``. With more classes `threshold` needs it.
    features : list of str, default=None
        Columns that the model takes, in the order of its fit; only for a model that was fitted
        on arrays without names. None: its ``feature_names_in_``.
    tree, names, cut, empty, separator, comment
        As for `skhep_nn.io.read_events`.
    client : distributed.Client, default=None
        Has the workers of this Dask client score the events, by partitions of the files. Files,
        `output` and a model's file are on a file system that they share. The output is that of
        one process, to the bit.
    progress : {"auto"} or bool, default="auto"
        ``"auto"`` is a bar for what lasts more than two seconds, in a terminal or notebook; True
        a bar from the beginning, or in a log file one line at the end; False nothing.

    Returns
    -------
    ApplySummary
        With ``n_read``, ``n_scored``, ``n_kept``, ``seconds`` and ``output``.

    Raises
    ------
    ColumnError
        If a file lacks a feature or a column to carry along.
    FileFormatError
        If a file cannot be read, `model` is no joblib file of a model, or `output` is a link or
        no file.
    StorageError
        If the disk is full, or the folder of `output` is not yours to write in, or another
        process writes `output`.
    PartitionError
        If workers failed three times on a partition, which is named.
    ClusterError, VersionError
        If the scheduler is gone, or a worker has no or another version of the package.
    TypeError
        If the model cannot be pickled for the workers.

    Notes
    -----
    A binary model writes one column, ``score``. With more classes these are ``score_<class>`` for
    each class, and ``prediction``, the class with the highest score.

    With `client`, or into a data set, the files are divided into partitions of ten chunks (of
    Parquet files: whole row groups, of at least as many events; CSV and npz files are not
    divided). What is scored of them lies in a hidden folder beside `output` until all are there;
    a call that failed or was interrupted leaves it, and the same call again (the same model,
    files and options) does only what is missing.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np, pandas as pd
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> import skhep_nn
    >>> events = pd.DataFrame({"pt": [20.0, 30.0, 60.0, 80.0], "run": [1, 1, 2, 2]})
    >>> model = DecisionTreeClassifier().fit(events[["pt"]], [0, 0, 1, 1])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     folder = pathlib.Path(folder)
    ...     events.to_csv(folder / "events.csv", index=False)
    ...     done = skhep_nn.apply(
    ...         model, folder / "events.csv", folder / "scores.csv",
    ...         columns="run", threshold=0.5, progress=False,
    ...     )
    ...     pd.read_csv(folder / "scores.csv"), done.n_read, done.n_kept
    (   run  score
    0    2    1.0
    1    2    1.0, 4, 2)
    """
    started, progress = time.perf_counter(), _bar.check(progress)
    paths = expand(files)
    reading = {"tree": tree, "names": names, "separator": separator, "comment": comment}
    reading |= {"cut": cut, "empty": empty}
    _check_before(paths, output, columns, threshold, chunk_size, reading)
    client = None if client is None else checked(client)
    given, model = model, load_model(model)
    names = Scores(model, signal, threshold).names
    wanted = FileColumns(*model_features(model, features), columns, names)
    scoring = Scoring(wanted, reading, chunk_size, signal, threshold, features is None)
    if client is None and not is_dataset(output):
        n = _in_one_go(model, scoring, paths, output, progress)
    else:
        place = user_path(output, "output").absolute()
        n = apply_in_partitions(
            given, model, scoring, paths, place, client=client, progress=progress
        )
    return ApplySummary(Path(output), **n, seconds=time.perf_counter() - started)


def _in_one_go(model, scoring, paths, output, progress):
    pieces = stream(paths, scoring.selection(), scoring.chunk_size, progress=progress)
    counts = Counter(n_read=0, n_scored=0, n_kept=0)
    with open_writer(output, inputs=paths) as writer:
        for piece, rows in scoring.rows(model, pieces):
            writer.write(rows)
            counts.update(n_read=piece.n_read, n_scored=piece.n_events, n_kept=len(rows))
    return counts


def _check_before(paths, output, columns, threshold, chunk_size, reading):
    """Raise what can be said without the model, which may take seconds to load."""
    check_size(chunk_size, "chunk_size")
    check_threshold(threshold)
    check_output(output, paths)
    # the cut, and what is done with empty files
    selection = Selection(**reading)
    for path in paths:
        ending(path)
    with open_source(paths[0], **selection.options()) as source:
        source.check(_columns.as_list(columns))
