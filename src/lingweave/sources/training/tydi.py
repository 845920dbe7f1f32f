"""TyDi QA as its primary task has it (Clark et al., arXiv 2003.05002): JSON lines of articles.

Passages are byte ranges of an article; annotators chose one, and perhaps a short answer within it.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from lingweave.errors import LingweaveError
from lingweave.sources.records import records_of
from lingweave.sources.squad import TYDI
from lingweave.sources.training.cells import Cell, Source
from lingweave.table import Answer

UNANSWERED = "questions that no annotator found a passage for"


def tydi_cells(source: Source) -> Iterator[Cell]:
    """Each question with the passage that most annotators chose, the first of those with as many.

    Short answers within it are its answers.

    Raises:
        LingweaveError: naming file and line.
    """
    for file in source.files:
        for line, row in records_of(file):
            place = f"{file}: line {line}"
            try:
                cell = _cell(row, place, source)
            except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
                what = f"no field {error}" if isinstance(error, KeyError) else str(error)
                raise LingweaveError(
                    f"{place}: not TyDi QA ({what}); each line needs example_id, language,"
                    " question_text, document_plaintext, passage_answer_candidates, annotations"
                ) from error
            if cell is None:
                source.left_out[UNANSWERED] += 1
            else:
                yield cell


def _cell(row: dict[str, Any], place: str, source: Source) -> Cell | None:
    chosen = Counter(
        index
        for one in row["annotations"]
        if (index := int(one["passage_answer"]["candidate_index"])) >= 0
    )
    if not chosen:
        return None
    passage = chosen.most_common(1)[0][0]
    article = row["document_plaintext"].encode()
    candidate = row["passage_answer_candidates"][passage]
    start, end = (int(candidate[f"plaintext_{x}_byte"]) for x in ("start", "end"))
    text = article[start:end].decode()
    answers: dict[Answer, None] = {}
    for one in row["annotations"]:
        low, high = (int(one["minimal_answer"][f"plaintext_{x}_byte"]) for x in ("start", "end"))
        if start <= low < high <= end:
            answer = Answer(article[low:high].decode(), len(article[start:low].decode()))
            answers[answer] = None
    tag, id = str(row["language"]), str(row["example_id"])
    if not isinstance(row["question_text"], str):
        raise LingweaveError(f"{place}: the question of {id!r} must be text")
    title = str(row.get("document_title") or id)
    return Cell(
        place,
        id,
        source.of(TYDI.get(tag.lower(), tag), place),
        row["question_text"],
        text,
        f"{title}/{passage}",
        answers=tuple(answers),
    )
