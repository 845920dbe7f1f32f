"""The records that are translated together: what they ask for, and what is made of it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pyarrow as pa

from lingweave.building.answers import Found, Located, Place, found, kept, located, marked
from lingweave.building.sentences import Joined, Split, joined, split
from lingweave.table import Answer
from lingweave.table.layout import ANSWERS, TEXT, TEXTS

Translations = Mapping[str, Mapping[str, str]]
"""Of sentences, by language."""


class Scope(NamedTuple):
    """What is translated, and how it is cut."""

    source: str
    """The canonical code of the language that is translated from."""
    targets: tuple[str, ...]
    """Those of the languages that are translated into."""
    negatives: bool
    """Whether hard negatives are translated too."""
    limit: int | None
    """Characters of the longest sentence; None: by the source's script."""


class Holes(NamedTuple):
    """The records of a window that lack a text and have it in the source language."""

    queries: list[int]
    """Those that lack the query."""
    passages: list[int]
    """Those that lack the passage."""


class Window:
    """Some records of a table, and the translations of their cells.

    First the sentences of ``plain`` are to be translated, then those of ``more``, which needs the
    former; then ``filled`` makes the cells.

    Args:
        records: the records, with their columns ``origin:<code>``.
        scope: what is translated.
        counts: what happens is counted here.
    """

    def __init__(self, records: pa.Table, scope: Scope, counts: Counter[str]) -> None:
        self._records, self._scope, self._counts = records, scope, counts
        self._splits: dict[str, Split] = {}
        self._settled: dict[tuple[str, str, Place], Found] = {}
        x = scope.source
        self._queries: list[str | None] = self._cells(f"query:{x}")
        self._passages: list[str | None] = self._cells(f"passage:{x}")
        lists = self._cells(f"negatives:{x}") if scope.negatives else [None] * len(records)
        self._negatives: list[list[str]] = [
            [text for text in texts or () if text is not None] for texts in lists
        ]
        self._answers = [
            [] if passage is None else [self._located(passage, one) for one in answers or ()]
            for passage, answers in zip(self._passages, self._cells(f"answers:{x}"), strict=True)
        ]
        self._holes = {target: self._lacking(target) for target in scope.targets}

    def plain(self) -> dict[str, list[str]]:
        """The sentences of all cells that are to be made, and those with answers between marks."""
        wanted = {}
        for target, holes in self._holes.items():
            texts: dict[str, None] = {}
            for row in holes.queries:
                texts |= dict.fromkeys(self._split(self._queries[row]).sentences())
            for row in holes.passages:
                for text in (self._passages[row], *self._negatives[row]):
                    texts |= dict.fromkeys(self._split(text).sentences())
                sentences = self._split(self._passages[row]).sentences()
                for place in self._places(row):
                    texts |= dict.fromkeys(marked(sentences[place.sentence], place)[:1])
            wanted[target] = list(texts)
        return wanted

    def more(self, made: Translations) -> dict[str, list[str]]:
        """For answers that their marks did not tell: other marks, and the answers alone.

        Args:
            made: the translations of ``plain``.
        """
        wanted = {}
        for target, holes in self._holes.items():
            texts: dict[str, None] = {}
            for row in holes.passages:
                sentences = self._split(self._passages[row]).sentences()
                for place in self._places(row):
                    sentence = sentences[place.sentence]
                    if self._found(sentence, place, target, made[target], {}) is None:
                        others = marked(sentence, place)[1:2]
                        texts |= dict.fromkeys((*others, sentence[place.start : place.end]))
            wanted[target] = list(texts)
        return wanted

    def filled(
        self, made: Translations, more: Translations, origins: Mapping[int, int]
    ) -> pa.Table:
        """The records with the cells that could be made.

        A cell of which one text was there keeps its origin, whatever its other text is.

        Args:
            made: the translations of ``plain``.
            more: those of ``more``.
            origins: the origin of a translation of a cell, by that cell's origin.
        """
        columns = dict(zip(self._records.column_names, self._records.columns, strict=True))
        given = self._cells(f"origin:{self._scope.source}")
        for target, holes in self._holes.items():
            whole = {text: self._joined(text, target, made[target]) for text in self._texts(holes)}
            queries, passages = self._cells(f"query:{target}"), self._cells(f"passage:{target}")
            negatives = self._cells(f"negatives:{target}")
            answers, origin = self._cells(f"answers:{target}"), self._cells(f"origin:{target}")
            for row in holes.queries:
                queries[row] = self._put(whole[self._queries[row]], "query")
            for row in holes.passages:
                passage = whole[self._passages[row]]
                passages[row] = self._put(passage, "passage")
                answers[row] = self._kept(row, passage, target, made[target], more[target])
                if passage is not None:
                    texts = [self._put(whole[text], "negative") for text in self._negatives[row]]
                    negatives[row] = [text for text in texts if text is not None] or None
            made_now = {row for row in holes.queries if queries[row] is not None}
            made_now |= {row for row in holes.passages if passages[row] is not None}
            for row in sorted(made_now):
                if origin[row] is None:
                    origin[row] = origins.get(given[row])
                self._counts["cells"] += 1
            columns[f"query:{target}"] = pa.array(queries, TEXT)
            columns[f"passage:{target}"] = pa.array(passages, TEXT)
            columns[f"negatives:{target}"] = pa.array(negatives, TEXTS)
            columns[f"origin:{target}"] = pa.array(origin, pa.int16())
            if f"answers:{self._scope.source}" in columns:
                columns[f"answers:{target}"] = pa.array(answers, ANSWERS)
        return pa.table(columns)

    def _cells(self, name: str) -> list[Any]:
        if name not in self._records.column_names:
            return [None] * len(self._records)
        cells: list[Any] = self._records[name].to_pylist()
        return cells

    def _lacking(self, target: str) -> Holes:
        queries, passages = (
            [
                row
                for row, (there, here) in enumerate(zip(texts, self._cells(name), strict=True))
                if there is not None and here is None
            ]
            for texts, name in (
                (self._queries, f"query:{target}"),
                (self._passages, f"passage:{target}"),
            )
        )
        return Holes(queries, passages)

    def _split(self, text: str | None) -> Split:
        assert text is not None
        if text not in self._splits:
            self._splits[text] = split(text, self._scope.source, self._scope.limit)
        return self._splits[text]

    def _located(self, passage: str, answer: dict[str, Any]) -> Located | str:
        start = -1 if answer["start"] is None else answer["start"]
        return located(self._split(passage), Answer(answer["text"], start), self._scope.source)

    def _places(self, row: int) -> Iterator[Place]:
        for answer in self._answers[row]:
            if isinstance(answer, Located):
                yield from answer.places()

    def _texts(self, holes: Holes) -> dict[str | None, None]:
        texts: dict[str | None, None] = dict.fromkeys(self._queries[row] for row in holes.queries)
        for row in holes.passages:
            texts |= dict.fromkeys((self._passages[row], *self._negatives[row]))
        return texts

    def _joined(self, text: str | None, target: str, made: Mapping[str, str]) -> Joined | None:
        """The translation of a text; None if one of its sentences has none."""
        whole = self._split(text)
        sentences = [made[sentence] for sentence in whole.sentences()]
        if not all(sentences):
            return None
        return joined(whole, sentences, self._scope.source, target)

    def _put(self, text: Joined | None, what: str) -> str | None:
        self._counts["texts"] += 1
        if text is None:
            self._counts[f"failed: {what}"] += 1
            return None
        self._counts["sentences"] += len(text.starts)
        return text.text

    def _found(
        self,
        sentence: str,
        place: Place,
        target: str,
        made: Mapping[str, str],
        more: Mapping[str, str],
    ) -> Found | None:
        key = target, sentence, place._replace(sentence=0)
        if key not in self._settled:
            texts = marked(sentence, place)[:2]
            with_marks = [made.get(text) or more.get(text, "") for text in texts]
            alone = more.get(sentence[place.start : place.end])
            end = found(sentence, place, made[sentence], target, with_marks, alone)
            if end is None:
                return None
            self._settled[key] = end
        return self._settled[key]

    def _kept(
        self,
        row: int,
        passage: Joined | None,
        target: str,
        made: Mapping[str, str],
        more: Mapping[str, str],
    ) -> list[dict[str, Any]] | None:
        """The answers of a record that are in its translated passage."""
        sentences = self._split(self._passages[row]).sentences()
        answers = []
        for answer in self._answers[row]:
            if isinstance(answer, str):
                self._counts[f"lost: {answer}"] += 1
                continue
            if passage is None:
                self._counts["lost: no translation of the passage"] += 1
                continue
            ends = [
                self._found(sentences[place.sentence], place, target, made, more)
                for place in answer.places()
            ]
            one = kept(answer, ends, passage)
            if one is None:
                self._counts["lost: not found in the translation"] += 1
            else:
                self._counts[f"kept: {one[1]}"] += 1
                answers.append(one[0]._asdict())
        return answers or None
