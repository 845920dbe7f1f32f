"""An index on the disk behind the API: searched while it is written to, by models that only one
thread may use."""

import threading

import pytest
from serve.serving import serving

from lingweave.errors import LingweaveError
from lingweave.index.folder import open_index
from lingweave.index.record import IndexRecord
from lingweave.serve.config import ServeConfig
from lingweave.serve.open_index import SharedEncoder, model_name, opening_of


def test_it_is_searched_written_and_read_again(folder):
    config = ServeConfig(folder=[str(folder)], writable=True)
    with serving(opening_of(config), config, writable=True) as served:
        client = served.client
        stats = client.get("/v1/stats").json()
        assert (stats["passages"], stats["documents"], stats["model"]) == (30, 30, "random")
        assert stats["modes"] == ["dense", "words", "both"]
        body = {
            "query": "word7",
            "mode": "words",
            "fold": True,
            "where": {"conditions": [{"field": "year", "relation": ">", "value": 2003}]},
        }
        [hit] = client.post("/v1/search", json=body).json()["hits"]
        assert hit["document"].startswith("7-")
        assert len(hit["versions"]) == 2
        for dial in ({"kind": "balanced"}, {"kind": "preferred", "languages": ["sw"]}):
            body = {"query": "word3", "mode": "both", "explain": True, "dial": dial, "k": 3}
            hits = client.post("/v1/search", json=body).json()["hits"]
            assert len(hits) == 3
            assert all(one["ranks"]["pool"] for one in hits)
        long = "Der Himmel ist heute sehr weit und blau. " * 60
        new = [{"id": "new", "text": long}, {"id": "other", "text": "x", "language": "fr"}]
        added = client.post("/v1/documents", json={"documents": new}).json()
        assert added["documents"] == 2
        assert added["passages"] > 2
        assert client.get("/v1/passages/new%231").json()["language"] == "de"
        assert client.get("/v1/stats").json()["documents"] == 32
        deleted = client.delete("/v1/documents", params={"id": ["new", "other"]}).json()
        assert deleted == {"deleted": 2}
    with open_index(folder) as index:
        assert sum(index.store.counts().values()) == 30


def test_it_is_searched_while_it_is_written(folder):
    config = ServeConfig(folder=[str(folder)], writable=True)
    failed = []
    with serving(opening_of(config), config, writable=True) as served:

        def write():
            for number in range(10):
                new = {"id": f"w{number}", "text": f"written{number}", "language": "en"}
                answer = served.client.post("/v1/documents", json={"documents": [new]})
                words = {"query": f"written{number}", "mode": "words"}
                found = served.client.post("/v1/search", json=words).json()["hits"]
                if answer.status_code != 200 or [one["id"] for one in found] != [f"w{number}"]:
                    failed.append((answer.text, found))

        writer = threading.Thread(target=write)
        writer.start()
        while writer.is_alive():
            answer = served.client.post("/v1/search", json={"query": "sky", "mode": "both"})
            if answer.status_code != 200 or len(answer.json()["hits"]) != 10:
                failed.append(answer.text)
        assert not failed
        served.client.delete("/v1/documents", params={"id": [f"w{n}" for n in range(10)]})


def test_hostile_words_reach_sqlite_as_words(folder):
    config = ServeConfig(folder=[str(folder)])
    with serving(opening_of(config), config) as served:
        for word in ("'; DROP TABLE passages;--", 'a" OR "b', "NEAR(", "*", "(", "^a:b"):
            for field in (word, "year"):
                condition = {"field": field, "relation": "=", "value": word}
                body = {"query": word, "mode": "both", "where": {"conditions": [condition]}}
                answer = served.client.post("/v1/search", json=body)
                assert (answer.status_code, answer.json()["hits"]) == (200, []), word
            assert served.client.post("/v1/search", json={"query": word, "mode": "words"})
        assert served.client.get("/v1/stats").json()["passages"] == 30


def test_mistakes_are_told_before_anything_listens(tmp_path):
    with pytest.raises(LingweaveError, match="holds no index"):
        opening_of(ServeConfig(folder=[str(tmp_path)]))


class Careful:
    """An encoder that notices if two threads use it at once."""

    def __init__(self):
        self.inside = 0
        self.together = 0
        self.order = []

    def encode_queries(self, texts, language):
        return self._encoded("query", texts)

    def encode_passages(self, texts, language):
        return self._encoded("passages", texts)

    def describe(self):
        return {"encoder": "careful"}

    def _encoded(self, what, texts):
        self.inside += 1
        self.together = max(self.together, self.inside)
        self.order.append(what)
        numbers = vectors(texts)
        self.inside -= 1
        return numbers


def vectors(texts):
    import numpy as np

    return np.array([[float(len(text)), 1.0] for text in texts], np.float32)


def test_an_encoder_is_used_by_one_thread_at_a_time():
    inner = Careful()
    shared = SharedEncoder(inner)
    texts = ["x" * n for n in range(500)]
    ask = [
        threading.Thread(target=lambda: [shared.encode_queries(["a"], "en") for _ in range(50)])
        for _ in range(3)
    ]
    for one in ask:
        one.start()
    found = shared.encode_passages(texts, "en")
    for one in ask:
        one.join()
    assert (found == vectors(texts)).all()
    assert inner.together == 1
    assert inner.order.count("passages") == 16
    assert shared.describe() == {"encoder": "careful"}


def test_a_models_name_says_not_where_it_is():
    def named(**encoder):
        return model_name(IndexRecord(2, encoder, {}))

    assert named(model="/home/me/runs/hybrid/model") == "hybrid"
    assert named(model="/home/me/minilm") == "minilm"
    assert named(model="intfloat/multilingual-e5-small") == "intfloat/multilingual-e5-small"
    assert named(encoder="random") == "random"
    assert named(endpoint="http://10.0.0.7:8080", api="tei") == "endpoint"
