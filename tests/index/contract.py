"""What every vector store must do: a class of tests, run against each kind of store.

What a store finds is compared with what the exact store in memory finds.
"""

import numpy as np
import pytest
from index.library import DIMENSION, library, vectors_of
from index.memory_store import MemoryStore

from lingweave.errors import LingweaveError
from lingweave.index.passages import EVERYTHING, Condition, Filter, Passage

FILTERS = (
    EVERYTHING,
    Filter(("de", "th")),
    Filter(("xx",)),
    Filter(()),
    Filter(None, (Condition("topic", "=", "sky"),)),
    Filter(None, (Condition("topic", "!=", "sky"),)),
    Filter(None, (Condition("topic", ">", "grass"),)),
    Filter(None, (Condition("topic", "in", ("snow", "sky", 3)),)),
    Filter(None, (Condition("topic", "in", ()),)),
    Filter(None, (Condition("topic", "=", 5),)),
    Filter(None, (Condition("year", ">=", 2004), Condition("year", "<", 2007.5))),
    Filter(None, (Condition("year", "=", 2004.0),)),
    Filter(None, (Condition("year", "!=", "2004"),)),
    Filter(None, (Condition("even", "=", True),)),
    Filter(None, (Condition("even", "!=", True),)),
    Filter(None, (Condition("even", "=", 1),)),
    Filter(None, (Condition("nothing", "!=", 1),)),
    Filter(("sw",), (Condition("year", "<=", 2003), Condition("even", "=", False))),
)
HOSTILE = (
    "it's",
    'a "quote"',
    "back\\slash",
    "back\\",
    '" or born > 0 or "" == "',
    "line\nbreak",
    "{braces} [brackets] %",
    "$meta",
    "ノート",
    "سلام",
    "😀",
    "",
    " ",
)


class Contract:
    """The tests; `store` and `again` are fixtures of the class that inherits them."""

    def test_finds_what_an_exact_search_finds(self, store):
        passages = library()
        model = filled(MemoryStore(DIMENSION), passages)
        filled(store, passages)
        assert store.dimension == DIMENSION
        asked = vectors_of(passages)[::11]
        for where in FILTERS:
            for depth in (1, 3, 100):
                agree(store.search(asked, depth, where), model.search(asked, depth, where), where)
                mine = store.search_languages(asked, depth, where)
                theirs = model.search_languages(asked, depth, where)
                for one, other in zip(mine, theirs, strict=True):
                    assert {*one} == {*other}, where
                    agree([one[x] for x in other], [other[x] for x in other], where)
            assert dict(store.counts(where)) == dict(model.counts(where)), where
        assert list(store.counts().values()) == sorted(store.counts().values(), reverse=True)

    def test_equal_vectors_come_in_the_order_of_their_ids(self, store):
        passages = [Passage(f"p{i:02}", f"d{i}", "same", "en") for i in range(60)]
        vectors = np.tile(np.eye(1, DIMENSION, dtype=np.float32), (60, 1))
        for some in (slice(30, 60), slice(0, 30)):
            store.upsert(passages[some], vectors[some])
        ((*found,),) = store.search(vectors[:1], 5)
        assert [one.id for one in found] == ["p00", "p01", "p02", "p03", "p04"]

    def test_says_where_passages_stand(self, store):
        passages = library()
        model = filled(MemoryStore(DIMENSION), passages)
        filled(store, passages)
        (vector,) = vectors_of(passages)[:1]
        ids = ["0-de", "9-th", "5-en", "nobody"]
        for where in (
            EVERYTHING,
            Filter(("de", "en")),
            Filter(None, (Condition("year", ">", 2003),)),
        ):
            assert store.places(vector, ids, where) == model.places(vector, ids, where)

    def test_gives_back_passages_as_they_were(self, store):
        passages = [
            Passage(
                "a", "a", "Text with\nlines\tand “quotes” 🙂", "zh-CN", "p", {"n": 1, "x": 1.0}
            ),
            Passage(
                "b#1", "b", "نص", "ar", None, {"t": "", "yes": True, "no": False, "name.ü": "ß"}
            ),
            Passage("b#2", "b", "x", "en", "p", {"big": 2**53 + 1, "small": -1.5e-7}),
        ]
        store.upsert(passages, np.eye(3, DIMENSION, dtype=np.float32))
        found = store.passages(["b#2", "missing", "a", "b#1"])
        assert found == {one.id: one for one in passages}
        kinds = {name: type(value) for name, value in found["a"].metadata.items()}
        assert kinds == {"n": int, "x": float}
        assert store.versions(["p", "q"]) == {"p": ["a", "b#2"]}
        assert store.passages([]) == {}
        assert store.versions([]) == {}

    def test_replaces_documents_whole_and_deletes_them(self, store):
        vectors = np.eye(4, DIMENSION, dtype=np.float32)
        old = [Passage("d#1", "d", "one", "en"), Passage("d#2", "d", "two", "de")]
        other = Passage("e", "e", "three", "en")
        store.upsert([*old, other], vectors[:3])
        for _ in range(2):  # The same again changes nothing.
            store.upsert([Passage("d#2", "d", "zwei", "th")], vectors[3:])
            assert dict(store.counts()) == {"en": 1, "th": 1}
            assert store.passages(["d#1", "d#2"])["d#2"].text == "zwei"
            ((*found,),) = store.search(vectors[3:], 10)
            assert [(one.id, one.score) for one in found] == [("d#2", 1.0), ("e", 0.0)]
        assert store.delete(["d", "never there"]) == 1
        assert store.delete(["d"]) == 0
        assert store.delete([]) == 0
        assert dict(store.counts()) == {"en": 1}
        assert store.passages(["d#2"]) == {}
        store.upsert([], np.zeros((0, DIMENSION), np.float32))
        store.optimise()
        assert [one.id for one in store.search(vectors[:1], 10)[0]] == ["e"]

    def test_an_empty_store_finds_nothing(self, store):
        vector = np.eye(1, DIMENSION, dtype=np.float32)
        assert store.search(vector, 5) == [[]]
        assert store.search_languages(vector, 5) == [{}]
        assert store.search_words(["sky"], 5) == [[]]
        assert dict(store.counts()) == {}
        assert store.places(vector[0], ["a"]) == {}

    def test_words_are_found_in_every_script(self, store):
        texts = {"en": "the sky is blue", "de": "Der Himmel ist blau", "th": "ท้องฟ้าเป็นสีฟ้า",
                 "zh": "天空是蓝色的", "hi": "आसमान नीला है", "ar": "السماء زرقاء"}  # fmt: skip
        passages = [Passage(x, x, text, x) for x, text in texts.items()]
        store.upsert(passages, np.eye(len(passages), DIMENSION, dtype=np.float32))
        asked = {
            "en": "SKY",
            "de": "himmel",
            "th": "ท้องฟ้า",
            "zh": "天空",
            "hi": "आसमान",
            "ar": "السماء",
        }
        found = store.search_words([*asked.values(), "zebra", "!?", ""], 5)
        assert [[one.id for one in ranked] for ranked in found] == [
            *([x] for x in asked),
            [],
            [],
            [],
        ]
        assert all(one.score > 0 for ranked in found for one in ranked)
        assert store.search_words(["blue himmel"], 5, Filter(("de",)))[0][0].id == "de"

    def test_rare_words_count_more(self, store):
        passages = library()
        model = filled(MemoryStore(DIMENSION), passages)
        filled(store, passages)
        for text in ("number3", "sky number4", "blue snow"):
            mine, theirs = (x.search_words([text], 4)[0] for x in (store, model))
            assert [one.id for one in mine] == [one.id for one in theirs]

    def test_hostile_texts_are_texts(self, store):
        passages = [
            Passage(
                f"{text}#{i}",
                f"{text}#{i}",
                text or "-",
                "en",
                text or None,
                {"f": text, text or "g": i},
            )
            for i, text in enumerate(HOSTILE)
        ]
        store.upsert(passages, np.eye(len(passages), DIMENSION, dtype=np.float32))
        assert store.passages([one.id for one in passages]) == {one.id: one for one in passages}
        vector = np.ones((1, DIMENSION), np.float32)
        for i, (text, one) in enumerate(zip(HOSTILE, passages, strict=True)):
            for condition in (Condition("f", "=", text), Condition(text or "g", "=", i)):
                found = store.search(vector, 20, Filter(None, (condition,)))[0]
                assert [hit.id for hit in found] == [one.id], condition
            assert store.versions([text or "none"]) == ({text: [one.id]} if text else {})
        assert store.delete([one.document for one in passages[:5]]) == 5
        assert sum(store.counts().values()) == len(passages) - 5

    def test_wrong_input_is_refused_and_nothing_is_kept(self, store):
        good = Passage("a", "a", "text", "en")
        vector = np.eye(1, DIMENSION, dtype=np.float32)
        store.upsert([good], vector)
        other = good._replace(id="b", document="b")
        for passages, vectors in (
            ([other], vector[:, :3]),
            ([other], np.tile(vector, (2, 1))),
            ([other], vector * np.nan),
            ([other, other], np.tile(vector, (2, 1))),
            ([other, good._replace(id="c", document="c", metadata={"x": float("inf")})],
             np.tile(vector, (2, 1))),
        ):  # fmt: skip
            with pytest.raises(LingweaveError):
                store.upsert(passages, vectors)
        assert dict(store.counts()) == {"en": 1}
        assert store.passages(["a", "b", "c"]) == {"a": good}

    def test_a_passage_of_another_document_is_not_replaced(self, store):
        vector = np.eye(1, DIMENSION, dtype=np.float32)
        first = Passage("a#1", "a#1", "text", "en")
        store.upsert([first], vector)
        with pytest.raises(LingweaveError, match=r"document 'a#1' has a passage of that id"):
            store.upsert([Passage("a#1", "a", "other", "en")], vector)
        assert store.passages(["a#1"]) == {"a#1": first}
        assert dict(store.counts()) == {"en": 1}
        both = [Passage("a", "a", "other", "en"), first._replace(text="new")]
        store.upsert(both, np.tile(vector, (2, 1)))
        assert store.passages(["a#1", "a"]) == {"a": both[0], "a#1": both[1]}

    def test_what_was_written_is_there_for_the_next_process(self, store, again):
        passages = library(4)
        filled(store, passages)
        store.delete(["0-de"])
        other = again()
        try:
            assert other.dimension == DIMENSION
            assert dict(other.counts()) == {"en": 4, "sw": 4, "th": 4, "de": 3}
            assert other.passages(["0-de", "0-en"]) == {"0-en": passages[1]}
            other.delete(["0-en"])
        finally:
            other.close()
        assert dict(store.counts()) == {"sw": 4, "th": 4, "de": 3, "en": 3}


def filled(store, passages):
    """The store with these passages, written in three parts."""
    vectors = vectors_of(passages)
    for some in np.array_split(np.arange(len(passages)), 3):
        store.upsert([passages[i] for i in some], vectors[some])
    return store


def agree(mine, theirs, where):
    """Lists of the same passages, but for the order of what is equal to six digits."""
    assert len(mine) == len(theirs)
    for one, other in zip(mine, theirs, strict=True):
        assert len(one) == len(other), where
        np.testing.assert_allclose([x.score for x in one], [x.score for x in other], atol=2e-6)
        strays = {x.id for x in one} ^ {x.id for x in other}
        last = other[-1].score if other else 0.0
        near = {x.id for x in (*one, *other) if abs(x.score - last) < 2e-6}
        assert strays <= near, where
