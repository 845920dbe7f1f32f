"""Changed queries: the same changes every time, none anywhere else, and names that say so."""

import random
import unicodedata
from dataclasses import replace

import pytest
from data import benchmark, lareqa_folder, shared_data

from lingweave.altering import Altered, scripts
from lingweave.altering.altered import altered
from lingweave.altering.letters import lower, without_marks
from lingweave.altering.scripts import in_other_script
from lingweave.altering.typing_mistakes import NEIGHBOURS, mistyped, slips, wrong_keys
from lingweave.benchmark import Benchmark, Texts
from lingweave.errors import LingweaveError
from lingweave.sources.lareqa import lareqa

KINDS = ("typos", "keyboard", "no_case", "no_marks", "other_script")
SENTENCES = {
    "de": "Wie viele Bälle fing Josh Norman im Jahr 2015 ab?",
    "el": "Πόσες μπαλιές έπιασε ο παίκτης;",
    "sr": "Колико људи живи у Његошевој џунгли?",
    "th": "จอช นอร์แมน รับลูกบอลได้กี่ลูก",
    "zh": "约什·诺曼拦截了多少球？",
}


def asked(texts=SENTENCES, times=50):
    """A benchmark that asks each language's sentence many times."""
    ids = tuple(f"q{n}" for n in range(times))
    sides = {x: Texts(ids, (text,) * times) for x, text in texts.items()}
    return Benchmark("asked", sides, {}, ())


@pytest.mark.parametrize("kind", KINDS)
def test_only_queries_change_and_always_alike(kind):
    before = asked()
    after = altered(before, Altered(kind, 0.5))
    assert after == altered(before, Altered(kind, 0.5))
    assert after == replace(before, queries=after.queries, source=after.source)
    assert after.queries.keys() == before.queries.keys()
    for language, side in after.queries.items():
        assert side.ids == before.queries[language].ids
        assert all(text.strip() for text in side.texts)


@pytest.mark.parametrize("kind", KINDS)
def test_a_query_changes_alike_whatever_else_is_asked(kind):
    before = asked()
    alone = altered(before.select(["de", "th"]), Altered(kind, 0.3))
    together = altered(before, Altered(kind, 0.3)).select(["de", "th"])
    assert alone.queries == together.queries


def test_everything_else_stays():
    before = benchmark(3)
    after = altered(before, Altered("typos", 1.0))
    assert (after.name, after.corpora, after.gold, after.groups) == (
        before.name, before.corpora, before.gold, before.groups
    )  # fmt: skip


def test_what_is_said_of_the_queries():
    said = altered(asked(), Altered("keyboard", 1.0, 7)).source["queries"]
    assert (
        said
        == "neighbouring keys in 1 of the words, seed 7: 50 of 250 changed, none in el sr th zh"
    )
    assert altered(asked(), Altered("no_case")).source["queries"].startswith("lower case: 150 of")


def test_a_larger_share_changes_more_words_and_the_same():
    few, many = (altered(asked(), Altered("typos", share)) for share in (0.1, 0.5))
    for language in ("de", "el", "sr"):
        sides = (b.queries[language].texts for b in (few, many, asked()))
        for texts in zip(*sides, strict=True):
            words = zip(*(text.split() for text in texts), strict=True)
            assert all(less in (whole, more) for less, more, whole in words)


def test_the_share_is_that_of_words():
    texts = {"en": "alpha beta gamma delta epsilon zeta eta theta iota kappa"}
    after = altered(asked(texts, 400), Altered("typos", 0.2)).queries["en"].texts
    words = [w for text in after for w in text.split()]
    changed = sum(w not in texts["en"].split() for w in words) / len(words)
    assert changed == pytest.approx(0.2, abs=0.02)


def test_words_with_digits_stay():
    after = altered(asked({"de": "im Jahr 2015 mit B52 und 10km"}), Altered("typos", 1.0))
    for text in after.queries["de"].texts:
        assert text.split()[2] == "2015"
        assert (text.split()[4], text.split()[6]) == ("B52", "10km")


def test_slips_are_one_letter_dropped_doubled_or_swapped():
    assert {"".join(w) for w in slips([*"ab"])} == {"a", "b", "aab", "abb", "ba"}
    assert {"".join(w) for w in slips(["a"])} == {"aa"}  # Nothing would be left of it.


def test_marks_stay_with_their_letters():
    made = mistyped(slips, 1.0, "किताबें", "hi", random.Random(1))
    assert made != "किताबें"
    assert not unicodedata.combining(made[0])


def test_wrong_keys_are_neighbours_and_keep_capitals():
    assert set(NEIGHBOURS["s"]) == set("awedzx")
    assert all(key in NEIGHBOURS[other] for key, near in NEIGHBOURS.items() for other in near)
    assert {"".join(w) for w in wrong_keys([*"Qé"])} == {"Wé", "Aé"}


def test_where_no_blanks_are_written_words_are_found():
    one = mistyped(slips, 1.0, SENTENCES["th"], "th", random.Random(1))
    assert one != SENTENCES["th"]
    assert len(one.split(" ")) == 3
    assert set(one) <= set(SENTENCES["th"])


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [("en", "What IS it?", "what is it?"), ("tr", "Iğdır İli", "ığdır ili"), ("th", "กี่", "กี่")],
)
def test_lower_case(language, text, expected):
    assert lower(text, language) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bälle, đã đoạt, çalmıştır, łódź", "Balle, da doat, calmistir, lodz"),
        ("Πόσες μπαλιές", "Ποσες μπαλιες"),
        ("ещё мой Київ", "еще мой Київ"),
        ("مُحَمَّد أحمد", "محمد احمد"),
        ("שָׁלוֹם", "שלום"),
        ("कितने क़लम นอร์แมน", "कितने क़लम นอร์แมน"),
    ],
)
def test_without_marks(text, expected):
    assert without_marks(text, "und") == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("sr", "Његош и Љубица, џеп", "Njegoš i Ljubica, džep"),
        ("sr-Latn", "Njegoš i Ljubica, džep", "Његош и Љубица, џеп"),
        ("zh", "头发", "頭髮"),
        ("zh-TW", "頭髮", "头发"),
        ("zh-Hant", "頭髮", "头发"),
        ("ru", "Где он?", "Gde on?"),
        ("de", "Bälle", "Bälle"),
        ("am", "ኢትዮጵያ", "'ityop'ya"),
    ],
)
def test_the_other_script(language, text, expected):
    assert in_other_script(text, language) == expected


def test_serbian_goes_there_and_back():
    text = "Колико људи живи у Његошевој џунгли, а шта ћеш ђаво?"
    assert in_other_script(in_other_script(text, "sr"), "sr") == text


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(scripts.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(LingweaveError, match=r'pip install "lingweave\[scripts\]"'):
        altered(asked(), Altered("other_script"))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "typo"}, "alter.kind 'typo': choose from typos"),
        ({"share": 0.0}, "alter.share 0.0: give more than 0"),
        ({"seed": -1}, "alter.seed -1: give 0 or more"),
    ],
)
def test_a_wrong_alteration_is_named(fields, message):
    with pytest.raises(LingweaveError, match=message):
        Altered(**fields)


@pytest.mark.parametrize("kind", KINDS)
def test_a_benchmark_from_files(kind, tmp_path):
    found = altered(lareqa(lareqa_folder(tmp_path / "x")), Altered(kind, 0.5))
    assert found.gold


@pytest.mark.parametrize("kind", KINDS)
def test_xquad_r(kind):
    before = lareqa(shared_data("eval/xquad_r")).select(["hi", "tr", "zh"])
    after = altered(before, Altered(kind))
    none = {"no_marks": " hi zh", "other_script": " tr"}.get(kind)
    assert after.source["queries"].partition("none in")[2] == (none or "")
