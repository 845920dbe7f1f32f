"""Sizes of runs, kept below the folder of all studies: to work out a large encoder takes ten
seconds."""

import hashlib
import json
import os
from contextlib import suppress
from functools import lru_cache
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lingweave.atomic import remove_unfinished, whole_file
from lingweave.training.config import FREE_FIELDS, TrainConfig

if TYPE_CHECKING:
    from lingweave.plan import Recipe
    from lingweave.table import ParallelTable
    from lingweave.training.footprint.devices import Device
    from lingweave.training.footprint.footprint import Footprint

KEPT = "footprints"
"""The folder that they are kept in, one file each: several processes may work some out at once."""
PACKAGES = (
    "lingweave.encoders",
    "lingweave.objectives",
    "lingweave.plan",
    "lingweave.training",
    "lingweave.training.footprint",
    "lingweave.training.tokens",
)
"""Where the code is that decides a footprint."""
LIBRARIES = ("torch", "transformers", "tokenizers", "sentence-transformers", "peft")
"""What it rests on."""
DESCRIBING = (".json", ".txt", ".model")
"""Ends of the names of files that say what a model and its tokenizer are."""
PUBLISHED = {
    "FacebookAI/xlm-roberta-base": "xlm-r-base",
    "sentence-transformers/LaBSE": "labse",
    "google/gemma-3-270m": "gemma-3-270m",
    "google/gemma-3-1b-pt": "gemma-3-1b",
    "google/gemma-3-4b-pt": "gemma-3-4b",
    "google/gemma-3-12b-pt": "gemma-3-12b",
    "google/gemma-3-27b-pt": "gemma-3-27b",
    "Qwen/Qwen3-0.6B-Base": "qwen3-0.6b",
    "Qwen/Qwen3-1.7B-Base": "qwen3-1.7b",
    "Qwen/Qwen3-4B-Base": "qwen3-4b",
    "Qwen/Qwen3-8B-Base": "qwen3-8b",
    "Qwen/Qwen3-14B-Base": "qwen3-14b",
    "01-ai/Yi-34B": "yi-34b",
}
"""Names on the hub of models whose shape lies among the files of the studies."""

_FOUND: dict[str, "Sizes"] = {}
"""Those of this process: a plan has many arms of one size. By key."""


class Sizes(NamedTuple):
    """What a run takes, as far as a study's plan tells of it."""

    tokens: float
    """Of a step."""
    parameters: int
    memory: int
    fits: bool
    seconds: float | None
    """Of the whole run; None where they are not known from operations."""
    device: str
    gpu: bool

    @classmethod
    def of(cls, found: "Footprint") -> "Sizes":
        """What a footprint says of it."""
        return cls(
            found.texts.tokens,
            found.step.weights.parameters,
            found.memory.peak,
            found.fits,
            found.seconds,
            found.device.name,
            found.device.gpu,
        )


def sizes_of(
    config: TrainConfig,
    out: Path,
    table: "ParallelTable | None" = None,
    recipe: "Recipe | None" = None,
) -> Sizes:
    """The footprint of a run, from its file if it was worked out before.

    Args:
        config: the run.
        out: the folder of all studies.
        table: its records, for the lengths of texts; None: they are as long as they may be.
        recipe: its batches; needed with a table.

    Raises:
        LingweaveError: the encoder has no configuration, or cannot be planned.
    """
    from lingweave.training.footprint.devices import MEASURED, device_of
    from lingweave.training.footprint.shape import described

    device = device_of(config.plan_device, config.device == "cpu")
    folder = described(config).folder
    key = _key(config, folder, table, device)
    # Small ones take no time, and the peak of a processor is measured anew by every process.
    kept = folder is not None and device.source != MEASURED
    path = out / KEPT / f"{key}.json"
    if kept:
        with suppress(OSError, ValueError, TypeError):  # Missing, or not what this version writes.
            return Sizes(**json.loads(path.read_text(encoding="utf-8")))
    if key not in _FOUND:
        _FOUND[key] = _worked_out(config, table, recipe)
    if kept:
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            remove_unfinished(path.parent)
            with whole_file(path) as part:
                part.write_text(json.dumps(_FOUND[key]._asdict(), indent=1) + "\n", "utf-8")
    return _FOUND[key]


def published_shape(name: str) -> str | None:
    """The folder with the configuration of a model on the hub, from published facts."""
    shapes = resources.files("lingweave.studies") / "files" / "shapes"
    return str(shapes / PUBLISHED[name]) if name in PUBLISHED else None


def _worked_out(
    config: TrainConfig, table: "ParallelTable | None", recipe: "Recipe | None"
) -> Sizes:
    from lingweave.training.footprint.footprint import footprint_of

    return Sizes.of(footprint_of(config, table, recipe))


def _key(
    config: TrainConfig, folder: Path | None, table: "ParallelTable | None", device: "Device"
) -> str:
    """A hash of all that decides a footprint: options, processes, encoder, table, device, code."""
    fields = {k: v for k, v in config.to_dict().items() if k not in FREE_FIELDS}
    files = [] if folder is None else sorted(folder.rglob("*"))
    encoder = [
        (path.name, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in files
        if path.is_file() and path.suffix in DESCRIBING
    ]
    rows = None if table is None else table.fingerprint
    ranks = os.environ.get("WORLD_SIZE", "1")
    fields["encoder"] = encoder or config.encoder
    decides = [fields, ranks, rows, list(device), _code()]
    told = json.dumps(decides, sort_keys=True)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:24]


@lru_cache(maxsize=1)
def _code() -> list[str]:
    """What changes when the code that counts does."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted(resources.files(package).iterdir(), key=lambda one: one.name):
            if path.name.endswith(".py"):
                digest.update(path.read_bytes())
    return [digest.hexdigest(), *map(metadata.version, LIBRARIES)]
