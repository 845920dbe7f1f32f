"""The options of translators, and the pseudo-translator."""

import dataclasses
import pickle
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingweave.building.translators.choice import TranslatorOptions, translator_of
from lingweave.building.translators.pseudo import Pseudo, translated, untranslated
from lingweave.errors import LingweaveError

CHAT = {"translator": "chat", "translator_endpoint": "http://h", "translator_model": "m"}


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({}, None),
        ({"translator": "apertium"}, "apertium"),
        ({"translator": "pseudo"}, "pseudo"),
        ({"translator": "ct2:models/x"}, "ct2"),
        ({"translator": "file:x.parquet"}, "file"),
        ({"translator": "facebook/m2m100_418M"}, "model"),
        (CHAT, "chat"),
        ({**CHAT, "translator": None}, "chat"),
    ],
)
def test_kinds(given, kind):
    options = TranslatorOptions(**given)
    assert options.translator_kind == kind
    assert pickle.loads(pickle.dumps(options)) == options


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"translator_beams": 0}, "--translator_beams 0: must be 1 or more"),
        ({"translator_batch_size": 0}, "--translator_batch_size 0"),
        ({"translator_timeout": 0.0}, "--translator_timeout 0.0: must be more than 0"),
        ({"translator_retries": -1}, "--translator_retries -1"),
        ({"translator": "x/y", "translator_dtype": "fp16"}, "choose from fp32, bf16"),
        ({"translator": "ct2:x", "translator_compute": "int4"}, "choose from default, auto, int8"),
        ({"translator": "ct2:"}, "names no translator"),
        ({"translator": " "}, "names no translator"),
        ({"translator": "apertium", "translator_beams": 2}, "only goes with a model that is run"),
        ({"translator": "x/y", "translator_compute": "int8"}, "only goes with --translator ct2"),
        ({"translator": "ct2:x", "translator_dtype": "bf16"}, "only goes with a transformers"),
        (
            {"translator": "apertium", "translator_key_env": "sk-1"},
            "only goes with --translator ch",
        ),
        ({"translator": "chat"}, "give --translator_endpoint too"),
        ({**CHAT, "translator_model": None}, "give --translator_model too"),
        ({**CHAT, "translator": "apertium"}, "only goes with --translator chat"),
        ({"translator_batch_size": 5}, "only goes with a --translator of sentences"),
    ],
)
def test_mistakes_are_told_before_work(given, message):
    with pytest.raises(LingweaveError, match=message) as caught:
        TranslatorOptions(**given)
    assert "sk-1" not in str(caught.value)


def test_every_option_has_a_default_and_a_name_of_its_own():
    # They become options of a command with others.
    for field in dataclasses.fields(TranslatorOptions):
        assert field.name.startswith("translator")
        assert field.default is not dataclasses.MISSING


def test_translators_of_options():
    assert isinstance(translator_of(TranslatorOptions(translator="pseudo")), Pseudo)
    with pytest.raises(LingweaveError, match="joins records"):
        translator_of(TranslatorOptions(translator="file:x"))
    with pytest.raises(LingweaveError, match="none is given"):
        translator_of(TranslatorOptions())
    with pytest.raises(LingweaveError, match="no such folder"):
        translator_of(TranslatorOptions(translator="./nowhere"))
    with pytest.raises(LingweaveError, match=r"no model\.bin"):
        translator_of(TranslatorOptions(translator="ct2:./nowhere"))
    bad = TranslatorOptions(**{**CHAT, "translator_endpoint": "not an address"})
    with pytest.raises(LingweaveError, match=r"^--translator_endpoint: not an address"):
        translator_of(bad)


@given(st.text(), st.sampled_from(["de", "sw", "zh-CN", "sr-Latn"]))
def test_the_pseudo_translator_can_be_undone(text, target):
    assert untranslated(translated(text, target), target) == text


def test_the_pseudo_translator_marks_the_language_and_keeps_numbers():
    pseudo = Pseudo()
    pseudo.check("en", ["de", "sw"])
    with pytest.raises(LingweaveError, match="en is the source already"):
        pseudo.check("en", ["de", "en"])
    text = "In 1998 the Price was 3.50 · or so."
    german, swahili = (pseudo.translate([text], "en", one)[0] for one in ("de", "sw"))
    assert german != swahili
    for number in ("1998", "3.50"):
        assert number in german
    assert german.count("·de") == 6
    assert "·sw" not in german


def test_the_pseudo_translation_of_a_part_stands_in_that_of_the_whole():
    words = ["the", "first", "king", "of", "France", "was", "crowned", "in", "987", "at", "Noyon"]
    chance = random.Random(0)
    whole = translated(" ".join(words), "de")
    for _ in range(20):
        start = chance.randrange(len(words))
        part = " ".join(words[start : start + 3])
        assert translated(part, "de") in whole
