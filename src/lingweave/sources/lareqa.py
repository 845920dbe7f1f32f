"""XQuAD-R, MLQA-R and any folder in their format (LAReQA, Roy et al., arXiv 2004.05484).

One json a language, ``de.json`` or ``de.json.gz``: SQuAD with the sentence boundaries of each
paragraph. A candidate is every ``[start, end)`` of ``sentence_breaks``, without de-duplication.
The gold of a question is the candidate of its own paragraph with ``start <= answer_start < end``,
so an answer that crosses a boundary belongs to the first of its sentences. Texts are kept as
they are, byte order marks and stray spaces included: the published counts depend on it.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lingweave import languages
from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.errors import LingweaveError
from lingweave.sources.files import json_file
from lingweave.sources.groups import grouped
from lingweave.sources.provenance import checksums

log = logging.getLogger("lingweave")


class Size(NamedTuple):
    """The published counts of a language."""

    questions: int
    candidates: int


XQUAD_R = {
    code: Size(1190, candidates)
    for code, candidates in {
        "ar": 1222, "de": 1276, "el": 1234, "en": 1180, "es": 1215, "hi": 1244,
        "ru": 1219, "th": 852, "tr": 1167, "vi": 1209, "zh": 1196,
    }.items()
}  # fmt: skip
MLQA_R = {
    "ar": Size(517, 2545), "de": Size(512, 2362), "en": Size(1148, 6264), "es": Size(500, 1787),
    "hi": Size(507, 2426), "vi": Size(511, 2828), "zh": Size(504, 2322),
}  # fmt: skip


class _Language(NamedTuple):
    queries: Texts
    passages: Texts
    gold: tuple[Gold, ...]
    paragraphs: tuple[tuple[str, ...], ...]
    """The question ids of each paragraph."""
    answers: dict[str, tuple[str, ...]]
    """The answers of each question, as they stand in the text."""


def lareqa(folder: Path, name: str = "lareqa") -> Benchmark:
    """A folder of LAReQA json as a benchmark.

    Question ids are those of the files and align across languages; candidate ids are
    ``article/paragraph/sentence``, counted from 0. Questions that share a paragraph in any
    language form one group. Files not called after a language are skipped with a notice.

    Raises:
        LingweaveError: the folder or a file cannot be read, or is not in this format.
    """
    read = {code: (path, _read(path, code)) for code, path in language_files(folder).items()}
    answers: dict[str, dict[str, tuple[str, ...]]] = {}
    for code, (_, part) in read.items():
        for id, found in part.answers.items():
            answers.setdefault(id, {})[code] = found
    return Benchmark(
        name=name,
        queries={code: part.queries for code, (_, part) in read.items()},
        corpora={code: part.passages for code, (_, part) in read.items()},
        gold=tuple(gold for _, part in read.values() for gold in part.gold),
        groups=grouped([ids for _, part in read.values() for ids in part.paragraphs]),
        answers=answers,
        source={"folder": str(folder), **checksums(path for path, _ in read.values())},
    )


def xquad_r(folder: Path) -> Benchmark:
    """XQuAD-R, held to its published counts (1,190 questions in each of 11 languages)."""
    return _held_to(lareqa(folder, "xquad-r"), XQUAD_R, folder)


def mlqa_r(folder: Path) -> Benchmark:
    """MLQA-R, held to its published counts (each question in 2 to 4 of 7 languages)."""
    return _held_to(lareqa(folder, "mlqa-r"), MLQA_R, folder)


def language_files(folder: Path) -> dict[str, Path]:
    """The folder's json files by canonical language code, in the order of the codes."""
    if not folder.is_dir():
        raise LingweaveError(f"{folder}: no such folder; give the folder with the json files")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        match = re.fullmatch(r"(.+)\.json(\.gz)?", path.name)
        if match is None or not languages.is_language(match[1]):
            log.warning("%s: skipped, not named <language code>.json or .json.gz", path)
            continue
        code = languages.canonical(match[1])
        if code in found:
            raise LingweaveError(
                f"{path}: {found[code].name} is the same language; keep one of the two"
            )
        found[code] = path
    if not found:
        raise LingweaveError(f"{folder}: no file named like de.json or de.json.gz")
    return dict(sorted(found.items()))


def _held_to(benchmark: Benchmark, published: Mapping[str, Size], folder: Path) -> Benchmark:
    found = {
        code: Size(len(benchmark.queries[code].ids), len(benchmark.corpora[code].ids))
        for code in benchmark.languages
    }
    wrong = [
        f"{code} has {_counts(found.get(code))}, published {_counts(published.get(code))}"
        for code in sorted({*found, *published})
        if found.get(code) != published.get(code)
    ]
    if wrong:
        raise LingweaveError(
            f"{folder}: not {benchmark.name} as published (questions/candidates):"
            f" {'; '.join(wrong)}; give the complete original files, or use the benchmark"
            " 'lareqa' for other data"
        )
    return benchmark


def _counts(size: Size | None) -> str:
    return "nothing" if size is None else f"{size.questions}/{size.candidates}"


def _read(path: Path, code: str) -> _Language:
    queries: list[tuple[str, str]] = []
    passages: list[tuple[str, str]] = []
    gold: list[Gold] = []
    paragraphs: list[tuple[str, ...]] = []
    answers: dict[str, tuple[str, ...]] = {}
    try:
        for key, paragraph in _paragraphs(json_file(path)):
            context = paragraph["context"]
            breaks = [(int(start), int(end)) for start, end in paragraph["sentence_breaks"]]
            ids = [f"{key}/{i}" for i in range(len(breaks))]
            texts = [context[start:end] for start, end in breaks]
            for id, text in zip(ids, texts, strict=True):
                if not text:
                    raise LingweaveError(f"{path}: the sentence {id} is empty; mend its break")
            passages.extend(zip(ids, texts, strict=True))
            for question in paragraph["qas"]:
                id = str(question["id"])
                if not question["question"].strip():
                    raise LingweaveError(f"{path}: the question {id!r} is empty; remove it")
                queries.append((id, question["question"]))
                starts = [int(answer["answer_start"]) for answer in question["answers"]]
                hit = [i for i, (a, b) in enumerate(breaks) if any(a <= s < b for s in starts)]
                if not hit:
                    raise LingweaveError(
                        f"{path}: the answer of question {id!r} starts in no sentence of its"
                        " paragraph; mend answer_start or sentence_breaks"
                    )
                gold.extend(Gold(id, code, ids[i]) for i in hit)
                answers[id] = tuple(dict.fromkeys(str(x["text"]) for x in question["answers"]))
            paragraphs.append(tuple(str(question["id"]) for question in paragraph["qas"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"no field {error}" if isinstance(error, KeyError) else str(error)
        raise LingweaveError(
            f"{path}: not LAReQA json ({what}); each paragraph needs context, sentence_breaks"
            " and qas with id, question and answers"
        ) from error
    return _Language(_texts(queries), _texts(passages), tuple(gold), tuple(paragraphs), answers)


def _texts(rows: list[tuple[str, str]]) -> Texts:
    return Texts(tuple(id for id, _ in rows), tuple(text for _, text in rows))


def _paragraphs(content: Any) -> Iterator[tuple[str, Any]]:
    for a, article in enumerate(content["data"]):
        for p, paragraph in enumerate(article["paragraphs"]):
            yield f"{a}/{p}", paragraph
