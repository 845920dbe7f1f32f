"""Translated queries of a BEIR folder: rows for `lingweave build`, and a folder of its table."""

import json

import pytest

from lingweave.errors import LingweaveError
from lingweave.sources.beir import beir
from lingweave.sources.rows import read_table
from lingweave.studies.data.translated import main, write_folder, write_rows


@pytest.fixture
def folder(tmp_path):
    """A BEIR folder in English with three documents and two judged queries of three."""
    place = tmp_path / "nano"
    (place / "qrels").mkdir(parents=True)
    documents = [{"_id": f"d{n}", "title": "", "text": f"document {n}"} for n in range(3)]
    queries = [{"_id": f"q{n}", "text": f"query {n}"} for n in range(3)]
    for name, rows in (("corpus", documents), ("queries", queries)):
        (place / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (place / "qrels/test.tsv").write_text("query-id\tcorpus-id\tscore\nq0\td0\t1\nq1\td2\t2\n")
    return place


def built(rows, out, drop=()):
    """A table as `lingweave build` writes it: each query in German and Thai too."""
    lines = [json.loads(line) for line in rows.read_text().splitlines()]
    more = [
        {
            **row,
            "lang": code,
            "query": f"{code} {row['query']}",
            "passage": f"{code} {row['query']}",
        }
        for row in lines
        for code in ("de", "th")
        if (row["id"], code) not in drop
    ]
    path = rows.with_name("built.jsonl")
    path.write_text("".join(json.dumps(row) + "\n" for row in (*lines, *more)))
    return read_table([path]).write(out)


def test_queries_go_out_and_come_back_in_more_languages(folder, tmp_path):
    assert write_rows(folder, tmp_path / "rows.jsonl") == 2  # The third is not judged.
    table = built(tmp_path / "rows.jsonl", tmp_path / "t.arrow", drop={("q1", "th")})
    assert write_folder(folder, table, tmp_path / "new") == 3
    before, after = beir(folder), beir(tmp_path / "new")
    assert after.queries["en"] == before.queries["en"]
    assert after.queries["de"].texts == ("de query 0", "de query 1")
    assert after.queries["th"].ids == ("q0",)
    assert after.corpora == before.corpora
    assert after.gold == before.gold


def test_a_table_of_another_folder_is_refused(folder, tmp_path):
    write_rows(folder, tmp_path / "rows.jsonl")
    table = built(tmp_path / "rows.jsonl", tmp_path / "t.arrow")
    other = folder.rename(tmp_path / "other")
    with pytest.raises(LingweaveError, match="has no queries of other; its data sets are nano"):
        write_folder(other, table, tmp_path / "new")


def test_as_a_command(folder, tmp_path, capsys):
    assert main(["rows", str(folder), str(tmp_path / "rows.jsonl")]) == 0
    table = built(tmp_path / "rows.jsonl", tmp_path / "t.arrow")
    assert main(["folder", str(folder), str(table), str(tmp_path / "new")]) == 0
    assert "queries in 3 languages" in capsys.readouterr().out
    assert main(["folder"]) == 2
    assert main(["rows", str(tmp_path / "gone"), "x"]) == 2
