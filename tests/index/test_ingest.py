"""Documents from files into an index, once and again."""

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from data import lareqa_folder

from lingweave.encoders.options import EncoderOptions
from lingweave.encoders.random_vectors import RandomVectors
from lingweave.errors import LingweaveError
from lingweave.index.chunks import ChunkOptions
from lingweave.index.configs import (
    IndexAddConfig,
    IndexCreateConfig,
    IndexDeleteConfig,
    IndexStatsConfig,
)
from lingweave.index.documents import Document, Reading, documents_of
from lingweave.index.folder import create_index, open_index
from lingweave.index.ingest import IngestOptions, ingest, passages_of
from lingweave.index.passages import Condition, Filter
from lingweave.index.run import add, create, delete, print_ingested, print_stats, stats

AMONG = Reading(languages=["de", "en", "zh-CN"])
RANDOM = EncoderOptions(encoder="random", progress=False)


def lines(path, rows):
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


ROWS = [
    {"id": "a", "text": "Die Zugspitze ist der höchste Berg Deutschlands.", "year": 1820, "x": []},
    {"_id": "b", "title": "Zugspitze", "text": "The highest mountain of Germany.", "lang": "en"},
    {
        "id": 3,
        "text": "楚格峰是德国最高的山。",
        "language": "zh_cn",
        "parallel": "p",
        "metadata": {"year": 1},
    },
    {"id": "d", "title": "Nur ein Titel", "text": None, "good": True, "share": 0.5, "none": None},
]


def test_rows_of_any_form_are_the_same_documents(tmp_path):
    plain = list(documents_of([lines(tmp_path / "a.jsonl", ROWS)], AMONG))
    assert [one.id for one in plain] == ["a", "b", "3", "d"]
    assert [one.language for one in plain] == ["de", "en", "zh-CN", "de"]
    assert [dict(one.metadata) for one in plain] == [
        {"year": 1820}, {}, {"year": 1}, {"good": True, "share": 0.5}
    ]  # fmt: skip
    assert plain[2].parallel == "p"
    assert plain[1].title == "Zugspitze"
    zipped = list(
        documents_of(
            [lines(tmp_path / "b.jsonl.gz", ROWS)], Reading(languages=["de", "en", "zh-CN"])
        )
    )
    assert [one[:6] for one in zipped] == [one[:6] for one in plain]
    table = pa.table({"id": ["a"], "text": ["Text"], "lang": ["de"], "year": [2]})
    pq.write_table(table, tmp_path / "c.parquet")
    (one,) = documents_of([tmp_path / "c.parquet"])
    assert one[:6] == ("a", "Text", None, "de", None, {"year": 2})
    (tmp_path / "d.tsv").write_text("x\tEin deutscher Satz über Berge\n")
    (one,) = documents_of([tmp_path / "d.tsv"], Reading(metadata=["year"]))
    assert one[:4] == ("x", "Ein deutscher Satz über Berge", None, "de")


def test_an_empty_id_of_versions_is_none(tmp_path):
    (tmp_path / "a.tsv").write_text("id\ttext\tlang\tparallel\n1\tone\ten\t\n2\ttwo\ten\tp\n")
    assert [one.parallel for one in documents_of([tmp_path / "a.tsv"])] == [None, "p"]


def test_a_row_s_fields_are_left_out_only_where_they_are_used(tmp_path):
    row = {"id": "1", "text": "hello", "question": "why?", "pid": "9", "lang": "en", "year": 2020,
           "parallel": None, "parallel_id": "p", "language": "English"}  # fmt: skip
    (one,) = documents_of([lines(tmp_path / "a.jsonl", [row])])
    assert (one.id, one.text, one.language, one.parallel) == ("1", "hello", "en", "p")
    assert one.metadata == {"question": "why?", "pid": "9", "year": 2020, "language": "English"}


def test_text_files_are_documents_with_their_paths_as_ids(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b.md").write_text("# A heading\n\nSome English text, with words.")
    (tmp_path / "a.txt").write_text("\ufeffEin Text auf Deutsch, mit Wörtern.", encoding="utf-8")
    (tmp_path / ".hidden.txt").write_text("x")
    found = list(documents_of([tmp_path]))
    assert [(one.id, one.language) for one in found] == [("a.txt", "de"), ("in/b.md", "en")]
    assert found[0].text.startswith("Ein")
    assert [one.language for one in documents_of([tmp_path], Reading(language="sw"))] == ["sw"] * 2
    (tmp_path / "bad.txt").write_bytes(b"ok\n\xff")
    with pytest.raises(LingweaveError, match=r"bad.txt: line 2: not UTF-8 \(byte 0xff\)"):
        list(documents_of([tmp_path]))


def test_a_beir_folder_and_a_folder_of_them(tmp_path):
    for code in ("de", "en"):
        (tmp_path / code).mkdir()
        lines(tmp_path / code / "corpus.jsonl", [{"_id": "1", "title": "T", "text": "x"}])
        lines(tmp_path / code / "queries.jsonl", [{"_id": "q", "text": "no document"}])
    found = list(documents_of([tmp_path]))
    assert [(x.id, x.language) for x in found] == [("de/1", "de"), ("en/1", "en")]
    (one,) = documents_of([tmp_path / "de"], Reading(language="de"))
    assert one.id == "1"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"text": "x"}, "line 2: no id"),
        ({"id": "b"}, "line 2: no text: .*it has id"),
        ({"id": "b", "text": 5}, "line 2: the text of 'b' is not a string"),
        ({"id": "b", "text": "x", "lang": "no such"}, "line 2: unknown language"),
        ({"id": "a", "text": "x"}, "line 2: document id 'a' stands twice"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, row, message):
    path = lines(tmp_path / "a.jsonl", [{"id": "a", "text": "x"}, row])
    with pytest.raises(LingweaveError, match=message):
        list(documents_of([path]))


def test_titles_chunks_and_versions():
    text = " ".join(f"This is sentence number {i}." for i in range(9))
    document = Document("d", text, "The  title", "en", "p", {"n": 1})
    found = passages_of(document, ChunkOptions(80, 0))
    assert [one.id for one in found] == [f"d#{i}" for i in range(1, len(found) + 1)]
    assert all(one.text.startswith("The title This is") for one in found)
    assert found[1].parallel == "p"
    assert found[1].metadata == {"n": 1}
    (whole,) = passages_of(document, ChunkOptions())
    assert (whole.id, whole.parallel) == ("d", "p")
    assert passages_of(Document("d", " \n", language="en"), ChunkOptions()) == []


class Counting(RandomVectors):
    """Counts what it encodes."""

    def encode_passages(self, texts, language):
        COUNTED.extend(texts)
        return super().encode_passages(texts, language)


COUNTED: list[str] = []


def test_what_is_unchanged_is_not_encoded_again_and_what_changed_is(tmp_path):
    def documents(count, **changed):
        for i in range(count):
            text = " ".join(f"Document {i} says sentence {j}." for j in range(i % 4 + 1))
            yield Document(f"d{i}", changed.get(f"d{i}", text), None, "en", None, {"n": i})

    options = ChunkOptions(60, 0)
    with create_index(tmp_path / "i", RANDOM, chunks=options) as index:
        index.encoder = Counting()
        done = ingest(index, documents(20), IngestOptions(7, progress=False))
        assert (done.documents, done.unchanged, done.empty) == (20, 0, 0)
        assert done.passages == len(COUNTED) == sum(index.store.counts().values())
        COUNTED.clear()
        done = ingest(index, documents(20), IngestOptions(7, progress=False))
        assert (done.documents, done.unchanged, done.passages) == (20, 20, 0)
        # Shorter, longer, other text, none, and a new one.
        done = ingest(
            index,
            documents(21, d3="Document 3 says sentence 0.", d0="A. " * 90, d1="other", d2=" "),
            IngestOptions(7, progress=False),
        )
        assert (done.documents, done.unchanged, done.empty, done.removed) == (21, 16, 1, 1)
        assert not index.store.passages(["d2", "d2#1", "d2#2", "d2#3"])
        assert set(index.store.passages(["d3", "d3#1", "d3#2", "d0", "d0#1"])) == {"d3", "d0#1"}
        assert index.store.check() == sum(index.store.counts().values())


def test_equal_texts_tie_and_vectors_are_of_length_one(tmp_path):
    with create_index(tmp_path / "i", RANDOM) as index:
        two = [Document(x, "same", None, x) for x in ("de", "en")]
        ingest(index, two, IngestOptions(progress=False))
        query = RandomVectors().encode_queries(["same"], "en")
        (found,) = index.store.search(query / np.linalg.norm(query), 5)
        assert [(one.id, round(one.score, 6)) for one in found] == [("de", 1), ("en", 1)]
        assert found[0].score == found[1].score


def test_the_verbs(tmp_path, capsys):
    source = lines(tmp_path / "docs.jsonl", ROWS)
    place = str(tmp_path / "i")
    given = {
        "folder": [place],
        "from_": [str(source)],
        "progress": False,
        "languages": ["de", "en", "zh-CN"],
    }
    done = create(IndexCreateConfig(encoder="random", **given))
    print_ingested(done, place)
    assert "4 documents read, 0 unchanged; 4 passages put in" in capsys.readouterr().out
    assert create(IndexCreateConfig(encoder="random", **given)).unchanged == 4
    found = stats(IndexStatsConfig(folder=[place], check=True))
    assert found["languages"] == {"de": 2, "en": 1, "zh-CN": 1}
    assert (found["documents"], found["checked"], found["dimension"]) == (4, 4, 256)
    print_stats(found, place, plain=False)
    assert "German" in capsys.readouterr().out
    print_stats(found, place, plain=True)
    assert json.loads(capsys.readouterr().out)["similarity"] == "cosine"
    lines(source, [{"id": "new", "text": "Neu ist das hier.", "year": 3}])
    assert add(IndexAddConfig(**given)).passages == 1
    (tmp_path / "ids").write_text("a\n3\n\nnobody\n")
    assert delete(IndexDeleteConfig(words=[place, "b"], ids=tmp_path / "ids")) == 3
    with open_index(place) as index:
        assert dict(index.store.counts()) == {"de": 2}
        assert index.store.counts(Filter(None, (Condition("year", ">", 2),))) == {"de": 1}


def test_a_benchmark_s_passages(tmp_path):
    folder = lareqa_folder(tmp_path / "x")
    config = IndexCreateConfig(
        folder=[str(tmp_path / "i")],
        benchmark="lareqa",
        data=folder,
        encoder="random",
        progress=False,
    )
    create(config)
    with open_index(tmp_path / "i") as index:
        counts = index.store.counts()
        assert set(counts) == {"de", "en", "th"}
        assert len(set(counts.values())) == 1
        (one,) = index.store.passages([index.store.search_words(["sky"], 1)[0][0].id]).values()
        assert len(index.store.versions([one.parallel])[one.parallel]) == 3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "give the index's folder"),
        ({"folder": ["a", "b"]}, r"give the index's folder, before the options \(given: a, b\)"),
        ({"folder": ["a"], "from_": ["/no/such"]}, "--from /no/such: no such file"),
        ({"folder": ["a"], "data": "x"}, "--data: goes with --benchmark"),
        ({"folder": ["a"], "benchmark": "x", "from_": ["y"]}, "not both"),
        ({"folder": ["a"], "languages": ["german"]}, "--languages: unknown language"),
        ({"folder": ["a"], "together": 0}, "--together 0"),
        ({"folder": ["a"], "chunk": -1}, "--chunk -1"),
        ({"folder": ["a"], "encoder": None}, "exactly one of --model"),
    ],
)
def test_mistakes_are_refused_before_anything_is_done(given, message):
    with pytest.raises(LingweaveError, match=message):
        IndexCreateConfig(**{"encoder": "random", **given})


def test_an_index_is_opened_only_with_the_encoder_that_it_was_made_with(tmp_path, monkeypatch):
    place = tmp_path / "i"
    create_index(place, RANDOM).close()
    with pytest.raises(LingweaveError, match="made with another encoder"):
        create_index(place, EncoderOptions(encoder="random", seed=2))
    with pytest.raises(LingweaveError, match="other --chunk or --overlap"):
        create_index(place, RANDOM, chunks=ChunkOptions(5))
    with pytest.raises(LingweaveError, match="encodes no new texts"):
        create_index(tmp_path / "j", EncoderOptions(encoder="bm25"))
    with pytest.raises(LingweaveError, match="is not empty and holds no index"):
        create_index(tmp_path, RANDOM)
    with pytest.raises(LingweaveError, match="holds no index; make one"):
        open_index(tmp_path / "none")
    record = json.loads((place / "index.json").read_text())
    record["identity"]["seed"] = 7
    (place / "index.json").write_text(json.dumps(record))
    with open_index(place) as index:
        assert index.store.counts() == {}
        with pytest.raises(LingweaveError, match="is not the encoder that the index was made with"):
            index.encoder.encode_queries(["x"], "en")
    (place / "index.json").write_text("{")
    with pytest.raises(LingweaveError, match=r"index\.json: cannot be read"):
        open_index(place)
    (place / "index.json").write_text('{"format_version": 9}')
    with pytest.raises(LingweaveError, match="format version 9"):
        open_index(place)


def _no_file(folder):
    (folder / "store.db").touch()


def _no_tables(folder):
    with closing(sqlite3.connect(folder / "store.db")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


def _parts(folder):
    for name in (".index.json.ab.part", ".debias.safetensors.cd.part", "store.db-journal"):
        (folder / name).touch()


@pytest.mark.parametrize("left", [_no_file, _no_tables, _parts])
def test_what_a_killed_create_left_is_no_hindrance(tmp_path, left):
    (tmp_path / "shards").mkdir()
    left(tmp_path)
    create_index(tmp_path, RANDOM).close()
    with open_index(tmp_path) as index:
        assert index.store.dimension == 256


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "film.part").touch()
    with pytest.raises(LingweaveError, match="is not empty and holds no index"):
        create_index(tmp_path, RANDOM)
    assert [x.name for x in tmp_path.iterdir()] == ["film.part"]


def test_no_secret_of_an_endpoint_is_kept(tmp_path):
    from lingweave.index.record import encoder_record

    kept = encoder_record(
        EncoderOptions(
            endpoint="http://me:secret@localhost:1/v1?api-version=abc", model="m", api_key_env="K"
        )
    )
    assert "secret" not in str(kept)
    assert kept["endpoint"] == "http://localhost:1/v1?api-version=abc"
    assert kept["api_key_env"] == "K"
    assert Path(kept["model"]) == Path("m")
