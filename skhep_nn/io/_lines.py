"""The lines of a text file, unpacked piece by piece, without comments and checked on the way."""

from __future__ import annotations

import gzip
import io
import re
import zlib

from skhep_nn.exceptions import FileFormatError

PIECE = 2**20
# a csv.gz of a few megabytes can hold one line of gigabytes
LONGEST_LINE = 2**22
MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"PK": "a zip archive", b"\x1f\x8b": "gzip"}

BLANKS, EDGES = re.compile(rb"[ \t]+"), re.compile(rb"(?m)^ | (?=\r?$)")


class Lines(io.RawIOBase):
    """What a reader of CSV takes for a file.

    Parameters
    ----------
    path : Path
    comment : str or None
        Lines that begin with it are left out, and so is what follows it in others, unless it
        stands in quotation marks.
    squeeze : bool, default=False
        Whether several blanks are one, and none in front of a line or behind it; not where there
        are quotation marks.

    Attributes
    ----------
    skipped : str
        The last comment in front of the first line.
    """

    def __init__(self, path, comment=None, squeeze=False):
        super().__init__()
        self._path, self._comment, self._squeeze = path, comment and comment.encode(), squeeze
        self._old_ends = False
        self._size = path.stat().st_size
        self._raw = path.open("rb")
        is_packed = path.name.lower().endswith(".gz")
        self._file = gzip.GzipFile(fileobj=self._raw) if is_packed else self._raw
        self._held, self._rest, self._ended = b"", b"", False
        self._n_read = self._n_of_line = 0
        self.skipped = ""
        self._watcher = None

    def watch(self, watcher):
        """Show `watcher` what follows, piece by piece, and an empty piece at the end."""
        self._watcher = watcher
        self._show(self._held)

    def first(self):
        """The next line that is neither empty nor a comment, as text; None at the end."""
        while True:
            line, end, self._held = self._held.partition(b"\n")
            if end or (self._ended and line):
                if line.strip():
                    return self._decoded(line)
            elif self._ended:
                return None
            else:
                self._held = line + self._next()

    def is_at_end(self):
        """Whether nothing but empty lines is left."""
        while not self._held.strip() and not self._ended:
            self._held += self._next()
        return not self._held.strip()

    def readable(self):
        """True."""
        return True

    def read(self, size=-1):
        """At most `size` bytes of whole and clean lines."""
        while not self._ended and len(self._held) < max(size, 1):
            self._held += self._next()
        size = len(self._held) if size < 0 else size
        given, self._held = self._held[:size], self._held[size:]
        return given

    def fraction(self):
        """Which part of the file has been unpacked."""
        return min(self._raw.tell() / self._size, 1.0)

    def close(self):
        """Close the file."""
        self._file.close()
        self._raw.close()
        super().close()

    def _next(self):
        """The next piece, looked at by who watches."""
        piece = self._cleaned()
        self._show(piece)
        return piece

    def _show(self, piece):
        if self._watcher is not None and piece:
            self._watcher.check(piece)
        if self._watcher is not None and self._ended:
            self._watcher.check(b"")

    def _cleaned(self):
        """The next piece, cut behind a line where comments are left out."""
        piece = self._unpacked()
        self._check(piece)
        self._n_read += len(piece)
        self._ended = not piece
        if self._old_ends:
            piece = piece.replace(b"\r", b"\n")
        if self._comment is None and not self._squeeze:
            return piece
        content = self._rest + piece
        cut = len(content) if self._ended else content.rfind(b"\n") + 1
        self._rest = content[cut:]
        return self._squeezed(self._without_comments(content[:cut]))

    def _unpacked(self):
        try:
            return self._file.read(PIECE)
        except (EOFError, OSError, zlib.error) as error:
            msg = (
                f"{self._path} cannot be read; it is cut off, damaged or of another format: {error}"
            )
            raise FileFormatError(msg) from error

    def _check(self, piece):
        if not self._n_read:
            # lines that end as on the first Macintosh
            self._old_ends = b"\r" in piece and b"\n" not in piece
            found = next((what for mark, what in MARKS.items() if piece.startswith(mark)), None)
            if found:
                msg = f"{self._path} cannot be read; it is {found} and no text in UTF-8"
                raise FileFormatError(msg)
        at = piece.find(b"\0")
        if at >= 0:
            msg = (
                f"{self._path} has NUL bytes from byte {self._n_read + at} on, which no text has; "
                "it was not written whole, e.g. because a machine crashed"
            )
            raise FileFormatError(msg)
        ends = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
        self._n_of_line = len(piece) - ends - 1 + (self._n_of_line if ends < 0 else 0)
        if self._n_of_line > LONGEST_LINE:
            self._refuse_line()

    def _without_comments(self, content):
        if self._comment is None or self._comment not in content:
            return content
        lines = [self._bare(line) for line in content.split(b"\n")]
        return b"\n".join(line for line in lines if line is not None)

    def _squeezed(self, content):
        if not self._squeeze or b'"' in content:
            return content
        return EDGES.sub(b"", BLANKS.sub(b" ", content))

    def _bare(self, line):
        if self._comment not in line:
            return line
        if line.lstrip().startswith(self._comment):
            self.skipped = line.decode("utf-8", "replace")
            return None
        at = line.find(self._comment)
        while at >= 0 and line[:at].count(b'"') % 2:
            at = line.find(self._comment, at + 1)
        return line if at < 0 else line[:at].rstrip()

    def _decoded(self, line):
        try:
            return line.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            msg = f"{self._path} cannot be read; its first line is no text in UTF-8: {line[:40]!r}"
            raise FileFormatError(msg) from error

    def _refuse_line(self):
        msg = (
            f"{self._path} cannot be read; one of its lines has more than "
            f"{LONGEST_LINE / 2**20:.0f} MB, which is no event"
        )
        raise FileFormatError(msg)
