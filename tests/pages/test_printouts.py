"""Printouts of whole samples that moved: they are found, and written to their page."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / ".ci"))

import printouts

PAGE = """
```python
n = 3
print("events", n, "\\n  left  ", n - 1)
```

<!-- numbers of: the whole sample -->
```text
events 4
  left 2
```

```python
print(n)
```

```text
not of the whole sample
```

```python
print("share", n / 7)
```

<!-- numbers of: the whole sample -->
```text
share 0.9...
```
"""


def test_a_printout_that_moved_is_told_and_written_where_the_page_shows_all_of_it(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    assert printouts.main([str(page)]) == 1
    said = capsys.readouterr().out
    assert "page.md:3 printed\nevents 3" in said
    assert said.endswith("1 pages, 2 printouts moved\n")
    assert page.read_text() == PAGE
    printouts.main([str(page), "--write"])
    assert page.read_text() == PAGE.replace("events 4\n  left 2", "events 3\n  left   2")


def test_a_page_that_says_what_is_printed_has_none_that_moved(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text(PAGE.replace("events 4", "events 3").replace("0.9...", "0.4..."))
    here = Path.cwd()
    assert printouts.main([str(page)]) == 0
    assert capsys.readouterr().out == "1 pages, 0 printouts moved\n"
    assert Path.cwd() == here
