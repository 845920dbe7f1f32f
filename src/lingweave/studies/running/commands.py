"""`lingweave study commands`: one line a run, for array jobs, clusters and `torchrun`."""

import shlex

from lingweave.studies.config import StudyConfig
from lingweave.studies.running.runs import Runs, runs_of


def commands(config: StudyConfig) -> None:
    """Prints the commands that a study comes down to, in an order in which they can be given.

    Raises:
        LingweaveError: the study is wrong.
    """
    config.refuse_for("commands")
    study = config.checked(here=False)
    print("\n".join(command_lines(runs_of(study, config.folder), config)))


def command_lines(runs: Runs, config: StudyConfig) -> list[str]:
    """Comments and commands: starts, then all that goes on from them, then the report.

    A command trains one run and measures its model, or measures a floor; one whose work is done
    returns at once.
    """
    first = {run.id for run in runs.starts.values()}
    lines = []
    if first:
        lines.append("# First these, one after the other: what follows goes on from them.")
        lines += [_line(config, [run.id], run.name) for run in runs.starts.values()]
    lines.append("# Then these, in any order and side by side; or under torchrun, one at a time.")
    lines += [_line(config, [run.id], run.name) for run in runs.all if run.id not in first]
    floors: dict[str, list[str]] = {}
    for one in runs.distinct_measures:
        if one.run is None:
            floors.setdefault(one.arm, []).append(one.id)
    lines += [_line(config, ids, name) for name, ids in floors.items()]
    lines.append("# At last the report; it does what is still missing first.")
    lines.append(command(config))
    return lines


def command(config: StudyConfig) -> str:
    """The command that runs the study with the same options, as one would type it."""
    words = ["lingweave", "study", "run", *config.study]
    if config.scale is not None:
        words += ["--scale", config.scale]
    if config.out != StudyConfig.out:
        words += ["--out", config.out]
    if config.benchmarks is not None:
        words += ["--benchmarks", ",".join(config.benchmarks)]
    if config.resamples is not None:
        words += ["--resamples", str(config.resamples)]
    return shlex.join(words)


def _line(config: StudyConfig, ids: list[str], name: str) -> str:
    return f"{command(config)} --only {','.join(ids)}  # {name}"
