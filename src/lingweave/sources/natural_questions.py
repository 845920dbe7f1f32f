"""MKQA's questions against passages of Natural Questions or Wikipedia that the user has.

The folder holds an MKQA file and the passages: a BEIR folder (``corpus.jsonl``, ``queries.jsonl``,
``qrels/<split>.tsv``), or any ``psgs*.tsv`` or ``passages*.jsonl``.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.errors import LingweaveError
from lingweave.languages import canonical
from lingweave.sources.collection import collection
from lingweave.sources.layout import matching, missing
from lingweave.sources.mkqa import mkqa_questions
from lingweave.sources.provenance import checksums
from lingweave.sources.qrels import Judged, golds, read_qrels

PASSAGES = ("corpus.jsonl", "corpus.parquet", "corpus.tsv", "passages{any}.jsonl",
            "passages.jsonl", "psgs{any}.tsv")  # fmt: skip
SHORT = 3
"""Characters below which an answer tells no passage from another, as do yes and no."""
_BINARY = frozenset({"yes", "no", "true", "false"})
_WORD = re.compile(r"\w+")


def nq_crosslingual(
    folder: Path,
    by: Literal["passage", "answer"] = "passage",
    split: str | None = None,
    languages: Sequence[str] | None = None,
    passage_language: str = "en",
) -> Benchmark:
    """Questions in the languages of MKQA, passages in one.

    Args:
        folder: where the files lie.
        by: ``passage``: the gold of a question are the passages that the folder's qrels give the
            same question; MKQA keeps NQ's English wording, by which the two are joined (case,
            punctuation and blanks aside). ``answer``: the passages that contain an answer in their
            language as a run of words (Karpukhin et al., arXiv 2004.04906); answers of under
            ``SHORT`` characters, yes and no are left out.
        split: the split of the qrels (default test).
        languages: the languages that ask; the passages' own need not be among them.
        passage_language: the language of the passages.

    Raises:
        LingweaveError: naming file and line; or no question has gold.
    """
    read = mkqa_questions(folder)
    asking = read.texts.keys() if languages is None else {canonical(code) for code in languages}
    found = matching(folder, PASSAGES)
    if not found:
        raise missing(folder, "passages for nq-crosslingual", PASSAGES)
    file = found[0].file
    corpora = collection([file], "document", language=passage_language, blank="keep")
    used = [read.file, file]
    if by == "passage":
        judged, more = _by_question(folder, split or "test", read.texts["en"])
        gold = golds(judged, read.texts, corpora)
        used += more
    else:
        answers = {id: some.get(passage_language, ()) for id, some in read.answers.items()}
        gold = _by_answer(corpora[passage_language], passage_language, answers)
    if not gold:
        raise LingweaveError(f"{folder}: no question of {read.file.name} has gold by {by}")
    kept = {one.query_id for one in gold}
    queries = {}
    for code, side in read.texts.items():
        rows = [(id, text) for id, text in zip(side.ids, side.texts, strict=True) if id in kept]
        if rows and code in asking:
            queries[code] = Texts(tuple(id for id, _ in rows), tuple(text for _, text in rows))
    return Benchmark(
        name="nq-crosslingual" if by == "passage" else "nq-crosslingual-answers",
        queries=queries,
        corpora=corpora,
        gold=gold,
        source={
            "folder": str(folder),
            "gold": f"by {by}",
            "questions with gold": f"{len(kept)} of {len(read.texts['en'].ids)}",
            **checksums(used, folder),
        },
        answers={id: some for id, some in read.answers.items() if id in kept},
    )


def _by_question(folder: Path, split: str, english: Texts) -> tuple[list[Judged], list[Path]]:
    """The judgements of the same questions, under MKQA's ids; and the files they are from."""
    templates = ("queries.jsonl", "queries.parquet", "queries.tsv")
    files = [one.file for one in matching(folder, templates)]
    judgements = [
        one.file
        for one in matching(folder, ("qrels/{split}.tsv", "qrels/{split}.jsonl"))
        if one.split == split
    ]
    if not files:
        raise missing(folder, "questions of the passage set", templates)
    if not judgements:
        raise missing(folder, "judgements of the passage set", (f"qrels/{split}.tsv",))
    asked = collection(files[:1], "query", language="en")["en"]
    id_of = {_plain(text): id for id, text in zip(english.ids, english.texts, strict=True)}
    same = {
        id: id_of[_plain(text)]
        for id, text in zip(asked.ids, asked.texts, strict=True)
        if _plain(text) in id_of
    }
    judged = [
        one._replace(query_id=same[one.query_id])
        for one in read_qrels(judgements[0])
        if one.query_id in same
    ]
    return judged, [files[0], judgements[0]]


def _by_answer(
    passages: Texts, language: str, answers: Mapping[str, Sequence[str]]
) -> tuple[Gold, ...]:
    """The passages that contain one of a question's answers, in one walk over the passages."""
    asking: dict[tuple[str, ...], list[str]] = {}
    for id, some in answers.items():
        for answer in some:
            run = tuple(_plain(answer).split())
            if len(" ".join(run)) >= SHORT and not _BINARY.issuperset(run):
                asking.setdefault(run, []).append(id)
    lengths = sorted({len(run) for run in asking})
    begin = {run[0] for run in asking}
    found: dict[Gold, None] = {}
    for id, text in zip(passages.ids, passages.texts, strict=True):
        words = _plain(text).split()
        for place, word in enumerate(words):
            if word in begin:
                for length in lengths:
                    for question in asking.get(tuple(words[place : place + length]), ()):
                        found[Gold(question, language, id)] = None
    return tuple(found)


def _plain(text: str) -> str:
    """Lower-case words apart by single blanks."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text).lower()))
