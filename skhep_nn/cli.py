"""The command ``skhep-nn``: one subcommand for each row of `COMMANDS`."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

from skhep_nn._version import __version__
from skhep_nn.exceptions import SkhepNNError


@dataclass(frozen=True)
class Command:
    """A subcommand.

    Parameters
    ----------
    summary : str
        One line for the help.
    add_arguments : callable
        Given the parser of the subcommand.
    run : callable
        Given the parsed arguments; returns a line to print, or None.
    """

    summary: str
    add_arguments: Callable
    run: Callable


def main(argv=None):
    """Run the command line.

    Parameters
    ----------
    argv : list of str, default=None
        Arguments without the name of the program; None: those of the process.

    Returns
    -------
    int
        0 if all went well, 1 for an error in the data or files, 2 for one in the arguments, 130
        if interrupted.

    Examples
    --------
    >>> main(["apply", "--help"])
    usage: skhep-nn apply ...
    0
    """
    parser = make_parser()
    try:
        arguments = parser.parse_args(argv)
    except SystemExit as stop:
        return stop.code
    if arguments.command is None:
        parser.print_help(sys.stderr)
        return 2
    return _run(COMMANDS[arguments.command], arguments)


def make_parser():
    """The parser of all subcommands."""
    parser = argparse.ArgumentParser(
        prog="skhep-nn", description="Neural networks for particle physics."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, command in COMMANDS.items():
        command.add_arguments(
            commands.add_parser(name, help=command.summary, description=command.summary)
        )
    return parser


def _run(command, arguments):
    # a model may need a module beside it, as it would find with python -m skhep_nn
    if "" not in sys.path:
        sys.path.append("")
    try:
        line = command.run(arguments)
    except KeyboardInterrupt as interrupt:
        return _complain(f"interrupted; {str(interrupt) or 'nothing was written'}", 130)
    except (SkhepNNError, ValueError, OSError, ImportError) as error:
        return _complain(_in_words_of_command(" ".join(str(error).split()), arguments), 1)
    if line:
        sys.stdout.write(f"{line}\n")
    return 0


def _in_words_of_command(message, arguments):
    """`message` with the options of the command where it names parameters of a function."""
    message = message.replace("empty='skip'", "--skip-empty")
    for name in vars(arguments):
        option = "--" + name.replace("_", "-")
        # with a value behind it, and without one
        message = re.sub(rf"(?<![\w.-]){name}=(?=[\w'\"\[.+-])", f"{option}=", message)
        message = re.sub(rf"(?<![\w.-]){name}=(?![\w'\"\[.+-])", option, message)
    return message


def _complain(message, code):
    sys.stderr.write(f"skhep-nn: error: {message}\n")
    return code


def _apply_arguments(parser):
    add = parser.add_argument
    add("model", help="ONNX or joblib file of a model (joblib can run code: trust its origin)")
    add("files", nargs="+", help="ROOT, Parquet, Feather, HDF5, CSV or npz files, or patterns")
    add("--output", "-o", required=True, help="a .parquet, .feather or .csv file, or a new folder")
    add("--threshold", "-t", type=float, help="keep events whose score is at least this")
    add("--signal", help="class that the score and the threshold are of")
    add("--columns", type=_listed, metavar="A,B", help="columns to carry along")
    add("--features", type=_listed, metavar="A,B", help="for a model fitted without names")
    _reading_arguments(add)
    add("--quiet", "-q", action="store_true", help="no progress bar and no summary")


def _reading_arguments(add):
    add("--tree", help="tree of a ROOT file, or key of an HDF5 file")
    add("--names", type=_listed, metavar="A,B", help="columns of a CSV file without header")
    add("--separator", help="the character between the fields of a CSV file, a comma if not given")
    add("--comment", help="the character that begins a comment in a CSV file")
    add("--cut", help="keep events that pass, e.g. 'pt > 30 and abs(eta) < 2.5'")
    add("--chunk-size", type=int, default=100_000, metavar="N", help="events in memory at a time")
    add("--skip-empty", action="store_true", help="pass over files without events")
    add("--dask", metavar="SCHEDULER", help="have the workers of this Dask scheduler do it")
    add("--workers", type=int, metavar="N", help="have N processes do it, with Dask")


def _reading(arguments):
    """The parameters of ``apply`` and ``build_cache`` that say what is read, and how it is told."""
    names = ("columns", "tree", "names", "separator", "comment", "cut", "chunk_size")
    return {name: getattr(arguments, name) for name in names} | {
        "empty": "skip" if arguments.skip_empty else "error",
        "progress": False if arguments.quiet else "auto",
    }


def _apply(arguments):
    from skhep_nn._dask._connection import connected
    from skhep_nn.deploy import apply

    with connected(arguments.dask, arguments.workers) as client:
        done = apply(
            arguments.model,
            arguments.files,
            arguments.output,
            threshold=arguments.threshold,
            signal=arguments.signal,
            features=arguments.features,
            client=client,
            **_reading(arguments),
        )
    return None if arguments.quiet else str(done)


def _cache_arguments(parser):
    add = parser.add_argument
    add("files", nargs="+", help="ROOT, Parquet, Feather, HDF5, CSV or npz files, or patterns")
    add(
        "--transformer",
        "-t",
        help="joblib file of a transformer, fitted on the files if it is not"
        " (it can run code: trust where it is from)",
    )
    add("--output", "-o", required=True, metavar="DIR", help="folder that becomes the cache")
    add("--columns", type=_listed, metavar="A,B", help="columns to read")
    _reading_arguments(add)
    add("--verify", action="store_true", help="if the cache is there, check all of its content")
    add("--quiet", "-q", action="store_true", help="no progress bar and no summary")


def _cache(arguments):
    from skhep_nn._dask._connection import connected
    from skhep_nn.cache._command import build

    with connected(arguments.dask, arguments.workers) as client:
        line = build(
            arguments.files,
            arguments.transformer,
            arguments.output,
            verify=arguments.verify,
            client=client,
            **_reading(arguments),
        )
    return None if arguments.quiet else line


def _export_arguments(parser):
    add = parser.add_argument
    add("model", help="joblib file of a fitted model (it can run code: trust where it is from)")
    add("output", help="a .onnx file")
    add("--check", metavar="FILE", help="file of events on which model and output are compared")
    add("--tree", help="tree of a ROOT file, or key of an HDF5 file, of --check")
    add("--n-check", type=int, default=10_000, metavar="N", help="events of --check to compare")
    add("--inputs", choices=["matrix", "columns"], default="matrix", help="one input, or one each")
    add("--dtype", choices=["float32", "float64"], default="float32", help="of the features")
    add("--tokens", choices=["int32", "int64", "float32"], default="int32", help="type of tokens")
    add("--masks", choices=["bool", "float32"], default="bool", help="type of masks")
    add("--at", type=_numbers, metavar="M", help="mass hypothesis to build in")
    add("--target", choices=["onnxruntime", "sofie"], default="onnxruntime", help="what reads it")
    add("--tolerance", type=float, help="largest difference of a probability that is allowed")


def _export(arguments):
    from skhep_nn.deploy._onnx._command import export

    return export(
        arguments.model,
        arguments.output,
        check=arguments.check,
        tree=arguments.tree,
        n_check=arguments.n_check,
        inputs=arguments.inputs,
        dtype=arguments.dtype,
        tokens=arguments.tokens,
        masks=arguments.masks,
        at=arguments.at,
        target=arguments.target,
        tolerance=arguments.tolerance,
    )


def _show_arguments(parser):
    parser.add_argument("model", help="a .onnx file that was exported")


def _show(arguments):
    from skhep_nn.deploy._onnx._command import show

    return show(arguments.model)


def _report_arguments(parser):
    add = parser.add_argument
    add("model", help="joblib or ONNX file of a model (joblib can run code: trust its origin)")
    for part in ("train", "validation", "test"):
        add(f"--{part}", nargs="+", metavar="FILE", help=f"files of {part} events, or patterns")
    add("--output", "-o", required=True, help="a .html file, or .json for the numbers alone")
    add("--label", help="column that holds the classes; found if it is the only one")
    add("--weight-column", help="column with the event weights; the model's own if not given")
    add("--process-column", help="column with the name of the process, for tables of yields")
    add("--signal", help="class that is signal; 1, or the second of two, if not given")
    add(
        "--variation",
        nargs=2,
        action="append",
        metavar=("NAME", "FILE"),
        help="a systematic variation of the test events; may be given several times",
    )
    add("--event-number", type=_listed, metavar="A,B", help="columns that say which event a row is")
    add("--sculpting", type=_listed, metavar="A,B", help="variables that a cut should not shape")
    add("--luminosity", type=float, help="factor on all weights")
    add("--systematic", type=float, default=0.0, help="relative uncertainty of the background")
    add(
        "--min-effective-background",
        type=float,
        default=50.0,
        metavar="N",
        help="effective background events that a cut and each bin must keep",
    )
    add("--title", help="title of the page")
    add("--tree", help="tree of a ROOT file, or key of an HDF5 file")
    add("--cut", help="keep events that pass, e.g. 'pt > 30 and abs(eta) < 2.5'")


def _report(arguments):
    from skhep_nn.report._report_command import report

    return report(**{name: value for name, value in vars(arguments).items() if name != "command"})


def _numbers(text):
    return [float(one) for one in text.split(",")]


def _listed(text):
    return [one.strip() for one in text.split(",")]


COMMANDS = {
    "apply": Command("Score files of events with a fitted model.", _apply_arguments, _apply),
    "cache": Command("Make a memory-mapped cache of files.", _cache_arguments, _cache),
    "export": Command("Write a model as an ONNX file.", _export_arguments, _export),
    "report": Command("Say in one HTML file how good a model is.", _report_arguments, _report),
    "show": Command("Say what an ONNX file is, and test it.", _show_arguments, _show),
}


if __name__ == "__main__":
    sys.exit(main())
