"""What a process imports that loads a file and scores with it: NumPy and ONNX Runtime, no more."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from skhep_nn import BlockClassifier, DenseClassifier, MinMaxScaler, ParametricClassifier
from skhep_nn.deploy import export_onnx
from skhep_nn.preprocessing import BlockTransformer, SequencePadder

SMALL = {"epochs": 1, "batch_size": 64, "random_state": 0, "verbose": 0}
TRAINING = {"tensorflow", "keras", "scikeras", "onnx", "imblearn", "particle"}
OTHERS = {"sklearn", "scipy", "joblib", "matplotlib", "narwhals", "dask", "tqdm"}
TABLES = {"pandas", "pyarrow"}


@pytest.fixture(scope="module")
def folder(new_events, tmp_path_factory):
    """A table's model, a parametric one, and one of lists of particles."""
    folder = tmp_path_factory.mktemp("imports")
    events = new_events(200)
    y = events["is_signal"]
    X = events[["pt", "eta", "mt"]]
    table = make_pipeline(MinMaxScaler(), DenseClassifier((4,), **SMALL)).fit(X, y)
    export_onnx(table, folder / "table.onnx", check=X)
    X = X.assign(mass=np.where(y == 1, np.where(X["pt"] > 40, 500.0, 750.0), np.nan))
    parametric = ParametricClassifier("mass", units=(4,), **SMALL).fit(X, y)
    export_onnx(parametric, folder / "parametric.onnx", check=X.fillna(500.0))
    tracks = np.random.default_rng(0).normal(size=(len(y), 3))
    X = pd.DataFrame({"met": X["pt"], "track": [row[: at % 4] for at, row in enumerate(tracks)]})
    parts = [("event", MinMaxScaler(), ["met"]), ("track", SequencePadder(3), "track")]
    lists = make_pipeline(BlockTransformer(parts), BlockClassifier(**SMALL)).fit(X, y)
    export_onnx(lists, folder / "lists.onnx", check=X)
    return folder


SCORES = {
    "an array": """
        model = load_onnx("table.onnx")
        out = model.predict_proba(np.zeros((3, 3)))
        model.predict(np.zeros((3, 3))), model.predict_log_proba(np.ones((3, 3)))
        repr(model), model.classes_, model.feature_names_in_, model.get_params()
        model.outside_range(np.zeros((3, 3)))
        """,
    "a dict of arrays": """
        model = load_onnx("table.onnx")
        out = model.predict_proba({name: np.zeros(3) for name in model.feature_names_in_})
        """,
    "more events than a chunk": """
        model = load_onnx("table.onnx", n_threads=2)
        out = model.predict_proba(np.zeros((20_000, 3)))[-3:]
        """,
    "a copy in another process": """
        import pickle
        model = pickle.loads(pickle.dumps(load_onnx("table.onnx")))
        out = model.predict_proba(np.zeros((3, 3)))
        """,
    "masses": """
        model = load_onnx("parametric.onnx")
        out = model.at(600).predict_proba(np.zeros((3, 3)))
        model.predict_proba(np.full((3, 4), 600.0))
        model.predict_proba_scan({name: np.ones(3) for name in ("pt", "eta", "mt")}, [500, 750])
        """,
    "particles": """
        from skhep_nn import EventBlocks
        X = {"met": np.full(3, 30.0), "track": np.ones((3, 2))}
        model = load_onnx("lists.onnx")
        out = model.predict_proba(X)
        assert np.array_equal(model.predict_proba(EventBlocks(X)), out)
        """,
}
OF_TABLES = {
    "a table": """
        import pandas as pd
        out = load_onnx("table.onnx").predict_proba(pd.DataFrame(np.ones((3, 3)), columns=NAMES))
        """,
    "a table with lists": """
        import pandas as pd
        X = pd.DataFrame({"met": [30.0, 40.0, 50.0], "track": [[1.0], [], [2.0, 3.0]]})
        out = load_onnx("lists.onnx").predict_proba(X)
        """,
}
MANY = """
    out = load_onnx("table.onnx").predict_proba(np.zeros((20_000, 3)))[-3:]
    """
APPLY = """
    import pandas as pd
    from skhep_nn import apply
    pd.DataFrame(np.ones((3, 4)), columns=[*NAMES, "more"]).to_parquet("events.parquet")
    apply("table.onnx", "events.parquet", "scores.parquet", columns="more")
    out = pd.read_parquet("scores.parquet").to_numpy()
    """
ALLOWED = {
    **{name: (code, TRAINING | OTHERS | TABLES) for name, code in SCORES.items()},
    **{name: (code, TRAINING | OTHERS) for name, code in OF_TABLES.items()},
    "a file of events": (APPLY, (TRAINING | OTHERS) - {"joblib"}),
    # joblib says how many cores there are
    "as many threads as cores": (MANY, (TRAINING | OTHERS | TABLES) - {"joblib"}),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_a_process_that_scores_imports_no_more_than_it_needs(folder, name):
    code, never = ALLOWED[name]
    start = "import sys\nimport numpy as np\nfrom skhep_nn import load_onnx\n"
    start += "NAMES = ['pt', 'eta', 'mt']\n"
    end = "assert out.shape == (3, 2) and np.isfinite(out).all()\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", start + textwrap.dedent(code) + end],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    assert not never & {module.partition(".")[0] for module in done.stdout.split()}
