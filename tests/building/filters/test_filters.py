"""Each filter condemns its fault and lets the same text without it pass."""

import json

import numpy as np
import pytest
from building.filters.tables import (
    CLEAN,
    ENGLISH,
    RUSSIAN,
    SPANISH,
    THAI,
    cells,
    judged,
    table_of,
    whole,
    with_fault,
)

from lingweave.building.filters.copied import Copied
from lingweave.building.filters.damage import Damage
from lingweave.building.filters.detector import detector
from lingweave.building.filters.entities import Entities
from lingweave.building.filters.estimation import Estimation
from lingweave.building.filters.expected import Expected, expected_lengths
from lingweave.building.filters.language import Language
from lingweave.building.filters.length import Length
from lingweave.building.filters.length_ratio import LengthRatio
from lingweave.building.filters.named import named
from lingweave.building.filters.numbers import Numbers
from lingweave.building.filters.repetition import Repetition
from lingweave.building.filters.round_trip import RoundTrip
from lingweave.building.filters.script import Script, scripts
from lingweave.building.filters.similarity import Similarity
from lingweave.building.filters.standard import FilterOptions, standard
from lingweave.building.filters.unfinished import Unfinished
from lingweave.encoders.options import EncoderOptions
from lingweave.errors import LingweaveError


def test_nothing_is_wrong_with_good_translations():
    table = table_of(CLEAN)
    for one in standard(table, FilterOptions(), "en"):
        assert cells(one(whole(table)), table) == [], one.name


@pytest.mark.parametrize(
    ("check", "language", "text"),
    [
        (Length(), "es", "…"),
        (Length(), "es", "¿Qué?"),
        (Length(), "th", "ก"),
        (Length(passage=(3, 200)), "ru", RUSSIAN[1] * 4),
        (LengthRatio(), "es", SPANISH[1] + " " + " ".join(SPANISH) + " " + " ".join(SPANISH)),
        (Unfinished(), "es", "Cada mañana el panadero abre la"),
        (Script(), "ru", ENGLISH[1]),
        (Script(), "th", "Every morning คน"),
        (Script(), "en", RUSSIAN[1]),
        (Language(), "es", "Jeden Morgen öffnet der Bäcker den Laden, bevor der Zug ankommt."),
        (Copied(), "es", ENGLISH[1]),
        (Copied(), "es", ENGLISH[1].lower().replace("baker", "panadero")),
        (Repetition(), "es", "El panadero abre" + " la tienda y abre" * 5),
        (Repetition(), "th", "คนทำขนมปัง" + "เปิดร้าน" * 5),
        (Repetition(), "es", "El panadero abre la tiendaaaaaaaaaa."),
        (Damage(), "es", SPANISH[1].replace("ñ", "Ã±").replace("de", "dÃ©")),
        (Damage(), "ru", RUSSIAN[1].encode().decode("latin-1")),
        (Damage(), "ru", RUSSIAN[1].encode().decode("cp1252", "replace")),
        (Damage(), "es", "Cada ma?ana el panadero abri? y sali? m?s tarde."),
        (Damage(), "es", "Cada ma\ufffdana"),
        (Damage(), "ru", "??? ????? ???????"),
    ],
)
def test_a_fault_is_found_where_it_is(check, language, text):
    assert judged(check, with_fault(language, 1, text)) == [(1, language)]


def test_details_name_the_side_and_what_was_seen():
    table = table_of(with_fault("ru", 1, ENGLISH[1]), CLEAN)
    verdicts = Script()(whole(table))
    assert verdicts.reasons == ["script"]
    assert verdicts.details[0].startswith("passage: 0% of its letters are Cyrl (Every morning")
    assert verdicts.values.tolist() == [0]


@pytest.mark.parametrize(
    ("source", "text", "bad"),
    [
        ("In 1,234.50 days", "En 1 234,5 días", False),
        ("In 1,234.50 days", "१,२३४.५ दिन", False),
        ("It cost 20,000 in 1987.", "1987年花了2万。", False),
        ("from 1990 to 1991", "1990-91", False),
        ("in the 1990s", "negli anni '90", False),
        ("It cost 100 and 20 more", "Costó cien y veinte más", True),
        ("It cost 100 more", "Costó cien más", False),
        ("It cost 100 more", "Costó 300 más", True),
        ("It has 3 doors and 4 floors", "Tiene tres puertas y cuatro pisos", False),
        ("born in 1987", "nació en 1978", True),
        ("born in 1987", "nació entonces", False),
        ("15 of 27 in 1987", "muchos de ellos", True),
        ("COVID-19 came in 2019", "COVID-57 llegó en 2019", True),
        ("9" * 5000, "8" * 5000, True),
    ],
)
def test_numbers(source, text, bad):
    assert judged(Numbers(), {"en": [source], "es": [text]}) == [(0, "es")] * bad


def test_an_address_and_a_code_must_stay():
    source = "Write to help@example.org about the X25-B9 or see https://example.org/a/b?c=1."
    kept = "Пишите help@example.org о Икс или https://example.org/a/b?c=1."
    lost = "Escriba a help@example.org sobre el X25-B9 o vea https://ejemplo.org/a."
    code = "Escriba a help@example.org sobre el X25 o vea https://example.org/a/b?c=1."
    spaced = "Escriba a help@example.org sobre el X25 B9 o vea https://example.org/a/b?c=1."
    for language, text, bad in (
        ("ru", kept, 0),
        ("es", lost, 1),
        ("es", code, 1),
        ("es", spaced, 0),
    ):
        assert judged(Entities(), {"en": [source], language: [text]}) == [(0, language)] * bad


def test_what_counts_as_a_code():
    text = "In Table2 and the 11-XIII century COVID-19-specific 8GB of ISO9001 (A1058) at 10am."
    assert named(text).codes == ("COVID-19", "8GB", "ISO9001", "A1058")


def test_a_name_that_others_kept_is_missed():
    source = ["They met Ludwika Zamenhof in the city of Warsaw."]
    good = {
        "de": ["Sie trafen Ludwika Zamenhof in Warschau."],
        "es": ["Conocieron a Ludwika Zaménhof en Varsovia."],
        "fi": ["He tapasivat Ludwika Zamenhofin Varsovassa."],
    }
    assert judged(Entities(), {"en": source, **good}) == []
    bad = good | {"es": ["Conocieron a Ludwika Ivanov en Varsovia."]}
    assert judged(Entities(), {"en": source, **bad}) == [(0, "es")]
    alone = {"es": bad["es"]}
    assert judged(Entities(), {"en": source, **alone}) == []


def test_names_that_usually_change_may():
    source = [f"They went to London with number {i}." for i in "abc"]
    passages = {
        "en": source,
        "de": [f"Sie fuhren nach London mit Nummer {i}." for i in "abc"],
        "sv": [f"De for till London med nummer {i}." for i in "abc"],
        "es": [f"Fueron a Londra con el número {i}." for i in "ab"] + ["Fueron a Roma."],
    }
    passages["es"] = [text.replace("Londra", "la capital") for text in passages["es"]]
    table = table_of(passages)
    assert cells(Entities()(whole(table)), table) == [(0, "es"), (1, "es"), (2, "es")]
    assert cells(Entities.fitted(table, "en")(whole(table)), table) == []


def test_the_usual_ratio_is_learned_by_pair_and_side_whatever_a_few_faults():
    random = np.random.default_rng(0)
    lengths = random.integers(60, 300, 400)
    english = ["x" * n + "." for n in lengths.tolist()]
    german = ["y" * round(n * 1.3 + random.normal() * 6) + "." for n in lengths.tolist()]
    for row in range(0, 400, 20):
        german[row] = german[row][: len(german[row]) // 3]
    table = table_of({"en": english, "de": german})
    (one, other) = expected_lengths(table, "en")
    assert (one.source, one.language, {one.side, other.side}) == ("en", "de", {"query", "passage"})
    assert np.exp(one.middle) == pytest.approx(1.3, abs=0.03)
    found = cells(LengthRatio((one, other), 4.5)(whole(table)), table)
    assert found == [(row, "de") for row in range(0, 400, 20)]
    assert judged(LengthRatio(), {"en": english, "de": german}) != found


def test_an_unfinished_text_must_be_short_too():
    usual = (Expected("en", "es", "passage", 0.05, 0.1),)
    for text, bad in ((SPANISH[0][:-1], 0), (SPANISH[0][:40], 1), (SPANISH[0][:40] + ".»", 0)):
        passages = {"en": ENGLISH[:1], "es": [text]}
        assert judged(Unfinished(usual), passages) == [(0, "es")] * bad


def test_what_the_source_repeats_may_be_repeated():
    passages = {"en": ["row " * 9 + "your boat"], "es": ["rema " * 9 + "tu bote"]}
    assert judged(Repetition(), passages) == [(0, "en")]


def test_names_and_codes_may_be_copied_and_varieties_agree():
    names = "Raspberry Pi Foundation, ISO 9001, Wio Terminal, Azure Kubernetes Service"
    assert judged(Copied(), {"en": [names], "es": [names]}) == []
    assert judged(Copied(), {"pt-PT": ENGLISH, "pt-BR": ENGLISH}, reference="pt-PT") == []


def test_scripts_of_languages():
    assert scripts("ja") == ("Hani", "Hira", "Kana")
    assert scripts("sr") == ("Cyrl", "Latn")
    assert scripts("sr-Latn") == ("Latn",)
    assert scripts("ur-Aran") == ("Arab",)
    assert scripts("en-Zyyy") == ()
    assert judged(Script(), {"ru-Zyyy": RUSSIAN, "en-Zxxx": RUSSIAN}, reference=None) == []
    assert judged(Script(), {"sr": ["Stari most preko reke sagradili su zidari."]}) == []
    assert judged(Script(), {"sr-Cyrl": ["Stari most preko reke sagradili su."]}) != []


def test_the_detector_agrees_with_py3langid():
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    texts = [*ENGLISH, *SPANISH, *RUSSIAN, *THAI, ENGLISH[0].upper(), "e\u0301te\u0301 e\u0301tait"]
    seen = detector().probabilities(texts)
    for text, row in zip(texts, seen, strict=True):
        known = dict(model.rank(text))
        total = sum(p for x, p in known.items() if x != "zxx")
        for language, value in zip(detector().languages, row.tolist(), strict=True):
            if detector().languages.count(language) == 1 and total:
                expected = known.get(language, known.get(language.replace("fil", "tl")))
                assert expected is None or value == pytest.approx(expected / total, abs=1e-3)
    assert detector().probabilities([]).shape == (0, len(detector().languages))


def test_languages_that_are_near_and_unknown_ones():
    danish = "De gamle broer over floden blev bygget af en familie af stenhuggere for længe siden."
    assert judged(Language(), {"nb": [danish]}) == []
    assert judged(Language(), {"fi": [danish]}) == [(0, "fi")]
    # Ewe is not known to the detector: English is, and in the table.
    ewe = "Nɔviwo, miɖe mia ɖokuiwo ɖe ame sia ame ƒe asi me le dɔwɔwɔ siawo katã me."
    assert judged(Language(), {"en": ENGLISH[:2], "ee": [ewe, ENGLISH[1]]}) == [(1, "ee")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"leave_out": ["lenght"]}, "leave_out lenght: choose from length, length_ratio"),
        ({"script_share": 1.5}, "script_share 1.5: must be 0 to 1"),
        ({"query_length": (9, 3)}, "query_length 9 3: give the shortest and the longest"),
        ({"ratio_width": 0}, "ratio_width 0: must be above 0"),
        ({"loop_times": 1}, "loop_times 1: must be 2 or more"),
        ({"similarity": 0.5}, "similarity: needs an encoder"),
    ],
)
def test_options_that_cannot_be(options, message):
    with pytest.raises(LingweaveError, match=message):
        FilterOptions(**options)


def test_every_key_is_json_and_tells_options_apart():
    table = table_of(CLEAN)
    keys = [
        json.dumps([one.key for one in standard(table, FilterOptions(**options), "en")])
        for options in ({}, {"ratio_width": 3.0}, {"witnesses": 3}, {"copied_share": 0.5}, {})
    ]
    assert len({*keys}) == 4
    assert keys[0] == keys[-1]


def test_a_new_version_of_a_filter_judges_anew(monkeypatch, tmp_path):
    back = table_of(CLEAN).write(tmp_path / "back.arrow")
    every = [
        *standard(table_of(CLEAN), FilterOptions(), "en"),
        Estimation("m"),
        RoundTrip(back),
        Similarity(EncoderOptions(encoder="random")),
    ]
    before = [one.key for one in every]
    assert len({key[0] for key in before}) == len(every)
    for one in every:
        monkeypatch.setattr(type(one), "version", one.version + 1)
    assert all(one.key != key for one, key in zip(every, before, strict=True))
