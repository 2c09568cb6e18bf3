"""The reference, written from the packages: an index, a page per name, presets, the command."""

from __future__ import annotations

import inspect
import io
import re
from contextlib import redirect_stdout
from pathlib import Path

from _site import arguments, names, presets, samples

FOLDER = "reference"
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def write(source):
    """Write every page of the reference; pages that did not change keep their time.

    Parameters
    ----------
    source : Path
        Folder of the documentation.
    """
    folder = Path(source) / FOLDER
    folder.mkdir(exist_ok=True)
    found = dict(pages()) | presets.pages(folder)
    found |= {path.name: path.read_text(encoding="utf-8") for path in BENCHMARKS.glob("*.md")}
    for old in (*folder.glob("*.rst"), *folder.glob("*.md")):
        if old.name not in found:
            old.unlink()
    for name, text in found.items():
        _renew(folder / name, text)


def pages():
    """(file name, text) of each page but that of the presets."""
    yield "index.rst", _index()
    for package in names.PACKAGES:
        yield f"{names.PACKAGE}.{package}.rst", _package_page(package)
        for name, value in names.of_package(package).items():
            if not _on_common_page(value):
                yield f"{names.path_of(package, name)}.rst", _page(package, name, value)
    yield "training_parameters.rst", arguments.shared_page()
    yield "samples.rst", samples.page()
    yield "command.rst", _command_page()


def _renew(path, text):
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _on_common_page(value):
    """Whether a name has no page of its own."""
    is_error = inspect.isclass(value) and issubclass(value, BaseException)
    return is_error or names.is_preset(value) or isinstance(value, (tuple, list))


def heading(text, line="="):
    """A heading."""
    return f"{text}\n{line * len(text)}\n"


def table(rows, widths="auto", header=True):
    """A table of rows of cells."""
    lines = [".. list-table::", f"   :widths: {widths}", "   :class: wide"]
    lines += ["   :header-rows: 1", ""] if header else [""]
    for row in rows:
        lines += [f"   {'* -' if n == 0 else '  -'} {cell}" for n, cell in enumerate(row)]
    return "\n".join([*lines, ""])


def _index():
    toctree = [f"   {names.PACKAGE}.{package}" for package in names.PACKAGES]
    parts = [
        heading("Reference"),
        "Every public name once, under the shortest path by which it is imported.",
        "",
        table([(f":doc:`{names.PACKAGE}.{p}`", title) for p, title in names.PACKAGES.items()]
              + [(":doc:`training_parameters`", "Arguments that all classifiers share"),
                 (":doc:`presets`", "Networks of published analyses"),
                 (":doc:`samples`", "Columns of the samples that ship"),
                 (":doc:`command`", "The command ``skhep-nn``")], header=False),
        ".. toctree::\n   :hidden:\n",
        *toctree,
        "   training_parameters\n   presets\n   samples\n   command",
        *[f"   {path.stem}" for path in sorted(BENCHMARKS.glob("*.md"))],
    ]  # fmt: skip
    return "\n".join(parts)


def _package_page(package):
    found = names.of_package(package)
    own = {n: v for n, v in found.items() if not _on_common_page(v)}
    rows = [(f":doc:`{n} <{names.path_of(package, n)}>`", names.summary(v)) for n, v in own.items()]
    parts = [
        heading(names.PACKAGES[package]),
        f"``{names.PACKAGE}.{package}``",
        "",
        table(rows, "34 66", header=False) if rows else "",
        *[_error(package, n) for n, v in found.items() if n not in own and inspect.isclass(v)],
        *[_constant(package, n, v) for n, v in found.items() if isinstance(v, (tuple, list))],
    ]
    if any(map(names.is_preset, found.values())):
        parts.append("Presets, arguments of published networks, are on :doc:`presets`.\n")
    if own:
        parts += [".. toctree::\n   :hidden:\n"]
        parts += [f"   {names.path_of(package, name)}" for name in own]
    return "\n".join(parts) + "\n"


def _error(package, name):
    return f".. autoexception:: {names.path_of(package, name)}\n   :show-inheritance:\n"


def _constant(package, name, value):
    items = ", ".join(f"``{getattr(item, 'name', item)}``" for item in value)
    return f".. py:data:: {names.path_of(package, name)}\n\n   {items}\n"


def _page(package, name, value):
    path = names.path_of(package, name)
    if not inspect.isclass(value):
        return f"{heading(name)}\n.. autofunction:: {path}\n"
    parts = [heading(name), f".. autoclass:: {path}\n   :members:\n   :inherited-members:\n"]
    found = arguments.table_of(value)
    if found:
        parts += [".. rubric:: Arguments and defaults\n", table(found, "26 24 50")]
    return "\n".join(parts)


def _command_page():
    """What the command says of itself."""
    from skhep_nn import cli

    parts = [heading("The command skhep-nn")]
    for name in cli.COMMANDS:
        with redirect_stdout(io.StringIO()) as printed:
            cli.main([name, "--help"])
        parts += [heading(f"skhep-nn {name}", "-"), ".. code-block:: text\n"]
        parts += [f"   {line}".rstrip() for line in printed.getvalue().splitlines()] + [""]
    return "\n".join(parts)


def without_shared_parameters(app, what, name, value, options, lines):
    """Take the parameters that all classifiers share out of a docstring; they have a page."""
    shared = arguments.shared_names(value) if inspect.isclass(value) else ()
    if not shared:
        return
    kept, gone = [], False
    for line in lines:
        entry = re.match(r"(\w+) : ", line)
        if entry or re.match(r"\S", line):
            gone = bool(entry and entry[1] in shared)
        if not gone:
            kept.append(line)
    lines[:] = _with_note(kept)


def _with_note(lines):
    """A note where the parameters end."""
    note = "The further arguments are those of every classifier: :doc:`training_parameters`."
    end = lines.index("Parameters")
    return [*lines[:end], note, "", *lines[end:]]


def with_links_to_results(app, name, content):
    """Links to the tables that benchmarks wrote go to their pages."""
    content[0] = re.sub(r"\]\((?:\.\./)+benchmarks/(\w+\.md)", r"](/reference/\1", content[0])


def skip_what_is_not_ours(app, what, name, value, skip, options):
    """Leave out members that come from scikit-learn and Python."""
    module = str(getattr(value, "__module__", None) or "")
    if isinstance(value, property):
        module = str(getattr(value.fget, "__module__", ""))
    inherited = module and not module.startswith(names.PACKAGE)
    return True if inherited and what == "class" else None
