"""How well classifiers separate on every sample, as they come: ``python -m benchmarks accuracy``.

Each sample is cut into five folds; the classifiers are trained on four and scored on the fifth, for
the folds and seeds asked for. The figure is the (weighted) area under the ROC curve, for several
classes the mean of one against the rest, and for the acceptance of particles the log loss. Errors
are those of paired bootstrap samples of the test events. Defaults were chosen on folds 0 to 2 of
the ATLAS sample, of the lepton jets and of ``make_resonance``, and on the samples that are drawn;
the others are only reported.

Each fit is kept in ``ACCURACY.jsonl`` as it ends; a further call adds what is not there yet, and
``ACCURACY.md`` is written anew from all that is there. A side is a name of
:data:`benchmarks.accuracy_sides.SIDES`, after which parameters of the network may be changed:
``--sides trees "ours, dropout=0.1"``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from sklearn.model_selection import StratifiedKFold

from benchmarks import accuracy_page, accuracy_results, accuracy_samples, accuracy_sides
from benchmarks.accuracy_results import Result

PAGE = Path(__file__).parent / "ACCURACY.md"
N_FOLDS = 5


def main(arguments):
    """Run what is asked for and was not run before; each fit is kept as soon as it is there."""
    options = parse(arguments)
    store = accuracy_results.Store(Path(options.output).with_suffix(".jsonl"))
    if options.anew:
        store.forget(options.samples, options.sides)
    for name in options.samples:
        for side, fold, seed in wanted(options):
            if store.has(name, side, fold, seed, accuracy_sides.described(side)):
                continue
            result = run(name, side, fold, seed)
            if result is None:
                break
            store.add(result)
            print(result.line(), flush=True)
            Path(options.output).write_text(accuracy_page.page(store.results))
    Path(options.output).write_text(accuracy_page.page(store.results))


def wanted(options):
    """(side, fold, seed) of the fits of a sample, one seed of all sides first."""
    return [
        (side, fold, seed)
        for seed in range(options.seeds)
        for fold in options.folds
        for side in options.sides
    ]


def run(name, side, fold, seed):
    """Train on four folds, score on the other; None, said aloud, if the sample is not there."""
    sample = accuracy_samples.load(name)
    if sample is None:
        return None
    train, test = parts(sample, fold)
    start = time.perf_counter()
    predict = accuracy_sides.side(side)(*train, seed)
    seconds = time.perf_counter() - start
    X, y, w = test
    scores = predict(X)
    return Result(
        sample=name,
        side=side,
        fold=fold,
        seed=seed,
        described=accuracy_sides.described(side),
        events=len(train[1]),
        figure=sample.figure(y, scores, w),
        replicas=accuracy_results.replicas(sample.figure, y, scores, w, fold),
        more={label: of(y, scores, w) for label, of in sample.more.items()},
        seconds=seconds,
    )


def parts(sample, fold):
    """Events, labels and weights for training and for the test."""
    cut = StratifiedKFold(N_FOLDS, shuffle=True, random_state=0).split(sample.X, sample.y)
    train, test = [*cut][fold]
    # shuffled: rows come in the order of the file, which may be that of the classes
    few = accuracy_samples.few(train, sample.y, sample.n_train)
    return sample.rows(few), sample.rows(test)


def parse(arguments):
    """Options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks accuracy")
    known = [*accuracy_samples.SAMPLES]
    parser.add_argument("--samples", nargs="*", default=known, help=f"of {', '.join(known)}")
    parser.add_argument(
        "--sides",
        nargs="*",
        default=[*accuracy_sides.SIDES],
        help=f"of {', '.join(accuracy_sides.SIDES)}; or 'ours, dropout=0.1'",
    )
    parser.add_argument("--seeds", type=int, default=3, help="how many")
    parser.add_argument("--folds", type=folds, default=[0, 1, 2], help="as 0,1,2, or how many")
    parser.add_argument("--anew", action="store_true", help="forget what was measured of these")
    parser.add_argument("--output", default=PAGE)
    options = parser.parse_args(arguments)
    unknown = [name for name in options.samples if name not in known]
    if unknown:
        parser.error(f"there is no sample {unknown[0]!r}; there are {', '.join(known)}")
    for name in options.sides:
        accuracy_sides.side(name)
    return options


def folds(text):
    """Numbers of folds: one number is how many, several are which."""
    numbers = [int(part) for part in text.split(",") if part.strip()]
    chosen = numbers if "," in text else [*range(numbers[0])]
    if not set(chosen) <= set(range(N_FOLDS)):
        msg = f"{text!r} are not folds of {N_FOLDS}, which are numbered from 0"
        raise argparse.ArgumentTypeError(msg)
    return chosen
