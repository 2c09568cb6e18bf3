"""CSV, plain or gzipped, with or without a header line, separated by commas or otherwise."""

from __future__ import annotations

import csv
import warnings

import pandas as pd
import pyarrow as pa
import pyarrow.csv
from pyarrow import compute

from skhep_nn.exceptions import FileFormatError
from skhep_nn.io._arrow import rebatch, to_column
from skhep_nn.io._header_again import HeaderAgain
from skhep_nn.io._lines import LONGEST_LINE, Lines
from skhep_nn.io._source import Source

FORMAT = "a CSV file"
TAKES = ("names", "separator", "comment")

# what pandas' writers and common tools write for a missing number
MISSING = ["", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "<NA>", "#N/A", "-nan", "-NaN"]

# what separates fields in files that are called CSV, in words
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}
# whole numbers which a float64 may have to round
LARGE_WHOLE = r"^[+-]?\d{16,300}$"
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
DECIMAL_COMMA = r"^[+-]?\d+,\d+$"


def open_file(path, names=None, separator=None, comment=None):
    """Open a CSV file; `names` are its columns if it has no header line."""
    return CsvSource(path, names, separator, comment)


class CsvSource(Source):
    """Fields are read as text and turned into numbers chunk by chunk, to the last bit.

    Types cannot be guessed from the first lines: a column of whole numbers may turn to fractions
    in the millionth event.
    """

    def __init__(self, path, names, separator, comment):
        self._separator, self._comment = separator or ",", comment
        squeeze = self._separator == " "
        with Lines(path, comment, squeeze) as lines:
            head = _Head(path, lines, self._separator, comment)
        if comment is None:
            _check_comment(path, head)
        if separator is None:
            _check_separator(path, head)
        columns, has_header = _columns(path, head, names)
        # the header says whether a blank behind a comma belongs to the text
        self._trim = any(field[:1].isspace() for field in head.fields)
        super().__init__(path, columns, None)
        self._lines = Lines(path, comment, squeeze)
        if has_header:
            self._lines.first()
            self._lines.watch(HeaderAgain(path, head.fields, self._separator))

    def chunks(self, columns, size, start=0, stop=None):
        if self._lines.is_at_end():
            return
        reader = pa.csv.open_csv(
            pa.PythonFile(self._lines, mode="r"),
            read_options=pa.csv.ReadOptions(column_names=self.names, block_size=LONGEST_LINE),
            parse_options=pa.csv.ParseOptions(delimiter=self._separator),
            convert_options=pa.csv.ConvertOptions(
                include_columns=columns,
                column_types=dict.fromkeys(columns, pa.string()),
                null_values=MISSING,
                strings_can_be_null=True,
            ),
        )
        for table in rebatch(reader, size):
            yield {name: self._typed(table.column(name), name) for name in columns}

    def fraction(self, n_read):
        return self._lines.fraction()

    def close(self):
        self._lines.close()

    def _typed(self, column, name):
        values = typed(column, trim=self._trim)
        if pa.types.is_floating(values.type):
            self._check_exact(column, name)
        if pa.types.is_string(values.type):
            self._warn_of_stray_text(values, name)
        if self._separator != "," and pa.types.is_string(values.type):
            self._check_decimals(values, name)
        return to_column(values)

    def _check_exact(self, column, name):
        texts = compute.utf8_trim_whitespace(column.drop_null())
        for text in texts.filter(compute.match_substring_regex(texts, LARGE_WHOLE)).to_pylist():
            if int(text) != float(text):
                msg = (
                    f"{self}: column {name!r} has {text}, which is a whole number that no type "
                    "which holds the others holds exactly"
                )
                raise FileFormatError(msg)

    def _warn_of_stray_text(self, values, name):
        """Say which value makes text of a column that is mostly numbers."""
        there = compute.utf8_trim_whitespace(values.drop_null())
        is_number = compute.match_substring_regex(there, NUMBER)
        n_numbers = compute.sum(is_number).as_py() or 0
        if 2 * n_numbers > len(there):
            stray = there.filter(compute.invert(is_number))[0].as_py()
            msg = (
                f"{self}: column {name!r} is read as text, since it has {stray!r:.60} among "
                "numbers; take such lines out, or make them missing (an empty field)"
            )
            warnings.warn(msg, UserWarning, stacklevel=2)

    def _check_decimals(self, values, name):
        there = values.drop_null()
        if len(there) and compute.all(compute.match_substring_regex(there, DECIMAL_COMMA)).as_py():
            msg = f"{self}: column {name!r} has decimal commas, such as {there[0].as_py()!r}"
            msg += "; write numbers with decimal points"
            raise FileFormatError(msg)


def typed(column, trim=False):
    """A text column as whole numbers, else numbers, else truth values, else as it is.

    A missing word may have blanks around it; with `trim`, text has none.
    """
    trimmed = compute.utf8_trim_whitespace(column)
    is_missing = compute.is_in(trimmed, value_set=pa.array(MISSING))
    # an array: with one null for all, Arrow up to 18 takes wrong pieces of the text of a slice
    nothing = pa.nulls(len(column), pa.string())
    numbers = compute.if_else(is_missing, nothing, trimmed)
    for kind in (pa.int64(), pa.uint64(), pa.float64(), pa.bool_()):
        try:
            found = numbers.cast(kind)
        except pa.ArrowInvalid:
            continue
        if kind != pa.int64() or not _is_wrapped(numbers, found):
            return found
    return numbers if trim else compute.if_else(is_missing, nothing, column)


def _is_wrapped(texts, found):
    """Whether a hexadecimal number was too large: 0xffffffffffffffff is not -1."""
    is_negative = compute.less(found, 0)
    if not compute.any(is_negative).as_py():
        return False
    has_sign = compute.starts_with(texts, "-")
    return compute.any(compute.and_(is_negative, compute.invert(has_sign))).as_py()


class _Head:
    """The first lines of a file: fields of the first, and of the comment in front of it."""

    def __init__(self, path, lines, separator, comment):
        first = lines.first()
        if first is None:
            msg = f"{path} is empty: not even a header line"
            raise FileFormatError(msg)
        self.line, self.next_line, self.separator = first, lines.first() or "", separator
        self.fields = _split(first, separator)
        skipped = lines.skipped.strip().lstrip(comment or "").strip()
        self.commented = _split(skipped, separator) if skipped else []


def _split(line, separator):
    return next(csv.reader([line.rstrip("\r\n")], delimiter=separator), [])


def _columns(path, head, names):
    """Names of the columns, and whether the first line has them."""
    if names is not None:
        _check_no_header(path, head)
        return _check_names(path, names, head), False
    fields = [field.strip() or f"Unnamed: {at}" for at, field in enumerate(head.fields)]
    # as numpy.savetxt writes it: the header is a comment; what an event lacks is empty
    commented = [field.strip() for field in head.commented]
    is_header = len(commented) == len(fields) and all(map(str.isidentifier, commented))
    if is_header and all(not field.strip() or _is_number(field) for field in head.fields):
        return _check_unique(path, commented), False
    if not all(_is_number(field) for field in fields):
        return _check_unique(path, fields), True
    msg = f"{path} has no header line; its first line is {fields[:5]}; give names="
    raise FileFormatError(msg)


def _check_comment(path, head):
    mark = head.line.lstrip()[:1]
    if mark in ("#", "%"):
        msg = (
            f"{path}: its first line begins with {mark!r}: {head.line[:60].strip()!r}; "
            f"comment={mark!r} skips such lines, and takes the names of a commented header"
        )
        raise FileFormatError(msg)


def _check_separator(path, head):
    looks = _looks_separated(head) if len(head.fields) == 1 else None
    if looks:
        msg = (
            f"{path} looks as if it is separated by {SEPARATORS[looks]}: its first line is "
            f"{head.line[:60].strip()!r}; give separator={looks!r} (or ',' if it is not)"
        )
        raise FileFormatError(msg)


def _looks_separated(head):
    for separator in SEPARATORS:
        n_fields = len(_pieces(head.line, separator))
        # a name of two words is no two columns
        values = _pieces(head.next_line, separator)
        is_sure = separator != " " or (len(values) == n_fields and all(map(_is_number, values)))
        if n_fields > 1 and is_sure:
            return separator
    return None


def _pieces(line, separator):
    return line.split() if separator == " " else _split(line.strip(), separator)


def _check_no_header(path, head):
    """Raise if the first line has words where the next has numbers: it is no event."""
    words = [field for field in head.fields if not _is_number(field)]
    is_missing = any(word.strip() in MISSING for word in words)
    values = _split(head.next_line, head.separator)
    if len(words) == len(head.fields) and not is_missing and any(map(_is_number, values)):
        msg = (
            f"{path} has a header line, {head.line[:60].strip()!r}; names= is for a file without "
            "one: leave it out, and rename the columns of what is read"
        )
        raise FileFormatError(msg)


def _check_names(path, names, head):
    if len(names) != len(head.fields):
        msg = f"{path} has {len(head.fields)} columns, but names has {len(names)}: {names}"
        raise FileFormatError(msg)
    return _check_unique(path, names)


def _check_unique(path, names):
    twice = pd.Index(names)[pd.Index(names).duplicated()].unique().tolist()
    if twice:
        msg = f"{path} has more than one column named {twice}"
        raise FileFormatError(msg)
    return names


def _is_number(field):
    try:
        float(field)
    except ValueError:
        return False
    return True
