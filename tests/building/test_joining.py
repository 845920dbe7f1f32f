"""Translations joined by id: nothing is lost, what was there stays, what does not fit is told."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from published import jsonl, tsv, write

from lingweave.building.joining import joined
from lingweave.errors import LingweaveError
from lingweave.table import Answer, Origin, ParallelTable
from lingweave.table.layout import ANSWERS


def records(count: int = 3, dataset: str = "qa") -> dict[str, Any]:
    return {
        "id": [f"r{i}" for i in range(count)],
        "dataset": [dataset] * count,
        "query:en": [f"question {i}" for i in range(count)],
        "passage:en": [f"passage {i}" for i in range(count)],
    }


def build(columns: dict[str, Any], **more: Any) -> ParallelTable:
    cells = {name: pa.array(x) for name, x in columns.items() if ":" in name}
    codes = sorted({name.rpartition(":")[2] for name in cells})
    ids, sets = (pa.array(columns[name], pa.string()) for name in ("id", "dataset"))
    return ParallelTable.build(ids, sets, pa.nulls(len(ids), pa.string()), codes, cells, **more)


LONG = [
    {"id": "r2", "lang": "de", "query": "Frage 2", "passage": "Absatz 2"},
    {"id": "r0", "lang": "de", "query": "Frage 0", "passage": "Absatz 0"},
    {"id": "r9", "lang": "de", "query": "Frage 9", "passage": "Absatz 9"},
    {"id": "r0", "lang": "fr", "query": "question zéro", "passage": None},
]


def files(tmp_path: Path) -> dict[str, Path]:
    """The same translations in every form."""
    wide = [
        {"id": "r2", "query_de": "Frage 2", "passage_de": "Absatz 2"},
        {"id": "r0", "query_de": "Frage 0", "passage_de": "Absatz 0", "query_fr": "question zéro"},
        {"id": "r9", "query_de": "Frage 9", "passage_de": "Absatz 9"},
    ]
    names = ["id", "lang", "query", "passage"]
    cells = [[row[name] or "" for name in names] for row in LONG]
    made = {
        "long": jsonl(tmp_path / "long.jsonl.gz", LONG),
        "wide": jsonl(tmp_path / "wide.jsonl", wide),
        "tsv": tsv(tmp_path / "long.tsv", [names, *cells]),
        "tsv.gz": tsv(tmp_path / "long2.tsv.gz", [names, *cells]),
        "parquet": tmp_path / "long.parquet",
    }
    pq.write_table(pa.Table.from_pylist(LONG), made["parquet"])
    return made


@pytest.mark.parametrize("form", ["long", "wide", "tsv", "tsv.gz", "parquet"])
def test_translations_in_every_form(tmp_path: Path, form: str) -> None:
    table = build(records())
    file = files(tmp_path)[form]
    made, counts = joined(table, [file], "en", tmp_path / "out.arrow")
    assert made.languages == ("de", "en", "fr")
    assert made.column("query", "de").to_pylist() == ["Frage 0", None, "Frage 2"]
    assert made.column("passage", "de").to_pylist() == ["Absatz 0", None, "Absatz 2"]
    assert made.column("query", "fr").to_pylist() == ["question zéro", None, None]
    assert made.column("query", "en").equals(table.column("query", "en"))
    assert counts.joined == {"de": 2, "fr": 1}
    assert (counts.kept, counts.unknown) == (0, 1)
    assert counts.missing == {"de": 1, "fr": 2}
    assert made.origins == (Origin("given", "qa"), Origin("joined", file.name, "en"))
    assert made.origin("de").to_pylist() == [1, None, 1]
    assert made.origin("en").to_pylist() == [0, 0, 0]


def test_what_is_there_stays(tmp_path: Path) -> None:
    columns = records() | {"query:de": ["eigen", None, None], "passage:de": [None, None, None]}
    made, counts = joined(build(columns), [files(tmp_path)["long"]], "en", tmp_path / "o.arrow")
    assert made.column("query", "de").to_pylist() == ["eigen", None, "Frage 2"]
    assert made.column("passage", "de").to_pylist() == [None, None, "Absatz 2"]
    assert made.origin("de").to_pylist() == [0, None, 1]
    assert counts.joined["de"] == counts.kept == 1


def test_answers_negatives_and_the_rest_go_along(tmp_path: Path) -> None:
    answer = pa.array([[{"text": "1", "start": 8}], None, None], ANSWERS)
    scores = pa.array([0.5, 1.0, 2.0], pa.float32())
    columns = records() | {"answers:en": answer, "score:s:en": scores}
    table = build(columns)
    row = {"id": "r1", "lang": "de", "query": "Frage 1", "passage": "Absatz 1",
           "negatives": ["falsch"], "answers": [{"text": "Absatz", "answer_start": 0}]}  # fmt: skip
    made = joined(table, [jsonl(tmp_path / "de.jsonl", [row])], "en", tmp_path / "o.arrow").table
    assert made.score("s", "en").equals(scores)
    assert made.answers(0, 1) == (Answer("1", 8),)
    assert made.answers(1, 0) == (Answer("Absatz", 0),)
    assert made.negatives(1, 0) == ("falsch",)


def test_nobody_has_looked_at_joined_texts(tmp_path: Path) -> None:
    table = build(records(), unseen=[{"benchmark": "x", "table_languages": ["en"]}])
    assert not joined(table, [files(tmp_path)["long"]], "en", tmp_path / "o.arrow").table.unseen


def test_origins_that_no_cell_has_are_none(tmp_path: Path) -> None:
    table = build(records(), origins=[Origin("mined", "elsewhere")])
    made = joined(table, [files(tmp_path)["long"]], "en", tmp_path / "o.arrow").table
    given = made.origin("en").to_pylist()
    assert [made.origins[place] for place in given] == [Origin("given", "qa")] * 3


def test_data_sets_that_share_ids(tmp_path: Path) -> None:
    first, second = records(2, "a"), records(2, "b")
    table = build({name: first[name] + second[name] for name in first})
    rows = [{"id": "r1", "lang": "de", "query": "Frage", "passage": "Absatz"}]
    with pytest.raises(LingweaveError, match=r"a\.jsonl: data sets of the table share ids"):
        joined(table, [jsonl(tmp_path / "a.jsonl", rows)], "en", tmp_path / "o.arrow")
    told = jsonl(tmp_path / "b.jsonl", [rows[0] | {"dataset": "b"}])
    made = joined(table, [told], "en", tmp_path / "o.arrow").table
    assert made.column("query", "de").to_pylist() == [None, None, None, "Frage"]


def test_some_languages_of_several_files(tmp_path: Path) -> None:
    more = jsonl(
        tmp_path / "more.jsonl", [{"id": "r1", "lang": "de", "query": "F", "passage": "A"}]
    )
    both = [files(tmp_path)["long"], more]
    made, counts = joined(build(records()), both, "en", tmp_path / "o.arrow", ["de"])
    assert made.languages == ("de", "en")
    assert counts.missing == {"de": 0}


def test_blocks_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = build(records(7))
    file = files(tmp_path)["wide"]
    whole = joined(table, [file], "en", tmp_path / "whole.arrow")
    monkeypatch.setattr("lingweave.building.joining.ROWS", 2)
    parts = joined(table, [file], "en", tmp_path / "parts.arrow")
    assert parts.table.fingerprint == whole.table.fingerprint
    assert parts.counts == whole.counts


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("x.jsonl", json.dumps(LONG[2]), "no id is that of a record: it has such as r9"),
        ("x.jsonl", json.dumps(LONG[0]) + "\n" + json.dumps(LONG[0]), "r2 stands twice in 'de'"),
        ("x.jsonl", json.dumps(LONG[0] | {"lang": "elvish"}), "row 1: unknown language 'elvish'"),
        (
            "x.jsonl",
            json.dumps(LONG[0] | {"query": "  "}),
            "row 1 (id r2, de): query is empty",
        ),
        (
            "x.tsv",
            "id\tlang\tquery\tpassage\nr0\tde\tFrage\t \n",
            "row 1 (id r0, de): passage is empty",
        ),
        ("x.jsonl", '{"id": "r0"}', "no column 'lang'"),
        ("x.jsonl", "{", "line 1: not JSON"),
        ("x.tsv", "id\tlang\tquery\tpassage\nr0\tde\n", "not a readable TSV file"),
        ("x.parquet", "no", "not a readable Parquet file"),
    ],
)
def test_mistakes_are_one_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    file = write(tmp_path / name, text)
    with pytest.raises(LingweaveError) as caught:
        joined(build(records()), [file], "en", tmp_path / "o.arrow")
    assert said in str(caught.value)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "o.arrow").exists()


def test_no_files() -> None:
    with pytest.raises(LingweaveError, match="name files to join"):
        joined(build(records()), [], "en", Path("o.arrow"))
