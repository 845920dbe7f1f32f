"""The course of a run as JSON lines: one for every log and every validation."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from transformers import TrainerState
from transformers.trainer import TRAINER_STATE_NAME

from lingweave.atomic import disk_errors_named
from lingweave.training.config import TrainConfig
from lingweave.training.trainer import Line

_SKIPPED = ("epoch",)


class History:
    """Appends lines to ``history.jsonl``; a continued run keeps those up to its checkpoint."""

    def __init__(
        self, path: Path, on_line: Callable[[Line], None] | None, config: TrainConfig
    ) -> None:
        self.path = path
        self.on_line = on_line or (lambda line: _print(line, config))

    def start(self, checkpoint: Path | None) -> None:
        """Starts an empty file, or one with the lines that the checkpoint has."""
        lines = []
        if checkpoint is not None:
            lines = TrainerState.load_from_json(str(checkpoint / TRAINER_STATE_NAME)).log_history
        with disk_errors_named(str(self.path)):
            self.path.write_text("".join(map(_json, lines)), encoding="utf-8")

    def add(self, line: Line) -> None:
        """Appends a line and passes it on."""
        with disk_errors_named(str(self.path)), self.path.open("a", encoding="utf-8") as file:
            file.write(_json(line))
        self.on_line(line)


def _json(line: Line) -> str:
    names = sorted(name for name in line if name not in (*_SKIPPED, "step"))
    return json.dumps({name: line[name] for name in ("step", *names)}) + "\n"


def _print(line: Line, config: TrainConfig) -> None:
    figures = "  ".join(
        f"{name.replace('eval_', 'validation ')} {value:.4g}"
        for name, value in line.items()
        if name not in ("step", "epoch", "grad_norm")
    )
    print(f"{config.label}  step {line['step']}/{config.steps}  {figures}", file=sys.stderr)
