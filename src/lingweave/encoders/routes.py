"""Models that treat a text by its language: a `Router` with a route for each side and language.

`lingweave debias` writes them. The caller names the route: no module can tell it from a vector.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from lingweave.languages import UNKNOWN
from lingweave.table import Side

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

TASKS: dict[Side, str] = {"query": "query", "passage": "document"}
"""The names that sentence-transformers has for the two sides."""


def task_of(model: "SentenceTransformer", side: Side, language: str) -> str | None:
    """The route for a side and language; None for a model that has no such routes.

    Args:
        model: Any model.
        side: Which prompt and which map.
        language: The code of the texts' language; ``zh`` also serves ``zh-TW``.
    """
    from sentence_transformers.base.modules import Router

    routers = [module for module in model.children() if isinstance(module, Router)]
    for code in (language, language.partition("-")[0], UNKNOWN):
        task = f"{TASKS[side]}-{code}"
        # A model may have another Router before, which must know the route too.
        if routers and all(task in router.sub_modules for router in routers):
            return task
    return None


def has_routes(folder: Path) -> bool:
    """Whether the model in a folder has such routes, without loading it."""
    wanted = {f"{task}-{UNKNOWN}" for task in TASKS.values()}
    configs = sorted(folder.glob("*/router_config.json"))
    return bool(configs) and all(wanted <= _routes(path) for path in configs)


def _routes(path: Path) -> set[str]:
    try:
        return set(json.loads(path.read_text(encoding="utf-8"))["structure"])
    except (OSError, ValueError, KeyError, TypeError):
        return set()  # Loading the model tells what is wrong with it.
