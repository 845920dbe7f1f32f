"""Small runs over records of which a third has hard negatives: processes have unequally many."""

import json
from pathlib import Path

from lingweave.training import TrainConfig

MIXTURE = "infonce=1,align_queries=0.3,align_passages(en)=0.2,variance=0.1"


def uneven_table(toy: Path, folder: Path) -> Path:
    """The toy table with hard negatives for a third of the records only."""
    path = folder / "toy.jsonl"
    rows = map(json.loads, toy.read_text(encoding="utf-8").splitlines())
    lines = [
        json.dumps(row if int(row["id"][1:]) % 3 == 0 else {**row, "negatives": []}) for row in rows
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def settings(path: Path, **changes: object) -> TrainConfig:
    """A small transformer on one CPU, with hard negatives and translations."""
    given = {
        "table": [str(path)],
        "encoder": "transformer",
        "vocabulary": 400,
        "dimension": 32,
        "layers": 2,
        "negatives": 1,
        "query_length": 24,
        "passage_length": 32,
        "objective": MIXTURE,
        "device": "cpu",
    }
    return TrainConfig(**{**given, **changes})
