"""Every named benchmark on small files in the form in which it is published."""

import json
from collections.abc import Callable
from pathlib import Path

import published as p
import pytest

from lingweave.benchmark import Benchmark, Gold
from lingweave.errors import LingweaveError
from lingweave.sources.catalogue import CATALOGUE, named
from lingweave.sources.layout import chosen
from lingweave.sources.named import Request


def load(name: str, data: Path, **request: object) -> Benchmark:
    return named(name).load(Request(data=data, **request))  # type: ignore[arg-type]


def ids(benchmark: Benchmark) -> dict[str, list[str]]:
    return {code: list(side.ids) for code, side in benchmark.queries.items()}


def docs(benchmark: Benchmark) -> dict[str, dict[str, str]]:
    return {
        code: dict(zip(side.ids, side.texts, strict=True))
        for code, side in benchmark.corpora.items()
    }


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_beir_folder(tmp_path: Path, ending: str) -> None:
    made = load("beir-scifact", p.beir_folder(tmp_path, ending=ending))
    assert made.name == "beir-scifact"
    assert ids(made) == {"en": ["q0", "q1"]}
    assert docs(made)["en"]["d1"] == "en title 1 en text 1"
    assert set(made.gold) == {Gold("q0", "en", "d0", 1), Gold("q1", "en", "d2", 2)}
    dev = load("beir-scifact", tmp_path, split="dev")
    assert dev.gold == (Gold("q2", "en", "d1", 1),)


def test_beir_in_many_languages_aligns_where_the_judgements_do(tmp_path: Path) -> None:
    for code in ("de", "en"):
        p.beir_folder(tmp_path / code, code)
    made = load("nano-beir-nq", tmp_path)
    assert ids(made) == {"de": ["q0", "q1"], "en": ["q0", "q1"]}
    assert made.source["query ids"] == "align"
    assert Gold("q0", "de", "d0", 1) in made.gold
    assert list(load("nano-beir-nq", tmp_path, languages=["de"]).corpora) == ["de"]
    p.tsv(tmp_path / "de" / "qrels" / "test.tsv", [("q0", "d1", 1), ("q1", "d0", 1)])
    apart = load(f"beir:{tmp_path}", tmp_path)
    assert ids(apart) == {"de": ["de/q0", "de/q1"], "en": ["en/q0", "en/q1"]}
    assert apart.source["query ids"] == "by language"
    assert load("webfaq", tmp_path).source["query ids"] == "by language"


def test_a_beir_folder_whose_rows_tell_some_languages(tmp_path: Path) -> None:
    p.beir_folder(tmp_path)
    rows = [{"_id": "d0", "text": "null", "lang": "de"}, {"_id": "d2", "text": "two"}]
    p.jsonl(tmp_path / "corpus.jsonl", rows)
    made = load(f"beir:{tmp_path}", tmp_path, languages=["en"])
    assert {code: list(side.ids) for code, side in made.corpora.items()} == {
        "de": ["d0"], "en": ["d2"],
    }  # fmt: skip


def test_miracl(tmp_path: Path) -> None:
    made = load("miracl", p.miracl_folder(tmp_path))
    assert ids(made) == {"sw": ["sw/1", "sw/2"], "yo": ["yo/1", "yo/2"]}
    assert docs(made)["yo"] == {"5#0": "T5#0 yo 5#0", "5#1": "T5#1 yo 5#1", "7#0": "T7#0 yo 7#0"}
    assert [g for g in made.gold if g.language == "sw"] == [
        Gold("sw/1", "sw", "5#0", 1), Gold("sw/1", "sw", "5#1", 0), Gold("sw/2", "sw", "7#0", 1),
    ]  # fmt: skip
    assert list(load("miracl", tmp_path, languages=["yo"]).queries) == ["yo"]


def test_mr_tydi(tmp_path: Path) -> None:
    made = load("mr-tydi", p.mr_tydi_folder(tmp_path))
    assert ids(made) == {"bn": ["bn/0", "bn/1"], "sw": ["sw/0", "sw/1"]}
    assert docs(made)["bn"]["9#1"] == "Title\n\nbengali 1"
    assert Gold("sw/1", "sw", "9#1", 1) in made.gold


def test_ciral_is_asked_in_english_and_in_the_documents_language(tmp_path: Path) -> None:
    made = load("ciral", p.ciral_folder(tmp_path))
    assert ids(made) == {"ha": ["ha/3"], "en": ["ha/3", "yo/3"], "yo": ["yo/3"]}
    assert sorted(made.corpora) == ["ha", "yo"]
    assert [g for g in made.gold if g.grade] == [
        Gold("ha/3", "ha", "NEWS#1#0", 1), Gold("yo/3", "yo", "NEWS#1#0", 1),
    ]  # fmt: skip


def test_neuclir_topics_are_one_question_in_all_languages(tmp_path: Path) -> None:
    made = load("neuclir", p.neuclir_folder(tmp_path))
    texts = {code: list(side.texts) for code, side in made.queries.items()}
    assert texts == {"en": ["rain more"], "fa": ["person more"], "ru": ["дождь more"]}
    assert set(made.gold) == {
        Gold("101", "fa", "f1", 3), Gold("101", "ru", "r1", 1), Gold("101", "ru", "r2", 0),
    }  # fmt: skip


def test_neuclir_in_some_of_its_languages(tmp_path: Path) -> None:
    made = load("neuclir", p.neuclir_folder(tmp_path), languages=["en", "fa"])
    assert list(made.corpora) == ["fa"]
    assert made.gold == (Gold("101", "fa", "f1", 3),)


@pytest.mark.parametrize(
    ("split", "topics", "qrels"),
    [("2022", "topics.0720.utf8.jsonl", "2022-qrels.all"),
     ("2022", "topics.0720.utf8.jsonl", "2022-qrels.fas"),
     ("2022", "neuclir-2022-topics.jsonl", "neuclir-2022-qrels.txt"),
     ("2022", "topics.2022.jsonl", "qrels.2022.txt"),
     ("2023", "neuclir-2023-topics.0605.jsonl", "neuclir-2023-qrels.final/qrels.final.gains"),
     ("2023", "neuclir-2023-topics.0605.jsonl", "qrels.final.gains.fas")],
)  # fmt: skip
def test_neuclir_by_its_published_names(
    tmp_path: Path, split: str, topics: str, qrels: str
) -> None:
    """Beside the other year's files; the joint judgements are not read with those by language."""
    p.neuclir_folder(tmp_path / "n")
    made = load("neuclir", tmp_path)
    for old, new in (("topics.0720.utf8.jsonl", topics), ("2022-qrels.all", qrels)):
        (tmp_path / new).parent.mkdir(exist_ok=True)
        (tmp_path / "n" / old).rename(tmp_path / new)
    if qrels.endswith(("all", "gains")):
        p.write(tmp_path / f"{qrels.removesuffix('.all')}.rus", "101 rus r2 9\n")
    year = {"2022": "2023", "2023": "2022"}[split]
    p.jsonl(tmp_path / f"neuclir-{year}-topics.1.jsonl", [{"topic_id": "9", "topics": []}])
    p.write(tmp_path / f"{year}-qrels.all", "9 fas f9 3\n")
    again = load("neuclir", tmp_path, split=split)
    assert (again.queries, again.gold) == (made.queries, made.gold)


@pytest.mark.parametrize(
    ("name", "template"),
    [("xquad", "xquad.{}.json"), ("xquad", "{}.json.gz"),
     ("mlqa", "test/test-context-{0}-question-{0}.json"),
     ("tydi-goldp", "tydiqa.goldp.{}.dev.json")],
)  # fmt: skip
def test_reading_comprehension(tmp_path: Path, name: str, template: str) -> None:
    made = load(name, p.squad_folder(tmp_path, template))
    assert ids(made) == {"de": ["a", "b", "c"], "en": ["a", "b", "c"]}
    assert docs(made)["de"] == {"0/0": "de paragraph 0.", "0/1": "de paragraph 1."}
    assert Gold("b", "en", "0/0") in made.gold
    assert made.answers["c"] == {"de": ("paragraph 1",), "en": ("paragraph 1",)}
    assert made.group("a") == made.group("b") != made.group("c")


def test_mlqa_reads_only_pairs_of_one_language(tmp_path: Path) -> None:
    p.squad_folder(tmp_path, "test/test-context-{0}-question-{0}.json")
    p.squad_folder(tmp_path, "test/test-context-{0}-question-ar.json")
    p.squad_folder(tmp_path, "dev/dev-context-{0}-question-{0}.json")
    assert sorted(load("mlqa", tmp_path).queries) == ["de", "en"]


def test_tydi_tells_the_language_in_its_ids(tmp_path: Path) -> None:
    content = p.squad_json("x", ("arabic-1-0", "swahili-2-0", "arabic-3-0"))
    p.write(tmp_path / "tydiqa-goldp-v1.1-dev.json", json.dumps(content))
    assert ids(load("tydi-goldp", tmp_path)) == {
        "ar": ["arabic-1-0", "arabic-3-0"], "sw": ["swahili-2-0"],
    }  # fmt: skip


def test_belebele_questions_share_passages(tmp_path: Path) -> None:
    made = load("belebele", p.belebele_folder(tmp_path))
    assert ids(made)["de"] == ids(made)["en"] == ["u/1#1", "u/1#2", "u/2#1"]
    assert docs(made)["en"] == {"u/1#1": "eng_Latn A", "u/2#1": "eng_Latn B"}
    assert Gold("u/1#2", "de", "u/1#1") in made.gold
    assert made.group("u/1#2") == made.group("u/1#1") != made.group("u/2#1")


def test_mkqa_as_published(tmp_path: Path) -> None:
    p.mkqa_file(tmp_path)
    made = load("mkqa", tmp_path)
    assert sorted(made.queries) == ["de", "en", "zh-CN"]
    assert Gold("-7", "zh-CN", "-7") in made.gold
    assert made.answers["563260143484355911"]["en"] == ("Dave Edmunds", "D. E.")
    assert made.answers["8"]["en"] == ()


def test_nq_crosslingual_by_passage_and_by_answer(tmp_path: Path) -> None:
    p.nq_folder(tmp_path)
    for name in ("nq-crosslingual", "nq-crosslingual-answers"):
        made = load(name, tmp_path)
        assert made.gold == (Gold("563260143484355911", "en", "doc0"),)
        assert sorted(made.queries) == ["de", "en", "zh-CN"]
        assert made.source["questions with gold"] == "1 of 3"
        assert made.answers["563260143484355911"]["en"] == ("Dave Edmunds", "D. E.")
        assert list(load(name, tmp_path, languages=["de", "en"]).queries) == ["de", "en"]


def test_afriqa_as_published(tmp_path: Path) -> None:
    made = load("afriqa", p.afriqa_folder(tmp_path))
    assert ids(made) == {
        "bem": ["bem-test-0", "bem-test-1", "bem-test-2"],
        "fon": ["fon-test-0", "fon-test-1", "fon-test-2"],
    }
    assert docs(made)["fr"] == {
        "fon-test-0": "T fr passage 1", "fon-test-2": "T fr passage 2",
    }  # fmt: skip
    assert Gold("bem-test-1", "en", "bem-test-0") in made.gold
    assert made.answers["bem-test-1"] == {"en": ("en a",), "bem": ("bem a",)}
    assert list(load("afriqa", tmp_path, languages=["bem", "en"]).corpora) == ["en"]
    with pytest.raises(LingweaveError, match="name en or fr for the passages too"):
        load("afriqa", tmp_path, languages=["bem", "fon"])
    both = load("afriqa-pivot", tmp_path)
    assert ids(both)["fr"] == ids(both)["fon"]
    assert both.queries["fr"].texts[0] == "fr 0?"


@pytest.mark.parametrize(
    ("name", "make", "codes"),
    [
        ("flores", lambda f: p.lines_folder(f, "devtest/{0}.devtest", ("deu_Latn", "ace_Arab")),
         ["ace-Arab", "de"]),
        ("ntrex", lambda f: p.lines_folder(f, "newstest2019-ref.{}.txt", ("deu", "fra-CA")),
         ["de", "fr-CA"]),
        ("sib-200", p.sib_folder, ["de", "en"]),
    ],
)  # fmt: skip
def test_sentences(
    tmp_path: Path, name: str, make: Callable[[Path], Path], codes: list[str]
) -> None:
    made = load(name, make(tmp_path))
    assert sorted(made.queries) == codes
    assert made.queries == made.corpora
    first, second = (list(side.ids) for side in made.queries.values())
    assert first == second
    assert len(first) == 3
    assert set(made.gold) == {Gold(id, code, id) for code in made.queries for id in first}
    assert "trivial" in made.source["mono"]


def test_a_language_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    p.lines_folder(tmp_path, "devtest/{0}.devtest", ("deu_Latn", "swh_Latn"))
    with pytest.raises(LingweaveError, match=r"no language 'sw' \(2 are there\): .* de, swh"):
        load("flores", tmp_path, languages=["de", "sw"])
    many = {"swh-Latn": 0, **dict.fromkeys((f"x{number}" for number in range(50)), 0)}
    with pytest.raises(LingweaveError, match=r"'sw' \(51 are there\): choose from swh-Latn$"):
        chosen(many, ["sw"], tmp_path)


def test_tatoeba_joins_its_pairs(tmp_path: Path) -> None:
    made = load("tatoeba", p.tatoeba_folder(tmp_path))
    assert ids(made)["en"] == ["de-en/1", "de-en/2", "fr-en/1", "fr-en/2"]
    assert docs(made)["en"] == {"de-en/1": "one", "de-en/2": "two", "fr-en/2": "three"}
    assert Gold("fr-en/1", "en", "de-en/1") in made.gold
    assert sorted(load("tatoeba", tmp_path, languages=["fr", "en"]).queries) == ["en", "fr"]


def test_every_entry_tells_what_a_reader_needs() -> None:
    assert len(CATALOGUE) > 100
    for name, entry in CATALOGUE.items():
        assert name == entry.name
        assert all((entry.title, entry.languages, entry.task, entry.licence, entry.metrics))
        assert entry.form
        assert entry.published
