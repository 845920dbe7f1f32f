"""A small study and its rows, for tests of what a study's files and benchmarks become."""

import json
from pathlib import Path

from lingweave.studies.definition.study import BenchmarkSpec, Study, TableSpec


def rows_file(folder: Path, name: str = "rows.jsonl", records: int = 40) -> Path:
    """Long rows in four languages, every tenth record of the dev split."""
    path = folder / name
    rows = [
        {"id": str(n), "lang": code, "query": f"{code} q {n}", "passage": f"{code} p {n}",
         "source": "made", "group": f"g{n // 2}", "split": "dev" if n % 10 == 0 else "train"}
        for n in range(records)
        for code in ("de", "en", "sw", "th")
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def study_of(
    tables: dict[str, TableSpec], benchmarks: dict[str, BenchmarkSpec] | None = None
) -> Study:
    """A study with these tables and benchmarks."""
    return Study("small", "Small", "Why?", [1], {}, tables, {}, benchmarks or {})
