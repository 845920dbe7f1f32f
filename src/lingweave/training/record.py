"""What a run writes about itself: ``run.json`` at its start, ``lingweave.json`` in its models."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import TrainerState

from lingweave.atomic import disk_errors_named, write_json
from lingweave.errors import LingweaveError
from lingweave.software import software
from lingweave.table import ParallelTable
from lingweave.training.config import TrainConfig, differing_fields

FORMAT_VERSION = 1
BEGUN = ("model", "checkpoints", "history.jsonl")
"""What a run has once it has taken a step."""


def check_folder(out: Path, config: TrainConfig) -> None:
    """Refuses a folder that holds another run, or cannot hold one.

    Raises:
        LingweaveError: naming what differs, or what stands in the way.
    """
    for place in (out, *out.parents):
        if place.exists() and not place.is_dir():
            raise LingweaveError(f"out: {place} is a file; choose another folder")
    stored = _stored(out)
    if stored is None:
        if any((out / name).exists() for name in ("model", "checkpoints")):
            raise LingweaveError(
                f"out: {out} holds a model but no run.json, so nothing can be continued there;"
                " choose another folder"
            )
        return
    differing = differing_fields(stored["config"], config)
    if differing:
        raise LingweaveError(
            f"out: {out} holds a run with another configuration ({'; '.join(differing)});"
            " choose another folder, or the same configuration to continue"
        )


@contextmanager
def given_back(out: Path) -> Iterator[None]:
    """Leaves no folder behind if the block fails before a step was taken."""
    made = [place for place in (out, *out.parents) if not place.exists()]
    try:
        yield
    except Exception:
        if made and not any((out / name).exists() for name in BEGUN):
            (out / "run.json").unlink(missing_ok=True)
            for place in made:
                try:
                    place.rmdir()
                except OSError:  # Something else has come to lie there.
                    break
        raise


def write_run(
    out: Path, config: TrainConfig, table: ParallelTable, inputs: Mapping[str, str]
) -> bool:
    """Notes the run in its folder; whether it was there already.

    Args:
        out: the folder.
        config: the run.
        table: what it learns from.
        inputs: checksums of what else decides its weights, by the names of the options
            (``inputs_of``).

    Raises:
        LingweaveError: the run there was over other data, or the folder cannot be written.
    """
    stored = _stored(out)
    if stored is not None:
        before = stored.get("inputs", {})
        changed = [x for x in inputs if x in before and before[x] != inputs[x]]
        if stored["table_fingerprint"] != table.fingerprint:
            changed.insert(0, "table")
        if changed:
            what = "the data have" if changed[0] in ("table", "valid") else "its files have"
            raise LingweaveError(
                f"{changed[0]}: {what} changed since the run in {out} was started;"
                " choose another folder, or restore the files to continue"
            )
        return True
    with disk_errors_named(f"the run folder {out}"):
        out.mkdir(parents=True, exist_ok=True)
        write_json(
            out / "run.json",
            {
                "format_version": FORMAT_VERSION,
                "config": config.to_dict(),
                "table_fingerprint": table.fingerprint,
                "inputs": dict(inputs),
                "software": software(),
            },
        )
    return False


def write_model_record(
    folder: Path,
    config: TrainConfig,
    table: ParallelTable,
    valid: ParallelTable | None,
    state: TrainerState,
    step: int,
) -> None:
    """Writes ``lingweave.json``: where a model comes from, beside its weights."""
    write_json(
        folder / "lingweave.json",
        {
            "format_version": FORMAT_VERSION,
            "arm": config.label,
            "recipe": config.recipe,
            "seed": config.seed,
            "seen": config.seen,
            "unseen": list(table.unseen),
            "step": step,
            "steps": state.global_step,
            "steps_planned": config.steps,
            "criterion": config.criterion if state.best_global_step else None,
            "validation": state.best_metric,
            "languages": list(table.languages),
            "datasets": list(table.datasets),
            "records": len(table),
            "table": list(config.table),
            "table_fingerprint": table.fingerprint,
            "valid_fingerprint": valid.fingerprint if valid is not None else None,
            "config": config.to_dict(),
            "software": software(),
        },
    )


def read_model_record(folder: Path) -> dict[str, Any]:
    """The ``lingweave.json`` of a model.

    Raises:
        LingweaveError: it is missing or unreadable.
    """
    path = folder / "lingweave.json"
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LingweaveError(f"{path}: not readable as JSON ({error})") from error
    return record


def _stored(out: Path) -> dict[str, Any] | None:
    path = out / "run.json"
    if not path.is_file() or not any((out / name).exists() for name in BEGUN):
        # A start that failed leaves nothing to lose, so it does not claim the folder.
        return None
    try:
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if "config" not in stored or "table_fingerprint" not in stored:
            raise ValueError("fields are missing")
    except ValueError as error:
        raise LingweaveError(
            f"{path}: not a run of lingweave ({error}); choose another folder"
        ) from error
    return stored
