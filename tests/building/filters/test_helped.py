"""Filters that need more than the table: an encoder, translations back, a model that estimates."""

import json
import sys
import types

import numpy as np
import pytest
from building.filters.tables import (
    CLEAN,
    ENGLISH,
    SPANISH,
    cells,
    judged,
    table_of,
    whole,
    with_fault,
)

from lingweave.building.filters.chrf import chrf
from lingweave.building.filters.estimation import Estimation
from lingweave.building.filters.round_trip import RoundTrip
from lingweave.building.filters.similarity import Similarity, Threshold
from lingweave.building.filters.sources import comparisons
from lingweave.building.filters.standard import FilterOptions, standard
from lingweave.encoders.options import EncoderOptions
from lingweave.errors import LingweaveError
from lingweave.table import Origin


def test_chrf_against_known_values():
    # sacrebleu 2.5, sentence_chrf(...).score / 100.
    assert chrf("the cat sat", "the cat sat") == 1
    assert chrf("", "abc") == 0
    assert chrf("abc", "xyz") == 0
    # By hand: characters a b c d against a b c e: orders 1 to 4 give 3/4, 2/3, 1/2, 0.
    assert chrf("ab cd", "abc e") == pytest.approx((3 / 4 + 2 / 3 + 1 / 2) / 4)


def test_round_trip(tmp_path):
    table = table_of(CLEAN)
    back = table_of(
        {"es": [ENGLISH[0], "Something quite unlike it, said twice.", None, ENGLISH[3]]}
    )
    path = back.write(tmp_path / "back.arrow")
    check = RoundTrip(path)
    assert cells(check(whole(table)), table) == [(1, "es")]
    assert json.dumps(check.key).count(back.fingerprint) == 1
    other = table_of({"es": SPANISH[:2]}).write(tmp_path / "other.arrow")
    with pytest.raises(LingweaveError, match=r"other\.arrow: has other records than the table"):
        RoundTrip(other)(whole(table))


class _Meaning:
    """An encoder that sees the place of a text in its list alone."""

    def encode_queries(self, texts, language):
        return np.stack([self._vector(text) for text in texts])

    encode_passages = encode_queries

    def _vector(self, text):
        place = next((x.index(text) for x in CLEAN.values() if text in x), 7)
        return np.eye(8, dtype=np.float32)[place]


@pytest.fixture
def meaning(monkeypatch):
    import lingweave.building.filters.similarity as room

    room._loaded.cache_clear()
    monkeypatch.setattr(room, "encoder_of", lambda options: _Meaning())
    yield EncoderOptions(encoder="random")
    room._loaded.cache_clear()


def test_similarity_by_threshold(meaning):
    passages = with_fault("es", 1, "Nada de eso.")
    assert judged(Similarity(meaning, least=0.5), passages, CLEAN) == [(1, "es")]
    assert judged(Similarity(meaning), passages, CLEAN) == []
    strict = Similarity(meaning, (Threshold("en", "ru", "passage", 1.5),), least=-1.0)
    assert judged(strict, passages, CLEAN) == [(row, "ru") for row in range(4)]


def test_similarity_learned_from_the_table(meaning):
    passages = {x: texts * 31 for x, texts in with_fault("es", 1, "Nada.").items()}
    table = table_of(passages)
    by_quantile = Similarity.fitted(table, "en", meaning, quantile=0.3)
    assert {x.least for x in by_quantile.thresholds if x.language == "es"} == {1.0}
    by_chance = Similarity.fitted(table, "en", meaning, chance=0.5)
    assert {x.least for x in by_chance.thresholds} == {0.0}
    assert json.dumps(by_chance.key)
    by_both = Similarity.fitted(table, "en", meaning, quantile=0.3, chance=0.5)
    assert {x.least for x in by_both.thresholds} == {0.0}
    by_default = standard(table, FilterOptions(encoder=meaning), "en")[-1]
    assert by_default == Similarity.fitted(table, "en", meaning, quantile=0.03, chance=0.9)
    assert len(cells(by_quantile(whole(table)), table)) == 31


def test_a_cell_is_compared_with_what_it_was_translated_from():
    import pyarrow as pa

    origins = (Origin("given", "set"), Origin("translated", "set", "es", "some", "1"))
    numbers = {"en": [0, None], "es": [0, 0], "ru": [1, None]}
    columns = {f"origin:{x}": pa.array(y, pa.int16()) for x, y in numbers.items()}
    passages = {"en": ["a b", None], "es": ["c d", "e f"], "ru": ["c d", "g h"]}
    table = table_of(passages, columns=columns, origins=origins)
    found = {
        (table.languages[x.language], table.languages[x.source]): x.places.tolist()
        for x in comparisons(whole(table, "en"))
    }
    assert found == {("es", "en"): [0, 1], ("ru", "es"): [0], ("ru", "en"): [1]}
    assert list(comparisons(whole(table_of(CLEAN), None))) == []
    with pytest.raises(LingweaveError, match="reference fr: the table has no such language"):
        list(comparisons(whole(table, "fr")))


def test_another_checkpoint_estimates_anew(monkeypatch, tmp_path):
    import lingweave.building.filters.estimation as room

    monkeypatch.setitem(sys.modules, "comet", types.SimpleNamespace())
    one, moved = tmp_path / "one.ckpt", tmp_path / "moved.ckpt"
    with pytest.raises(LingweaveError, match=r"--estimation .*one\.ckpt: no such file"):
        Estimation(str(one)).check()
    keys = []
    for content in (b"1", b"2"):
        room._checksum.cache_clear()
        one.write_bytes(content)
        keys.append(Estimation(str(one)).key)
    assert keys[0] != keys[1]
    assert Estimation(str(one.rename(moved))).key == keys[1]
    monkeypatch.setattr(room, "version", lambda name: "99")
    assert Estimation(str(moved)).key != keys[1]


def test_estimation_by_comet(monkeypatch):
    monkeypatch.setitem(sys.modules, "comet", None)
    with pytest.raises(LingweaveError, match="pip install unbabel-comet"):
        standard(table_of(CLEAN), FilterOptions(estimation="some"), "en")
    import lingweave.building.filters.estimation as room

    room._loaded.cache_clear()
    model = types.SimpleNamespace(
        predict=lambda data, **_: {"scores": [float(len(x["mt"]) > 30) for x in data]}
    )
    fake = types.SimpleNamespace(
        download_model=lambda name: name, load_from_checkpoint=lambda path: model
    )
    monkeypatch.setitem(sys.modules, "comet", fake)
    passages = with_fault("es", 2, "Un invierno.")
    assert judged(Estimation("some"), passages, CLEAN) == [(2, "es")]
    room._loaded.cache_clear()
