"""How much memory a file may ask for: an error is better than a process that the system ends."""

from __future__ import annotations

from pathlib import Path

from skhep_nn.exceptions import FileFormatError

MEMINFO = Path("/proc/meminfo")
LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
FREE = ("MemAvailable", "SwapFree")
# the parts stay while the whole is made of them
COPIES = 2


def available():
    """Bytes that this process can take, or None where the system does not say."""
    free, limits = _free(), [limit for limit in map(_limit, LIMITS) if limit is not None]
    return None if free is None else min([free, *limits])


def bounded(pieces):
    """The pieces of a table, as long as there is memory for all of them and for the table.

    Raises
    ------
    FileFormatError
        Naming the file at which there is not.
    """
    free, held = available(), 0
    for piece in pieces:
        held += sum(_bytes_of(values) for values in piece.columns.values())
        if free is not None and COPIES * held > free:
            msg = (
                f"{piece.path}: {held / 2**30:.1f} GB of events are read, and with "
                f"{free / 2**30:.1f} GB of free memory there is no room for a table of them; read "
                "them chunk by chunk (iterate_events), or fewer of them (columns=, cut=, n_max=)"
            )
            raise FileFormatError(msg)
        yield piece


def _bytes_of(values):
    return getattr(values, "nbytes", 8 * len(values))


def _free():
    try:
        lines = MEMINFO.read_text().splitlines()
        found = dict(line.split(":", 1) for line in lines if ":" in line)
        return sum(int(found[name].split()[0]) * 1024 for name in FREE)
    except (OSError, KeyError, ValueError, IndexError):
        return None


def _limit(path):
    try:
        return int(path.read_text())
    # "max" where there is none
    except (OSError, ValueError):
        return None
