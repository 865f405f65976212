"""The command line. Every command imports what it needs when it runs, so that ``--help`` answers at once."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

import statmech
from statmech.errors import (
    ConfigError,
    FileFormatError,
    InputError,
    MissingDependencyError,
    ResultsError,
    StatmechError,
)

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["main"]

OK: Final = 0
FAILED: Final = 1  # the run
DIFFERENT: Final = 1  # of diff, as in diff(1)
USAGE: Final = 2  # the configuration, the input, or how the command was called


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Instead of those of the process.

    Returns
    -------
    int
        0 done; 1 the run failed; 2 a mistake in the configuration, the input or the call; 130 interrupted.

    Examples
    --------
    >>> main(["show", "nothing.h5"])
    2
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    command: Callable[[argparse.Namespace], int] | None = getattr(options, "command", None)
    if command is None:
        parser.print_help()
        return USAGE
    caught: list[int] = []
    try:
        with _stoppable(caught):
            return command(options)
    except KeyboardInterrupt as interrupt:
        written: list[Path] = getattr(options, "written", [])
        kept = str(interrupt)  # what a run says of itself
        _say(
            f"interrupted; {kept or ('written: ' + ', '.join(map(str, written)) if written else 'nothing was written')}"
        )
        return 128 + int(getattr(interrupt, "signum", signal.SIGINT))
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except StatmechError as failure:
        if options.debug:
            raise
        if isinstance(failure, ConfigError):
            for problem in failure.problems:
                print(problem, file=sys.stderr)
        else:
            _say(str(failure))
        for note in getattr(failure, "__notes__", ()):
            _say(note)
        return _code(failure, options)
    except MemoryError as failure:  # of NumPy or Python; our own ResourceError is told above
        if options.debug:
            raise
        _say(f"not enough memory: {failure or 'none left'}; make the system smaller, or run it on a larger machine")
        return FAILED
    except Exception as failure:
        if caught:
            _say("interrupted; nothing was written")
            return 128 + caught[0]
        if options.debug:
            raise
        _say(f"unexpected {type(failure).__name__}: {failure}")
        _say("this is a fault of statmech: please report it, with the configuration and what --debug prints")
        return FAILED


class _Stopped(KeyboardInterrupt):
    """SIGINT or SIGTERM came."""

    def __init__(self, signum: int) -> None:
        super().__init__()
        self.signum = signum


@contextmanager
def _stoppable(caught: list[int]) -> Iterator[None]:
    """SIGTERM ends a command as Ctrl-C does; both are noted, for a library may turn them into another error."""

    def stop(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001
        caught.append(signum)
        raise _Stopped(signum)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, signal.SIG_DFL if old is None else old)


def _code(failure: StatmechError, options: argparse.Namespace) -> int:
    if isinstance(failure, ResultsError):  # no file to look at, or none could be written
        return FAILED if getattr(options, "begun", False) else USAGE
    return USAGE if isinstance(failure, (InputError, ConfigError, FileFormatError, MissingDependencyError)) else FAILED


def _say(text: str) -> None:
    print(f"statmech: {text}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="statmech",
        description="Statistical mechanics: energy levels in, thermodynamics out, every digit right.",
        epilog="begin with: statmech new ising > ising.yaml; statmech run ising.yaml",
    )
    parser.add_argument("--version", action="version", version=f"statmech {statmech.__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--debug", action="store_true", help="show where in the program an error arose")
    configured = argparse.ArgumentParser(add_help=False)
    configured.add_argument("config", metavar="CONFIG", help="YAML file")
    configured.add_argument(
        "--set", dest="overrides", metavar="PATH=VALUE", action="append", default=[],
        help="change one value, for example --set model.field=0.5; may be repeated",
    )  # fmt: skip
    configured.add_argument("-o", "--output", metavar="FILE", help="results file, instead of the configuration's")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    run = commands.add_parser("run", parents=[configured, common], help="compute, and write the results file")
    run.add_argument(
        "--executor",
        metavar="WHERE",
        default="serial",
        help="where tasks run: serial, processes:N, dask:N, tcp://HOST:PORT (a Dask scheduler) or mpi",
    )
    run.add_argument("--fresh", action="store_true", help="discard what an interrupted run left, and begin anew")
    run.add_argument("--reproducible", action="store_true", help="equal runs write equal bytes")
    run.add_argument("--plot", action="store_true", help="draw the figures too")
    run.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")
    run.set_defaults(command=_run)

    plan = commands.add_parser("plan", parents=[configured, common], help="what would run: method, points, estimates")
    plan.add_argument("--no-trial", action="store_true", help="estimate without computing a point")
    plan.set_defaults(command=_plan)

    show = commands.add_parser("show", parents=[common], help="what is in a results file")
    show.add_argument("file", metavar="FILE")
    show.add_argument("--json", action="store_true", help="for programs")
    show.set_defaults(command=_show)

    plot = commands.add_parser("plot", parents=[common], help="figures of a results file")
    plot.add_argument("file", metavar="FILE")
    plot.add_argument("-o", "--output", metavar="PREFIX", help="start of the names of the figures (default: FILE's)")
    plot.add_argument("--format", metavar="KIND", action="append", help="png, svg or pdf; may be repeated")
    plot.add_argument("--quantity", metavar="NAME", action="append", help="only this variable; may be repeated")
    plot.add_argument("--x", metavar="AXIS", help="axis to the right (default: temperature)")
    plot.add_argument("--hue", metavar="AXIS", help="axis whose values are the curves (default: the one left)")
    plot.add_argument("--exact", metavar="FILE", help="results to compare with, drawn behind")
    plot.set_defaults(command=_plot)

    report = commands.add_parser("report", parents=[common], help="one page of HTML that tells what a result is")
    report.add_argument("file", metavar="FILE")
    report.add_argument("-o", "--output", metavar="PAGE", help="file to write (default: FILE's name with .html)")
    report.set_defaults(command=_report)

    nasa = commands.add_parser("nasa", parents=[common], help="NASA polynomials of a molecule, as Cantera YAML")
    nasa.add_argument("file", metavar="FILE", help="results of a molecule, over temperature or several of a table")
    nasa.add_argument("-o", "--output", metavar="YAML", help="file to write (default: FILE_nasa.yaml)")
    nasa.add_argument("--terms", type=int, choices=(7, 9), default=7, help="numbers per range (default: 7)")
    nasa.add_argument("--joints", metavar="T,...", help="where ranges meet, in K (default: 1000, for 9 terms and 6000)")
    nasa.add_argument("--formation-enthalpy", metavar="H", type=float, default=0.0,
                      help="from the elements at 298.15 K, in kJ/mol (default: 0)")  # fmt: skip
    nasa.add_argument("--formula", help="where the results do not say it, for example CH4")
    nasa.add_argument("--name", help="of the species (default: its formula)")
    nasa.set_defaults(command=_nasa)

    diff = commands.add_parser("diff", parents=[common], help="what two results files differ in")
    diff.add_argument("first", metavar="A")
    diff.add_argument("second", metavar="B")
    diff.set_defaults(command=_diff)

    schema = commands.add_parser("schema", parents=[common], help="JSON Schema of configurations, for editors")
    schema.add_argument("--markdown", action="store_true", help="the configuration reference, for readers")
    schema.set_defaults(command=_schema)

    methods = commands.add_parser("methods", parents=[common], help="which method computes what")
    methods.add_argument("--markdown", action="store_true", help="as a page with costs and references")
    methods.set_defaults(command=_methods)

    new = commands.add_parser("new", parents=[common], help="a configuration to begin with")
    new.add_argument(
        "kind", metavar="KIND", nargs="?", help="model, method or sampling algorithm; without it, all are listed"
    )
    new.set_defaults(command=_new)
    return parser


def _run(options: argparse.Namespace) -> int:
    from statmech.config import load
    from statmech.run import check_output, opened, run_to_table
    from statmech.summary import summary_lines

    if options.quiet:
        os.environ["TQDM_DISABLE"] = "1"
    with opened(options.executor) as pool:  # first of all: under MPI only rank 0 comes out of it
        config = load(options.config, options.overrides)
        output = _output(options, config.name, config.output)
        check_output(config, output)
        options.begun = True
        results = run_to_table(
            config,
            executor=pool,
            output=output,
            fresh=options.fresh,
            say=None if options.quiet else _say,
            progress=False if options.quiet else None,
            reproducible=options.reproducible,
        )
    options.written = [output]
    if not options.quiet:
        print("\n".join(summary_lines(results, provenance=False)))
        print(f"results      {output} ({output.stat().st_size / 1000:.1f} kB)")
        print(f"look at it   statmech show {output}{'' if options.plot else f'; statmech plot {output}'}")
    if options.plot:
        _figures(options, results.dataset(), output)
    return OK


def _figures(options: argparse.Namespace, dataset: xr.Dataset, output: Path) -> None:
    """The figures of a run; results that nothing can be drawn of are no fault of it."""
    from statmech.plots import save_figures

    try:
        paths = save_figures(dataset, output.with_suffix(""))
    except InputError as reason:
        if not options.quiet:
            print(f"no figure: {reason}")
        return
    if not options.quiet:
        for path in paths:
            print(f"figure       {path}")


def _plan(options: argparse.Namespace) -> int:
    from statmech.config import load
    from statmech.run import check_output, estimated, plan

    config = load(options.config, options.overrides)
    output = _output(options, config.name, config.output)
    whole = plan(config)
    check_output(config, output, make_folder=False)
    lines = list(whole.lines(estimated(whole, trial=not options.no_trial)))
    print("\n".join([*lines, f"output       {output}"]))
    return OK


def _show(options: argparse.Namespace) -> int:
    from statmech.results import open_results
    from statmech.summary import summarise, summary_lines

    dataset = open_results(options.file)
    if options.json:
        import json

        print(json.dumps(summarise(dataset), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print("\n".join(summary_lines(dataset)))
    return OK


def _diff(options: argparse.Namespace) -> int:
    from statmech.differences import differences
    from statmech.results import open_results

    found = list(differences(open_results(options.first), open_results(options.second)))
    width = max((len(subject) for subject, _ in found), default=0)
    for subject, text in found:
        print(f"{subject:<{width}}  {text}")
    return DIFFERENT if found else OK


def _plot(options: argparse.Namespace) -> int:
    from statmech.plots import save_figures
    from statmech.results import open_results

    dataset = open_results(options.file)
    prefix = options.output or Path(options.file).with_suffix("")
    formats = [kind for kinds in options.format or ["png,svg"] for kind in kinds.split(",")]
    exact = None if options.exact is None else open_results(options.exact)
    asked = {"quantities": options.quantity, "x": options.x, "hue": options.hue, "exact": exact}
    for path in save_figures(dataset, prefix, formats, **asked):
        print(path)
    return OK


def _report(options: argparse.Namespace) -> int:
    from statmech.report import write_report
    from statmech.results import open_results

    path = options.output or Path(options.file).with_suffix(".html")
    print(write_report(open_results(options.file), path, source=Path(options.file).name))
    return OK


def _nasa(options: argparse.Namespace) -> int:
    from statmech.nasa import cantera_yaml, species_of
    from statmech.results import open_results

    try:
        joints = None if options.joints is None else [float(value) for value in options.joints.split(",")]
    except ValueError:
        raise InputError(f"--joints: expected temperatures with commas; got {options.joints!r}") from None
    species = species_of(
        open_results(options.file), options.terms, joints, options.formation_enthalpy, options.formula, options.name
    )
    source = Path(options.file)
    output = Path(options.output) if options.output else source.with_name(f"{source.stem}_nasa.yaml")
    text = cantera_yaml(species)
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise ResultsError(f"{output}: cannot be written: {problem.strerror}; choose another with -o") from None
    for one in species:
        ends = ", ".join(f"{T:g}" for T in one.thermo.temperatures)
        errors = one.thermo.errors
        print(f"{one.name:<12} NASA{options.terms}, {ends} K; largest deviations Cp {errors['heat_capacity']:.2g} and "
              f"S {errors['entropy']:.2g} J/mol/K, H {errors['enthalpy']:.2g} kJ/mol")  # fmt: skip
    print(f"written      {output}")
    return OK


def _methods(options: argparse.Namespace) -> int:
    from statmech.reference import methods_lines, methods_markdown

    print(methods_markdown() if options.markdown else "\n".join(methods_lines()), end="" if options.markdown else "\n")
    return OK


def _schema(options: argparse.Namespace) -> int:
    import json

    if options.markdown:
        from statmech.reference import configuration_markdown

        print(configuration_markdown(), end="")
        return OK

    from statmech.config import json_schema

    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return OK


def _new(options: argparse.Namespace) -> int:
    from statmech import methods, models, sampling

    if options.kind is not None:
        from statmech.config.template import template

        print(template(options.kind), end="")
        return OK
    for kind in models.kinds():
        summary = (models.get(kind).__doc__ or "").strip().split("\n")[0]
        print(f"{kind:<16}  {summary}")
    print(f"\nor a method: {', '.join(methods.kinds())}\nor a sampling algorithm: {', '.join(sampling.algorithms())}")
    return OK


def _output(options: argparse.Namespace, name: str, configured: Path | None) -> Path:
    if options.output is not None:
        return Path(options.output)
    return configured if configured is not None else Path("results", f"{name}.h5")
