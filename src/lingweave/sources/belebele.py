"""Belebele (Bandarkar et al., arXiv 2308.16884): a question to its FLORES passage, 122 variants.

One JSON lines file a variant, ``deu_Latn.jsonl``; questions align by link and number, and several
questions share a passage.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.errors import LingweaveError
from lingweave.sources.aligned import shared_passages
from lingweave.sources.files import json_lines
from lingweave.sources.layout import chosen, matching, missing
from lingweave.sources.provenance import checksums

TEMPLATES = ("{lang}.jsonl",)


def belebele(folder: Path, languages: Sequence[str] | None = None) -> Benchmark:
    """The variants in a folder.

    A query id is ``<link>#<number>``; a passage is one candidate, under the id of its first
    question. Questions about one passage form a group.

    Raises:
        LingweaveError: naming file and line.
    """
    files = {str(found.language): found.file for found in matching(folder, TEMPLATES)}
    if not files:
        raise missing(folder, "files of belebele", TEMPLATES)
    files = chosen(files, languages, folder)
    queries, corpora, gold = {}, {}, []
    groups: dict[str, str] = {}
    for code, file in sorted(files.items()):
        asked, passages = _read(file)
        corpora[code], passage_of = shared_passages(passages)
        gold += [Gold(id, code, passage) for id, passage in passage_of.items()]
        queries[code] = Texts(tuple(asked), tuple(asked.values()))
        groups = {**passage_of, **groups}
    return Benchmark(
        name="belebele",
        queries=queries,
        corpora=corpora,
        gold=tuple(gold),
        groups=groups,
        source={"folder": str(folder), **checksums(files.values(), folder)},
    )


def _read(file: Path) -> tuple[dict[str, str], list[tuple[str, str]]]:
    asked: dict[str, str] = {}
    passages: list[tuple[str, str]] = []
    for line, row in json_lines(file):
        link, number = (_field(row, name, file, line) for name in ("link", "question_number"))
        id = f"{link}#{number}"
        if id in asked:
            raise LingweaveError(f"{file}: line {line}: question {id!r} stands twice")
        asked[id] = _text(row, "question", file, line)
        passages.append((id, _text(row, "flores_passage", file, line)))
    if not asked:
        raise LingweaveError(f"{file}: the file has no rows")
    return asked, passages


def _field(row: dict[str, Any], name: str, file: Path, line: int) -> Any:
    if row.get(name) is None:
        raise LingweaveError(f"{file}: line {line}: no field {name!r}: not a file of Belebele")
    return row[name]


def _text(row: dict[str, Any], name: str, file: Path, line: int) -> str:
    text = _field(row, name, file, line)
    if not isinstance(text, str) or not text.strip():
        raise LingweaveError(f"{file}: line {line}: {name!r} is empty")
    return text
