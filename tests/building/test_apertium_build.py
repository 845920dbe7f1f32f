"""Real English pairs through a real translator into a batch of pairs across languages."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from lingweave.building.config import BuildConfig
from lingweave.building.run import build
from lingweave.building.translators.apertium import Apertium
from lingweave.errors import LingweaveError
from lingweave.plan import BatchPlan, Recipe
from tests.building.towns import pair
from tests.data import shared_data

RECORDS = 30


def needs_apertium() -> None:
    try:
        if shutil.which("apertium"):
            Apertium().check("en", ["es", "ca"])
            return
    except LingweaveError:
        pass
    pytest.skip("needs Apertium: apt-get install apertium-eng-spa apertium-eng-cat")


def used(folder: Path, file: Path, against: list[str]) -> None:
    made = build(
        BuildConfig(
            from_=[str(file)],
            translator="apertium",
            to=["es", "ca"],
            out=folder / "t.arrow",
            against=against,
            progress=False,
        )
    )
    counts = made.before.translation
    assert counts is not None
    assert counts.cells == 2 * len(made.before.table)
    # English into Spanish is no echo, and hardly anything is lost on the way.
    assert len(made.table) > 0.8 * len(made.before.table)
    both = made.table.present("passage").all(axis=1)
    assert both.mean() > 0.8
    same = pc.equal(made.table.column("passage", "en"), made.table.column("passage", "es"))
    assert not pc.any(same).as_py()
    shape = made.table.shape()
    plan = BatchPlan(Recipe("x-y", 16), shape, seed=1)
    batch = plan.batch(0)
    assert np.all(batch.query_languages != batch.passage_languages)
    assert set(made.table.languages) == {"ca", "en", "es"}


@pytest.mark.slow
def test_english_pairs_of_squad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pq.read_table(shared_data("train/qp_squad.parquet")).to_pylist()
    xquad = shared_data("eval/xquad_r")
    needs_apertium()
    monkeypatch.setenv("LINGWEAVE_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "squad.jsonl"
    english = [row for row in rows if row["lang"] == "en"][:: len(rows) // (12 * RECORDS)]
    names = ("id", "lang", "query", "passage", "group")
    lines = [json.dumps({name: row[name] for name in names}) for row in english[:RECORDS]]
    file.write_text("\n".join(lines))
    used(tmp_path, file, [f"xquad-r={xquad}"])


def test_english_pairs_that_are_made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_apertium()
    monkeypatch.setenv("LINGWEAVE_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "pairs.jsonl"
    file.write_text("\n".join(json.dumps(pair(number)) for number in range(40)))
    used(tmp_path, file, [])
