"""English pairs about towns, and builds that start from them."""

import json
from pathlib import Path
from typing import Any

from lingweave.building.config import BuildConfig

PLACES = ("harbour", "river", "tower", "market", "bridge", "garden", "museum", "station")
YEARS = range(1801, 1851)
LEFT_OUT = ["language", "script", "copied", "length_ratio", "unfinished"]
"""A pseudo-translation is in no language, and as long as its source with marks."""


def pair(number: int) -> dict[str, Any]:
    place, year = PLACES[number % len(PLACES)], YEARS[number % len(YEARS)]
    return {
        "id": f"q{number}",
        "lang": "en",
        "query": f"How wide was the {place} of town number {number} when it opened in {year}?",
        "passage": f"Town number {number} has a famous {place}. It was opened in {year}."
        f" The {place} is {number + 3} metres wide, and {number * 7 + 11} people work in it.",
    }


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def config(pairs: Path, **options: Any) -> BuildConfig:
    given: dict[str, Any] = {
        "from_": [str(pairs)],
        "translator": "pseudo",
        "to": ["de", "sw"],
        "out": pairs.parent / "table.arrow",
        "leave_out": LEFT_OUT,
        "progress": False,
    }
    return BuildConfig(**given | options)
