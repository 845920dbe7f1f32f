"""The embedded store: indexes of large parts, words, threads, and what it refuses."""

import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from index.memory_store import MemoryStore

from lingweave.errors import LingweaveError
from lingweave.index.embedded import EmbeddedStore, Settings, best, clusters
from lingweave.index.embedded.writer import Writer
from lingweave.index.passages import EVERYTHING, Condition, Filter, Passage

SMALL = Settings(part_rows=600, tail_rows=500, exact_rows=100, tier=4, patience=0.1)


def unit(count, dimension, seed):
    found = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def passages(count, languages):
    return [
        Passage(
            f"d{i:05}", f"d{i:05}", f"word{i} every", languages[i % len(languages)], None, {"n": i}
        )
        for i in range(count)
    ]


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """3,000 passages: two large languages and a tail of eight small ones."""
    languages = ["de"] * 8 + ["en"] * 8 + list("abcdefgh")
    given = passages(3000, [f"x{x}" if len(x) == 1 else x for x in languages])
    vectors = unit(3000, 16, 1)
    store, model = EmbeddedStore(tmp_path_factory.mktemp("large"), 16, SMALL), MemoryStore(16)
    for start in range(0, 3000, 500):
        store.upsert(given[start : start + 500], vectors[start : start + 500])
    model.upsert(given, vectors)
    gone = [f"d{i:05}" for i in range(0, 3000, 7)]
    store.optimise()
    assert store.delete(gone) == model.delete(gone) == len(gone)
    yield store, model
    store.close()


def test_large_parts_have_indexes_and_searches_by_them_find_nearly_everything(large):
    store, model = large
    files = {x.name.split(".", 1)[1] for x in (store._folder / "shards").iterdir()}
    assert files == {"rows", "vectors", "0.faiss", "1000.faiss", "2000.faiss"}
    queries = unit(50, 16, 2)
    for where in (EVERYTHING, Filter(("de",)), Filter(None, (Condition("n", "<", 1500),))):
        hits = 0
        for mine, other in zip(
            store.search(queries, 10, where), model.search(queries, 10, where), strict=True
        ):
            scores = {one.id: one.score for one in other}
            hits += len({one.id for one in mine} & scores.keys())
            assert len(mine) == 10
            assert [x.score for x in mine] == sorted((x.score for x in mine), reverse=True)
            assert all(scores[x.id] == x.score for x in mine if x.id in scores)
        assert hits / 500 > 0.9


def test_what_is_scanned_is_exact(large):
    store, model = large
    queries = unit(20, 16, 3)
    for where in (Filter(("xa",)), Filter(None, (Condition("n", "<", 90),))):
        assert store.search(queries, 5, where) == model.search(queries, 5, where)
    mine, other = store.search_languages(queries, 5), model.search_languages(queries, 5)
    for one, two in zip(mine, other, strict=True):
        assert one.keys() == two.keys()
        assert all(one[x] == two[x] for x in one if x.startswith("x"))
    ids = [one.id for one in model.search(queries[:1], 2000)[0]][::50]
    assert store.places(queries[0], ids) == model.places(queries[0], ids)


def test_places_are_counted_as_far_as_that_is_cheap(large):
    store, model = large
    (query,) = unit(1, 16, 5)
    ids = [one.id for one in model.search(query[None], 2000)[0]][::40]
    exact = model.places(query, ids)
    some = EmbeddedStore(store._folder, None, Settings(places_rows=1200))
    assert some.places(query, ids) == {x: one._replace(pool=None) for x, one in exact.items()}
    few = EmbeddedStore(store._folder, None, Settings(places_rows=500))
    languages = {x: one.language for x, one in model.passages(ids).items()}
    for id, place in few.places(query, ids).items():
        small = languages[id] not in ("de", "en")
        assert place == (exact[id].language if small else None, None)
    some.close()
    few.close()


def test_as_many_as_there_are_where_lists_hold_too_few(large):
    store, model = large
    queries = unit(2, 16, 4)
    for mine, other in zip(store.search(queries, 2500), model.search(queries, 2500), strict=True):
        assert mine == other


def test_words_of_every_script_and_only_of_what_is_there(tmp_path):
    store = EmbeddedStore(tmp_path, 2)
    texts = {
        "de": "Die Zugspitze ist der höchste Berg Deutschlands.",
        "en": 'The Zugspitze is the highest mountain of Germany. OR AND NOT NEAR( "*"',
        "zh-CN": "楚格峰是德国最高的山。",
        "th": "ภูเขาที่สูงที่สุดในเยอรมนี",
        "hi": "ज़ुगस्पिट्ज़ जर्मनी की सबसे ऊँची चोटी है",
        "ta": "மலை உயரம்",
    }
    given = [Passage(x, x, text, x, None, {"n": i}) for i, (x, text) in enumerate(texts.items())]
    store.upsert(given, unit(len(given), 2, 0))

    def ids(text, where=EVERYTHING):
        return [one.id for one in store.search_words([text], 10, where)[0]]

    assert ids("höchste BERG") == ["de"]
    assert ids("zugspitze mountain") == ["en", "de"]
    assert ids("德国") == ["zh-CN"]
    assert ids("สูงที่สุด") == ["th"]
    assert ids("चोटी") == ["hi"]
    assert ids("உயரம்") == ["ta"]
    assert ids("zugspitze", Filter(("de",))) == ["de"]
    assert ids("zugspitze", Filter(None, (Condition("n", ">", 0),))) == ["en"]
    assert ids('"*" NEAR( OR') == ["en"]
    assert ids("?!") == ids("") == ids("hoch") == []
    store.delete(["de"])
    assert ids("zugspitze mountain") == ["en"]
    store.upsert([Passage("en", "en", "Something else", "en")], unit(1, 2, 1))
    assert ids("mountain") == []
    assert len(store.search_words(["and or"] * 3, 5)) == 3
    assert ids(" ".join(f"w{i}" for i in range(5000))) == []
    store.close()


def test_readers_on_threads_see_whole_states_while_another_store_writes(tmp_path):
    """Each write replaces all documents by passages of one number: a reader never sees two."""
    writer = EmbeddedStore(tmp_path, 2, SMALL)
    count = 30

    def write(number):
        given = [
            Passage(f"{i}", f"{i}", f"number {number}", f"l{number % 3}", None, {"n": number})
            for i in range(count)
        ]
        writer.upsert(given, np.full((count, 2), number, np.float32))

    write(1)
    store = EmbeddedStore(tmp_path)
    stop = threading.Event()
    wrong: list[object] = []

    def read():
        query = np.ones((1, 2), np.float32)
        while not stop.is_set():
            try:
                (answer,) = store.search(query, 1000)
                if len(answer) != count or len({one.score for one in answer}) != 1:
                    wrong.append(answer)
                by_number = Filter(None, (Condition("n", ">=", 1),))
                (answer,) = store.search(query, 1000, by_number)
                if len(answer) != count:
                    wrong.append(answer)
                counts = store.counts()
                if list(counts.values()) != [count]:
                    wrong.append(counts)
                found = store.passages([str(i) for i in range(count)])
                if len({one.text for one in found.values()}) != 1:
                    wrong.append(found)
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for one in threads:
        one.start()
    for number in range(2, 30):
        write(number)
        if number % 10 == 0:
            writer.optimise()
    stop.set()
    for one in threads:
        one.join()
    assert not wrong, wrong[:2]
    store.close()
    writer.close()


def test_a_second_writer_is_told_who_holds_the_index(tmp_path):
    first, second = EmbeddedStore(tmp_path, 2, SMALL), EmbeddedStore(tmp_path, None, SMALL)
    with first._writer._lock.held(), pytest.raises(LingweaveError, match=f"process {os.getpid()}"):
        second.delete(["a"])
    assert second.delete(["a"]) == 0


def test_files_of_killed_writers_are_removed_and_failed_writes_leave_nothing(tmp_path):
    store = EmbeddedStore(tmp_path, 2)
    store.upsert([Passage("a", "a", "text", "de")], unit(1, 2, 0))
    (tmp_path / "shards" / "0123.vectors").write_bytes(b"12345678")
    (tmp_path / "shards" / ".0123.rows.abc.part").write_bytes(b"1")
    again = EmbeddedStore(tmp_path)
    with pytest.raises(LingweaveError, match="document 'a' has a passage of that id"):
        again.upsert(
            [Passage("b", "b", "text", "de"), Passage("a", "b", "text", "de")], unit(2, 2, 0)
        )
    assert again.counts() == {"de": 1}
    assert len(list((tmp_path / "shards").iterdir())) == 4  # What failed is swept next time.
    again.delete([])
    assert len(list((tmp_path / "shards").iterdir())) == 2


@pytest.mark.parametrize(
    ("passage", "vector", "message"),
    [
        (Passage("a", "a", "", "de"), [1, 0], "its text is ''"),
        (Passage("", "a", "x", "de"), [1, 0], "its id is ''"),
        (Passage("a", "a", "x", "de"), [np.nan, 0], "NaN"),
        (Passage("a", "a", "x", "de"), [1, 0, 0], "shape"),
        (Passage("a", "a", "\ud800", "de"), [1, 0], "half a character"),
        (Passage("a", "a", "x", "de", None, {"f": [1]}), [1, 0], "f is list"),
        (Passage("a", "a", "x", "de", None, {"f": float("inf")}), [1, 0], "f is inf"),
    ],
)
def test_what_cannot_be_kept_is_refused(tmp_path, passage, vector, message):
    store = EmbeddedStore(tmp_path, 2)
    with pytest.raises(LingweaveError, match=message):
        store.upsert([passage], np.array([vector], np.float32))
    assert not store.counts()


def test_hostile_keys_find_nothing(tmp_path):
    store = EmbeddedStore(tmp_path, 2)
    store.upsert(
        [Passage("a", "a", "x\0y", "de", "p", {"f\0": "v", "big": 10**400})], unit(1, 2, 0)
    )
    hostile = ["\ud800", "a\0", "' OR 1=1 --", "", "x" * 100_000]
    assert store.passages(hostile) == {}
    assert store.versions(hostile) == {}
    assert store.delete(hostile) == 0
    for value in hostile:
        where = Filter((value,), (Condition(value, "=", value),))
        assert store.counts(where) == {}
        assert store.search_words([value or "x"], 5, Filter((value,))) == [[]]
    assert store.counts(Filter(None, (Condition("f\0", "=", "v"),))) == {"de": 1}
    assert store.counts(Filter(None, (Condition("big", ">", 10**300),))) == {"de": 1}
    assert store.passages(["a"])["a"].text == "x\0y"
    for value in (float("nan"), 10**5000):
        for relation in ("=", "!=", "<", ">"):
            store.counts(Filter(None, (Condition("big", relation, value),)))


def test_damage_is_named(tmp_path):
    with pytest.raises(LingweaveError, match="holds no index"):
        EmbeddedStore(tmp_path / "none")
    store = EmbeddedStore(tmp_path, 2)
    store.upsert([Passage("a", "a", "text", "de")], unit(1, 2, 0))
    store.close()
    with pytest.raises(LingweaveError, match="2 numbers, and 3 were given"):
        EmbeddedStore(tmp_path, 3)
    with pytest.raises(LingweaveError, match="closed"):
        store.counts()
    (rows,) = (tmp_path / "shards").glob("*.rows")
    kept = rows.read_bytes()
    rows.write_bytes(kept[:-40] + bytes(40))
    with pytest.raises(LingweaveError, match=r"\.rows: damaged"):
        EmbeddedStore(tmp_path).counts()
    rows.unlink()
    with pytest.raises(LingweaveError, match=r"\.rows: missing"):
        EmbeddedStore(tmp_path).counts()
    rows.write_bytes(kept)
    assert EmbeddedStore(tmp_path).counts() == {"de": 1}
    again = EmbeddedStore(tmp_path)
    assert again.check() == 1
    (vectors,) = (tmp_path / "shards").glob("*.vectors")
    vectors.write_bytes(bytes(8))
    with pytest.raises(LingweaveError, match=r"\.vectors: damaged"):
        again.check()
    again.close()
    (tmp_path / "store.db").write_bytes(b"no database" * 100)
    with pytest.raises(LingweaveError, match="not an index of lingweave"):
        EmbeddedStore(tmp_path)


def test_what_sqlite_refuses_is_one_clear_line(tmp_path):
    store = EmbeddedStore(tmp_path, 2)
    store.upsert([Passage("a", "a", "text", "de")], unit(1, 2, 0))
    many = Filter(None, tuple(Condition("f", "=", i) for i in range(501)))
    for search in (store.counts, lambda where: store.search_words(["text"], 1, where)):
        with pytest.raises(LingweaveError, match="501 conditions; give 100 or fewer"):
            search(many)
    with pytest.raises(LingweaveError, match="40001 values; give 30000 or fewer"):
        store.counts(Filter(None, (Condition("f", "in", tuple(range(40_000))),)))
    with store._database.connection() as connection:
        connection.execute("DROP TABLE words")
    for call in (
        lambda: store.search_words(["text"], 1),
        lambda: store.optimise(),
        lambda: store.delete(["a"]),
    ):
        with pytest.raises(LingweaveError, match=r"SQLite fails \(no such table: words\)"):
            call()
    assert store.counts() == {"de": 1}


def test_a_full_disk_is_named(tmp_path):
    store = EmbeddedStore(tmp_path, 2)
    with store._database.connection() as connection:
        connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(LingweaveError, match="database or disk is full; what was saved"):
        store.upsert([Passage("b", "b", "text " * 99_999, "de")], unit(1, 2, 0))
    assert not store.counts()


def test_a_damaged_database_is_named(tmp_path):
    store = EmbeddedStore(tmp_path, 2)
    store.upsert([Passage(f"{i}", f"{i}", "text " * 99, "de") for i in range(300)], unit(300, 2, 0))
    store.optimise()
    store.close()
    content = bytearray((tmp_path / "store.db").read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    (tmp_path / "store.db").write_bytes(content)
    with pytest.raises(LingweaveError, match=r"store\.db: (damaged|not an index)"):
        EmbeddedStore(tmp_path).passages([f"{i}" for i in range(300)])


def test_without_faiss_everything_is_scanned_and_that_is_said_once(tmp_path, monkeypatch, caplog):
    clusters._warn_once.cache_clear()
    monkeypatch.setitem(sys.modules, "faiss", None)
    store = EmbeddedStore(tmp_path, 2, Settings(part_rows=20, tail_rows=20, tier=2))
    for i in range(5):
        some = [Passage(f"{i}.{j}", f"{i}.{j}", "text", "de") for j in range(15)]
        store.upsert(some, unit(15, 2, i))
    assert [one.message for one in caplog.records] == [
        'an index of this size needs FAISS: pip install "lingweave[serve]"; until then everything'
        " is scanned, exactly but slower"
    ]
    assert store.check() == 75
    assert store.stats()["shards"] < 5
    assert len(store.search(unit(1, 2, 9), 75)[0]) == 75


def test_a_write_is_acknowledged_even_if_nothing_can_be_merged(tmp_path, monkeypatch, caplog):
    store = EmbeddedStore(tmp_path, 2, Settings(tier=2))
    store.upsert([Passage("a", "a", "text", "de")], unit(1, 2, 0))

    def full(_, members, take):
        (tmp_path / "shards" / "half.vectors").touch()
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        written = Writer._written
        patched.setattr(Writer, "_written", lambda *x: written(*x) if len(x[1]) == 1 else full(*x))
        store.upsert([Passage("b", "b", "text", "de")], unit(1, 2, 1))
    assert "small shards stay for now" in caplog.text
    assert store.counts() == {"de": 2}
    store.upsert([Passage("c", "c", "text", "de")], unit(1, 2, 2))
    assert store.check() == 3
    assert not (tmp_path / "shards" / "half.vectors").exists()


def test_of_many_ties_few_are_kept_and_what_is_found_is_the_same(tmp_path, monkeypatch):
    given = passages(3000, ["de", "en", "th", "sw"])
    given = [one._replace(id=f"{(i * 7919) % 3000}") for i, one in enumerate(given)]
    vectors = np.repeat(unit(3, 8, 1), 1000, axis=0)
    store, model = EmbeddedStore(tmp_path, 8), MemoryStore(8)
    for some in (slice(2000), slice(2000, 3000)):
        store.upsert(given[some], vectors[some])
        model.upsert(given[some], vectors[some])
    queries = np.concatenate([np.zeros((1, 8), np.float32), vectors[:1], unit(1, 8, 2)])
    scored = []
    exact = best.exact_scores
    for depth in (1, 5, 200):
        assert store.search(queries, depth) == model.search(queries, depth)
        assert store.search_languages(queries, depth) == model.search_languages(queries, depth)
    ids = [one.id for one in given[::299]]
    for query in queries:
        assert store.places(query, ids) == model.places(query, ids)
    monkeypatch.setattr(best, "exact_scores", lambda *x: scored.append(len(x[1])) or exact(*x))
    store.search(queries[:1], 5)
    assert sum(scored) <= 5 * 4 * 2  # By language and shard.


def test_files_that_vanish_while_they_are_counted_are_no_error(tmp_path, monkeypatch):
    store = EmbeddedStore(str(tmp_path), 2)
    store.upsert([Passage("a", "a", "text", "de")], unit(1, 2, 0))
    before = store.stats()["bytes"]
    files = list(tmp_path.rglob("*"))
    monkeypatch.setattr(Path, "rglob", lambda *_: [*files, tmp_path / "shards" / "gone"])
    # As if it had been there a moment ago.
    monkeypatch.setattr(Path, "is_file", lambda path: path.name == "gone" or not path.is_dir())
    assert store.stats()["bytes"] == before > 0
