"""Sentences that mean the same in many languages, as retrieval: each asks for its translations.

The query of a language is its sentence; the corpora are the same sentences, so the gold of a
query is the sentence with its id in every language, its own included. Within one language the
answer is therefore the question itself: mono figures are trivial, and only cross and multi tell
something. (Left out, the question's copy would stand above every right answer in the pool.)
"""

from collections.abc import Mapping, Sequence

from lingweave.benchmark import Benchmark, Gold, Texts

TRIVIAL = "trivial: in its own language a sentence is its own answer"


def aligned_benchmark(
    name: str,
    texts: Mapping[str, Texts],
    source: Mapping[str, str],
    groups: Mapping[str, str] | None = None,
    answers: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None,
) -> Benchmark:
    """The benchmark of sentences by language whose ids align."""
    return Benchmark(
        name=name,
        queries=texts,
        corpora=texts,
        gold=tuple(Gold(id, code, id) for code, side in texts.items() for id in side.ids),
        groups=groups or {},
        source={**source, "mono": TRIVIAL},
        answers=answers or {},
    )


def shared_passages(rows: Sequence[tuple[str, str]]) -> tuple[Texts, dict[str, str]]:
    """Passages of (id, text) rows, one a distinct text under its first id; and id -> its passage.

    So a right answer that stands in several rows never counts as a wrong one.
    """
    first: dict[str, str] = {}
    passage_of = {id: first.setdefault(text, id) for id, text in rows}
    return Texts(tuple(first.values()), tuple(first)), passage_of
