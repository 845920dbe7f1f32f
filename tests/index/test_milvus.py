"""The store in Milvus, over TCP: the contract, killed and rival writers, addresses, errors."""

import os
import threading
from dataclasses import replace

import numpy as np
import pytest
from index.contract import Contract, filled
from index.library import DIMENSION, library, vectors_of
from index.milvus_server import milvus_server

from lingweave.encoders.options import EncoderOptions
from lingweave.errors import LingweaveError
from lingweave.index.folder import create_index, open_index
from lingweave.index.milvus import MilvusOptions, milvus_address, open_milvus, writing
from lingweave.index.milvus.expressions import expression
from lingweave.index.milvus.rows import LONGEST, in_parts, row_of, tokens
from lingweave.index.passages import Condition, Filter, Passage
from lingweave.index.requests import Balanced, Request
from lingweave.index.search import Searcher

FLAT = MilvusOptions(index="FLAT", patience=0.1)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with milvus_server(tmp_path_factory.mktemp("milvus") / "data") as url:
        yield url


@pytest.fixture
def place(server, tmp_path):
    letters = [letter for letter in tmp_path.as_posix() if letter.isalnum()]
    return f"milvus:{server}/c{''.join(letters)[-60:]}"


@pytest.fixture
def store(place):
    store = open_milvus(place, DIMENSION, FLAT)
    yield store
    store.close()


@pytest.fixture
def again(place):
    return lambda: open_milvus(place, options=FLAT)


class TestContract(Contract):
    """`Contract`, with the fixtures of this module."""


def test_the_default_index_finds_the_best_too(place):
    store = open_milvus(place, DIMENSION)
    passages = library(50)
    store.upsert(passages, vectors_of(passages))
    hits = store.search(vectors_of(passages[:8]), 3)
    assert [ranked[0].id for ranked in hits] == [one.id for one in passages[:8]]
    store.close()


@pytest.mark.parametrize("step", ["added", "taken away", "nothing of the state"])
def test_what_a_killed_writer_left_is_not_seen_and_is_undone(store, again, monkeypatch, step):
    passages = library(6)
    filled(store, passages)
    before = dict(store.counts()), store.search(vectors_of(passages[:1]), 100)
    writes = []

    def killed(*args):
        writes.append(args)
        if len(writes) == {"added": 2, "taken away": 3}.get(step, -1):
            raise KeyboardInterrupt
        return write(*args)

    def never(*args):
        raise KeyboardInterrupt

    write = store._collection.write
    new = [Passage("0-de", "0-de", "neu", "fr"), Passage("x", "x", "neu", "fr")]
    with monkeypatch.context() as patch:
        patch.setattr(store._collection, "write", killed)
        patch.setattr(store._collection, "remove", never)  # No last words.
        if step == "nothing of the state":
            patch.setattr("lingweave.index.milvus.store.write_state", never)
        with pytest.raises(KeyboardInterrupt):
            store.upsert(new, np.eye(2, DIMENSION, dtype=np.float32))
    other = again()
    assert (dict(other.counts()), other.search(vectors_of(passages[:1]), 100)) == before
    assert "x" not in other.passages(["x"])
    with pytest.raises(LingweaveError, match=rf"process {os.getpid()} on .* is writing to it"):
        other.delete(["0-de"])
    # To the next writer the process is dead.
    monkeypatch.setattr(writing, "_alive", lambda claim, now: False)
    assert other.delete(["nothing"]) == 0
    assert (dict(other.counts()), other.search(vectors_of(passages[:1]), 100)) == before
    monkeypatch.undo()
    other.upsert(new, np.eye(2, DIMENSION, dtype=np.float32))
    assert other.counts()["fr"] == 2
    assert other.passages(["0-de"])["0-de"].text == "neu"
    rows = other._collection.rows("born < 4611686018427387904", ["id", "died"])
    assert len({row["id"] for row in rows}) == len(library(6)) + 1
    other.close()


def test_a_failed_write_is_undone_by_the_same_store(store, monkeypatch):
    filled(store, library(2))
    with monkeypatch.context() as patch:
        patch.setattr(writing, "LEASE", -1.0)
        with pytest.raises(LingweaveError, match="took more than"):
            store.upsert([Passage("x", "x", "neu", "fr")], np.eye(1, DIMENSION, dtype=np.float32))
    assert "fr" not in store.counts()
    store.upsert([Passage("y", "y", "neu", "fr")], np.eye(1, DIMENSION, dtype=np.float32))
    assert store.counts()["fr"] == 1
    assert not store.passages(["x"])


@pytest.mark.parametrize("step", ["taken away", "nothing of the state"])
def test_a_failed_write_is_not_completed_by_another_store(store, again, monkeypatch, step):
    vectors = np.eye(2, DIMENSION, dtype=np.float32)
    other = again()
    store.upsert([Passage("a", "a", "old", "en"), Passage("b", "b", "old", "en")], vectors)
    other.upsert([Passage("c", "c", "old", "en")], vectors[:1])

    def failing(*args):
        writes.append(args)
        if step == "taken away" and len(writes) == 3:
            raise LingweaveError("the server did not answer")
        return write(*args)

    def never(*args):
        raise LingweaveError("the server did not answer")

    writes, write = [], store._collection.write
    with monkeypatch.context() as patch:
        patch.setattr(store._collection, "write", failing)
        if step == "nothing of the state":
            patch.setattr(store, "_completed", never)
        with pytest.raises(LingweaveError, match="did not answer"):
            store.upsert([Passage("a", "a", "new", "fr"), Passage("x", "x", "new", "fr")], vectors)
    other.upsert([Passage("d", "d", "old", "en")], vectors[:1])
    for one in (store, other):
        assert dict(one.counts()) == {"en": 4}
        assert {x.text for x in one.passages(["a", "b", "c", "d", "x"]).values()} == {"old"}
        assert len(one.passages(["a", "b", "c", "d", "x"])) == 4
        assert sorted(found.id for found in one.search(vectors[:1], 9)[0]) == ["a", "b", "c", "d"]
    other.close()


def test_readers_see_whole_documents_while_they_are_replaced(store, again):
    vectors = np.tile(np.eye(1, DIMENSION, dtype=np.float32), (5, 1))
    stop, errors = threading.Event(), []

    def written(version):
        parts = [Passage(f"d#{i}", "d", f"version {version}", "en") for i in range(5)]
        store.upsert(parts, vectors)

    def read():
        other = again()
        while not stop.is_set():
            ids = [one.id for one in other.search(vectors[:1], 10)[0]]
            texts = {one.text for one in other.passages(ids).values()}
            if len(ids) != 5 or len(texts) != 1:
                errors.append((ids, texts))
        other.close()

    written(0)
    thread = threading.Thread(target=read)
    thread.start()
    for version in range(1, 15):
        written(version)
    stop.set()
    thread.join()
    assert not errors


def test_the_record_is_kept_beside_the_passages(store, again):
    record = {"encoder": {"model": "x"}, "chunks": (1, 2)}
    store.keep_record({"made": "before"})
    store.keep_record(record)
    filled(store, library(2))
    store.delete(["0-de"])
    store.keep_record(record)
    with pytest.raises(LingweaveError, match="holds passages of another index"):
        store.keep_record({"encoder": {"model": "y"}})
    other = again()
    assert other.record == {"encoder": {"model": "x"}, "chunks": [1, 2]}
    assert other.counts()["en"] == 2
    other.close()


def test_texts_that_milvus_cannot_keep_are_refused(store):
    one = Passage("a", "a", "x" * (LONGEST + 1), "en")
    vector = np.eye(1, DIMENSION, dtype=np.float32)
    for passage, message in (
        (one, "passage a: text has 65,536 bytes.*cut documents into chunks"),
        (one._replace(text="x", metadata={"n": 2**70}), "field n.*below 2\\^63"),
    ):
        with pytest.raises(LingweaveError, match=message):
            store.upsert([passage], vector)
    with pytest.raises(LingweaveError, match="numbers, not 3"):
        open_milvus(str(store._collection.address), 3)
    with pytest.raises(LingweaveError, match="16,384"):
        store.search(vector, 20_000)


def test_other_collections_are_left_alone(server):
    from pymilvus import MilvusClient

    client = MilvusClient(server)
    client.create_collection("theirs", dimension=4)
    with pytest.raises(LingweaveError, match="something other than an index of lingweave"):
        open_milvus(f"milvus:{server}/theirs", 4)
    with pytest.raises(LingweaveError, match="there is no such index"):
        open_milvus(f"milvus:{server}/nobodys")
    assert client.has_collection("theirs")
    assert not client.has_collection("nobodys")
    client.close()


def test_a_server_that_is_not_there_is_one_line(monkeypatch):
    monkeypatch.setenv("MILVUS_TOKEN", "root:s3cret")
    with pytest.raises(LingweaveError) as error:
        open_milvus("milvus:http://127.0.0.1:9/x", 4, MilvusOptions(timeout=0.5))
    assert "milvus:http://127.0.0.1:9/x" in str(error.value)
    assert "\n" not in str(error.value)
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("milvus:http://db:19530/books", ("http://db:19530", "", "books")),
        ("milvus:https://db/shop/books/", ("https://db:19530", "shop", "books")),
        ("milvus:http://[::1]:1/b", ("http://[::1]:1", "", "b")),
    ],
)
def test_addresses(text, form):
    assert milvus_address(text) == form
    assert milvus_address(str(milvus_address(text))) == form


@pytest.mark.parametrize(
    "text",
    ["milvus:db/books", "milvus:http://db", "milvus:http://db/a/b/c", "milvus:http://db/bü",
     "milvus:http://db/../etc", "http://db/books", "milvus:http://db/b?x=1", "milvus:http:///b",
     "milvus:http://db:port/b", "milvus:ftp://db/b", "milvus:http://db/1b"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text):
    with pytest.raises(LingweaveError, match="--store"):
        milvus_address(text)


def test_an_address_with_a_password_is_refused_and_not_repeated():
    with pytest.raises(LingweaveError, match="MILVUS_TOKEN") as error:
        milvus_address("milvus:http://root:s3cret@db/books")
    assert "s3cret" not in str(error.value)


def test_what_users_give_stays_inside_quotes():
    (one,) = expression(Filter(None, (Condition('a"] or 1', "=", 'b" or "\\'),)))
    assert one == 'metadata["t:a\\"] or 1"] == "b\\" or \\"\\\\"'
    (one,) = expression(Filter(None, (Condition("y", "!=", -3),)))
    assert one == 'exists metadata["n:y"] and metadata["n:y"] != -3'
    for value in ("a\x00b", "\ud800", float("nan"), 2**63):
        with pytest.raises(LingweaveError):
            expression(Filter(None, (Condition("y", "=", value),)))
    with pytest.raises(LingweaveError, match="is no code"):
        expression(Filter(('de"] or true',)))


def test_words_become_letters_that_no_analyzer_splits():
    assert tokens("Sky sky, SKY").split() == [tokens("sky")] * 3
    assert len(tokens("天空是").split()) == 2
    assert tokens("!?") == ""
    assert all(one.isalnum() and one.islower() for one in tokens("नीला आसमान x1").split())
    assert len(tokens("word " * 30_000)) <= LONGEST


def test_rows_go_out_in_small_messages():
    row = row_of(Passage("0", "0", "x" * 60_000, "en"), np.zeros(8, np.float32), 1)
    rows = [{**row, "id": str(i)} for i in range(100)]
    parts = list(in_parts(rows, 8))
    assert [row["id"] for part in parts for row in part] == [row["id"] for row in rows]
    assert 2 < len(parts) < 10
    assert [len(part) for part in in_parts(rows[:1] * 2500, 8, most=1 << 40)] == [1000, 1000, 500]
    assert list(in_parts([], 8)) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [({"search": "ef=3"}, "--search: give a JSON object"), ({"build": "[1]"}, "--build"),
     ({"timeout": 0}, "--timeout 0"), ({"patience": float("nan")}, "--patience nan")],
)  # fmt: skip
def test_options_are_checked(options, message):
    with pytest.raises(LingweaveError, match=message):
        MilvusOptions(**options)


def test_an_index_is_made_filled_and_searched_at_an_address(place, tmp_path):
    options = EncoderOptions(encoder="random", seed=3)
    with create_index(tmp_path / "index", options, store=place) as index:
        passages = library(4)
        texts = [one.text for one in passages]
        index.store.upsert(passages, index.encoder.encode_passages(texts, "und"))
    for where in (tmp_path / "index", place):
        with open_index(where) as index:
            searcher = Searcher(index.store, index.encoder, index.similarity)
            asked = Request(passages[5].text, k=3, mode="both", explain=True, fold=True)
            ((first, *others),) = searcher.answers([asked])
            assert first.passage == passages[5]
            assert (first.language_rank, first.pool_rank, first.words_rank) == (1, 1, 1)
            assert {one.language for one in first.versions} == {"de", "sw", "th"}
            assert len(others) == 2
            (balanced,) = searcher.answers([replace(asked, k=4, fold=False, dial=Balanced())])
            assert {hit.passage.language for hit in balanced} == {"de", "en", "sw", "th"}
