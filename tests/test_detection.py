"""Languages of texts."""

import pytest

from lingweave.detection import NO_LANGUAGE, detected
from lingweave.errors import LingweaveError

TEXTS = {
    "de": "Der Reisepass wird im Bürgeramt verlängert, und das dauert vier Wochen.",
    "el": "Το διαβατήριο ανανεώνεται στην αστυνομία και η διαδικασία διαρκεί λίγο.",
    "en": "A passport is renewed at the town hall, which takes about four weeks.",
    "ru": "Паспорт можно продлить в отделении полиции, это занимает четыре недели.",
    "sw": "Pasipoti huongezwa muda katika ofisi ya uhamiaji na huchukua wiki nne.",
    "th": "ต่ออายุหนังสือเดินทางได้ที่สำนักงาน ใช้เวลาประมาณสี่สัปดาห์",
}


def test_languages_are_told_apart():
    assert detected(list(TEXTS.values())) == list(TEXTS)


def test_a_text_without_letters_has_no_language():
    assert detected(["", "  ", "42 / 7 = 6", "😀 !!"]) == [NO_LANGUAGE] * 4


def test_a_choice_of_languages_is_kept_to():
    among = ["de", "zh-TW"]
    assert set(detected(list(TEXTS.values()), among)) <= {"de", "zh-TW"}


def test_a_language_has_the_code_that_was_asked_for_where_there_is_one():
    texts = [TEXTS["de"], "今天天氣很好"]
    assert detected(texts, ["de", "zh_tw"]) == ["de", "zh-TW"]
    assert detected(texts, ["de-AT", "zh-CN", "zh-TW"]) == ["de-AT", "zh"]
    assert detected(texts) == ["de", "zh"]


def test_languages_that_cannot_be_detected_are_told():
    """Their texts would be taken for those of another language."""
    with pytest.raises(LingweaveError, match="languages: tlh, x-own cannot be detected; give"):
        detected(["a"], ["en", "tlh", "x-own"])
