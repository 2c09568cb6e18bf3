"""What the row groups of a Parquet file say of their columns, read without Arrow's own objects.

Those end the process where what a damaged file says of one column does not go together. The footer
is a struct in Thrift's compact protocol: each field has a number and a type. Format:
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"PAR1"
# types of the compact protocol
TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, SET, MAP, STRUCT, UUID = 1, 2, 3, 7, 8, 9, 10, 11, 12, 13
WIDTHS = {TRUE: 0, FALSE: 0, BYTE: 1, DOUBLE: 8, UUID: 16}
# numbers of fields: of the file, of a row group, of a piece of a column
GROUPS, COLUMNS, N_EVENTS, ABOUT, PATH, N_VALUES = 4, 1, 3, 3, 3, 5
# what is read, and in which field it stands; all else is passed over
WANTED = {GROUPS: {COLUMNS: {ABOUT: {PATH: {}, N_VALUES: {}}}, N_EVENTS: {}}}


@dataclass(frozen=True)
class Group:
    """A row group.

    Parameters
    ----------
    n_events : int
    n_values : list of (str, int)
        Path of each column, parts of which are joined by dots, and the number of its values.
    """

    n_events: int
    n_values: list


def groups_of(path):
    """The row groups of a file, in order.

    Raises
    ------
    ValueError, IndexError, struct.error
        If the file is no Parquet file, or damaged.
    """
    with Path(path).open("rb") as file:
        end = file.seek(0, 2)
        file.seek(max(0, end - 8))
        size, magic = struct.unpack("<I4s", file.read(8))
        if magic != MAGIC or size > end - 8:
            msg = "it does not end as a Parquet file does"
            raise ValueError(msg)
        file.seek(end - 8 - size)
        return [_group(one) for one in _Compact(file.read(size)).struct(WANTED).get(GROUPS, [])]


def _group(fields):
    columns = [column.get(ABOUT, {}) for column in fields.get(COLUMNS, [])]
    return Group(
        fields.get(N_EVENTS, 0),
        [
            (b".".join(about.get(PATH, [])).decode(errors="replace"), about.get(N_VALUES, 0))
            for about in columns
        ],
    )


class _Compact:
    """Values of the compact protocol, one after another."""

    def __init__(self, content):
        self._content, self._at = content, 0

    def struct(self, wanted):
        """{number of a field: value} of those that are wanted."""
        found, number = {}, 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._signed()
            value = self._value(head & 15, wanted.get(number, {}))
            if number in wanted:
                found[number] = value
        return found

    def _value(self, kind, wanted):
        if kind in WIDTHS:
            return self._skip(WIDTHS[kind])
        if kind == BINARY:
            return self._bytes(self._unsigned())
        if kind in (LIST, SET):
            return self._list(wanted)
        if kind == STRUCT:
            return self.struct(wanted)
        return self._map() if kind == MAP else self._signed()

    def _list(self, wanted):
        head = self._byte()
        n = head >> 4 if head >> 4 < 15 else self._unsigned()
        # booleans of a list have a byte each
        kind = BYTE if head & 15 in (TRUE, FALSE) else head & 15
        return [self._value(kind, wanted) for _ in range(n)]

    def _map(self):
        n = self._unsigned()
        kinds = self._byte() if n else 0
        for _ in range(n):
            self._value(kinds >> 4, {})
            self._value(kinds & 15, {})

    def _byte(self):
        self._at += 1
        return self._content[self._at - 1]

    def _skip(self, n):
        self._at += n

    def _bytes(self, n):
        self._at += n
        return self._content[self._at - n : self._at]

    def _unsigned(self):
        value = shift = 0
        while (byte := self._byte()) >= 128:
            value |= (byte & 127) << shift
            shift += 7
        return value | byte << shift

    def _signed(self):
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)
