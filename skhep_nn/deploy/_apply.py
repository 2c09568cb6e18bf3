"""Scoring files of events with a fitted model, in bounded memory."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from skhep_nn import _bar, _columns
from skhep_nn.deploy._model import FileColumns, load_model, model_features
from skhep_nn.deploy._scores import Scores, check_threshold
from skhep_nn.deploy._writer import open_writer, writer_for
from skhep_nn.exceptions import ColumnError, ForkedProcessError
from skhep_nn.io._files import ending, expand, open_source
from skhep_nn.io._read import CHUNK_SIZE, check_size, to_table
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
    progress="auto",
):
    """Score the events of files with a fitted model, chunk by chunk, into one file.

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
        one, when it is whole: an interrupted run leaves no part of it.
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
        If the disk is full, or the folder of `output` is not yours to write in.

    Notes
    -----
    A binary model writes one column, ``score``. With more classes these are ``score_<class>`` for
    each class, and ``prediction``, the class with the highest score.

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
    model = load_model(model)
    scores = Scores(model, signal, threshold)
    wanted = FileColumns(*model_features(model, features), columns, scores.names)
    pieces = stream(paths, wanted.selection(**reading), chunk_size, progress=progress)
    n_read = n_scored = n_kept = 0
    in_file = Counter()
    with open_writer(output, inputs=paths) as writer:
        for piece in pieces:
            first = in_file[piece.path]
            kept = _score_piece(piece, model, scores, wanted, first, named=features is None)
            in_file[piece.path] += piece.n_read
            writer.write(kept)
            n_read += piece.n_read
            n_scored += piece.n_events
            n_kept += len(kept)
    return ApplySummary(Path(output), n_read, n_scored, n_kept, time.perf_counter() - started)


def _check_before(paths, output, columns, threshold, chunk_size, reading):
    """Raise what can be said without the model, which may take seconds to load."""
    check_size(chunk_size, "chunk_size")
    check_threshold(threshold)
    writer_for(output, paths)
    # the cut, and what is done with empty files
    selection = Selection(**reading)
    for path in paths:
        ending(path)
    with open_source(paths[0], **selection.options()) as source:
        source.check(_columns.as_list(columns))


def _score_piece(piece, model, scores, wanted, first, *, named):
    """The rows of `output` for the events of one file that stand in it from `first` on."""
    carried = to_table(wanted.carried_of(piece.columns), 0, n_events=piece.n_events)
    X = to_table(wanted.features_of(piece.columns), 0)
    if piece.n_events == 0:
        return scores.none(carried)
    try:
        return scores.keep(carried, model.predict_proba(X if named else X.to_numpy()))
    except (MemoryError, ImportError, ForkedProcessError):
        raise
    # models of others raise anything on what they do not expect
    except Exception as error:
        raise _about(error, piece, wanted, first) from error


def _about(error, piece, wanted, first):
    absent = wanted.absent_from(piece.columns)
    missing = absent and isinstance(error, ColumnError)
    lacking = f" (it has no column {', '.join(map(repr, absent))})" if missing else ""
    which = f"its events from {first} on" if first else "its events"
    what = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
    msg = f"{piece.path}{lacking}: the model cannot score {which}: {what}"
    return ColumnError(msg) if absent or isinstance(error, ColumnError) else ValueError(msg)
