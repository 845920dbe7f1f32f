"""Parallel statements put among one's own documents: what they show needs no judgements.

A statement in one language is the query, and its translations are what it should find: they say
the same, so that a model without a preference ranks them alike. That they stand far apart in the
list is the model's doing and not the corpus's.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from lingweave.atlas import ALL_LANGUAGES
from lingweave.audit.source import digest
from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.errors import LingweaveError
from lingweave.sources.atlas import SEED, atlas_benchmark

COUNT = 100
"""Statements of the built-in probes."""
PREFIX = "probe/"
"""What ids of probes begin with."""


def built_in(languages: Sequence[str]) -> dict[str, Texts]:
    """Statements of the atlas (facts of CLDR) in those of the languages that it has, by id.

    Only facts that stand in two of them or more; codes are compared by language alone, so that
    ``pt-BR`` has the statements in ``pt``.
    """
    spoken = {x: base for x in languages if (base := x.partition("-")[0]) in ALL_LANGUAGES}
    if len(set(spoken.values())) < 2:
        return {}
    made = atlas_benchmark("test", tuple(sorted(set(spoken.values()))), SEED)
    sides = {
        x: dict(zip(side.ids, side.texts, strict=True))
        for x in spoken
        if (side := made.corpora.get(spoken[x])) is not None
    }
    speakers = Counter(id for side in sides.values() for id in side)
    # Those in the most languages; equals in the order of their ids.
    ranked = sorted(speakers, key=lambda statement: (-speakers[statement], statement))
    kept = [id for id in ranked if speakers[id] > 1][:COUNT]
    return {
        x: Texts(
            tuple(id for id in kept if id in side), tuple(side[id] for id in kept if id in side)
        )
        for x, side in sides.items()
        if any(id in side for id in kept)
    }


def probed(benchmark: Benchmark, statements: Mapping[str, Texts]) -> Benchmark:
    """The benchmark's corpora with the statements among them, and the statements as queries.

    The relevant passages of a statement are its translations. Its own text stands in the corpus of
    its own language too, and is no answer: it takes the first place of every list, whatever the
    model.

    Args:
        benchmark: one's own corpora; its queries are not asked.
        statements: parallel texts by language; equal ids say the same.

    Raises:
        LingweaveError: no statement stands in two languages.
    """
    speakers: dict[str, list[str]] = {}
    for language in sorted(statements):
        for id in statements[language].ids:
            speakers.setdefault(id, []).append(language)
    gold = [
        Gold(f"{x}/{id}", y, PREFIX + id)
        for id, spoken in speakers.items()
        for x in spoken
        for y in spoken
        if y != x
    ]
    if not gold:
        raise LingweaveError(
            "probes: no statement stands in two of the corpus's languages; give parallel texts"
            " with --probes"
        )
    asked = {
        x: [(f"{x}/{id}", text) for id, text in zip(*side, strict=True) if len(speakers[id]) > 1]
        for x, side in statements.items()
    }
    return Benchmark(
        name=f"probes in {benchmark.name}",
        queries={
            x: Texts(tuple(id for id, _ in rows), tuple(text for _, text in rows))
            for x, rows in asked.items()
            if rows
        },
        corpora={
            y: _joined(benchmark.corpora.get(y), statements.get(y))
            for y in sorted({*benchmark.corpora, *statements})
        },
        gold=tuple(gold),
        groups={f"{x}/{id}": id for id, spoken in speakers.items() for x in spoken},
        source={**benchmark.source, "statements": digest(statements)},
    )


def _joined(documents: Texts | None, statements: Texts | None) -> Texts:
    own = documents or Texts((), ())
    if statements is None:
        return own
    ids = tuple(PREFIX + id for id in statements.ids)
    return Texts((*own.ids, *ids), (*own.texts, *statements.texts))
