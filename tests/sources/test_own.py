"""One's own files: every form, with and without languages and judgements; large ones on disk."""

import json
from collections.abc import Sequence
from pathlib import Path

import published as p
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lingweave.benchmark import Gold
from lingweave.detection import Detector
from lingweave.errors import LingweaveError
from lingweave.sources import collection as module
from lingweave.sources.own import own
from lingweave.sources.records import Fields
from lingweave.sources.topics import read_topics

DOCS = [
    {"id": "d1", "text": "eins", "lang": "de"},
    {"id": "d2", "title": "T", "text": "two", "lang": "en"},
    {"id": "d3", "text": "three", "language": "en"},
]
QUERIES = [
    {"id": "q", "text": "was?", "lang": "de"},
    {"id": "q", "text": "what?", "lang": "en"},
]


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return p.jsonl(tmp_path / "docs.jsonl", DOCS)


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    return p.jsonl(tmp_path / "queries.jsonl.gz", QUERIES)


def qrels(folder: Path, text: str = "q 0 d2 1\nq 0 d1 2\n") -> Path:
    return p.write(folder / "qrels.txt", text)


def test_json_lines_with_languages(docs: Path, queries: Path, tmp_path: Path) -> None:
    made = own(docs, queries, qrels(tmp_path))
    assert {code: list(side.texts) for code, side in made.corpora.items()} == {
        "de": ["eins"], "en": ["T two", "three"],
    }  # fmt: skip
    assert set(made.gold) == {Gold("q", "en", "d2", 1), Gold("q", "de", "d1", 2)}
    assert "sha256 docs.jsonl" in made.source


def test_parquet_and_tsv_say_the_same(docs: Path, queries: Path, tmp_path: Path) -> None:
    schema = pa.schema([(x, pa.string()) for x in ("id", "title", "text", "lang", "language")])
    table = pa.Table.from_pylist(DOCS, schema=schema)
    pq.write_table(table, tmp_path / "docs.parquet")
    rows = [(d["id"], d["text"], d.get("title", ""), d.get("lang", "en")) for d in DOCS]
    named = p.tsv(tmp_path / "docs.tsv", [("id", "text", "title", "lang"), *rows])
    expected = own(docs, queries)
    for file in (tmp_path / "docs.parquet", named):
        made = own(file, queries)
        assert made.corpora == expected.corpora
    bare = p.tsv(tmp_path / "bare.tsv", [("d1", "eins"), ("d2", "zwei")])
    assert list(own(bare, corpus_language="de").corpora["de"].texts) == ["eins", "zwei"]


@pytest.mark.parametrize("form", ["beir.tsv", "trec.tsv", "qrels.jsonl", "qrels.parquet"])
def test_judgements_in_every_form(docs: Path, queries: Path, tmp_path: Path, form: str) -> None:
    file = tmp_path / form
    rows = [{"query-id": "q", "corpus-id": "d1", "score": 1}]
    if form == "beir.tsv":
        p.write(file, "query-id\tcorpus-id\tscore\nq\td1\t1\n")
    elif form == "trec.tsv":
        p.write(file, "q\t0\td1\t1\n")
    elif form == "qrels.jsonl":
        p.jsonl(file, rows)
    else:
        pq.write_table(pa.Table.from_pylist(rows), file)
    assert own(docs, queries, file).gold == (Gold("q", "de", "d1", 1),)


def test_without_judgements_or_queries_there_is_no_gold(docs: Path, queries: Path) -> None:
    assert own(docs, queries).gold == ()
    assert own(docs).queries == {}


def test_languages_are_detected_where_they_are_missing(tmp_path: Path) -> None:
    seen: list[str] = []

    def detect(texts: Sequence[str]) -> list[str]:
        seen.extend(texts)
        return ["de" if "ein" in text else "en" for text in texts]

    bare = p.jsonl(tmp_path / "d.jsonl", [{"id": d["id"], "text": d["text"]} for d in DOCS[:2]])
    mixed = p.jsonl(tmp_path / "m.jsonl", [{"id": "x", "text": "un", "lang": "fr"}])
    made = own([bare, mixed], detect=detect)
    assert seen == ["eins", "two"]
    assert sorted(made.corpora) == ["de", "en", "fr"]
    with pytest.raises(LingweaveError, match=r"line 1: unknown language '\?\?'"):
        own(bare, detect=lambda texts: ["??"] * len(texts))


@pytest.mark.parametrize(
    ("docs", "queries", "judged", "message"),
    [
        (DOCS[:1] * 2, QUERIES, "q 0 d1 1", "docs.jsonl: line 2: document id 'd1' stands twice in"),
        (DOCS, QUERIES, "q 0 d9 1", "qrels.txt: line 1: unknown document 'd9'"),
        (DOCS, QUERIES, "q 0 d1 1\nx 0 d1 1", "qrels.txt: line 2: unknown query 'x'"),
        (DOCS, QUERIES, f"q 0 d1 {2**31 - 1}\nq 0 d2 {2**31}", "line 2: the grade .* is too large"),
        (DOCS, QUERIES, "", "qrels.txt: the qrels file has no lines"),
        (DOCS, QUERIES[:1] * 2, "q 0 d1 1", "queries.jsonl: line 2: query id 'q' stands twice in"),
        (
            [{"id": "d", "text": " ", "lang": "de"}],
            QUERIES,
            "",
            "the document 'd' is empty",
        ),
        (
            [{"id": "d", "text": "x"}],
            QUERIES,
            "",
            "line 1: the document 'd' has no lang",
        ),
        (
            [{"id": "d", "text": "x", "lang": "xxx-"}],
            QUERIES,
            "",
            "line 1: unknown language 'xx",
        ),
        ([{"id": "d", "body": "x"}], QUERIES, "", "line 1: no text: .*it has id, body"),
        ([{"text": "x"}], QUERIES, "", "docs.jsonl: line 1: no id"),
        ([], QUERIES, "", "docs.jsonl: the file has no rows"),
    ],
)
def test_malformed_files_get_one_line(
    tmp_path: Path, docs: list[dict[str, str]], queries: list[dict[str, str]], judged: str,
    message: str,
) -> None:  # fmt: skip
    files = [p.jsonl(tmp_path / "docs.jsonl", docs), p.jsonl(tmp_path / "queries.jsonl", queries)]
    with pytest.raises(LingweaveError, match=message):
        own(*files, qrels(tmp_path, judged))


def test_missing_files_and_mixed_encodings(docs: Path, queries: Path, tmp_path: Path) -> None:
    with pytest.raises(LingweaveError, match=r"absent: no such file or folder"):
        own(tmp_path / "absent", queries)
    (tmp_path / "empty").mkdir()
    with pytest.raises(LingweaveError, match=r"no .jsonl, .* file in this folder"):
        own(tmp_path / "empty")
    with pytest.raises(LingweaveError, match=r"judgements need the queries"):
        own(docs, None, qrels(tmp_path))
    p.write(docs, docs.read_bytes() + '{"id": "é"}'.encode("latin-1"))
    with pytest.raises(LingweaveError, match=r"docs.jsonl: line 4: not UTF-8"):
        own(docs, queries)
    cut = p.write(tmp_path / "cut.jsonl.gz", json.dumps(DOCS[0]) * 9)
    cut.write_bytes(cut.read_bytes()[:-12])
    with pytest.raises(LingweaveError, match=r"cut.jsonl.gz: cannot be read"):
        own(cut)
    row = '{"id": "d", "lang": "en", "text": "%s"}\n'
    both, escaped = r"\ud83d\ude00", r"\\ud800"
    half = p.write(tmp_path / "half.jsonl", row % f"{both} {escaped}" + row % r"x\ud800")
    with pytest.raises(LingweaveError, match=r"half.jsonl: line 2: .ud800 is half a character"):
        own(half)
    p.write(half, row % f"{both} {escaped}")
    assert list(own(half).corpora["en"].texts) == ["\U0001f600 \\ud800"]
    deep = p.write(tmp_path / "deep.jsonl", row % "x" + "[" * 100_000)
    with pytest.raises(LingweaveError, match=r"deep.jsonl: line 2: not JSON .brackets in"):
        own(deep)
    with pytest.raises(LingweaveError, match=r"long.jsonl: line 1: not JSON .Exceeds the limit"):
        own(p.write(tmp_path / "long.jsonl", '{"id": ' + "1" * 5000 + "}"))
    with pytest.raises(LingweaveError, match=r"not a .jsonl"):
        own(p.write(tmp_path / "docs.xml", "<x/>"))


def test_topics_in_trec_form(tmp_path: Path) -> None:
    text = """<top>
<num> Number: 301
<title> International
 Organized Crime
<desc> Description:
What?
</top>
<top><num>302</num><title>Polio</title></top>
"""
    made = read_topics(p.write(tmp_path / "topics.txt", text), "en")["en"]
    assert dict(zip(made.ids, made.texts, strict=True)) == {
        "301": "International Organized Crime", "302": "Polio",
    }  # fmt: skip
    for wrong, message in (
        (text.replace("302", "301"), "line 8: query id '301' stands twice"),
        (text.replace("Polio", ""), "line 8: the topic has no number or title"),
        (text[:40], "line 1: the topic has no </top>"),
    ):
        with pytest.raises(LingweaveError, match=message):
            read_topics(p.write(tmp_path / "wrong.txt", wrong), "en")


def test_large_collections_are_kept_on_disk(
    docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINGWEAVE_CACHE", str(tmp_path / "cache"))
    small = module.collection([docs], "document")
    monkeypatch.setattr(module, "LARGE", 0)
    monkeypatch.setattr(module, "BATCH", 2)
    made = module.collection([docs], "document")
    assert {x: (list(s.ids), list(s.texts)) for x, s in made.items()} == {
        x: (list(s.ids), list(s.texts)) for x, s in small.items()
    }
    kept = sorted((tmp_path / "cache" / "collections").glob("*/*"))
    assert [file.name for file in kept] == ["de.arrow", "en.arrow"]
    monkeypatch.setattr(module, "rows_of", lambda *_: pytest.fail("read again"))
    assert list(module.collection([docs], "document")["en"].ids) == ["d2", "d3"]
    assert len(list((tmp_path / "cache" / "collections").glob("*"))) == 1


def test_a_kept_collection_has_the_languages_that_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINGWEAVE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "LARGE", 0)
    file = p.jsonl(tmp_path / "d.jsonl", [{"id": "d", "text": "Der Hund schläft im Garten."}])
    for code in ("de", "nl", "de"):
        assert list(module.collection([file], "document", detect=Detector((code,)))) == [code]
    assert len(list((tmp_path / "cache" / "collections").glob("*"))) == 2
    for code in ("de", "nl"):  # Nothing tells these two apart.
        detect = lambda texts, code=code: [code] * len(texts)  # noqa: E731
        assert list(module.collection([file], "document", detect=detect)) == [code]


def test_files_of_one_name_count_each(tmp_path: Path) -> None:
    folders = (tmp_path / "a", tmp_path / "b")
    files = [
        p.jsonl(folder / "docs.jsonl", [{"id": folder.name, "text": "eins", "lang": "de"}])
        for folder in folders
    ]
    before = own(files).source
    p.jsonl(files[0], [{"id": "a", "text": "zwei", "lang": "de"}])
    after = own(files).source
    assert {key for key in before if before[key] != after[key]} == {"sha256 docs.jsonl"}
    assert before["sha256 docs.jsonl (2)"] == after["sha256 docs.jsonl (2)"]


@pytest.mark.parametrize("ending", [".jsonl", ".tsv"])
def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path, ending: str) -> None:
    text = '{"id": "d", "text": "eins"}\n' if ending == ".jsonl" else "d\teins\n"
    file = p.write(tmp_path / f"docs{ending}", b"\xef\xbb\xbf" + text.encode())
    assert list(own(file, corpus_language="de").corpora["de"].ids) == ["d"]


def test_nothing_is_kept_of_a_large_collection_that_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINGWEAVE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "LARGE", 0)
    monkeypatch.setattr(module, "BATCH", 1)
    bad = p.write(tmp_path / "bad.jsonl", json.dumps(DOCS[0]) + '\n{"id": "y"}\n')
    with pytest.raises(LingweaveError, match=r"bad.jsonl: line 2: no text"):
        module.collection([bad], "document")
    assert not list((tmp_path / "cache" / "collections").iterdir())
    twice = p.jsonl(tmp_path / "twice.jsonl", DOCS[:1] * 2)
    with pytest.raises(LingweaveError, match=r"twice.jsonl: line 2: document id 'd1' stands twice"):
        module.collection([twice], "document")


def test_fields_have_names_of_ones_own(tmp_path: Path) -> None:
    file = p.jsonl(tmp_path / "x.jsonl", [{"key": 7, "body": "text"}])
    made = module.collection([file], "document", language="en", fields=Fields(("key",), ("body",)))
    assert (list(made["en"].ids), list(made["en"].texts)) == (["7"], ["text"])
