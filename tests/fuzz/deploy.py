"""Calls of what leaves the laptop: application to files, and ONNX files, whole and damaged."""

from __future__ import annotations

import functools
import importlib.util

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from fuzz.caches import empty_place
from fuzz.call import TABLE, Call
from fuzz.files import FOLDER, made
from fuzz.models import AT_MASS, FEATURES, fitted, weighted
from skhep_nn import apply, export_onnx, load_onnx, map_events, verify_onnx

WITHOUT_MASS = AT_MASS.drop(columns="mass")


def applied(**options):
    with empty_place():
        done = apply(**options, progress=False)
        return pd.read_parquet(done.output) if done.output.suffix == ".parquet" else None


def check_applied(got, **options):
    if got is not None and "score" in got:
        assert np.isfinite(got["score"]).all()


def mapped(**options):
    return map_events(**options).compute(scheduler="synchronous")


def exported(**options):
    with empty_place():
        return export_onnx(**options)


@functools.cache
def file_of(kind):
    """The ONNX file of a fitted classifier."""
    path = FOLDER / f"{kind}.onnx"
    export_onnx(weighted() if kind == "weighted" else fitted(kind), path)
    return path


@functools.cache
def loaded(kind):
    return load_onnx(file_of(kind))


def method_of(kind, method):
    def call(X):
        return getattr(loaded(kind), method)(X)

    return call


def fitted_again(X, y):
    return loaded("DenseClassifier").fit(X, y).predict_proba(FEATURES)


def at_mass(mass):
    return loaded("ParametricClassifier").at(mass).predict_proba(WITHOUT_MASS)


def scanned(X, masses):
    return loaded("ParametricClassifier").predict_proba_scan(X, masses)


def loaded_damaged(length, at, byte):
    content = bytearray(file_of("DenseClassifier").read_bytes()[:length])
    if content:
        content[at % len(content)] = byte
    path = FOLDER / "damaged.onnx"
    path.write_bytes(content)
    return load_onnx(path).predict_proba(FEATURES)


def check_known(got, **arguments):
    np.testing.assert_allclose(got, fitted("DenseClassifier").predict_proba(FEATURES), atol=1e-5)


def check_proba(got, **arguments):
    assert np.isfinite(got).all()
    assert np.allclose(np.sum(got, axis=-1), 1, atol=1e-5)


def verified(path, model, X, tolerance):
    return verify_onnx(path, model, X, tolerance=tolerance)


WORDS = (
    "X",
    "column",
    "event",
    "mass",
    "hypothes",
    "model",
    "file",
    "output",
    "feature",
    "score",
    "input",
    "one of",
)
SIZE = 1 << 20
CALLS = [
    Call(
        "apply",
        applied,
        {
            "model": weighted(),
            "files": str(made("parquet")),
            "output": "out.parquet",
            "columns": ["n"],
            "chunk_size": 5,
            "threshold": 0.1,
            "signal": 1,
            "features": None,
            "cut": "n > 3",
        },
        check_applied,
        WORDS,
        cost=8,
    ),
    Call(
        "export_onnx",
        exported,
        {
            "model": fitted("DenseClassifier"),
            "path": "model.onnx",
            "check": FEATURES,
            "inputs": "matrix",
            "dtype": "float32",
            "tokens": "int32",
            "masks": "bool",
            "at": None,
            "target": "onnxruntime",
            "tolerance": None,
        },
        None,
        WORDS,
        cost=10,
    ),
    Call(
        "load_onnx",
        load_onnx,
        {"path": str(file_of("DenseClassifier")), "n_threads": 1},
        None,
        WORDS,
        cost=4,
    ),
    Call(
        "a damaged ONNX file",
        loaded_damaged,
        {"length": SIZE, "at": 0, "byte": file_of("DenseClassifier").read_bytes()[0]},
        check_known,
        ("damaged.onnx",),
        odd={
            "length": st.one_of(st.integers(0, 20_000), st.just(SIZE)),
            "at": st.integers(0, 20_000),
            "byte": st.integers(0, 255),
        },
        together=True,
        cost=4,
    ),
    *[
        Call(
            f"OnnxClassifier.{method}",
            method_of("DenseClassifier", method),
            {"X": FEATURES},
            check_proba if method == "predict_proba" else None,
            WORDS,
            masked=("X",),
            cost=2,
        )
        for method in ("predict", "predict_proba", "predict_log_proba", "outside_range")
    ],
    Call(
        "OnnxClassifier of a frame",
        method_of("weighted", "predict_proba"),
        {"X": TABLE},
        check_proba,
        WORDS,
        cost=2,
    ),
    Call(
        "OnnxClassifier.fit", fitted_again, {"X": FEATURES, "y": None}, check_known, WORDS, cost=4
    ),
    Call("OnnxClassifier.at", at_mass, {"mass": 750.0}, check_proba, WORDS, cost=2),
    Call(
        "OnnxClassifier.predict_proba_scan",
        scanned,
        {"X": WITHOUT_MASS, "masses": np.array([500.0, 750.0])},
        check_proba,
        WORDS,
        cost=2,
    ),
    Call(
        "verify_onnx",
        verified,
        {
            "path": str(file_of("DenseClassifier")),
            "model": fitted("DenseClassifier"),
            "X": FEATURES,
            "tolerance": None,
        },
        None,
        WORDS,
        masked=("X",),
        cost=6,
    ),
]
if importlib.util.find_spec("dask"):
    import dask.dataframe

    EVENTS = dask.dataframe.from_pandas(TABLE, npartitions=2)
    CALLS += [
        Call(
            "map_events",
            mapped,
            {"model": weighted(), "events": EVENTS, "signal": 1, "features": None},
            check_applied,
            (*WORDS, "dask"),
            cost=10,
        ),
    ]
