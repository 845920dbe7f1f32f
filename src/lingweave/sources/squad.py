"""Reading comprehension as retrieval: SQuAD json, one question to its paragraph.

XQuAD (Artetxe et al., arXiv 1910.11856), MLQA (Lewis et al., arXiv 1910.07475) and the gold passage
task of TyDi QA (Clark et al., arXiv 2003.05002). The answers are kept for reading measures.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.errors import LingweaveError
from lingweave.languages import canonical
from lingweave.sources.files import json_file
from lingweave.sources.groups import grouped
from lingweave.sources.layout import matching, missing
from lingweave.sources.provenance import checksums

TYDI = {
    "arabic": "ar", "bengali": "bn", "english": "en", "finnish": "fi", "indonesian": "id",
    "japanese": "ja", "korean": "ko", "russian": "ru", "swahili": "sw", "telugu": "te",
    "thai": "th",
}  # fmt: skip
"""TyDi's names of languages to codes."""


class Question(NamedTuple):
    """One question of a file."""

    id: str
    text: str
    answers: tuple[str, ...]
    paragraph: str
    """Where its paragraph stands: article and number."""
    context: str


def squad(
    folder: Path,
    name: str,
    templates: Sequence[str],
    split: str | None = None,
    names: Mapping[str, str] | None = None,
    languages: Sequence[str] | None = None,
) -> Benchmark:
    """The questions and paragraphs of SQuAD files, one file a language or one for all.

    Question ids are those of the files: they align across languages where the data set is
    parallel. A file of a template without ``{lang}`` tells each question's language in its id
    (``arabic-123-0``, as TyDi QA does). Paragraphs with one text are one candidate. Questions that
    share a paragraph in any language form one group.

    Args:
        folder: where the files lie.
        name: what to call the benchmark.
        templates: where they lie in it; where both ``{lang}`` and ``{other}`` stand in one, only
            files in which they are the same language are read.
        split: only files with this in the hole ``{split}``.
        names: names of languages in paths and ids to their codes.
        languages: only these.

    Raises:
        LingweaveError: naming file and question.
    """
    wanted = None if languages is None else {canonical(code) for code in languages}
    questions: dict[str, list[Question]] = {}
    used: dict[str, Path] = {}
    for found in matching(folder, templates, names):
        if (split is not None and found.split not in (None, split)) or (
            found.other is not None and found.other != found.language
        ):
            continue
        for question in _questions(found.file):
            code = found.language or _language_of(question, found.file, names or {})
            if wanted is not None and code not in wanted:
                continue
            if used.setdefault(code, found.file) != found.file:
                raise LingweaveError(
                    f"{found.file}: {used[code].name} is the same language; keep one of the two"
                )
            questions.setdefault(code, []).append(question)
    if not questions:
        raise missing(folder, f"files of {name}" + (f" ({split})" if split else ""), templates)
    corpora, queries, gold = {}, {}, []
    together: list[tuple[str, ...]] = []
    answers: dict[str, dict[str, tuple[str, ...]]] = {}
    for code, asked in sorted(questions.items()):
        first: dict[str, str] = {}
        sharing: dict[str, list[str]] = {}
        for one in asked:
            gold.append(Gold(one.id, code, first.setdefault(one.context, one.paragraph)))
            sharing.setdefault(one.context, []).append(one.id)
            answers.setdefault(one.id, {})[code] = one.answers
        together += map(tuple, sharing.values())
        corpora[code] = Texts(tuple(first.values()), tuple(first))
        queries[code] = Texts(tuple(q.id for q in asked), tuple(q.text for q in asked))
    return Benchmark(
        name=name,
        queries=queries,
        corpora=corpora,
        gold=tuple(gold),
        groups=grouped(together),
        source={"folder": str(folder), **checksums(dict.fromkeys(used.values()), folder)},
        answers=answers,
    )


def _questions(file: Path) -> Iterator[Question]:
    content = json_file(file)
    seen: set[str] = set()
    try:
        for a, article in enumerate(content["data"]):
            for p, paragraph in enumerate(article["paragraphs"]):
                context = paragraph["context"]
                if not context.strip() and paragraph["qas"]:
                    raise LingweaveError(f"{file}: the paragraph {a}/{p} is empty")
                for question in paragraph["qas"]:
                    id, text = str(question["id"]), question["question"]
                    if not text.strip():
                        raise LingweaveError(f"{file}: the question {id!r} is empty; remove it")
                    if id in seen:
                        raise LingweaveError(
                            f"{file}: question id {id!r} stands twice: ids must be unique"
                        )
                    seen.add(id)
                    found = tuple(dict.fromkeys(x["text"] for x in question["answers"]))
                    yield Question(id, text, found, f"{a}/{p}", context)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"no field {error}" if isinstance(error, KeyError) else str(error)
        raise LingweaveError(
            f"{file}: not SQuAD json ({what}); each paragraph needs context and qas with id,"
            " question and answers"
        ) from error


def _language_of(question: Question, file: Path, names: Mapping[str, str]) -> str:
    tag = question.id.split("-", 1)[0]
    try:
        return canonical(names.get(tag, tag))
    except LingweaveError as error:
        raise LingweaveError(f"{file}: question {question.id!r}: {error}") from None
