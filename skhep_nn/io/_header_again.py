"""The header line in the middle of a text file: several files were put behind each other."""

from __future__ import annotations

import csv
import gzip

from skhep_nn.exceptions import FileFormatError

BYTE_ORDER_MARK = "\ufeff"


class HeaderAgain:
    """Looks for a line that has the names of the columns, as the first line has.

    Such a line turns every column into text, and counts as an event.

    Parameters
    ----------
    path : Path
    fields : list of str
        Those of the first line. A single one is not looked for: it may be a value.
    separator : str
    """

    def __init__(self, path, fields, separator):
        self._path, self._separator = path, separator
        self._fields, self._names = fields, sorted(fields)
        # few lines have the longest of the names, and only these are taken apart
        self._mark = max(fields, key=len, default="").encode() if len(fields) > 1 else b""
        self._rest = b""

    def check(self, piece):
        """Raise if a line is the header again; an empty piece is the end of the file.

        Raises
        ------
        FileFormatError
            Naming the line.
        """
        if not self._mark:
            return
        content = self._rest + piece
        end = content.rfind(b"\n") + 1 if piece else len(content)
        self._rest = content[end:]
        at = content.find(self._mark, 0, end)
        while at >= 0:
            stop = content.find(b"\n", at, end)
            stop = end if stop < 0 else stop
            line = content[content.rfind(b"\n", 0, at) + 1 : stop]
            if self._is_header(line.decode("utf-8", "replace")):
                self._refuse()
            at = content.find(self._mark, stop, end)

    def _is_header(self, line):
        return sorted(_fields(line, self._separator)) == self._names

    def _refuse(self):
        at = self._number()
        msg = (
            f"{self._path}: {'a line' if at is None else f'line {at}'} has the names of the "
            f"columns again: {', '.join(self._fields[:5])}; several files were put behind each "
            "other with their header lines. Read the files as they were (a list of paths, or a "
            "pattern), or take out the line"
        )
        raise FileFormatError(msg)

    def _number(self):
        """Number of the line in the file, counted from 1, empty lines and comments included."""
        opener = gzip.open if self._path.name.lower().endswith(".gz") else open
        with opener(self._path, "rt", encoding="utf-8", errors="replace") as lines:
            found = [n for n, line in _first_two(lines, self._is_header)]
        return found[1] if len(found) > 1 else None


def _first_two(lines, holds):
    n_found = 0
    for number, line in enumerate(lines, start=1):
        if holds(line):
            yield number, line
            n_found += 1
        if n_found == 2:
            return


def _fields(line, separator):
    """The fields of a line, without what stands around them."""
    line = line.removeprefix(BYTE_ORDER_MARK).strip("\r\n")
    pieces = line.split() if separator == " " else next(csv.reader([line], delimiter=separator), [])
    return [field.strip().removeprefix(BYTE_ORDER_MARK).strip('"') for field in pieces]
