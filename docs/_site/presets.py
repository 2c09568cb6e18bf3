"""The page of the presets: what each is, its arguments, and its network drawn."""

from __future__ import annotations

import hashlib
import inspect
import re

import numpy as np

from _site import drawing, names

# Shapes of what a network reads, as the words of each preset say; "tokens" are codes.
PARTICLES = {"particle": (100, 13), "pdg": "100 of particle", "mother_pdg": "100 of particle",
             "decay": "150"}  # fmt: skip
JETS = {"jet": (19,), "track": (10, 21)}
INPUTS = {
    "CMS_BINARY": ("DenseClassifier", (12,), 2),
    "CMS_MULTICLASS": ("DenseClassifier", (17,), 5),
    "SMARTBKG_RESNET": ("BlockClassifier", PARTICLES, 2),
    "SMARTBKG_LSTM": ("BlockClassifier", PARTICLES, 2),
    "INFN_LSTM": ("LSTMClassifier", JETS, 6),
    "INFN_CNN": ("CNNClassifier", JETS, 6),
    "LHCB_ACCEPTANCE": ("ResNetClassifier", (12,), 2),
    "LHCB_EFFICIENCY": ("ResNetClassifier", (12,), 4),
    "PART": ("BlockClassifier", {"particle": (20, 8), "momentum": (20, 4)}, 2),
    "GN2": ("BlockClassifier", {"track": (20, 10), "jet": (5,)}, 4),
}
VOCABULARY = 542


def pages(folder):
    """The page by its name; networks are built anew only where the presets changed.

    Parameters
    ----------
    folder : Path
        Where the page is.
    """
    found = {n: v for n, v in names.of_package("estimators").items() if names.is_preset(v)}
    sources = [repr(found), inspect.getsource(drawing), inspect.getsource(inspect.getmodule(pages))]
    stamp = hashlib.sha256("".join(sources).encode()).hexdigest()
    path = folder / "presets.rst"
    if path.exists() and stamp in path.read_text(encoding="utf-8"):
        return {"presets.rst": path.read_text(encoding="utf-8")}
    title = "Networks of published analyses\n==============================\n"
    parts = [f".. {stamp}\n", title, INTRODUCTION]
    parts += [_section(name, preset) for name, preset in found.items()]
    return {"presets.rst": "\n".join(parts)}


INTRODUCTION = """\
Presets are constructor arguments, to be taken as they are or changed, as in
``ResNetClassifier(**{**LHCB_ACCEPTANCE, "n_blocks": 5})``. Drawn are the layers that compute;
activations, dropout and batch normalisation are not, and parallel layers that are alike are one
box.
"""


def _section(name, preset):
    owner, inputs, n_classes = INPUTS[name]
    model = network(preset, owner, inputs, n_classes)
    path = f"{names.PACKAGE}.estimators.{name}"
    indented = "\n".join(f"   {line}" for line in drawing.svg(model).splitlines())
    rows = [f"   * - ``{key}``\n     - ``{value!r}``" for key, value in preset.items()]
    return "\n".join(
        [
            f"{name}\n{'-' * len(name)}\n",
            f".. py:data:: {path}\n",
            f"   {_words(name)}\n",
            f"Arguments of :class:`~{names.PACKAGE}.{owner}`.",
            f"Drawn for {_said(inputs)} and {n_classes} classes; it has",
            f"{model.count_params():,} parameters.\n",
            ".. raw:: html\n",
            f"{indented}\n",
            ".. dropdown:: Arguments\n",
            "   .. list-table::\n      :widths: 30 70\n",
            *["\n".join(f"   {line}" for line in row.splitlines()) for row in rows],
            "",
        ]
    )


def _words(name):
    """The comment above a preset."""
    from skhep_nn.estimators import _presets

    text = inspect.getsource(_presets)
    comment = re.search(rf"((?:^#: .*\n)+){name} = ", text, re.MULTILINE)[1]
    words = " ".join(line.removeprefix("#: ") for line in comment.splitlines())
    return re.sub(r"(?<!`)`(\w+)`(?!`)", r"``\1``", words)


def _said(inputs):
    if isinstance(inputs, tuple):
        return f"{inputs[0]} features"
    return ", ".join(f"``{name}`` {_shape(said)}" for name, said in inputs.items())


def _shape(said):
    return f"({', '.join(map(str, said))})" if isinstance(said, tuple) else f"({said.split()[0]})"


def network(preset, owner, inputs, n_classes):
    """The Keras network of a preset.

    Parameters
    ----------
    preset : dict
    owner : str
        Name of its classifier.
    inputs : tuple of int or dict
        Shape of an event, or of its blocks; text is the length of tokens and what they are of.
    n_classes : int
    """
    from skhep_nn import estimators

    X, y = _events(inputs), np.arange(40) % n_classes
    short = {"epochs": 1, "verbose": 0, "random_state": 0, "callbacks": [_ending()]}
    classifier = getattr(estimators, owner)(**{**preset, **short})
    try:
        classifier.fit(X, y)
    except Built as built:
        return built.model
    msg = f"{owner} trained without asking its callbacks"
    raise RuntimeError(msg)


class Built(Exception):  # noqa: N818 - it is how a fit ends here, no error
    """A network is built; training it is not needed."""

    def __init__(self, model):
        super().__init__()
        self.model = model


def _ending():
    """A callback that ends the fit before its first step."""
    import keras

    class Ending(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            raise Built(self.model)

    return Ending()


def _events(inputs, n_events=40):
    from skhep_nn import BlockKind, EventBlocks

    rng = np.random.default_rng(0)
    if isinstance(inputs, tuple):
        return rng.normal(size=(n_events, *inputs))
    arrays, kinds = {}, {}
    for name, said in inputs.items():
        if isinstance(said, tuple):
            arrays[name] = rng.normal(size=(n_events, *said))
            continue
        length, _, of = said.partition(" of ")
        arrays[name] = rng.integers(1, VOCABULARY, (n_events, int(length)))
        kinds[name] = BlockKind("tokens", vocabulary_size=VOCABULARY, of=of or None)
    return EventBlocks(arrays, kinds=kinds)
