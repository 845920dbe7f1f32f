"""A benchmark as a BEIR folder, with the language of every text (field ``lang``)."""

import json
from pathlib import Path
from typing import TextIO

from lingweave.benchmark import Benchmark
from lingweave.exchange.trec import token


def write_beir(folder: Path, benchmark: Benchmark) -> None:
    """``corpus.jsonl``, ``queries.jsonl`` and ``qrels/test.tsv``.

    Ids are ``de/ID``: BEIR's tools take ids for unique. So a question that is asked in several
    languages becomes several queries, each with all its golds in all languages; ``question`` holds
    what they have in common.

    Raises:
        OSError: the folder cannot be written to.
    """
    (folder / "qrels").mkdir(parents=True)
    with (folder / "corpus.jsonl").open("w", encoding="utf-8") as file:
        for y, side in sorted(benchmark.corpora.items()):
            for id, text in zip(side.ids, side.texts, strict=True):
                _write(file, {"_id": _id(y, id), "title": "", "text": text, "lang": y})
    with (folder / "queries.jsonl").open("w", encoding="utf-8") as file:
        for x, side in sorted(benchmark.queries.items()):
            for id, text in zip(side.ids, side.texts, strict=True):
                _write(file, {"_id": _id(x, id), "text": text, "lang": x, "question": id})
    golds: dict[str, dict[str, int]] = {}
    for gold in benchmark.gold:
        of_query = golds.setdefault(gold.query_id, {})
        passage = _id(gold.language, gold.passage_id)
        of_query[passage] = max(gold.grade, of_query.get(passage, 0))
    with (folder / "qrels" / "test.tsv").open("w", encoding="utf-8") as file:
        file.write("query-id\tcorpus-id\tscore\n")
        for x, side in sorted(benchmark.queries.items()):
            for id in side.ids:
                for passage, grade in golds.get(id, {}).items():
                    file.write(f"{_id(x, id)}\t{passage}\t{grade}\n")


def _id(language: str, id: str) -> str:
    return f"{language}/{token(id)}"


def _write(file: TextIO, row: dict[str, str]) -> None:
    file.write(json.dumps(row, ensure_ascii=False) + "\n")
