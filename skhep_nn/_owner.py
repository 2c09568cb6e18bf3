"""Which process a file belongs to: a word for its name or content, and whether it still runs."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import socket
from pathlib import Path

WORD = re.compile(r"([0-9a-f]{8})-(\d+)-([0-9a-f]{8})")
# The end of the names that files have before they are whole.
TEMPORARY = ".part"
UNFINISHED = re.compile(rf"\.({WORD.pattern})\.[0-9a-f]+{re.escape(TEMPORARY)}")
# Zombies and dead processes, as /proc tells of them.
ENDED = ("Z", "X", "x")


def me():
    """The word for this process: host, process id, and when it started.

    Examples
    --------
    >>> is_gone(me())
    False
    """
    return f"{_host()}-{os.getpid()}-{_started(os.getpid())}"


def is_gone(word):
    """Whether `word` names a process of this host that has ended; False where it is not known."""
    found = WORD.fullmatch(word)
    if found is None or found[1] != _host():
        return False
    process = int(found[2])
    return not _runs(process) or _started(process) != found[3]


def sweep(folder, pattern=f".*{TEMPORARY}"):
    """Remove unfinished files of `folder` whose name has the word of a process that is gone.

    Parameters
    ----------
    folder : Path
    pattern : str, default=".*.part"
        For `Path.glob`.
    """
    with contextlib.suppress(OSError):
        for left in folder.glob(pattern):
            found = UNFINISHED.search(left.name)
            if found is not None and found.end() == len(left.name) and is_gone(found[1]):
                with contextlib.suppress(OSError):
                    left.unlink(missing_ok=True)


def _host():
    # containers share the name of a host now and then, and have processes of their own
    try:
        space = Path("/proc/self/ns/pid").readlink()
    except OSError:
        space = ""
    return _short(f"{socket.gethostname()} {space}")


def _runs(process):
    if os.name != "posix":
        # to ask there would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OverflowError:
        return False
    except PermissionError:
        return True
    return _stat(process)[:1] not in ([end] for end in ENDED)


def _started(process):
    """Word for the moment at which a process started: numbers of processes come again."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    except OSError:
        boot = ""
    return _short(f"{boot} {_stat(process)[19:20]}")


def _stat(process):
    """The fields of a process from its state on; none where there is no /proc."""
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return []
    # the name before may have blanks and brackets in it
    return text.rpartition(")")[2].split()


def _short(text):
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
