"""AfriQA (Ogundepo et al., arXiv 2305.06897): questions in African languages, Wikipedia passages in
English or French.

The corpus is the gold passages alone: the paper's own, all of Wikipedia in 2018, is not published
with them. A passage that answers several questions is one candidate.
"""

from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.errors import LingweaveError
from lingweave.languages import canonical
from lingweave.sources.aligned import shared_passages
from lingweave.sources.files import json_lines
from lingweave.sources.layout import matching, missing
from lingweave.sources.provenance import checksums

PUBLISHED = ("gold_span_passages.afriqa.{lang}.{other}.{split}.json",)
MERGED = ("afriqa_gold.jsonl",)
"""All in one file, with ``lang``, ``passage_lang`` and ``split``."""
QUERIES = ("afriqa_queries.jsonl",)


class _Record(NamedTuple):
    id: str
    language: str
    question: str
    pivot: str
    """The language of the passage, and of the translated question."""
    translated: str
    passage: str
    titled: str
    answers: dict[str, tuple[str, ...]]


def afriqa(
    folder: Path,
    split: str = "test",
    pivot: bool = False,
    languages: Sequence[str] | None = None,
) -> Benchmark:
    """The questions that have a gold passage.

    Args:
        folder: where the published files lie, or the merged one.
        split: train, dev, test, or all.
        pivot: whether English and French ask too, in people's translations of the questions, under
            the same ids: what is lost by asking in one's own language.
        languages: only these, as languages of questions or passages.

    Raises:
        LingweaveError: naming file and line.
    """
    wanted = None if languages is None else {canonical(code) for code in languages}
    records: dict[str, _Record] = {}
    files: dict[Path, None] = {}
    for file, line, one, there in _records(folder):
        if split not in ("all", there):
            continue
        files[file] = None
        if wanted is not None and not wanted >= {one.language, one.pivot}:
            continue
        if one.id in records:
            raise LingweaveError(f"{file}: line {line}: id {one.id!r} stands twice")
        records[one.id] = one
    if not records and files:
        raise LingweaveError(
            f"{folder}: no question and passage are both in {', '.join(languages or ())}:"
            " name en or fr for the passages too"
        )
    if not records:
        raise missing(folder, f"gold passages of afriqa ({split})", (*MERGED, *PUBLISHED))
    corpora, gold = {}, []
    for code in sorted({one.pivot for one in records.values()}):
        here = [one for one in records.values() if one.pivot == code]
        shared, passage_of = shared_passages([(one.id, one.passage) for one in here])
        corpora[code] = Texts(shared.ids, tuple(records[id].titled for id in shared.ids))
        gold += [Gold(id, code, passage) for id, passage in passage_of.items()]
    asked: dict[str, list[tuple[str, str]]] = {}
    for one in records.values():
        asked.setdefault(one.language, []).append((one.id, one.question))
        if pivot:
            asked.setdefault(one.pivot, []).append((one.id, one.translated))
    return Benchmark(
        name="afriqa-pivot" if pivot else "afriqa",
        queries={
            code: Texts(tuple(id for id, _ in rows), tuple(text for _, text in rows))
            for code, rows in sorted(asked.items())
        },
        corpora=corpora,
        gold=tuple(gold),
        groups={gold.query_id: gold.passage_id for gold in gold},
        source={
            "folder": str(folder),
            "split": split,
            "corpus": "the gold passages alone",
            **(_unanswered(folder, split, records) if wanted is None else {}),
            **checksums(files, folder),
        },
        answers={id: one.answers for id, one in records.items() if one.answers},
    )


def _records(folder: Path) -> Iterator[tuple[Path, int, _Record, str]]:
    """Where each record stands, the record, and its split."""
    for found in matching(folder, MERGED):
        for line, row in json_lines(found.file):
            split = str(row.get("split"))
            tags = row.get("lang"), row.get("passage_lang")
            named = {"question": "query", "translated": "query_pivot", "passage": "passage"}
            yield found.file, line, _record(row, found.file, line, tags, named, None), split
        return
    for found in matching(folder, PUBLISHED):
        for line, row in json_lines(found.file):
            named = {
                "question": "question_lang",
                "translated": "question_translated",
                "passage": "context",
            }
            prefix = f"{found.language}-{found.split}-"
            tags = found.language, found.other
            record = _record(row, found.file, line, tags, named, prefix)
            yield found.file, line, record, str(found.split)


def _record(
    row: dict[str, Any],
    file: Path,
    line: int,
    tags: tuple[Any, Any],
    named: dict[str, str],
    prefix: str | None,
) -> _Record:
    texts = {}
    for what, name in named.items():
        text = row.get(name)
        if not isinstance(text, str) or not text.strip():
            raise LingweaveError(f"{file}: line {line}: {name!r} is empty or missing")
        texts[what] = text
    if row.get("id") is None:
        raise LingweaveError(f"{file}: line {line}: no field 'id'")
    try:
        language, pivot = (canonical(str(tag or "")) for tag in tags)
    except LingweaveError as error:
        raise LingweaveError(f"{file}: line {line}: {error}") from None
    # Published as {"text": [...], "answer_start": [...]}.
    published = row.get("answer_pivot") or {}
    right = row.get("answers_pivot") or (published.get("text") if published else None)
    answers = {pivot: tuple(map(str, right))} if right else {}
    if row.get("answer_lang"):
        answers[language] = (str(row["answer_lang"]),)
    return _Record(
        id=f"{prefix or ''}{row['id']}",
        language=language,
        question=texts["question"],
        pivot=pivot,
        translated=texts["translated"],
        passage=texts["passage"],
        titled=f"{row.get('title') or ''} {texts['passage']}".strip(),
        answers=answers,
    )


def _unanswered(folder: Path, split: str, records: Container[str]) -> dict[str, str]:
    """How many published questions have no gold passage, where the file of all is at hand."""
    count = 0
    files = matching(folder, QUERIES)
    for one in files:
        for line, row in json_lines(one.file):
            try:
                id = f"{row['lang']}-{row['split']}-{row['id']}"
                count += split in ("all", row["split"]) and id not in records
            except KeyError as error:
                raise LingweaveError(f"{one.file}: line {line}: no field {error}") from None
    return {"questions without a gold passage": f"{count}, left out"} if files else {}
