"""Small data sets in the forms in which the field publishes them, as tests write them."""

import gzip
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any


def write(path: Path, text: str | bytes) -> Path:
    """A file, gzipped where its name says so, in a folder that is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


def jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    return write(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def tsv(path: Path, rows: Iterable[Sequence[object]]) -> Path:
    return write(path, "".join("\t".join(map(str, row)) + "\n" for row in rows))


def beir_folder(folder: Path, code: str = "en", ending: str = "") -> Path:
    """Three documents, two judged queries and one of another split."""
    jsonl(
        folder / f"corpus.jsonl{ending}",
        [
            {
                "_id": f"d{i}",
                "title": f"{code} title {i}",
                "text": f"{code} text {i}",
                "metadata": {},
            }
            for i in range(3)
        ],
    )
    jsonl(
        folder / f"queries.jsonl{ending}",
        [{"_id": f"q{i}", "text": f"{code} query {i}", "metadata": {}} for i in range(3)],
    )
    rows = [("query-id", "corpus-id", "score"), ("q0", "d0", 1), ("q1", "d2", 2)]
    tsv(folder / "qrels" / f"test.tsv{ending}", rows)
    tsv(folder / "qrels" / f"dev.tsv{ending}", [rows[0], ("q2", "d1", 1)])
    return folder


def miracl_folder(folder: Path, codes: Sequence[str] = ("sw", "yo")) -> Path:
    for code in codes:
        v = f"miracl-v1.0-{code}"
        tsv(
            folder / v / "topics" / f"topics.{v}-dev.tsv",
            [("1", f"{code} q1?"), ("2", f"{code} q2?")],
        )
        tsv(
            folder / v / "qrels" / f"qrels.{v}-dev.tsv",
            [("1", "Q0", "5#0", 1), ("1", "Q0", "5#1", 0), ("2", "Q0", "7#0", 1)],
        )
        docs = [
            {"docid": id, "title": f"T{id}", "text": f"{code} {id}"} for id in ("5#0", "5#1", "7#0")
        ]
        corpus = folder / f"miracl-corpus-v1.0-{code}"
        jsonl(corpus / "docs-0.jsonl.gz", docs[:2])
        jsonl(corpus / "docs-1.jsonl.gz", docs[2:])
    return folder


def mr_tydi_folder(folder: Path) -> Path:
    for language in ("bengali", "swahili"):
        inside = folder / f"mrtydi-v1.1-{language}"
        tsv(inside / "topic.test.tsv", [(0, f"{language} q0"), (1, f"{language} q1")])
        write(inside / "qrels.test.txt", "0 Q0 9#0 1\n1 Q0 9#1 1\n")
        jsonl(
            inside / "collection" / "docs.jsonl.gz",
            [{"id": f"9#{i}", "contents": f"Title\n\n{language} {i}"} for i in range(3)],
        )
    return folder


def ciral_folder(folder: Path) -> Path:
    for name, code in (("hausa", "ha"), ("yoruba", "yo")):
        base = folder / f"ciral-{name}"
        v = f"ciral-v1.0-{code}-test-b"
        tsv(base / "topics" / f"topics.{v}.tsv", [(3, "who in English?")])
        tsv(base / "topics" / f"topics.{v}-native.tsv", [(3, f"wa {code}?")])
        tsv(base / "qrels" / f"qrels.{v}.tsv", [(3, "Q0", "NEWS#1#0", 1), (3, "Q0", "NEWS#1#1", 0)])
        jsonl(
            folder / "passages-v1.0" / f"{name}_passages.jsonl",
            [
                {"docid": f"NEWS#1#{i}", "title": "t", "text": f"{code} {i}", "url": "u"}
                for i in range(2)
            ],
        )
    return folder


def neuclir_folder(folder: Path) -> Path:
    def topic(lang: str, source: str, text: str) -> dict[str, str]:
        return {"lang": lang, "source": source, "topic_title": text, "topic_description": "more"}

    jsonl(
        folder / "topics.0720.utf8.jsonl",
        [
            {
                "topic_id": "101",
                "languages_with_qrels": ["fas", "rus"],
                "topics": [
                    topic("eng", "original", "rain"),
                    topic("fas", "google translation", "machine"),
                    topic("fas", "human translation", "person"),
                    topic("rus", "human translation", "дождь"),
                ],
            }
        ],
    )
    write(folder / "2022-qrels.all", "101 fas f1 3\n101 rus r1 1\n101 rus r2 0\n")
    for lang, ids in (("fas", ("f1", "f2")), ("rus", ("r1", "r2"))):
        jsonl(
            folder / "data" / f"{lang}-00000-of-00001.jsonl.gz",
            [
                {"id": id, "cc_file": "c", "time": "t", "title": id, "text": lang, "url": "u"}
                for id in ids
            ],
        )
    return folder


def squad_json(code: str, ids: Sequence[str] = ("a", "b", "c")) -> dict[str, Any]:
    """Two paragraphs: the first two questions share one."""

    def paragraph(number: int, asked: Sequence[str]) -> dict[str, Any]:
        return {
            "context": f"{code} paragraph {number}.",
            "qas": [
                {
                    "id": id,
                    "question": f"{code} {id}?",
                    "answers": [{"text": f"paragraph {number}", "answer_start": len(code) + 1}] * 2,
                }
                for id in asked
            ],
        }

    return {
        "version": "1.1",
        "data": [{"title": "t", "paragraphs": [paragraph(0, ids[:2]), paragraph(1, ids[2:])]}],
    }


def squad_folder(folder: Path, template: str = "xquad.{}.json") -> Path:
    for code in ("de", "en"):
        write(folder / template.format(code), json.dumps(squad_json(code)))
    return folder


def belebele_folder(folder: Path) -> Path:
    for code in ("deu_Latn", "eng_Latn"):
        jsonl(
            folder / f"{code}.jsonl",
            [
                {
                    "link": link,
                    "question_number": number,
                    "flores_passage": f"{code} {passage}",
                    "question": f"{code} {link} {number}?",
                    "mc_answer1": "x",
                    "correct_answer_num": "1",
                    "dialect": code,
                    "ds": "2023-05-03",
                }
                for link, number, passage in (("u/1", 1, "A"), ("u/1", 2, "A"), ("u/2", 1, "B"))
            ],
        )
    return folder


def mkqa_file(folder: Path) -> Path:
    """As Apple publishes it."""
    rows = [
        {
            "query": "who sings x",
            "answers": {
                "en": [
                    {"type": "entity", "entity": "Q1", "text": "Dave Edmunds", "aliases": ["D. E."]}
                ],
                "zh_cn": [{"type": "entity", "text": "戴夫"}],
            },
            "queries": {"de": "wer singt x", "zh_cn": "谁唱 x"},
            "example_id": 563260143484355911,
        },
        {
            "query": "is y z",
            "answers": {"en": [{"type": "binary", "text": "yes", "aliases": []}]},
            "queries": {"de": "ist y z", "zh_cn": "y 是 z 吗"},
            "example_id": -7,
        },
        {
            "query": "why w",
            "answers": {"en": [{"type": "long_answer", "text": None}]},
            "queries": {"de": "warum w", "zh_cn": "为什么 w"},
            "example_id": 8,
        },
    ]
    return jsonl(folder / "mkqa.jsonl.gz", rows)


def nq_folder(folder: Path) -> Path:
    mkqa_file(folder)
    jsonl(
        folder / "corpus.jsonl.gz",
        [
            {"_id": "doc0", "title": "Song", "text": "It was sung by dave  edmunds, yes."},
            {"_id": "doc1", "title": "Other", "text": "Nothing at all, yes."},
        ],
    )
    jsonl(folder / "queries.jsonl", [{"_id": "test0", "text": "Who sings X?"}])
    tsv(folder / "qrels" / "test.tsv", [("query-id", "corpus-id", "score"), ("test0", "doc0", 1)])
    return folder


def afriqa_folder(folder: Path) -> Path:
    """As Masakhane publishes it; two questions share a passage."""
    for lang, pivot in (("bem", "en"), ("fon", "fr")):
        jsonl(
            folder / "gold_passages" / lang / f"gold_span_passages.afriqa.{lang}.{pivot}.test.json",
            [
                {
                    "id": str(i),
                    "context": f"{pivot} passage {max(i, 1)}",
                    "title": "T",
                    "question_lang": f"{lang} {i}?",
                    "question_translated": f"{pivot} {i}?",
                    "answer_lang": f"{lang} a",
                    "answer_pivot": {"answer_start": [-1], "text": [f"{pivot} a"]},
                }
                for i in range(3)
            ],
        )
    return folder


def lines_folder(folder: Path, template: str, codes: Sequence[str], count: int = 3) -> Path:
    for code in codes:
        write(folder / template.format(code), "".join(f"{code} {i}\n" for i in range(count)))
    return folder


def tatoeba_folder(folder: Path) -> Path:
    """Two pairs with one English sentence in common."""
    for other, english in (("deu", ("one", "two")), ("fra", ("one", "three"))):
        pair = f"tatoeba.{other}-eng"
        write(folder / f"{pair}.{other}", f"{other} 1\n{other} 2\n")
        write(folder / f"{pair}.eng", "\n".join(english) + "\n")
    return folder


def sib_folder(folder: Path) -> Path:
    for code in ("deu_Latn", "eng_Latn"):
        for split, ids in (("train", (0, 1)), ("test", (2,))):
            rows = [("index_id", "category", "text"), *((i, "x", f"{code} {i}") for i in ids)]
            tsv(folder / code / f"{split}.tsv", rows)
    return folder
