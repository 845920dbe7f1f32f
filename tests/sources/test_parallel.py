"""Tables as benchmarks, and the atlas in both forms."""

import json
from pathlib import Path

import numpy as np
import pytest

from lingweave.atlas import DEFAULT_LANGUAGES
from lingweave.sources import atlas
from lingweave.sources.parallel import benchmark_of
from lingweave.sources.rows import read_table


def test_records_that_share_a_passage_share_the_candidate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINGWEAVE_CACHE", str(tmp_path / "cache"))
    rows = [
        {"id": "1", "lang": "de", "query": "a?", "passage": "x", "group": "g"},
        {"id": "2", "lang": "de", "query": "b?", "passage": "x", "group": "g"},
        {"id": "2", "lang": "en", "query": "c?", "passage": "z", "group": "g"},
        {"id": "3", "lang": "en", "query": None, "passage": "w"},
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    benchmark = benchmark_of(read_table([path]), "mine", {})
    assert benchmark.queries["de"].texts == ("a?", "b?")
    assert benchmark.corpora["de"] == (("rows/1",), ("x",))
    assert benchmark.corpora["en"].texts == ("z", "w")
    assert {(g.query_id, g.language, g.passage_id) for g in benchmark.gold} == {
        ("rows/1", "de", "rows/1"),
        ("rows/2", "de", "rows/1"),
        ("rows/2", "en", "rows/2"),
    }
    assert benchmark.group("rows/1") == "g"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def test_the_atlas_is_generated_once_and_every_fact_is_its_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINGWEAVE_CACHE", str(folder))
    table = atlas.atlas_table("train", seed=1)
    benchmark = atlas.atlas_benchmark("validation", seed=1)
    assert table.languages == benchmark.languages == tuple(sorted(DEFAULT_LANGUAGES))
    assert table.shape().queries is None
    facts = [atlas.fact_of(id) for id in benchmark.queries["en"].ids]
    assert len(set(facts)) == len(facts) == len(benchmark.corpora["en"].ids)
    trained = {atlas.fact_of(f"atlas/{table.id(row)}") for row in range(len(table))}
    assert not trained & set(facts)

    def refuse(*_: object) -> None:
        raise AssertionError("generated again")

    monkeypatch.setattr(atlas.atlas, "generate", refuse)
    assert atlas.atlas_table("train", seed=1).fingerprint == table.fingerprint
    assert np.array_equal(atlas.atlas_table("names", seed=1).present("query").shape[1:], (12,))
