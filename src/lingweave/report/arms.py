"""From the arguments of a command to arms: evaluations by name, one a training seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lingweave.errors import LingweaveError
from lingweave.significance import Arm, Sample


@dataclass(frozen=True)
class OpenedArm:
    """An arm with what its evaluations say about themselves."""

    arm: Arm
    """Name, seeds and per-query values."""
    folders: tuple[Path, ...]
    """The evaluation folders, one a seed."""
    summaries: tuple[Mapping[str, Any], ...]
    """The ``evaluation.json`` of each folder."""


def opened_arms(arguments: Sequence[str | Path]) -> tuple[OpenedArm, ...]:
    """Arms in the order in which they are first named; each argument is ``[NAME=]FOLDER``.

    Several folders with one name are seeds of one arm. Without ``NAME=``, the name is the arm
    that the model was trained as, else the folder's name.

    Raises:
        LingweaveError: nothing given, a folder is no evaluation, a folder or seed stands twice.
    """
    if not arguments:
        raise LingweaveError("nothing to compare: give one evaluation folder or more")
    by_name: dict[str, list[tuple[Path, int | None, Sample, Mapping[str, Any]]]] = {}
    seen: set[tuple[str, Path]] = set()
    for argument in arguments:
        name, folder = _name_and_folder(str(argument))
        sample, summary = opened_evaluation(folder)
        training = training_record(summary)
        name = name or str(training.get("arm") or folder.resolve().name)
        if (name, folder.resolve()) in seen:
            raise LingweaveError(f"{folder} is given twice for the arm {name!r}")
        seen.add((name, folder.resolve()))
        seed = training.get("seed")
        by_name.setdefault(name, []).append(
            (folder, int(seed) if seed is not None else None, sample, summary)
        )
    opened = []
    for name, runs in by_name.items():
        # Seed order, so that a table reads the same whatever order the shell listed them in.
        runs.sort(key=lambda run: (run[1] is None, run[1] or 0))
        folders, seeds, samples, summaries = zip(*runs, strict=True)
        opened.append(OpenedArm(Arm(name, seeds, samples), folders, summaries))
    return tuple(opened)


def opened_evaluation(folder: Path) -> tuple[Sample, Mapping[str, Any]]:
    """The per-query values and the summary of one evaluation folder.

    Raises:
        LingweaveError: it is no evaluation folder, or its files cannot be read.
    """
    # Here, so that drawing tables of what is at hand does not import the encoders.
    from lingweave.evaluate import Evaluation

    if not (folder / "evaluation.json").is_file():
        what = "holds no evaluation.json" if folder.is_dir() else "is not a folder"
        raise LingweaveError(
            f"{folder} {what}: give a folder that `lingweave evaluate --out` wrote"
        )
    evaluation = Evaluation.open(folder)
    summary = evaluation.summary
    pairs, pools = evaluation.per_query()
    sample = Sample(
        source=str(folder),
        benchmark=str(summary["benchmark"]),
        ties=str(summary["ties"]),
        languages=tuple(evaluation.languages),
        query_ids=tuple(evaluation.query_ids),
        groups=evaluation.groups,
        pairs=pairs,
        pools=pools,
    )
    return sample, summary


def training_record(summary: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the evaluated model's training wrote about itself; empty if it is not known."""
    return (summary.get("provenance") or {}).get("training") or {}


def _name_and_folder(argument: str) -> tuple[str | None, Path]:
    name, equals, folder = argument.partition("=")
    if equals and not Path(argument).exists():
        if not name or not folder:
            raise LingweaveError(f"{argument!r}: write NAME=FOLDER, or FOLDER alone")
        return name, Path(folder)
    return None, Path(argument)
