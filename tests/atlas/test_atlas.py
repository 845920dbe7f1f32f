"""The atlas keeps its promises: counts, scripts, determinism, one right answer, honesty."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from lingweave.atlas import ALL_LANGUAGES, DEFAULT_LANGUAGES, Atlas, Record, generate
from lingweave.atlas.facts import kind, world
from lingweave.atlas.names import clash, is_number, names
from lingweave.atlas.wording import CLUES, PROPERTIES, wording
from lingweave.errors import LingweaveError

LATIN = tuple(re.findall("..", "afcacsdadeenesfifrhuiditnbnlplptrosvswtrvi"))
SCRIPTS = {
    "am": "ETHIOPIC", "ar": "ARABIC", "bg": "CYRILLIC", "bn": "BENGALI", "el": "GREEK",
    "fa": "ARABIC", "gu": "GUJARATI", "he": "HEBREW", "hi": "DEVANAGARI", "hy": "ARMENIAN",
    "ja": "KATAKANA", "ka": "GEORGIAN", "kk": "CYRILLIC", "km": "KHMER", "kn": "KANNADA",
    "ko": "HANGUL", "lo": "LAO", "mk": "CYRILLIC", "ml": "MALAYALAM", "mr": "DEVANAGARI",
    "ne": "DEVANAGARI", "pa": "GURMUKHI", "ru": "CYRILLIC", "si": "SINHALA", "sr": "CYRILLIC",
    "ta": "TAMIL", "te": "TELUGU", "th": "THAI", "uk": "CYRILLIC", "ur": "ARABIC", "zh": "CJK",
    **dict.fromkeys(LATIN, "LATIN"),
}  # fmt: skip

DIGEST = """
import hashlib, json, sys
from lingweave.atlas import generate
atlas = generate(("am", "de", "en"), seed=3)
print(hashlib.sha256(json.dumps(atlas, ensure_ascii=False).encode()).hexdigest())
"""


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return generate(seed=1)


@pytest.fixture(scope="module")
def everything() -> Atlas:
    return generate(ALL_LANGUAGES, seed=1)


def letters(text: str) -> Counter[str]:
    """How many letters of each script, by the first word of their Unicode names."""
    found: Counter[str] = Counter()
    for letter, count in Counter(text).items():
        if letter.isalpha():
            found[unicodedata.name(letter, "?").split()[0]] += count
    return found


def splits(atlas: Atlas) -> dict[str, list[Record]]:
    return {"train": atlas.train, "validation": atlas.validation, "test": atlas.test}


def test_default_set_has_enough_records_and_no_holes(atlas: Atlas) -> None:
    assert len(atlas.train) >= 3000
    assert len(atlas.validation) >= 500
    assert len(atlas.test) >= 1000
    assert 10 <= len(DEFAULT_LANGUAGES) <= 12
    assert len({SCRIPTS[code] for code in DEFAULT_LANGUAGES}) >= 5
    for record in itertools.chain(*splits(atlas).values()):
        assert tuple(record.queries) == tuple(record.passages) == DEFAULT_LANGUAGES
        assert all(record.queries.values())
        assert all(record.passages.values())


def test_all_languages_write_in_their_own_script(everything: Atlas) -> None:
    assert len(ALL_LANGUAGES) >= 50
    assert set(ALL_LANGUAGES) == set(SCRIPTS)
    assert len({SCRIPTS[code] for code in ALL_LANGUAGES}) >= 10
    records = [*everything.train, *everything.validation, *everything.test]
    for code in ALL_LANGUAGES:
        mine = [record for record in records if code in record.queries]
        assert len(mine) >= 100, code
        # A CLDR name may keep Latin letters here and there ("CFA"); the sentences may not.
        found = letters(" ".join(r.queries[code] + r.passages[code] for r in mine))
        if code == "ja":
            wanted = (
                found["KATAKANA"] + found["HIRAGANA"] + found["CJK"] + found["KATAKANA-HIRAGANA"]
            )
        else:
            wanted = found[SCRIPTS[code]]
        assert wanted > 0.97 * sum(found.values()), (code, found.most_common(3))


def test_with_all_languages_a_record_has_at_least_two(everything: Atlas) -> None:
    assert len(everything.train) >= 3000
    for record in itertools.chain(*splits(everything).values()):
        assert len(record.queries) >= 2
        assert record.queries.keys() == record.passages.keys()


def test_same_bytes_whatever_the_hash_seed() -> None:
    digests = set()
    for hash_seed in ("0", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", DIGEST],
            env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        digests.add(done.stdout)
    here = json.dumps(generate(("am", "de", "en"), seed=3), ensure_ascii=False)
    digests.add(hashlib.sha256(here.encode()).hexdigest() + "\n")
    assert len(digests) == 1


def test_another_seed_gives_another_split(atlas: Atlas) -> None:
    other = generate(seed=2)
    assert {r.id for r in other.test} != {r.id for r in atlas.test}
    assert other.names == atlas.names


def test_facts_are_disjoint_and_held_out_ones_asked_once(atlas: Atlas) -> None:
    facts = {
        split: [(r.fact.subject, r.fact.property) for r in records]
        for split, records in splits(atlas).items()
    }
    for one, other in itertools.combinations(facts, 2):
        assert not set(facts[one]) & set(facts[other])
    for split in ("validation", "test"):
        assert len(set(facts[split])) == len(facts[split])
    ids = [r.id for records in splits(atlas).values() for r in records]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("which", ["atlas", "everything"])
def test_queries_are_unique_and_passages_belong_to_one_fact(
    which: str, request: pytest.FixtureRequest
) -> None:
    data: Atlas = request.getfixturevalue(which)
    for code in data.languages:
        owner: dict[str, tuple[str, str]] = {}
        queries = []
        for record in itertools.chain(*splits(data).values()):
            if code in record.queries:
                queries.append(record.queries[code])
                key = (record.fact.subject, record.fact.property)
                assert owner.setdefault(record.passages[code], key) == key
        assert len(set(queries)) == len(queries), code


def test_clues_point_at_one_subject() -> None:
    clues = [clue for row in world().clues.values() for clue in row]
    assert len(set(clues)) == len(clues)


def clue_of(record: Record) -> tuple[str, str]:
    """The entity that the question names, and its place in an order ("" for none), by the id."""
    said = record.id.split("|")[2]
    entity, _, last = said.rpartition(":")
    return (entity, last) if entity.count(":") == 1 else (said, "")


def test_a_held_out_clue_was_used_in_training_with_its_subject(atlas: Atlas) -> None:
    known = {(record.group, clue_of(record)) for record in atlas.train}
    assert all((r.group, clue_of(r)) in known for r in [*atlas.validation, *atlas.test])


def test_questions_do_not_name_what_the_passage_names(atlas: Atlas) -> None:
    for record in [*atlas.train, *atlas.validation, *atlas.test]:
        assert record.fact.subject == record.group
        named = [e for e in (record.fact.subject, *record.fact.value) if not is_number(e)]
        for code in ("en", "ru", "zh"):
            known = names(code)
            clue = known[clue_of(record)[0]]
            assert clue in record.queries[code]
            assert all(known[entity] in record.passages[code] for entity in named)
            assert not any(clash(clue, known[entity]) for entity in named)


def test_names_shared_by_languages_are_kept_out(everything: Atlas) -> None:
    generated = [generate(("de", "en", "es", "ru", "uk"), seed=1), everything]
    for data in generated:
        for record in itertools.chain(data.validation, data.test):
            entities = [e for e in (record.fact.subject, *record.fact.value) if not is_number(e)]
            for entity in entities:
                known = [names(code)[entity] for code in record.queries]
                assert not any(clash(a, b) for a, b in itertools.combinations(known, 2)), entity
        for row in data.names[::5]:
            assert not any(clash(a, b) for a, b in itertools.combinations(row.values(), 2))


def test_character_tfidf_stays_under_half(atlas: Atlas) -> None:
    def prepared(text: str) -> str:
        return f" {unicodedata.normalize('NFKC', text).lower()} "

    rows = atlas.validation
    candidates = {code: [prepared(r.passages[code]) for r in rows] for code in atlas.languages}
    tfidf = TfidfVectorizer(analyzer="char", ngram_range=(2, 4), sublinear_tf=True)
    tfidf.fit([text for code in atlas.languages for text in candidates[code]])
    precisions = []
    for code in atlas.languages:
        queries = tfidf.transform([prepared(r.queries[code]) for r in rows])
        scores = (queries @ tfidf.transform(candidates[code]).T).toarray()
        ranks = (scores >= np.diag(scores)[:, None]).sum(axis=1)
        precisions.append(float((1 / ranks).mean()))
        assert precisions[-1] < 0.50, code
    assert np.mean(precisions) < 0.50


def test_every_language_has_every_sentence() -> None:
    numbered = {"tongue", "spoken", "rank", "home", "share"}
    for code in ALL_LANGUAGES:
        said = wording(code)
        assert tuple(said.clues) == CLUES, code
        assert tuple(said.questions) == tuple(said.labels) == PROPERTIES, code
        for key, text in said.clues.items():
            assert text.count("{x}") == 1, (code, key)
        for table in (said.clues, said.questions, said.labels):
            for key, text in table.items():
                assert text == text.strip(), (code, key)
                assert text.count("{n}") == (key in numbered), (code, key)
                bare = text.replace("{x}", "").replace("{n}", "")
                assert not set(bare) & set("{}"), (code, key)
                assert text == unicodedata.normalize("NFC", text), (code, key)
        assert len({*said.questions.values(), *said.labels.values()}) == 2 * len(PROPERTIES)
        assert {kind(fact) for fact in world().facts} == set(PROPERTIES)


@pytest.mark.parametrize(
    ("languages", "says"),
    [
        (("en", "xx"), "no sentences in 'xx'"),
        (("en", "ru", "en"), "'en' is given twice"),
        (("en",), "at least two"),
        ((), "at least two"),
    ],
)
def test_bad_languages_are_one_clear_line(languages: tuple[str, ...], says: str) -> None:
    with pytest.raises(LingweaveError, match=says) as caught:
        generate(languages)
    assert "\n" not in str(caught.value)
