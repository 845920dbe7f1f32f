"""Parallel statements among one's own documents."""

import numpy as np
import pytest

from lingweave.audit.probes import COUNT, PREFIX, built_in, probed
from lingweave.benchmark import Benchmark, Texts
from lingweave.encoders.scores import dense_scores
from lingweave.errors import LingweaveError
from lingweave.evaluate import evaluate

DOCUMENTS = {
    "de": Texts(("a", "b"), ("Hallo", "Welt")),
    "en": Texts(("c",), ("hello",)),
    "th": Texts(("d",), ("สวัสดี",)),
}
OWN = Benchmark("mine", {}, DOCUMENTS, ())
SAID = {
    "de": Texts(("1", "2"), ("Rom liegt in Italien", "nur deutsch")),
    "en": Texts(("1",), ("Rome is in Italy",)),
    "th": Texts(("1",), ("โรมอยู่ในอิตาลี",)),
}


def test_translations_are_the_answers_and_the_statement_itself_is_none():
    made = probed(OWN, SAID)
    assert {x: side.ids for x, side in made.queries.items()} == {
        "de": ("de/1",), "en": ("en/1",), "th": ("th/1",)}  # fmt: skip
    assert {(g.query_id, g.language) for g in made.gold} == {
        (f"{x}/1", y) for x in SAID for y in SAID if x != y
    }
    assert made.corpora["de"].ids == ("a", "b", PREFIX + "1", PREFIX + "2")
    assert {made.group(f"{x}/1") for x in SAID} == {"1"}


def test_a_model_without_languages_ranks_translations_one_after_the_other():
    made = probed(OWN, SAID)
    vector = {text: i for i, text in enumerate(["Hallo", "Welt", "hello", "สวัสดี", "nur deutsch"])}
    same = len(vector)

    def rows(side):
        return np.eye(same + 1, dtype=np.float32)[[vector.get(t, same) for t in side.texts]]

    scores = dense_scores(
        {x: rows(s) for x, s in made.queries.items()},
        {y: rows(s) for y, s in made.corpora.items()}, "cosine", {},
    )  # fmt: skip
    assert evaluate(made, scores).macro["rank_distance"] == 1  # Two answers, nothing between.


def test_statements_in_one_language_are_no_probes():
    with pytest.raises(LingweaveError, match="--probes"):
        probed(OWN, {"de": SAID["de"]})


def test_built_in_statements_stand_in_several_languages():
    made = built_in(("de-AT", "en", "th", "tlh"))
    assert sorted(made) == ["de-AT", "en", "th"]
    counts = [sum(id in side.ids for side in made.values()) for id in made["th"].ids]
    assert len(counts) <= COUNT
    assert min(counts) > 1
    assert built_in(("en", "tlh")) == {}
