"""Normal forms, runs of letters, edit distances and words, each against something plainer."""

import random
import unicodedata
from collections.abc import Sequence

import numpy as np
import pytest

from lingweave.building.decontamination.distance import edits
from lingweave.building.decontamination.normal import letters_of
from lingweave.building.decontamination.shingles import Vocabulary, shingles_of
from lingweave.building.decontamination.tokens import segments, words
from tests.building.decontamination.planted import CODES, other_signs, sentence


def plain(pattern: Sequence[str], text: Sequence[str], part: bool) -> int:
    """The table of the textbook."""
    row = list(range(len(pattern) + 1))
    best = row[-1]
    for place, element in enumerate(text, 1):
        left = [0 if part else place]
        for i, other in enumerate(pattern):
            left.append(min(row[i + 1] + 1, left[i] + 1, row[i] + (other != element)))
        row, best = left, min(best, left[-1])
    return best if part else row[-1]


def test_edits_are_those_of_the_textbook() -> None:
    rng = random.Random(0)
    for _ in range(3000):
        first, second = ([rng.choice("abc") for _ in range(rng.randint(0, 9))] for _ in range(2))
        for part in (False, True):
            assert edits(first, second, part) == plain(first, second, part), (first, second, part)


def test_edits_of_long_sequences() -> None:
    rng = random.Random(1)
    first = [str(rng.randint(0, 9)) for _ in range(150)]
    second = [*first[:70], "x", *first[73:]]
    assert edits(first, second) == plain(first, second, False) == 3
    assert edits(second, ["a"] * 20 + first + ["b"] * 20, part=True) == 3


def test_normal_forms_ignore_case_width_signs_and_composition() -> None:
    texts = ["Straße, №５!", "STRASSE no 5", "", "…", "Ελλάς", "ΕΛΛΆΣ", "ﬁx\ufeff it", "FIX-IT"]
    decomposed = [unicodedata.normalize("NFD", "Café Ångström"), "CAFÉ ångström"]
    arabic = ["كتـــاب", "كتاب"]
    found = letters_of([*texts, *decomposed, *arabic]).strings()
    assert found[0] == found[1] == "strasseno5"
    assert found[2] == found[3] == ""
    assert found[4] == found[5]
    assert found[6] == found[7] == "fixit"
    assert found[8] == found[9]
    assert found[10] == found[11]


@pytest.mark.parametrize("code", CODES)
def test_normal_forms_do_not_see_other_signs(code: str) -> None:
    rng = random.Random(code)
    texts = [sentence(code, rng, 9) for _ in range(20)]
    changed = [other_signs(text, rng) for text in texts]
    assert letters_of(texts).strings() == letters_of(changed).strings()


def test_normal_forms_of_nothing() -> None:
    assert letters_of([]).strings() == []
    assert letters_of([""]).strings() == [""]
    assert letters_of(["", "a", ""]).strings() == ["", "a", ""]


def test_normal_forms_keep_what_zero_characters_part() -> None:
    assert letters_of(["a\x00b", "c"]).strings() == ["ab", "c"]


def test_runs_are_those_of_each_text_alone() -> None:
    rng = random.Random(2)
    texts = ["", "short", *(sentence(code, rng, 6) for code in CODES), "日本語のテキスト abcdefgh"]
    together = shingles_of(letters_of(texts))
    for place, text in enumerate(texts):
        alone = shingles_of(letters_of([text])).hashes
        np.testing.assert_array_equal(together.hashes[together.texts == place], alone)
        letters = letters_of([text]).strings()[0]
        runs = [
            letters[i : i + size]
            for i, first in enumerate(letters)
            if i + (size := 3 if ord(first) >= 0x3040 else 6) <= len(letters)
        ]
        assert len(alone) == len(runs)
        assert len(set(alone.tolist())) == len(set(runs))


def test_vocabulary_finds_what_it_holds_and_nothing_else() -> None:
    rng = np.random.default_rng(3)
    held = rng.integers(0, 2**63, 5000, np.uint64)
    held[:300] = held[0] + np.arange(300, dtype=np.uint64)  # Many with one beginning.
    vocabulary = Vocabulary(held)
    others = rng.integers(0, 2**63, 5000, np.uint64)
    places = vocabulary.places(np.concatenate([held, others]))
    np.testing.assert_array_equal(vocabulary.hashes[places[:5000]], held)
    assert (places[5000:] == -1).all()
    assert not len(Vocabulary(np.empty(0, np.uint64)))
    assert Vocabulary(np.empty(0, np.uint64)).places(others).max() == -1


def test_words_are_icu_words_in_normal_form() -> None:
    assert words("Who's the WINNER of 3.5?", "en") == ["whos", "the", "winner", "of", "35"]
    assert words("谁赢得了第50届超级碗？", "zh") == [
        "谁",
        "赢得",
        "了",
        "第",
        "50",
        "届",
        "超级",
        "碗",
    ]
    assert len(words("ใครเป็นผู้ชนะ", "th")) == 4
    assert "".join(segments("😀 a\x00b, c", "en")) == "😀 a b, c"
