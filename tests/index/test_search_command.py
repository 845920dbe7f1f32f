"""`lingweave search`: its options, and hits on the terminal."""

import io
import json

import pytest
from rich.console import Console
from tiny import tiny_model

from lingweave.argv import joined
from lingweave.encoders.options import EncoderOptions
from lingweave.errors import LingweaveError
from lingweave.index.folder import create_index
from lingweave.index.passages import Condition, Passage
from lingweave.index.plain import hit_json
from lingweave.index.requests import AsScored, Balanced, Hit, Preferred
from lingweave.index.search_config import SearchConfig
from lingweave.index.search_run import run, search
from lingweave.index.show_hits import print_hits, printable, shortened


def config(*words, **options):
    return SearchConfig(words=list(words or ("folder", "what", "is", "blue")), **options)


def test_the_request():
    given = config(
        k=5,
        languages=["DE", "zh_tw", "und"],
        where=["year>=2020", "topic in a,b"],
        mode="both",
        fold=True,
        explain=True,
    )
    assert given.folder == "folder"
    request = given.request()
    assert request.query == "what is blue"
    assert request.where.languages == ("de", "zh-TW", "und")
    assert request.where.conditions == (
        Condition("year", ">=", 2020),
        Condition("topic", "in", ("a", "b")),
    )
    assert (request.k, request.mode, request.fold, request.explain) == (5, "both", True, True)
    assert not request.rerank
    assert config(reranker="folder").request().rerank


def test_a_condition_is_one_word_with_its_commas():
    words = ["folder", "sky", "--languages", "de,en", "--where", "year>=2020", "topic in a,b"]
    options = joined(words, SearchConfig)
    assert options[:2] == ['--languages=["de", "en"]', '--where=["year>=2020", "topic in a,b"]']
    assert joined(["--where=topic in a,b"], SearchConfig) == ['--where=["topic in a,b"]']


def test_dials():
    assert config().request().dial == AsScored()
    assert config(dial="balanced").request().dial == Balanced()
    assert config(prefer=["de", "en"]).request().dial == Preferred(("de", "en"), 1.0)
    assert config(dial="preferred", prefer=["de"], weight=0.5).request().dial == Preferred(
        ("de",), 0.5
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"words": []}, "search FOLDER 'some words'"),
        ({"words": ["folder"]}, "search FOLDER 'some words'"),
        ({"words": ["folder", " "]}, "search FOLDER 'some words'"),
        ({"k": 0}, "--k 0"),
        ({"languages": ["klingonish"]}, "--languages: unknown language 'klingonish'"),
        ({"languages": []}, "--languages: give at least one"),
        ({"language": "x"}, "--language: unknown language 'x'"),
        ({"where": ["year"]}, "--where year: no condition"),
        ({"dial": "preferred"}, "give the languages with --prefer"),
        ({"dial": "balanced", "prefer": ["de"]}, "--prefer: goes with --dial preferred"),
        ({"weight": 2.0}, "--weight: only goes with --prefer"),
        ({"weight": float("nan")}, "--weight nan"),
        ({"reranked": 10}, "--reranked: only goes with --reranker"),
        ({"fused": 0}, "--fused 0"),
    ],
)
def test_mistakes_are_named(options, words):
    with pytest.raises(LingweaveError, match=words):
        SearchConfig(**{"words": ["folder", "query"], **options})


HIT = Hit(
    Passage("d#1", "d", "The sky\nis blue.", "en", "p", {"year": 2020}),
    score=0.5,
    similarity=0.25,
    language_rank=1,
    pool_rank=34,
    versions=(Passage("e", "e", "Der Himmel", "de", "p"),),
)


def shown(hits, explain=False):
    out = io.StringIO()
    print_hits(hits, explain, Console(file=out, width=80))
    return out.getvalue()


def test_hits_on_the_terminal():
    assert shown([HIT]) == "  1  0.5000  en  d#1  also in de\n     The sky is blue.\n"
    assert "  en 1, pool 34  " in shown([HIT], explain=True)
    told = shown([HIT._replace(words_rank=2, pool_rank=None)], explain=True)
    assert "en 1, pool deep down, words 2" in told
    assert "no passage fits" in shown([])


def test_texts_do_not_steer_the_terminal():
    hostile = "\x1b[2J\x1b]0;title\x07[bold]x[/bold] \u202eabc\x9b1m\rend"
    out = shown([HIT._replace(passage=Passage(hostile, "d", hostile, "en"))])
    assert not {"\x1b", "\x07", "\x9b", "\r", "\u202e"} & set(out)
    assert out.count("[bold]x[/bold]") == 2
    assert printable("é\tх") == "é х"


def test_long_texts_are_cut():
    assert len(shortened("x" * 5000)) == 400
    assert shortened("x" * 400) == "x" * 400


def test_json():
    found = hit_json(HIT, explain=True)
    assert found["ranks"] == {"language": 1, "pool": 34, "words": None}
    assert found["versions"][0]["id"] == "e"
    assert found["direction"] == "ltr"
    assert (
        hit_json(HIT._replace(passage=HIT.passage._replace(language="ar")), False)["direction"]
        == "rtl"
    )
    assert hit_json(HIT, explain=False)["ranks"] is None
    json.dumps(found, allow_nan=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An index of seven words, in two languages and two versions each."""
    place = tmp_path_factory.mktemp("made")
    options = EncoderOptions(
        model=str(tiny_model(place / "model")), query_prompt="", passage_prompt="", progress=False
    )
    with create_index(place / "index", options) as index:
        passages = [
            Passage(f"{word}-{x}", f"{word}-{x}", f"{word} {x}", x, word, {"letters": len(word)})
            for word in ("sky", "grass", "snow")
            for x in ("de", "en")
        ]
        vectors = index.encoder.encode_passages([one.text for one in passages], "und")
        index.store.upsert(passages, vectors)
    return str(place / "index")


def test_searching_an_index(folder, capsys):
    found = search(SearchConfig(words=[folder, "grass"], k=2))
    assert {hit.passage.parallel for hit in found} == {"grass"}
    run(SearchConfig(words=[folder, "grass"], k=2, fold=True, explain=True, json=True))
    told = json.loads(capsys.readouterr().out)["hits"]
    assert told[0]["parallel"] == "grass"
    assert len(told[0]["versions"]) == 1
    assert told[0]["ranks"]["pool"] == 1
    run(SearchConfig(words=[folder, "sky"], where=["letters>3"], languages=["en"]))
    out = capsys.readouterr().out
    assert "sky-" not in out
    assert out.count("-en") == 2


def test_words_need_no_model(folder, monkeypatch):
    monkeypatch.setattr("lingweave.encoders.choice.encoder_of", None)
    found = search(SearchConfig(words=[folder, "snow en"], mode="words", dial="balanced"))
    assert {hit.passage.id for hit in found} == {"snow-en", "snow-de", "grass-en", "sky-en"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"languages": ["fr"]}, "--languages fr: the index has no passages in it; it has de, en"),
        ({"prefer": ["fr"]}, "--prefer fr: the index has no passages in it"),
        ({"reranker": "/nowhere"}, "/nowhere: no such folder"),
        ({"model": "/nowhere"}, "/nowhere"),
    ],
)
def test_what_the_index_does_not_have(folder, options, words):
    with pytest.raises(LingweaveError, match=words):
        search(SearchConfig(words=[folder, "sky"], **options))


def test_there_is_no_index(tmp_path):
    with pytest.raises(LingweaveError, match="holds no index; make one with"):
        search(SearchConfig(words=[str(tmp_path), "sky"]))
