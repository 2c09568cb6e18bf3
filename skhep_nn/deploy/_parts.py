"""The folder of an `apply` by partitions: what is whole in it is not done again."""

from __future__ import annotations

import contextlib
import errno
import json
import re
from dataclasses import asdict, dataclass

from skhep_nn import _storage
from skhep_nn.cache._lock import locked
from skhep_nn.exceptions import FileFormatError, StorageError

PARTS = ".parts-"
KEY = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class Record:
    """What is known of a partition that is scored.

    Parameters
    ----------
    number : int
        Of the partition.
    part : str or None
        Name of its file; None if there are no events in it.
    n_bytes : int
        Of that file.
    n_read, n_scored, n_kept : int
        As in `ApplySummary`.
    kinds : dict of str to str
        What the columns held: numbers, text...
    """

    number: int
    part: str | None
    n_bytes: int
    n_read: int
    n_scored: int
    n_kept: int
    kinds: dict

    def write(self, folder):
        """Write it beside the part, which is whole then."""
        with _storage.whole_file(folder / record_name(self.number)) as file:
            file.write(json.dumps(asdict(self)).encode())


def record_name(number):
    """File name of a record."""
    return f"part-{number:05d}.json"


def part_name(number, suffix):
    """File name of the rows of a partition."""
    return f"part-{number:05d}{suffix}"


def read_record(folder, number):
    """The `Record` of a partition that is whole, or None."""
    try:
        with _storage.open_regular(folder / record_name(number)) as file:
            record = Record(**json.loads(file.read()))
        whole = record.part is None or (folder / record.part).stat().st_size == record.n_bytes
    # whatever is not as it was written is done again
    except (OSError, ValueError, TypeError):
        return None
    return record if whole and record.number == number else None


@contextlib.contextmanager
def parts_folder(output, key):
    """The hidden folder beside `output` in which its parts lie, for one process at a time.

    It stays if anything fails, for the next call with the same `key`; those of other keys go.

    Parameters
    ----------
    output : Path
    key : str
        Tells what is scored, and how.

    Raises
    ------
    StorageError
        If another process writes `output`, or the folder cannot be written.
    FileFormatError
        If something else is in its place.
    """
    # a task of a call that was given up may still write to the folder of that call
    folder = output.with_name(f".{output.name}{PARTS}{key}")
    after = f"what is scored stays in {folder.name}"
    with _storage.explained(output, "the scores", after), locked(output, wait=False) as free:
        if not free:
            msg = f"another process is writing {output}; wait for it, or name another output"
            raise StorageError(errno.EBUSY, msg)
        for other in output.parent.glob(f".{_storage.escape(output.name)}{PARTS}*"):
            if other != folder and KEY.fullmatch(other.name.rpartition(PARTS)[2]):
                remove(other)
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            msg = f"{folder}, where parts of the output are to lie, is a link or no folder"
            raise FileFormatError(msg)
        folder.mkdir(exist_ok=True)
        yield folder


def remove(folder):
    """Remove a folder of parts that are not needed any more."""
    _storage.remove_folder(folder)
