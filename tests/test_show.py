import json
from pathlib import Path

import pytest
from rich.console import Console

from lingweave.show import print_table
from lingweave.sources.rows import read_table


def test_a_table_is_shown_on_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINGWEAVE_CACHE", str(tmp_path / "cache"))
    rows = [
        {"id": "a[1]", "lang": "de", "query": "Wo?", "passage": "Hier.", "group": "g"},
        {"id": "a[1]", "lang": "th", "query": "ที่ไหน", "passage": "ที่นี่", "group": "g"},
        {"id": "b", "lang": "de", "query": "Wo?", "passage": " ", "group": "g"},
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    console = Console(width=200, record=True)
    print_table(read_table([path], blank="keep"), console)
    page = console.export_text()
    for words in (
        "2 records in 2 languages, 3 of 4 cells filled",
        "2 in ≥ 1, 1 in ≥ 2",
        "2 queries (1 texts), 0 passages",
        "Empty cells: 1; training refuses them",
        "ที่ไหน",
        "a[1]",
        "German",
        "1 groups",
    ):
        assert words in page, words
