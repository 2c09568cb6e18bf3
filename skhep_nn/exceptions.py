"""Errors and warnings of the package, each also of the built-in kind that one would expect."""

from __future__ import annotations

__all__ = [
    "BatchNormalizationWarning",
    "CacheError",
    "ClusterError",
    "ColumnError",
    "DisagreementError",
    "DroppedEventsWarning",
    "ExportError",
    "ExtrapolationWarning",
    "FeatureWarning",
    "FileFormatError",
    "FoldsDifferWarning",
    "ForkedProcessError",
    "LeftOutWarning",
    "MassLeakWarning",
    "MissingExtraError",
    "MissingFileError",
    "PartitionError",
    "SeenEventsWarning",
    "SkhepNNError",
    "StorageError",
    "TemplateNoiseWarning",
    "TrainingError",
    "TrainingInterruptedWarning",
    "VersionError",
    "WeightError",
]


class SkhepNNError(Exception):
    """Base of every error that the package raises on its own account."""


class ColumnError(SkhepNNError, ValueError):
    """A column or block is missing, unknown, or in another place than in fit."""


class WeightError(SkhepNNError, ValueError):
    """Event weights are missing, given twice, not finite, or sum to nothing in a class."""


class TrainingError(SkhepNNError, RuntimeError):
    """Training went wrong beyond repair, e.g. the loss became NaN."""


class VersionError(SkhepNNError, ValueError):
    """A file was written by a version whose files cannot be read; the message names both."""


class ForkedProcessError(SkhepNNError, RuntimeError):
    """A process was forked off one that has run TensorFlow, where networks cannot run."""


class MissingExtraError(SkhepNNError, ImportError):
    """A package of an extra is not installed; the message has the line that installs it."""


class ClusterError(SkhepNNError, ConnectionError):
    """A Dask scheduler does not answer, or a worker of it lacks the package."""


class PartitionError(SkhepNNError, RuntimeError):
    """A part of the events failed on every worker that tried it; the message names the part."""


class ExportError(SkhepNNError, ValueError):
    """A model cannot be written as ONNX; the message names the step and the reason."""


class DisagreementError(SkhepNNError, ValueError):
    """An ONNX file does not give the probabilities of the model that it was made from."""


class DroppedEventsWarning(UserWarning):
    """Events were dropped, clipped, truncated or given zero weight."""


class LeftOutWarning(UserWarning):
    """Columns of a file were left out, since no column of events can hold them."""


class FoldsDifferWarning(UserWarning):
    """The networks of a cross-fit give their folds scores that are not comparable."""


class SeenEventsWarning(UserWarning):
    """A part of a cross-fit is frozen, and may have been trained on events that it scores."""


class MassLeakWarning(UserWarning):
    """The mass alone separates signal from background in the training of a parametric network."""


class ExtrapolationWarning(UserWarning):
    """A mass hypothesis is outside the range in which a parametric network was trained."""


class FeatureWarning(UserWarning):
    """A column that is taken for a feature holds something else, or loses what it says."""


class TemplateNoiseWarning(UserWarning):
    """A systematic variation is smaller than the statistical noise of its templates."""


class TrainingInterruptedWarning(UserWarning):
    """Training was stopped by the user; the best epoch so far was kept."""


class FileFormatError(SkhepNNError, OSError):
    """A file is empty, cut off, of an unknown or broken format, or without the tree asked for."""


class MissingFileError(FileFormatError, FileNotFoundError):
    """A file is not there, or a pattern matches none."""


class StorageError(SkhepNNError, OSError):
    """A file cannot be written: the disk is full, the folder is not yours, the place is taken."""


class CacheError(StorageError):
    """A cache cannot be written or is in the way of another, e.g. because the disk is full."""


class BatchNormalizationWarning(UserWarning):
    """The means and variances that batch normalisation keeps describe no batch of training."""
