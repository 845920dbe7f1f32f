"""What a folder of `lingweave debias` was asked for, so that one is never half of another."""

import json
from pathlib import Path
from typing import Any

from lingweave.debias.config import FOR_LEARNING, DebiasConfig
from lingweave.debias.fitted import Debias
from lingweave.encoders.choice import identity_of
from lingweave.errors import LingweaveError

RECORD = "debias.json"


def asked_of(config: DebiasConfig, opened: Debias | None) -> dict[str, Any]:
    """What decides the content of the folder: plain JSON values.

    Args:
        config: The options.
        opened: The map that is applied; None where one is learned.
    """
    names = ("benchmark", "languages", "vector_languages", *(() if opened else FOR_LEARNING))
    asked = {name: getattr(config, name) for name in names}
    return {
        **{name: str(v) if isinstance(v, Path) else v for name, v in asked.items()},
        "seed": config.seed or 0,
        "map": None if opened is None else dict(opened.about),
        **identity_of(config),
    }


def refuse_other(folder: Path, asked: dict[str, Any]) -> None:
    """Says in what the options differ from those that left something in a folder.

    Raises:
        LingweaveError: in anything, or what they were cannot be read.
    """
    path = folder / RECORD
    try:
        before = dict(json.loads(path.read_text(encoding="utf-8"))["asked"])
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LingweaveError(
            f"{path}: does not tell what it was made with ({type(error).__name__}); choose another"
            " --out, or remove this folder"
        ) from error
    names = sorted({*before, *asked})
    other = [name for name in names if before.get(name) != asked.get(name)]
    if other:
        raise LingweaveError(
            f"--out {folder}: holds a correction that differs in {', '.join(other)};"
            " choose another folder, or remove this one"
        )
