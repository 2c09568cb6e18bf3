"""`Report`: the sections of a model, computed once, as HTML and as JSON."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone

from skhep_nn import _floats
from skhep_nn._paths import user_path
from skhep_nn._shown import shown
from skhep_nn.report._contents import Missing
from skhep_nn.report._report_events import Context
from skhep_nn.report._section_table import Section, sections_of


@dataclass(frozen=True)
class Computed:
    """A section with its contents, or the reason why there are none.

    Parameters
    ----------
    section : Section
    contents : list
    missing : str, default=""
        What it needs.
    how : str, default=""
        How to give it.
    error : str, default=""
        What went wrong.
    """

    section: Section
    contents: list = field(default_factory=list)
    missing: str = ""
    how: str = ""
    error: str = ""

    def to_json(self):
        """As a dict."""
        found = {"title": self.section.title}
        if self.missing:
            return found | {"missing": self.missing, "how": self.how}
        if self.error:
            return found | {"error": self.error}
        return found | {"contents": [content.to_json() for content in self.contents]}


class Report:
    """What a model is and how good it is, as one HTML file or as JSON.

    Parameters
    ----------
    model : fitted classifier, Pipeline or search
    train, validation, test : sample, default=None
        (X, y), (X, y, sample_weight), or a table with `y`, the column that holds the labels. Of a
        DataFrame the model gets the columns that it was fitted with; it may hold more, such as the
        process. Sections that need what is not given say so, and how to give it.
    variations : dict of str to sample, default=None
        Systematic variations of the test events, e.g. ``{"jes_up": ..., "jes_down": ...}``. Beside
        ``"nominal"``, which is `test` if it is not among them.
        They are nuisances of the binned significance, too: ``jes_up`` and ``jes_down`` are the two
        sides of one, a variation without the other side is mirrored.
    luminosity : float, default=None
        Factor on all weights; None is 1.
    y : str, default=None
        Column of the tables that holds the labels.
    weight_column : str or int, default=None
        Column with the event weights; None is the model's own, if it has one.
    process_column : str or int, default=None
        Column with the name of the process, for tables of yields; None: the classes.
    signal : label or list of labels, default=None
        None is 1, or the second of two classes.
    class_names : dict of label to str or list of str, default=None
        What classes are called, e.g. ``{0: "ttbar", 1: "Higgs"}``; a list is in the order of
        ``classes_``, None is what the classifier was given. A class without a name is signal or
        background where there are two, and else its label.
    systematic : float, default=0.0
        Relative uncertainty of the background.
    min_effective_background : float, default=50.0
        Effective background events that a cut, and each bin, must keep.
    sculpting : str or list of str, default=()
        Columns of the test table whose shape a cut should not change, e.g. ``"mass"``.
    event_number : str, int or list of them, default=None
        Columns that say which event a row is, for variations that events enter or leave.
    max_events : int, default=10_000
        Events of which the importance of features is computed.
    title : str, default=None
        Of the page.
    sections : sequence of str or Section, default=None
        Those of the report, e.g. ``["summary", "roc"]`` by their keys; None is ``SECTIONS``. A
        section of your own: ``(*SECTIONS, Section("key", "Title", function))``.
    random_state : int or RandomState, default=0
        Of permutations and bootstraps.

    Notes
    -----
    Nothing is computed before the first call of :meth:`save`, :meth:`to_html` or :meth:`to_json`,
    and everything once. A section that fails says so in its place; the others are not affected.

    A section is given a context with ``model``, ``signal``, ``classes``, ``luminosity``,
    ``report`` (this object), ``part("test")``, which has ``X``, ``y``, ``weights``, ``is_signal``,
    ``scores``, ``probabilities``, ``processes`` and ``sample``, or raises :class:`Missing`, and
    ``once(key, function)``, which computes something for several sections.

    For a model with a mass, background is scored at masses drawn from the signal in all sections
    but that of the masses.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skhep_nn import Report
    >>> X, y = np.linspace(-1, 1, 200)[:, None], np.arange(200) % 3 > 0
    >>> report = Report(LogisticRegression().fit(X, y), test=(X, y), sections=["data", "roc"])
    >>> "<h2" in report.to_html()
    True
    """

    def __init__(
        self,
        model,
        *,
        train=None,
        validation=None,
        test=None,
        variations=None,
        luminosity=None,
        y=None,
        weight_column=None,
        process_column=None,
        signal=None,
        class_names=None,
        systematic=0.0,
        min_effective_background=50.0,
        sculpting=(),
        event_number=None,
        max_events=10_000,
        title=None,
        sections=None,
        random_state=0,
    ):
        self.model = model
        self.train = train
        self.validation = validation
        self.test = test
        self.variations = variations
        self.luminosity = luminosity
        self.y = y
        self.weight_column = weight_column
        self.process_column = process_column
        self.signal = signal
        self.class_names = class_names
        self.systematic = systematic
        self.min_effective_background = min_effective_background
        self.sculpting = sculpting
        self.event_number = event_number
        self.max_events = max_events
        self.title = title
        self.sections = sections
        self.random_state = random_state

    def save(self, path):
        """Write the report.

        Parameters
        ----------
        path : path
            A ``.html`` file, or a ``.json`` file for the numbers alone. It appears when it is
            whole.

        Raises
        ------
        ValueError
            If `path` has another ending.
        StorageError
            If it cannot be written.
        """
        from skhep_nn.report._report_file import check_ending, write

        check_ending(path)
        path = user_path(path, "path")
        write(path, self.to_json() if path.suffix.lower() == ".json" else self.to_html())

    def to_html(self):
        """The page: one file that needs no other and no network.

        Returns
        -------
        str

        Raises
        ------
        MissingExtraError
            If jinja2 is not installed.
        """
        from skhep_nn.report._page import page_of

        return page_of(self._name(), self._computed())

    def to_json(self):
        """All numbers and tables of the report.

        Returns
        -------
        str
            ``{"title": ..., "made": ..., "sections": {key: {"title": ..., "contents": [...]}}}``;
            a section without contents has ``"missing"`` and ``"how"``, or ``"error"``. What is not
            finite is null.
        """
        computed = self._computed()
        found = {"title": self._name(), "made": computed.made, "seconds": computed.seconds}
        found["sections"] = {one.section.key: one.to_json() for one in computed.sections}
        return json.dumps(found, indent=1, allow_nan=False)

    def _name(self):
        if self.title is not None and not isinstance(self.title, str):
            msg = f"title={self.title!r:.60}; it must be text, or None"
            raise ValueError(msg)
        return self.title or f"{type(self.model).__name__}: report"

    def _computed(self):
        if "_results" not in vars(self):
            self._results = _Results.of(self)
        return self._results


@dataclass(frozen=True)
class _Results:
    """The sections of a report, when it was made and how long that took."""

    sections: list
    made: str
    seconds: float

    @classmethod
    def of(cls, report):
        started = time.perf_counter()
        _check_luminosity(report.luminosity)
        sections = sections_of(report.sections)
        context = Context(report)
        computed = [_compute(section, context) for section in sections]
        made = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
        return cls(computed, made, round(time.perf_counter() - started, 1))


def _check_luminosity(luminosity):
    if luminosity is not None and not _floats.one(luminosity, "luminosity") > 0:
        msg = f"luminosity={shown(luminosity)}; it must be a positive number"
        raise ValueError(msg)


def _compute(section, context):
    """One section; what goes wrong in it is told in its place."""
    try:
        return Computed(section, list(section.compute(context)))
    except Missing as missing:
        return Computed(section, missing=missing.what, how=missing.how)
    except (MemoryError, ImportError):
        raise
    # models and sections of others raise anything on what they do not expect
    except Exception as error:
        what = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        return Computed(section, error=what)
