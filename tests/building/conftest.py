"""The pairs that builds start from."""

from pathlib import Path

import pytest

from tests.building.towns import pair, written


@pytest.fixture
def pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LINGWEAVE_CACHE", str(tmp_path / "cache"))
    rows = [pair(number) for number in range(40)]
    rows.append({**rows[3], "id": "again"})
    rows.append({**pair(99), "id": "short", "passage": "It is."})
    return written(tmp_path / "pairs.jsonl", rows)
