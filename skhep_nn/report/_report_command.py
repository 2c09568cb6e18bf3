"""What ``skhep-nn report`` does."""

from __future__ import annotations

from skhep_nn.deploy._model import load_model
from skhep_nn.io import read_events
from skhep_nn.report._label_column import label_column
from skhep_nn.report._report import Report
from skhep_nn.report._report_events import PARTS
from skhep_nn.report._report_file import check_ending


def report(
    model,
    output,
    *,
    label=None,
    train=None,
    validation=None,
    test=None,
    variation=None,
    signal=None,
    tree=None,
    cut=None,
    **options,
):
    """Write a report of files of events.

    Parameters
    ----------
    model, output : path
    label : str, default=None
        Column that holds the classes; None looks for it.
    train, validation, test : list of path, default=None
    variation : list of (name, path), default=None
    signal : str, default=None
        A class as text.
    tree, cut : str, default=None
        As in :func:`skhep_nn.io.read_events`.
    **options
        For :class:`Report`.

    Returns
    -------
    str
        A line about it.

    Raises
    ------
    ValueError
        If there are no events, `signal` is no class, or no one column holds the classes.
    """
    check_ending(output)
    given = dict(zip(PARTS, (train, validation, test), strict=True))
    if not any(given.values()):
        msg = "there are no events: give files by --test, and --train and --validation"
        raise ValueError(msg)
    model = load_model(model)
    read = {"tree": tree, "cut": cut}
    parts = {name: read_events(files, **read) for name, files in given.items() if files}
    if label is None:
        label = label_column(model, next(iter(parts.values())), options.get("weight_column"))
    varied = {name: read_events(path, **read) for name, path in variation or ()}
    options["sculpting"] = options.get("sculpting") or ()
    made = Report(
        model, **parts, variations=varied, y=label, signal=_class_of(model, signal), **options
    )
    made.save(output)
    return f"{_counted(made)}, written to {output}"


def _class_of(model, text):
    """The class that is written as `text`."""
    if text is None:
        return None
    classes = model.classes_.tolist()
    named = {str(label): label for label in classes}
    if text not in named:
        msg = f"signal={text!r} is not a class of the model; its classes are {classes}"
        raise ValueError(msg)
    return named[text]


def _counted(made):
    sections = made._computed().sections
    without = [one.section.title for one in sections if one.missing or one.error]
    text = f"{len(sections) - len(without)} of {len(sections)} sections"
    return f"{text} (not: {', '.join(without)})" if without else text
