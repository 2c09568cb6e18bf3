from __future__ import annotations

import gzip

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skhep_nn.exceptions import FileFormatError
from skhep_nn.io import iterate_events, read_events
from skhep_nn.io._csv import typed


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.csv"


def test_a_file_without_header_is_read_with_names(path):
    path.write_text("1,2.5,tt\n3,4.5,Wjets\n")
    got = read_events(path, names=["n", "x", "process"])
    assert got.to_dict("list") == {"n": [1, 3], "x": [2.5, 4.5], "process": ["tt", "Wjets"]}


def test_a_file_without_header_and_names_is_an_error(path):
    path.write_text("1,2.5\n3,4.5\n")
    with pytest.raises(FileFormatError, match=r"events.csv has no header line.*give names="):
        read_events(path)


def test_names_that_do_not_fit_are_an_error_with_both_numbers(path):
    path.write_text("1,2.5\n")
    with pytest.raises(FileFormatError, match="has 2 columns, but names has 3"):
        read_events(path, names=["a", "b", "c"])


def test_a_header_with_blanks_and_a_byte_order_mark_is_understood(path):
    path.write_text("pt, eta\n 1, 2.5\n", encoding="utf-8-sig")
    assert read_events(path).to_dict("list") == {"pt": [1], "eta": [2.5]}


def test_an_index_without_a_name_is_named_as_pandas_names_it(path):
    path.write_text(",pt\n0,1.5\n")
    assert read_events(path).columns.tolist() == ["Unnamed: 0", "pt"]


def test_a_name_that_stands_twice_in_the_header_is_an_error(path):
    path.write_text("pt,eta,pt\n1,2,3\n")
    with pytest.raises(FileFormatError, match=r"more than one column named \['pt'\]"):
        read_events(path)


@pytest.mark.parametrize("line", ["4,5", "4,5,6,7"])
def test_a_line_with_too_few_or_too_many_fields_is_an_error(path, line):
    path.write_text(f"a,b,c\n1,2,3\n{line}\n7,8,9\n")
    with pytest.raises(FileFormatError, match=r"events.csv cannot be read.*Expected 3 columns"):
        read_events(path, columns=["a"])


@pytest.mark.parametrize("missing", ["", "NA", "nan", "NaN", "null"])
def test_a_missing_number_is_nan(path, missing):
    path.write_text(f"pt,n\n1.5,{missing}\n{missing},2\n")
    got = read_events(path)
    assert np.isnan(got["pt"].tolist()).tolist() == [False, True]
    assert np.isnan(got["n"].tolist()).tolist() == [True, False]


def test_whole_numbers_that_turn_to_fractions_late_are_read_exactly(path):
    path.write_text("x\n" + "1\n" * 10 + "0.25\n")
    assert read_events(path)["x"].tolist() == [1.0] * 10 + [0.25]
    chunks = list(iterate_events(path, chunk_size=4))
    assert [chunk["x"].dtype.kind for chunk in chunks] == ["i", "i", "f"]


def test_event_numbers_of_64_bits_are_kept(path):
    path.write_text(f"event,run\n{2**64 - 1},{-(2**63)}\n{2**53 + 1},3\n")
    got = read_events(path)
    assert got["event"].tolist() == [2**64 - 1, 2**53 + 1]
    assert got["run"].tolist() == [-(2**63), 3]


def test_infinities_signs_and_truth_values_are_read(path):
    path.write_text("x,flag\ninf,True\n-inf,False\n+1.5e3,True\n")
    got = read_events(path)
    assert got["x"].tolist() == [np.inf, -np.inf, 1500.0]
    assert got["flag"].tolist() == [True, False, True]


def test_a_last_line_without_a_line_end_counts(path):
    path.write_text("x\n1\n2")
    assert read_events(path)["x"].tolist() == [1, 2]


def test_a_gzipped_file_that_is_cut_off_is_an_error_at_any_length(tmp_path):
    rows = "".join(f"{at},{at * 0.37}\n" for at in range(5000))
    whole = gzip.compress(f"a,b\n{rows}".encode())
    path = tmp_path / "events.csv.gz"
    for length in (15, len(whole) // 3, len(whole) - 9, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(FileFormatError, match=r"events.csv.gz"):
            read_events(path)
    path.write_bytes(whole)
    assert len(read_events(path)) == 5000


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=20))
def test_numbers_come_back_to_the_last_bit(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("csv") / "events.csv"
    path.write_text("x\n" + "".join(f"{value!r}\n" for value in values))
    assert read_events(path)["x"].tolist() == values


@pytest.mark.parametrize("word", [" NA", "NA ", "  nan", " null", " "])
def test_a_missing_word_may_have_blanks_around_it(path, word):
    path.write_text(f"pt,eta\n1.5,{word}\n2.5,1\n")
    assert np.isnan(read_events(path)["eta"]).tolist() == [True, False]


def test_text_has_no_blanks_in_front_where_the_header_has_such(path):
    path.write_text("pt, process\n1, ttH\n2, W\n")
    assert len(read_events(path, cut="process == 'ttH'")) == 1
    path.write_text("pt,process\n1, ttH\n2,W\n")
    assert read_events(path)["process"].tolist() == [" ttH", "W"]


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
@pytest.mark.parametrize("at", [1000, 3_000_000])
def test_nul_bytes_are_an_error_that_says_where(tmp_path, suffix, at):
    path = tmp_path / f"x{suffix}"
    content = b"pt,eta\n" + b"1.5,2.5\n" * 500_000
    content = content[:at] + bytes(700) + content[at + 700 :]
    path.write_bytes(gzip.compress(content, 1) if suffix == ".csv.gz" else content)
    with pytest.raises(FileFormatError, match=rf"x{suffix} has NUL bytes from byte {at} on, .*cra"):
        read_events(path)


SEPARATED = {";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}


@pytest.mark.parametrize("separator", SEPARATED)
def test_another_separator_is_an_error_that_names_it_or_is_given(path, separator):
    path.write_text("pt,eta\n1.5,2\n3.5,4\n".replace(",", separator))
    with pytest.raises(FileFormatError, match=f"as if it is separated by {SEPARATED[separator]}"):
        read_events(path)
    got = read_events(path, separator=separator, cut="eta > 2")
    assert got.to_dict("list") == {"pt": [3.5], "eta": [4]}
    (chunk,) = iterate_events(path, separator=separator)
    assert list(chunk) == ["pt", "eta"]


@pytest.mark.parametrize("separator", SEPARATED)
def test_another_separator_without_header_is_an_error_too(path, separator):
    path.write_text("1.5,2\n3.5,4\n".replace(",", separator))
    with pytest.raises(FileFormatError, match="as if it is separated by"):
        read_events(path, names=["pt", "eta"])
    assert read_events(path, names=["pt", "eta"], separator=separator)["eta"].tolist() == [2, 4]


def test_a_single_column_whose_name_has_blanks_is_one(path):
    path.write_text("number of jets\n3\n4\n")
    assert read_events(path)["number of jets"].tolist() == [3, 4]
    path.write_text("a;b\n3\n4\n")
    assert read_events(path, separator=",")["a;b"].tolist() == [3, 4]


def test_decimal_commas_are_an_error_that_names_the_column(path):
    path.write_text("pt;eta\n1,5;2\n3,5;4\n")
    with pytest.raises(FileFormatError, match="column 'pt' has decimal commas, such as '1,5'"):
        read_events(path, separator=";")


def test_comments_are_left_out_when_asked_for(path):
    path.write_text(
        '# made by hand\npt,process\n1.5,tt # a good one\n#2.5,W\n3.5,"W # 2"\n# the end\n'
    )
    with pytest.raises(FileFormatError, match=r"first line begins with '#': '# made by hand'; com"):
        read_events(path)
    got = read_events(path, comment="#")
    assert got.to_dict("list") == {"pt": [1.5, 3.5], "process": ["tt", "W # 2"]}


def test_a_header_that_is_a_comment_gives_the_names(path):
    np.savetxt(path, [[1.5, 2.5], [3.5, 4.5]], delimiter=",", header="pt,eta")
    with pytest.raises(FileFormatError, match="comment='#' skips such lines, and takes the names"):
        read_events(path)
    got = read_events(path, comment="#")
    assert got.to_dict("list") == {"pt": [1.5, 3.5], "eta": [2.5, 4.5]}
    assert list(read_events(path, comment="#", names=["a", "b"])) == ["a", "b"]
    path.write_text("# written on a Monday\n1.5,2.5\n")
    with pytest.raises(FileFormatError, match="has no header line"):
        read_events(path, comment="#")


def test_comments_across_pieces_leave_no_line_out(path):
    lines = [f"{at},{at % 7}" + " # odd" * (at % 5 == 0) for at in range(300_000)]
    path.write_text("a,b\n" + "\n# nothing\n".join(lines) + "\n")
    got = read_events(path, comment="#")
    assert got["a"].tolist() == list(range(300_000))


@pytest.mark.parametrize("option", ["separator", "comment"])
@pytest.mark.parametrize("value", ["", ";;", "\n", 3, "é"])
def test_separator_and_comment_are_one_character(path, option, value):
    path.write_text("a\n1\n")
    with pytest.raises(ValueError, match=f"{option} must be one character such as"):
        read_events(path, **{option: value})


def test_other_formats_have_no_separator(tmp_path):
    np.savez(tmp_path / "x.npz", x=np.ones(2))
    with pytest.raises(ValueError, match="separator=';': an npz file has no use for it"):
        read_events(tmp_path / "x.npz", separator=";")


@pytest.mark.parametrize("head", [b"", b"pt\n1\n"])
def test_a_line_of_gigabytes_is_an_error_before_it_is_unpacked(tmp_path, head, monkeypatch):
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(head)
        for _ in range(64):
            file.write(b"1" * 2**20)
    unpacked = []
    original = gzip.GzipFile.read
    spy = lambda self, size=-1: unpacked.append(size) or original(self, size)  # noqa: E731
    monkeypatch.setattr(gzip.GzipFile, "read", spy)
    with pytest.raises(FileFormatError, match=r"bomb.csv.gz cannot be read; one of its lines has"):
        read_events(path)
    assert 0 < sum(unpacked) < 2**25


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("pt\n1\n".encode("utf-16"), "it is UTF-16 and no text"),
        (gzip.compress(b"pt\n1\n", mtime=0), "it is gzip and no text"),
        (b"PK\x03\x04", "it is a zip archive and no text"),
        ("größe\n1\n".encode("latin-1"), "its first line is no text in UTF-8"),
    ],
)
def test_what_is_no_text_is_said(path, content, what):
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=rf"events.csv cannot be read; {what}"):
        read_events(path)


def test_empty_lines_in_front_of_the_header_and_the_end_do_not_count(path):
    path.write_text("\n\npt,eta\n\n1,2\n\n\n")
    assert read_events(path).to_dict("list") == {"pt": [1], "eta": [2]}


def test_line_ends_of_other_systems_are_line_ends(path):
    path.write_bytes(b"pt,process\r\n1,tt\r\n2,W\r\n")
    assert read_events(path).to_dict("list") == {"pt": [1, 2], "process": ["tt", "W"]}


def test_gzip_of_several_members_is_read_to_the_end(tmp_path):
    parts = [b"pt\n1\n", b"2\n", b"3\n"]
    (tmp_path / "x.csv.gz").write_bytes(b"".join(map(gzip.compress, parts)))
    assert read_events(tmp_path / "x.csv.gz")["pt"].tolist() == [1, 2, 3]


def test_large_whole_numbers_with_missing_ones_are_exact(path):
    path.write_text(f"event,pt\n{2**53 + 1},1\n NA,2\n")
    assert int(read_events(path)["event"][0]) == 2**53 + 1


def test_line_ends_of_old_are_line_ends(path):
    path.write_bytes(b"pt,eta\r1,2\r3,4\r")
    assert read_events(path).to_dict("list") == {"pt": [1, 3], "eta": [2, 4]}


def test_columns_that_are_aligned_with_blanks_are_separated_by_blanks(path):
    path.write_text("  pt    eta \n 1.5   2\n30.5\t 4  \n")
    with pytest.raises(FileFormatError, match="as if it is separated by blanks"):
        read_events(path)
    got = read_events(path, separator=" ")
    assert got.to_dict("list") == {"pt": [1.5, 30.5], "eta": [2, 4]}


@pytest.mark.parametrize(
    "values", [(2**63 + 1, -1), (2**53 + 1, 0.5), (10**25 + 1, 1), (-(2**63) - 1, 0)]
)
def test_whole_numbers_that_would_be_rounded_are_an_error(path, values):
    path.write_text("event\n" + "".join(f"{value}\n" for value in values))
    with pytest.raises(FileFormatError, match=f"column 'event' has {values[0]}, which is a whole"):
        read_events(path)


def test_whole_numbers_that_a_float_holds_exactly_are_read(path):
    path.write_text(f"x\n{10**20}\n0.5\n{2**60}\n")
    assert read_events(path)["x"].tolist() == [1e20, 0.5, 2.0**60]


@pytest.mark.parametrize("options", [{"comment": ","}, {"comment": ";", "separator": ";"}])
def test_a_separator_that_begins_a_comment_is_an_error(tmp_path, options):
    (tmp_path / "x.csv").write_text("pt,eta\n1,2\n")
    with pytest.raises(ValueError, match="comment and separator are both"):
        read_events(tmp_path / "x.csv", **options)


def test_a_commented_header_names_a_first_event_that_lacks_a_value(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("# label,pt,mass\n0,1.5,\n1,2.5,500\n")
    read = read_events(path, comment="#")
    assert list(read) == ["label", "pt", "mass"]
    assert read["mass"].isna().tolist() == [True, False]


def test_a_missing_word_between_blanks_is_missing_among_text_too(tmp_path):
    (tmp_path / "x.csv").write_text("process,n\n NA ,1\ntt W,2\nNaN ,3\n")
    got = read_events(tmp_path / "x.csv")["process"]
    assert got.isna().tolist() == [True, False, True]
    assert got[1] == "tt W"


ROWS = "1.5,2\n2.5,3\n"


@pytest.mark.parametrize("again", ["pt,eta", " pt , eta", '"pt","eta"', "eta,pt", "\ufeffpt,eta"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_header_line_in_the_middle_is_an_error_that_names_the_line(path, again, end):
    content = f"pt,eta\n{ROWS}\n{again}\n{ROWS}".replace("\n", end)
    path.write_bytes(content.encode())
    with pytest.raises(FileFormatError, match="line 5 has the names of the columns again: pt, eta"):
        read_events(path, columns=["eta"])


def test_a_header_line_at_the_end_or_far_behind_is_found_too(path, monkeypatch):
    monkeypatch.setattr("skhep_nn.io._lines.PIECE", 7)
    path.write_text(f"pt,eta\n{ROWS * 5}pt,eta")
    with pytest.raises(FileFormatError, match="line 12 has"):
        read_events(path)
    packed = path.with_suffix(".csv.gz")
    packed.write_bytes(gzip.compress(f"# run 1\npt;eta\n{ROWS}# run 2\npt;eta\n{ROWS}".encode()))
    with pytest.raises(FileFormatError, match="line 6 has"):
        read_events(packed, separator=";", comment="#")


def test_a_header_line_among_text_is_no_event(path):
    path.write_text("process,kind\ntt,a\nprocess,kind\nWjets,b\n")
    with pytest.raises(FileFormatError, match="line 3 has"):
        read_events(path)


@pytest.mark.parametrize("content", ["signal\nsignal\nbackground\n", "a,b\na,x\nab,a\n"])
def test_values_that_are_like_names_are_no_header(path, content):
    path.write_text(content)
    assert len(read_events(path)) == 2


def test_text_among_numbers_is_told_of(path):
    path.write_text("pt,process\n1.5,tt\n*****,Wjets\n2,tt\n")
    with pytest.warns(UserWarning, match=r"column 'pt' is read as text, since it has '\*{5}'"):
        got = read_events(path)
    assert got["pt"].tolist() == ["1.5", "*****", "2"]


@pytest.mark.parametrize("content", ["pt,eta\n1,2\n", "process,pt\ntt,2\n"])
def test_names_of_a_file_with_a_header_are_an_error(path, content):
    path.write_text(content)
    with pytest.raises(FileFormatError, match=r"has a header line.*leave it out"):
        read_events(path, names=["a", "b"])


@pytest.mark.parametrize("content", ["NA,tt\n1,tt\n", "tt,Wjets\ntt,tt\n", "1,tt\n2,tt\n"])
def test_words_in_the_first_event_are_no_header(path, content):
    path.write_text(content)
    assert len(read_events(path, names=["a", "b"])) == 2


def test_hexadecimal_numbers_do_not_wrap_around(path):
    path.write_text("id,n\n0xffffffffffffffff,0x1F\n0x8000000000000000,-2\n")
    got = read_events(path)
    assert got["id"].tolist() == [2**64 - 1, 2**63]
    assert got["n"].tolist() == [31, -2]


def test_text_of_a_part_of_a_column_is_that_of_its_events():
    words = ["ttbar", "W", None, "NA", "Zjets", "signal", "W", "x" * 40]
    for parts in ([words], [words[:3], words[3:]]):
        column = pa.chunked_array(parts, pa.string())
        for start in range(len(words)):
            expected = [None if word == "NA" else word for word in words[start:]]
            assert typed(column.slice(start)).to_pylist() == expected
            assert typed(column.slice(start), trim=True).to_pylist() == expected
