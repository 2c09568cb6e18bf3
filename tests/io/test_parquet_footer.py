"""What a Parquet file says of its row groups, read without the objects of Arrow."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skhep_nn.io import _parquet_footer

N = 500


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    return pa.table(
        {
            "pt": rng.normal(size=N),
            "n": pa.array([None, 1] * (N // 2), pa.int32()),
            "process": ["tt", "Z → µµ"] * (N // 2),
            "hits": [list(range(n % 4)) for n in range(N)],
            "jet": [{"pt": 1.0, "eta": 0.5}] * N,
        },
        metadata={"made by": "a test"},
    )


@pytest.mark.parametrize("version", ["1.0", "2.6"])
@pytest.mark.parametrize("row_group_size", [1, 7, N])
def test_groups_are_those_that_arrow_reads(tmp_path, table, version, row_group_size):
    path = tmp_path / "x.parquet"
    more = table.append_column("Möller", table["pt"])
    pq.write_table(more, path, version=version, row_group_size=row_group_size)
    known = pq.read_metadata(path)
    found = _parquet_footer.groups_of(path)
    assert len(found) == known.num_row_groups
    for at, group in enumerate(found):
        of_arrow = known.row_group(at)
        columns = [of_arrow.column(one) for one in range(of_arrow.num_columns)]
        assert group.n_events == of_arrow.num_rows
        assert group.n_values == [(one.path_in_schema, one.num_values) for one in columns]


def test_a_file_without_row_groups_has_none(tmp_path, table):
    pq.write_table(table[:0], tmp_path / "x.parquet")
    assert sum(g.n_events for g in _parquet_footer.groups_of(tmp_path / "x.parquet")) == 0


def test_what_is_no_parquet_file_is_an_error(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"no file of this format")
    with pytest.raises(ValueError, match="does not end as a Parquet file does"):
        _parquet_footer.groups_of(tmp_path / "x.parquet")


def test_columns_of_which_the_footer_says_what_cannot_be_do_not_end_the_process(tmp_path):
    # a column that may be missing has a histogram of two levels, one that may not has one
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"pt": [1.0, 2.0], "eta": [0.0, 1.0]}), path)
    content = path.read_bytes()
    optional = b"\x15\x0a\x25\x02\x18\x02pt"
    assert content.count(optional) == 1
    path.write_bytes(content.replace(optional, optional.replace(b"\x25\x02", b"\x25\x00")))
    code = f"""
        from skhep_nn.exceptions import FileFormatError
        from skhep_nn.io import open_events, read_events
        for read in (read_events, open_events):
            try:
                print(len(read({str(path)!r})["pt"]))
            except FileFormatError as error:
                print(error)
        """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    assert len(ran.stdout.strip().splitlines()) == 2
