"""What the commands ``skhep-nn export`` and ``skhep-nn show`` do."""

from __future__ import annotations

from pathlib import Path

from skhep_nn._hypotheses import label_of
from skhep_nn.deploy._model import load_model, model_features
from skhep_nn.deploy._onnx._classifier import load_onnx
from skhep_nn.exceptions import ColumnError, FileFormatError

ENDING = ".onnx"


def export(model, output, *, check=None, tree=None, n_check=10_000, **options):
    """Write the model of a joblib file as ONNX; returns a line on how well they agree."""
    from skhep_nn.deploy._onnx._export import export_onnx

    if Path(output).suffix.lower() != ENDING:
        msg = f"{output}: the file is to end in {ENDING}, by which apply knows it"
        raise FileFormatError(msg)
    fitted = load_model(model)
    X = None if check is None else _events(fitted, check, tree, n_check)
    found = export_onnx(fitted, output, check=X, **options)
    return f"{output} agrees with {model} on {found}"


def show(path):
    """Features, classes, ranges, versions, digest, and that the self-test passed."""
    about = load_onnx(path).metadata_
    return "\n".join(
        [
            f"{path}: {about.model}",
            f"classes     {', '.join(map(str, about.classes.tolist()))}",
            "inputs",
            *(_input(spec) for spec in about.inputs),
            "features",
            *(f"  {_feature(about, at)}" for at in _features(about)),
            *_picked(about),
            *_hypotheses(about),
            *_origin(about),
        ]
    )


def _input(spec):
    shape = ", ".join("any" if n is None else str(n) for n in ["n", *spec.shape])
    return f"  {spec.name}  ({shape}) {spec.dtype}"


def _picked(about):
    """Of a cross-fit: by what the network of an event is picked."""
    called = ", ".join(about.label(at) for at in about.numbers())
    return [f"networks    picked by the event number, {called}"] if called else []


def _hypotheses(about):
    if not about.parameters:
        return []
    names = about.parameters["names"]
    pairs = zip(names, about.parameters["range"], strict=True)
    listed = about.parameters.get("listed", [])
    return [
        *(f"hypothesis  {name} in [{low:g}, {high:g}]" for name, (low, high) in pairs),
        *(f"network at  {label_of(point, names)}" for point in listed),
    ]


def _origin(about):
    versions = ", ".join(f"{name} {number}" for name, number in about.versions.items())
    n_reference = len(about.reference["probabilities"])
    return [
        f"written     {about.created}, {versions}",
        f"digest      {about.digest}",
        f"self-test   {n_reference} reference events agree to {about.tolerance:g}",
    ]


def _features(about):
    known = [at for spec in about.inputs for at in spec.columns if spec.kind != "lengths"]
    return list(dict.fromkeys(known))


def _feature(about, at):
    """Name, range and what fills a missing value."""
    facts = about.facts.get(at, {})
    parts = [about.label(at)]
    if facts.get("range"):
        low, high = facts["range"]
        parts.append(f"in [{low:.6g}, {high:.6g}]")
    if facts.get("filled_with") is not None:
        missing = facts.get("missing_value")
        what = "NaN" if missing is None else f"{missing:g}"
        parts.append(f"missing ({what}) is read as {facts['filled_with']:.6g}")
    return "  ".join(parts)


def _events(model, path, tree, n_events):
    """The columns of a file that the model reads."""
    from skhep_nn.io import read_events

    names, optional = model_features(model)
    try:
        return read_events(path, tree=tree, columns=names, n_max=n_events)
    except ColumnError:
        needed = [name for name in names if name not in optional]
        return read_events(path, tree=tree, columns=needed, n_max=n_events)
