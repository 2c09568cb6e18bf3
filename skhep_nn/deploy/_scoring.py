"""How pieces of files become rows of scores, for one process and for workers alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from skhep_nn.deploy._model import FileColumns
from skhep_nn.deploy._scores import Scores
from skhep_nn.exceptions import ColumnError, ForkedProcessError
from skhep_nn.io._read import to_table


@dataclass(frozen=True)
class Scoring:
    """What `apply` does with events, apart from the model; it travels to workers.

    Parameters
    ----------
    wanted : FileColumns
    reading : dict
        Of the files, as `Selection` takes it.
    chunk_size : int
    signal, threshold
        As for `apply`.
    named : bool
        Whether the model gets tables; arrays if not.
    """

    wanted: FileColumns
    reading: dict
    chunk_size: int
    signal: object
    threshold: float | None
    named: bool

    def selection(self):
        """What is to be read."""
        return self.wanted.selection(**self.reading)

    def rows(self, model, pieces, first=0):
        """Iterate over pairs of `Piece` and its rows of the output.

        Parameters
        ----------
        model : fitted classifier
        pieces : iterable of Piece
        first : int, default=0
            Number in its file of the first event, for messages.
        """
        scores = Scores(model, self.signal, self.threshold)
        in_file = Counter()
        for piece in pieces:
            yield piece, self._rows(piece, model, scores, first + in_file[piece.path])
            in_file[piece.path] += piece.n_read

    def _rows(self, piece, model, scores, first):
        carried = to_table(self.wanted.carried_of(piece.columns), 0, n_events=piece.n_events)
        X = to_table(self.wanted.features_of(piece.columns), 0)
        if piece.n_events == 0:
            return scores.none(carried)
        try:
            return scores.keep(carried, model.predict_proba(X if self.named else X.to_numpy()))
        except (MemoryError, ImportError, ForkedProcessError):
            raise
        # models of others raise anything on what they do not expect
        except Exception as error:
            raise _about(error, piece, self.wanted, first) from error


def _about(error, piece, wanted, first):
    absent = wanted.absent_from(piece.columns)
    missing = absent and isinstance(error, ColumnError)
    lacking = f" (it has no column {', '.join(map(repr, absent))})" if missing else ""
    which = f"its events from {first} on" if first else "its events"
    what = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
    msg = f"{piece.path}{lacking}: the model cannot score {which}: {what}"
    return ColumnError(msg) if absent or isinstance(error, ColumnError) else ValueError(msg)
