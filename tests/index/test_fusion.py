"""Fusion by reciprocal rank, and the dials over ready lists."""

import random

import pytest

from lingweave.index.dials import Views, arranged, views_within
from lingweave.index.fusion import fused
from lingweave.index.lists import Listed
from lingweave.index.requests import AsScored, Balanced, Preferred


def test_the_sources_formula():
    found = dict(fused([["a", "b", "c"], ["c", "a"]]))
    assert found == pytest.approx({"a": 1 / 61 + 1 / 62, "b": 1 / 62, "c": 1 / 63 + 1 / 61})


def test_one_list_stays_as_it_is():
    ids = [f"{i:02}" for i in range(30)]
    random.Random(0).shuffle(ids)
    assert [id for id, _ in fused([ids])] == ids
    assert [id for id, _ in fused([ids, []])] == ids
    assert fused([]) == []


def test_ties_go_by_id_whatever_the_order_of_lists():
    lists = [["b", "x"], ["a", "y"]]
    assert [id for id, _ in fused(lists)] == ["a", "b", "x", "y"]
    assert fused(lists) == fused(lists[::-1])


def test_weights():
    lists = [["a", "b"], ["b", "a"]]
    assert fused(lists, (2.0, 1.0))[0][0] == "a"
    assert fused(lists, (1.0, 2.0))[0][0] == "b"
    assert fused(lists, (1.0, 0.0)) == [("a", 1 / 61), ("b", 1 / 62)]


def listed(*ids):
    """Ids in order, with scores that fall."""
    return [Listed(id, 1 - i / 100, 1 - i / 100) for i, id in enumerate(ids)]


def ids(found):
    return [one.id for one in found]


def test_turns_go_by_score_and_skip_who_has_no_more():
    languages = {
        "de": [Listed("d1", 0.5, 0.5), Listed("d2", 0.4, 0.4), Listed("d3", 0.3, 0.3)],
        "en": [Listed("e1", 0.9, 0.9), Listed("e2", 0.1, 0.1)],
        "th": [Listed("t1", 0.2, 0.2)],
    }
    found = arranged(Balanced(), Views(languages=languages))
    assert ids(found) == ["e1", "d1", "t1", "d2", "e2", "d3"]
    assert [one.score for one in found] == [1 / 61] * 3 + [1 / 62] * 2 + [1 / 63]
    assert [one.similarity for one in found[:2]] == [0.9, 0.5]


def test_turns_are_the_fusion_of_the_languages_lists():
    draw = random.Random(1)
    languages = {x: listed(*(f"{x}{i}" for i in range(draw.randint(0, 9)))) for x in "abcd"}
    turns = arranged(Balanced(), Views(languages=languages))
    by_rank = fused([ids(one) for one in languages.values()])
    assert {one.id: one.score for one in turns} == pytest.approx(dict(by_rank))
    assert [one.score for one in turns] == pytest.approx([score for _, score in by_rank])


def test_preferred_reaches_what_the_pools_list_does_not():
    views = Views(listed("a", "b", "c"), preferred=listed("x", "b"))
    found = arranged(Preferred(("de",), 0.5), views)
    assert ids(found) == ["b", "a", "c", "x"]
    assert ids(arranged(Preferred(("de",), 1e9), views))[:2] == ["x", "b"]
    assert ids(arranged(Preferred(("de",), 0.5), Views(listed("a")))) == ["a"]


def test_views_within_a_list():
    language_of = {"a": "de", "b": "en", "c": "de"}
    some = listed("a", "b", "c")
    assert ids(arranged(AsScored(), views_within(some, language_of, AsScored()))) == ["a", "b", "c"]
    turns = arranged(Balanced(), views_within(some, language_of, Balanced()))
    assert ids(turns) == ["a", "b", "c"]
    dial = Preferred(("en",), 1e9)
    assert ids(arranged(dial, views_within(some, language_of, dial)))[0] == "b"
    none = Preferred(("en",), 0.0)
    assert ids(arranged(none, views_within(some, language_of, none))) == ["a", "b", "c"]


def test_exhausted():
    assert Views(listed("a", "b")).exhausted(3)
    assert not Views(listed("a", "b")).exhausted(2)
    assert not Views(languages={"de": listed("a"), "en": listed("b", "c")}).exhausted(2)
    assert not Views(listed("a"), preferred=listed("b", "c")).exhausted(2)
