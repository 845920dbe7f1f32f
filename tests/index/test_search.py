"""Searching: dials, fusion, folding, explanations and re-ranking over an exact store."""

from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest
from index.library import LANGUAGES, WordEncoder, library, vectors_of
from index.memory_store import MemoryStore

from lingweave.errors import LingweaveError
from lingweave.index.passages import Condition, Filter, Passage
from lingweave.index.requests import AsScored, Balanced, Preferred, Request
from lingweave.index.search import Depths, Searcher


@pytest.fixture
def searcher():
    store = MemoryStore(16)
    passages = library()
    store.upsert(passages, vectors_of(passages))
    return Searcher(store, WordEncoder())


def ids(hits):
    return [hit.passage.id for hit in hits]


def one(searcher, query="sky blue en", **options):
    (hits,) = searcher.answers([Request(query, **options)])
    return hits


def test_as_scored_is_the_stores_list(searcher):
    hits = one(searcher, k=7)
    vector = WordEncoder().encode_queries(["sky blue en"], "und")
    vector /= np.linalg.norm(vector)
    (found,) = searcher.store.search(vector, 7)
    assert ids(hits) == [x.id for x in found]
    assert [hit.score for hit in hits] == pytest.approx([x.score for x in found], abs=1e-6)
    assert all(hit.score == hit.similarity for hit in hits)


def test_a_biased_model_shows_one_language_and_balanced_all(searcher):
    assert {hit.passage.language for hit in one(searcher, k=4)} == {"en"}
    balanced = one(searcher, k=8, dial=Balanced())
    for turn in (balanced[:4], balanced[4:]):
        assert sorted(hit.passage.language for hit in turn) == sorted(LANGUAGES)
        assert [hit.similarity for hit in turn] == sorted(
            (hit.similarity for hit in turn), reverse=True
        )


def test_balanced_keeps_each_languages_own_order(searcher):
    hits = one(searcher, k=60, dial=Balanced())
    for language in LANGUAGES:
        inside = [hit.passage.id for hit in hits if hit.passage.language == language]
        alone = one(searcher, k=60, where=Filter(languages=(language,)))
        assert inside == ids(alone)[: len(inside)]


def test_preferred_moves_with_its_weight(searcher):
    def places(weight):
        hits = one(searcher, k=40, dial=Preferred(("th",), weight))
        return [i for i, hit in enumerate(hits) if hit.passage.language == "th"]

    assert ids(one(searcher, k=40, dial=Preferred(("th",), 0.0))) == ids(one(searcher, k=40))
    assert places(1e6) == list(range(10))
    means = [np.mean(places(weight)) for weight in (0.0, 0.3, 1.0, 1e6)]
    assert means == sorted(means, reverse=True)
    assert means[0] > means[-1]


def test_preferred_keeps_to_the_filter(searcher):
    only = Filter(languages=("de", "en"))
    hits = one(searcher, k=20, where=only, dial=Preferred(("th", "de"), 100.0))
    assert {hit.passage.language for hit in hits} == {"de", "en"}
    assert {hit.passage.language for hit in hits[:10]} == {"de"}
    outside = one(searcher, k=20, where=only, dial=Preferred(("th",), 100.0))
    assert ids(outside) == ids(one(searcher, k=20, where=only))


def test_conditions(searcher):
    where = Filter(conditions=(Condition("year", ">=", 2003), Condition("topic", "in", ("sky",))))
    for dial in (AsScored(), Balanced(), Preferred(("de",))):
        for mode in ("dense", "words", "both"):
            hits = one(searcher, k=40, where=where, dial=dial, mode=mode)
            assert hits
            for hit in hits:
                assert hit.passage.metadata["year"] >= 2003
                assert hit.passage.metadata["topic"] == "sky"


def test_conditions_that_python_takes_for_equal_are_asked_apart(searcher):
    def asked(value):
        return Request("sky", k=40, where=Filter(conditions=(Condition("even", "=", value),)))

    truth, number = searcher.answers([asked(True), asked(1)])
    assert truth
    assert not number


def test_words(searcher):
    hits = one(searcher, "grass de", k=40, mode="words")
    assert all({"grass", "de"} & {*hit.passage.text.split()} for hit in hits)
    assert all(hit.similarity is None for hit in hits)
    turns = one(searcher, "grass de", k=4, mode="words", dial=Balanced())
    assert {hit.passage.language for hit in turns} == {*LANGUAGES}


def test_both_is_the_fusion_of_the_two(searcher):
    near = ids(one(searcher, "grass de", k=40))
    spoken = ids(one(searcher, "grass de", k=40, mode="words"))
    both = one(searcher, "grass de", k=40, mode="both")

    def score(id):
        return sum(1 / (60 + one.index(id) + 1) for one in (near, spoken) if id in one)

    assert ids(both) == sorted({*near, *spoken}, key=lambda x: (-score(x), x))
    assert [hit.score for hit in both] == pytest.approx([score(id) for id in ids(both)])


def test_folding_shows_each_passage_once(searcher):
    for dial in (AsScored(), Balanced(), Preferred(("de",))):
        hits = one(searcher, k=10, fold=True, dial=dial)
        keys = [hit.passage.parallel for hit in hits]
        assert len({*keys}) == len(keys) == 10
        for hit in hits:
            shown = [hit.passage, *hit.versions]
            assert sorted(x.language for x in shown) == sorted(LANGUAGES)
            assert {x.parallel for x in shown} == {hit.passage.parallel}
    assert ids(one(searcher, k=1, fold=True)) == ids(one(searcher, k=1))


def test_folding_looks_deeper_until_there_are_enough(searcher):
    # The first 4 k of the list are versions of few passages for the dial in turns.
    hits = one(searcher, k=100, fold=True)
    assert len(hits) == 10
    more = library(passages=40)
    searcher.store.upsert(more, vectors_of(more))
    assert len(one(searcher, k=35, fold=True, dial=Balanced())) == 35


def test_passages_of_one_document_are_no_versions_of_each_other(searcher):
    parts = [Passage(f"a#{i}", "a", "rain sun", "en", "rain") for i in (1, 2)]
    passages = [*parts, Passage("b", "b", "rain", "de", "rain")]
    searcher.store.upsert(passages, vectors_of(passages))
    (hit,) = [x for x in one(searcher, query="rain sun", k=50, fold=True)
              if x.passage.parallel == "rain"]  # fmt: skip
    assert hit.passage.id == "a#1"
    assert [x.id for x in hit.versions] == ["b"]


def test_versions_fit_the_filter(searcher):
    hits = one(searcher, k=3, fold=True, where=Filter(languages=("en", "th")))
    for hit in hits:
        assert {hit.passage.language, *(x.language for x in hit.versions)} == {"en", "th"}


def test_explained_places_are_those_of_the_lists(searcher):
    pool = ids(one(searcher, k=40))
    for hit in one(searcher, k=12, dial=Balanced(), explain=True):
        language = hit.passage.language
        inside = ids(one(searcher, k=40, where=Filter(languages=(language,))))
        assert hit.pool_rank == pool.index(hit.passage.id) + 1
        assert hit.language_rank == inside.index(hit.passage.id) + 1
        assert hit.words_rank is None
    spoken = ids(one(searcher, k=40, mode="words"))
    for mode in ("words", "both"):
        for hit in one(searcher, k=5, mode=mode, explain=True):
            id = hit.passage.id
            assert hit.pool_rank == pool.index(id) + 1
            assert hit.words_rank == (spoken.index(id) + 1 if id in spoken else None)


def test_a_batch_is_its_requests(searcher):
    requests = [
        Request(query, k=k, dial=dial, mode=mode, fold=fold, explain=fold)
        for query in ("sky", "grass de", "snow th en")
        for k in (1, 9)
        for dial in (AsScored(), Balanced(), Preferred(("de",)))
        for mode in ("dense", "words", "both")
        for fold in (False, True)
    ]
    assert searcher.answers(requests) == [searcher.answers([x])[0] for x in requests]
    assert searcher.answers([]) == []


class Longest:
    """Prefers long texts."""

    def __init__(self):
        self.read = []

    def scores(self, pairs):
        self.read += pairs
        return np.array([len(text) for _, text in pairs], np.float32)


def test_reranking_orders_the_best_anew(searcher):
    reranker = Longest()
    again = Searcher(searcher.store, searcher.encoder, "cosine", reranker, Depths(reranked=12))
    plain = one(again, k=12)
    hits = one(again, k=5, rerank=True)
    assert len(reranker.read) == 12
    assert [hit.score for hit in hits] == sorted(len(x.passage.text) for x in plain)[::-1][:5]
    turns = one(again, k=8, rerank=True, dial=Balanced())
    assert sorted(hit.passage.language for hit in turns[:4]) == sorted(LANGUAGES)
    preferred = one(again, k=8, rerank=True, dial=Preferred(("th",), 1e6))
    inside = [hit.passage.language for hit in preferred]
    assert inside == sorted(inside, key=lambda x: x != "th")


def test_folding_what_was_reranked(searcher):
    again = Searcher(searcher.store, searcher.encoder, "cosine", Longest(), Depths(reranked=4))
    hits = one(again, k=9, rerank=True, fold=True)
    assert len({hit.passage.parallel for hit in hits}) == 9
    lengths = [len(hit.passage.text) for hit in hits]
    assert lengths == sorted(lengths, reverse=True)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request(" "), "the query is empty"),
        (Request("a\udcff"), "not valid Unicode"),
        (Request("a", k=0), "k 0"),
        (Request("a", k=10**6), "k 1000000"),
        (Request("a", rerank=True), "--reranker MODEL"),
        (Request("a", dial=Preferred(("de",), -1.0)), "weight -1.0"),
        (Request("a", dial=Preferred(("de",), nan)), "weight nan"),
        (Request("a", dial=Preferred(("de",), inf)), "weight inf"),
    ],
)
def test_mistakes_are_named(searcher, request_, words):
    with pytest.raises(LingweaveError, match=words):
        searcher.answers([Request("fine"), request_])


def test_no_vector_is_made_for_words_alone(searcher):
    class Never(WordEncoder):
        def encode_queries(self, texts, language):
            raise AssertionError

    silent = Searcher(searcher.store, Never())
    assert one(silent, "grass", mode="words")


def test_vectors_that_do_not_fit(searcher):
    class Short(WordEncoder):
        def encode_queries(self, texts, language):
            return super().encode_queries(texts, language)[:, :3]

    class Wild(WordEncoder):
        def encode_queries(self, texts, language):
            return super().encode_queries(texts, language) * np.float32(nan)

    with pytest.raises(LingweaveError, match="have 3 numbers, the index's 16"):
        one(Searcher(searcher.store, Short()))
    with pytest.raises(LingweaveError, match="NaN or infinity"):
        one(Searcher(searcher.store, Wild()))


def test_languages_are_told_to_encoders_that_ask(searcher):
    told = []

    class Apart(WordEncoder):
        by_language = True

        def encode_queries(self, texts, language):
            told.append(language)
            return super().encode_queries(texts, language)

    Searcher(searcher.store, Apart()).answers(
        [Request("Wie hoch ist die Zugspitze eigentlich?"), Request("sky", language="th")]
    )
    assert told == ["de", "th"]


def test_passages_that_vanish_are_left_out(searcher, monkeypatch):
    gone = ids(one(searcher, k=2))[0]
    known = searcher.store.passages
    monkeypatch.setattr(
        searcher.store, "passages", lambda ids: known([id for id in ids if id != gone])
    )
    hits = one(searcher, k=2)
    assert gone not in ids(hits)


def test_an_empty_index_finds_nothing():
    empty = Searcher(MemoryStore(16), WordEncoder())
    for dial in (AsScored(), Balanced(), Preferred(("de",))):
        for mode in ("dense", "words", "both"):
            assert one(empty, dial=dial, mode=mode, fold=True, explain=True) == []


def test_depths_are_checked():
    with pytest.raises(LingweaveError, match="--fused 0"):
        replace(Depths(), fused=0)
